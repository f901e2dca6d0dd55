"""What a run no longer needs once its receivers are open, it gives up: in every thread, also those of libraries.

Opening sockets, rings and cards needs capabilities; polling needs none. Kept is what touches files of other users,
which the log and the status file may be (CAP_DAC_OVERRIDE), and CAP_IPC_LOCK where memory is kept locked beyond the
limit: new memory would be refused without it. There is no way back, also not through a program that is executed
(no_new_privs).
"""

from __future__ import annotations

import resource
import time
from pathlib import Path

from .capability_drop import CapabilityDrop

CAP_DAC_OVERRIDE, CAP_IPC_LOCK = 1, 14

NAMES = (
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
    "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
    "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
)  # fmt: skip
"""In the order of <linux/capability.h>."""

_THREADS = Path("/proc/self/task")
_WAIT_S = 2.0
_LOOK_S = 0.001


def kept_in_a_run(*, locks_memory: bool) -> int:
    """The capabilities that a run keeps, a bit each."""
    kept = 1 << CAP_DAC_OVERRIDE
    if locks_memory and resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] != resource.RLIM_INFINITY:
        kept |= 1 << CAP_IPC_LOCK
    return kept


def names_of(capabilities: int) -> list[str]:
    """The capabilities of a set, as the manual calls them.

    >>> names_of(1 << 12 | 1 << 39)
    ['CAP_NET_ADMIN', 'CAP_BPF']
    """
    found = [name for number, name in enumerate(NAMES) if capabilities >> number & 1]
    later = [str(number) for number in range(len(NAMES), 64) if capabilities >> number & 1]
    return found + [f"capability {number}" for number in later]


def permitted_of_threads() -> dict[int, int]:
    """What each thread of this process may use now."""
    found = {}
    for thread in _THREADS.iterdir():
        try:
            text = (thread / "status").read_text()
        except OSError:  # it has ended meanwhile
            continue
        found[int(thread.name)] = int(text.partition("CapPrm:")[2].split()[0], 16)
    return found


def drop(kept: int) -> tuple[list[str], list[str]]:
    """Give up everything else in all threads: what was given up, and what is to be said where that failed."""
    before = 0
    for permitted in permitted_of_threads().values():
        before |= permitted
    given_up = names_of(before & ~kept)
    if not given_up:
        return [], []
    try:
        with CapabilityDrop(kept) as dropping:
            left = _drop_all(dropping, kept)
            refused = dropping.refused
    except OSError as error:
        return [], [f"capabilities are kept: {error}"]
    if left:
        threads = ", ".join(f"{number} ({_name_of(number)})" for number in sorted(left))
        why = "the kernel refused it" if refused else "they did not answer"
        return given_up, [f"capabilities are kept by threads, since {why}: {threads}"]
    return given_up, []


def _drop_all(dropping: CapabilityDrop, kept: int) -> set[int]:
    """Ask every thread that has more, those too that begin meanwhile; those that still have more in the end."""
    limit = time.monotonic() + _WAIT_S
    asked: set[int] = set()
    while True:
        left = {number for number, permitted in permitted_of_threads().items() if permitted & ~kept}
        if not left or time.monotonic() > limit:
            return left
        for number in left - asked:
            dropping.send(number)
        asked |= left
        time.sleep(_LOOK_S)


def _name_of(thread: int) -> str:
    try:
        return (_THREADS / str(thread) / "comm").read_text().strip()
    except OSError:
        return "ended"
