# The clocks of a receiver: what a poll costs is two of these calls, both answered without entering the kernel.

from libc.stdint cimport int64_t


cdef extern from *:
    """
    #include <stdint.h>
    #include <time.h>
    #ifndef FEEDHANDLER_CLOCKS
    #define FEEDHANDLER_CLOCKS 1
    static inline int64_t feedhandler_clock_ns(clockid_t clock)
    { struct timespec time; clock_gettime(clock, &time); return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec; }
    static inline int64_t feedhandler_monotonic_ns(void) { return feedhandler_clock_ns(CLOCK_MONOTONIC); }
    static inline int64_t feedhandler_realtime_ns(void) { return feedhandler_clock_ns(CLOCK_REALTIME); }
    #endif
    """
    int64_t monotonic_ns "feedhandler_monotonic_ns" () noexcept nogil
    int64_t realtime_ns "feedhandler_realtime_ns" () noexcept nogil
