# The C face of pacing: when a captured moment is due, and a clock that may be real or turned by hand.

from libc.stdint cimport int64_t


cdef struct clock_face:
    void *context
    int64_t (*now)(void *context) noexcept nogil
    void (*sleep_until)(void *context, int64_t deadline_ns, bint exactly) noexcept nogil

cdef struct pace:
    clock_face clock
    double speed                 # 0 where frames are not paced
    int64_t started_ns           # on the clock
    int64_t first_ns             # in the capture
    int started

cdef class Clock:
    cdef clock_face face

cdef class ManualClock(Clock):
    cdef int64_t _now_ns

cdef int64_t pace_deadline(pace *state, int64_t captured_ns) noexcept nogil
cdef bint pace_wait(pace *state, int64_t deadline_ns, bint may_sleep) noexcept nogil
