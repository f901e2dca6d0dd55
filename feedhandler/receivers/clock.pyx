# cython: language_level=3, cdivision=True
"""The epoch anchor: what is added to the monotonic clock so that it reads as Unix time and never steps.

One number a process, taken when it is first asked for, so that all receivers and the pipeline's own timer share one
line of time. An operator or NTP that sets the clock later moves CLOCK_REALTIME, and nothing here: `received_ns` drifts
from the wall clock by as much as the clock was stepped since start, and differences of times stay true. Slewing (what
NTP does to small errors) acts on both clocks alike, so it is followed.
"""

from libc.stdint cimport INT64_MAX, int64_t

cdef enum:
    ATTEMPTS = 32

cdef int64_t anchor_ns = 0


def epoch_ns() -> int:
    """Unix nanoseconds less CLOCK_MONOTONIC, the same whenever it is asked for in a process."""
    global anchor_ns
    if anchor_ns == 0:
        anchor_ns = measured_anchor()
    return anchor_ns


def now_ns() -> int:
    """The anchored clock: Unix nanoseconds that never step."""
    return monotonic_ns() + epoch_ns()


cdef int64_t measured_anchor() noexcept:
    """Of several tries the one in which least time passed between the readings: a thread may lose its core there."""
    cdef int64_t best = INT64_MAX
    cdef int64_t found = 0
    cdef int64_t before
    cdef int64_t between
    cdef int64_t after
    cdef int attempt
    for attempt in range(ATTEMPTS):
        before = monotonic_ns()
        between = realtime_ns()
        after = monotonic_ns()
        if after - before < best:
            best = after - before
            found = between - (before + (after - before) // 2)
    return found
