# cython: language_level=3, cdivision=True
"""When a captured moment is due.

The deadline of a frame is absolute: start + (its capture time - the first one) / speed, so that lateness of one frame
never adds to the next and a day is as long as it was. The far part of a wait is slept with clock_nanosleep on an
absolute deadline, the last 50 us are spun (a sleep on an ordinary Linux wakes some 50 us late). One wait takes a
millisecond at most, so that a pipeline can be stopped and can let its timers run; the caller polls again.

The clock is a structure of two functions: `MonotonicClock` is the machine's, `ManualClock` moves only where it is
told to, for tests and virtual time.
"""

from libc.stdint cimport int64_t

from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec


cdef extern from "<time.h>" nogil:
    enum: TIMER_ABSTIME
    int clock_nanosleep(int clock, int flags, const timespec *request, timespec *remain) noexcept


cdef enum:
    WAIT_NS = 1_000_000
    SPIN_NS = 50_000


cdef int64_t pace_deadline(pace *state, int64_t captured_ns) noexcept nogil:
    """When, on the clock, a moment of the capture is due. The first asked for is due at once and starts the time."""
    if not state.started:
        state.started = 1
        state.started_ns = state.clock.now(state.clock.context)
        state.first_ns = captured_ns
    if state.speed == 1.0:
        return state.started_ns + (captured_ns - state.first_ns)
    return state.started_ns + <int64_t>(<double>(captured_ns - state.first_ns) / state.speed)


cdef bint pace_wait(pace *state, int64_t deadline_ns, bint may_sleep) noexcept nogil:
    """Whether the deadline has come, after waiting for it for a millisecond at most where `may_sleep`."""
    cdef int64_t now = state.clock.now(state.clock.context)
    if now >= deadline_ns:
        return True
    if not may_sleep:
        return False
    if deadline_ns - now > WAIT_NS:
        state.clock.sleep_until(state.clock.context, now + WAIT_NS, False)
        return False
    state.clock.sleep_until(state.clock.context, deadline_ns, True)
    return True


cdef class Clock:
    """What pacing waits on. Made through its two kinds, `MonotonicClock` and `ManualClock`."""

    @property
    def now_ns(self) -> int:
        return self.face.now(self.face.context)


cdef class MonotonicClock(Clock):
    """CLOCK_MONOTONIC, which nobody sets."""

    def __cinit__(self) -> None:
        self.face = clock_face(context=NULL, now=monotonic_now, sleep_until=monotonic_sleep_until)


cdef class ManualClock(Clock):
    """A clock that stands still, except that sleeping until a time makes it that time."""

    def __cinit__(self, now_ns: int = 0) -> None:
        self._now_ns = now_ns
        self.face = clock_face(context=&self._now_ns, now=manual_now, sleep_until=manual_sleep_until)

    def set(self, now_ns: int) -> None:
        self._now_ns = now_ns


cdef int64_t monotonic_now(void *context) noexcept nogil:
    cdef timespec time
    clock_gettime(CLOCK_MONOTONIC, &time)
    return <int64_t>time.tv_sec * 1_000_000_000 + time.tv_nsec


cdef void monotonic_sleep_until(void *context, int64_t deadline_ns, bint exactly) noexcept nogil:
    cdef timespec time
    cdef int64_t slept_until = deadline_ns - SPIN_NS if exactly else deadline_ns
    if slept_until > monotonic_now(NULL):
        time.tv_sec = slept_until // 1_000_000_000
        time.tv_nsec = slept_until % 1_000_000_000
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL)
    if exactly:
        while monotonic_now(NULL) < deadline_ns:
            pass


cdef int64_t manual_now(void *context) noexcept nogil:
    return (<int64_t *>context)[0]


cdef void manual_sleep_until(void *context, int64_t deadline_ns, bint exactly) noexcept nogil:
    (<int64_t *>context)[0] = deadline_ns
