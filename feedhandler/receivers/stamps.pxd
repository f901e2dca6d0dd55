# From a kernel's time stamp, which is wall-clock time and can be set, to the anchored time that never steps.

from libc.stdint cimport int64_t, uint16_t

from feedhandler.receivers.abi cimport FRAME_TIME_UNCERTAIN

cdef enum:
    LATE_NS = 10_000_000         # between the kernel's stamp and its queue: a core that was away


cdef inline int64_t anchored(
    int64_t stamped_ns, int64_t now_ns, int64_t earliest_ns, int64_t last_ns, uint16_t *flags
) noexcept nogil:
    """The time of a frame, on the anchored clock.

    stamped_ns: the stamp less the realtime clock's reading plus `now_ns`, its anchored reading: both of this poll.
    earliest_ns: when the queue was last seen empty; last_ns: the time of the line's last frame.

    A stamp from the future, from before the queue was seen empty, or from before its predecessor, says that the wall
    clock was set in between: the time is then the poll's, or the predecessor's, and the frame says so.
    """
    if stamped_ns > now_ns or stamped_ns < earliest_ns - LATE_NS:
        stamped_ns = now_ns
        flags[0] |= FRAME_TIME_UNCERTAIN
    if stamped_ns < last_ns:
        stamped_ns = last_ns
        flags[0] |= FRAME_TIME_UNCERTAIN
    return stamped_ns
