# From a kernel's time stamp, which is wall-clock time and can be set, to the anchored time that never steps.

from libc.stdint cimport int64_t, uint16_t

from feedhandler.receivers.abi cimport FRAME_TIME_UNCERTAIN
from feedhandler.receivers.clock cimport monotonic_ns, realtime_ns

cdef enum:
    LATE_NS = 10_000_000         # between the kernel's stamp and its queue: a core that was away
    CLOCK_ATTEMPTS = 4
    TOGETHER_NS = 2_000          # readings no further apart than this are of one moment
    APART_NS = 100_000           # two clocks are not read at one moment: what a stamp may seem off by that


cdef inline int64_t clocks_read(int64_t *realtime) noexcept nogil:
    """The monotonic clock, and the realtime clock at the same moment, as near as a few attempts come to it.

    A core that is taken away between the two readings would make every stamp look older than it is.
    """
    cdef int64_t before = monotonic_ns()
    realtime[0] = realtime_ns()
    cdef int64_t after = monotonic_ns()
    cdef int attempt
    for attempt in range(CLOCK_ATTEMPTS):
        if after - before < TOGETHER_NS:
            break
        before = after
        realtime[0] = realtime_ns()
        after = monotonic_ns()
    return after


cdef inline int64_t anchored(
    int64_t stamped_ns, int64_t now_ns, int64_t earliest_ns, int64_t last_ns, uint16_t *flags
) noexcept nogil:
    """The time of a frame, on the anchored clock.

    stamped_ns: the stamp less the realtime clock's reading plus `now_ns`, its anchored reading: both of this poll.
    earliest_ns: when the queue was last seen empty; last_ns: the time of the line's last frame.

    A stamp from the future, from before the queue was seen empty, or from before its predecessor, says that the wall
    clock was set in between: the time is then the poll's, or the predecessor's, and the frame says so. What is off by
    no more than two readings of clocks can be is put right in silence.
    """
    if stamped_ns > now_ns or stamped_ns < earliest_ns - LATE_NS:
        if stamped_ns > now_ns + APART_NS or stamped_ns < earliest_ns - LATE_NS:
            flags[0] |= FRAME_TIME_UNCERTAIN
        stamped_ns = now_ns
    if stamped_ns < last_ns:
        if stamped_ns < last_ns - APART_NS:
            flags[0] |= FRAME_TIME_UNCERTAIN
        stamped_ns = last_ns
    return stamped_ns
