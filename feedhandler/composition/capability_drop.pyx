# cython: language_level=3, cdivision=True
"""Give capabilities up in threads that are not the caller's: capset(2) acts on one thread only.

Each thread is sent a signal whose handler, in C, gives up for its own thread what is not to be kept, and takes the way
back (no_new_privs). What interrupted system calls return, every caller here and in Python tries again. The handler calls
capget, capset and prctl by their numbers and nothing else, so it may run anywhere. The signal is a real-time one that
nobody has a handler for, and has none again afterwards.
"""

cdef extern from *:
    """
    #include <errno.h>
    #include <linux/capability.h>
    #include <linux/prctl.h>
    #include <signal.h>
    #include <stdint.h>
    #include <string.h>
    #include <sys/syscall.h>
    #include <unistd.h>

    static uint64_t feedhandler_kept;
    static int feedhandler_refused;

    static int feedhandler_give_up(void)
    {
        struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
        if (syscall(SYS_capget, &head, data) != 0)
            return -1;
        for (int half = 0; half < _LINUX_CAPABILITY_U32S_3; half++) {
            uint32_t kept = (uint32_t)(feedhandler_kept >> (32 * half));
            data[half].effective &= kept;
            data[half].permitted &= kept;
            data[half].inheritable &= kept;
        }
        if (syscall(SYS_capset, &head, data) != 0)
            return -1;
        return (int)syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    }

    static void feedhandler_on_signal(int number)
    {
        int error = errno;
        (void)number;
        if (feedhandler_give_up() != 0)
            __atomic_add_fetch(&feedhandler_refused, 1, __ATOMIC_RELAXED);
        errno = error;
    }

    static struct sigaction feedhandler_former;

    /* the signal that is ours until `feedhandler_signal_end`, or 0 */
    static int feedhandler_signal_begin(uint64_t kept)
    {
        struct sigaction ours;
        feedhandler_kept = kept;
        feedhandler_refused = 0;
        memset(&ours, 0, sizeof ours);
        ours.sa_handler = feedhandler_on_signal;
        ours.sa_flags = SA_RESTART;
        sigfillset(&ours.sa_mask);
        for (int number = SIGRTMAX; number >= SIGRTMIN; number--) {
            if (sigaction(number, NULL, &feedhandler_former) != 0 || feedhandler_former.sa_handler != SIG_DFL)
                continue;
            return sigaction(number, &ours, NULL) == 0 ? number : 0;
        }
        return 0;
    }
    /* To ignore it for a moment takes it from threads that have blocked it: later it would end the process. */
    static void feedhandler_signal_end(int number)
    {
        struct sigaction none;
        memset(&none, 0, sizeof none);
        none.sa_handler = SIG_IGN;
        sigaction(number, &none, NULL);
        sigaction(number, &feedhandler_former, NULL);
    }
    static int feedhandler_signal_send(int thread, int number)
    { return (int)syscall(SYS_tgkill, getpid(), thread, number); }
    static int feedhandler_refusals(void) { return __atomic_load_n(&feedhandler_refused, __ATOMIC_RELAXED); }
    """
    int give_up "feedhandler_give_up" ()
    int signal_begin "feedhandler_signal_begin" (unsigned long kept)
    void signal_end "feedhandler_signal_end" (int number)
    int signal_send "feedhandler_signal_send" (int thread, int number)
    int refusals "feedhandler_refusals" ()


class CapabilityDrop:
    """Between `with` and its end the signal is there: `send` asks a thread, `refused` says how many could not."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._signal = 0

    def __enter__(self) -> CapabilityDrop:
        self._signal = signal_begin(self._kept)
        if self._signal == 0:
            raise OSError("every real-time signal has a handler, so threads cannot be asked to give capabilities up")
        return self

    def __exit__(self, *_: object) -> None:
        signal_end(self._signal)

    def send(self, thread: int) -> None:
        """Ask a thread, by the kernel's number; one that has ended meanwhile is no error."""
        signal_send(thread, self._signal)

    @property
    def refused(self) -> int:
        """How many threads the kernel refused."""
        return refusals()
