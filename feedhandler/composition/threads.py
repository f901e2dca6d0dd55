"""One pipeline in a thread of its own: pinned, its receivers opened, polled and closed there, and its end kept.

A thread inherits its creator's processor mask, so that a thread pins itself, and never the process. What the kernel
does not permit (a real-time priority, locked memory) is a note with the command or capability that mends it, and the
run goes on; a core that cannot be had ends it, since what was promised to run alone would disturb another.
"""

from __future__ import annotations

import ctypes
import errno
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from feedhandler.composition.machine import this_machine
from feedhandler.core.loop import Exit
from feedhandler.pipeline.pipeline import Pipeline, PipelineError

JOIN_S = 10.0
"""How long a thread that was told to stop may take: a poll is bounded, a burst too, only a strategy is not."""

_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4  # <bits/mman-linux.h>
_RT_RUNTIME = Path("/proc/sys/kernel/sched_rt_runtime_us")


class PipelineStuckError(PipelineError):
    """A pipeline that was told to stop and does not; its process can only be left."""


class PipelineThread:
    """A pipeline and where it lives. Receivers that are given here, each with its kind, are its own and not open.

    `between` is called between bursts, which a replay in lock-step needs.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        receivers: Sequence[tuple[str, Any]] = (),
        *,
        core: int | None = None,
        fifo: int | None = None,
        between: Callable[[], None] | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.receivers = tuple(receivers)
        self.core = core
        self.notes: list[str] = []
        self.scheduler = "ordinary"
        self.opened = threading.Event()
        self.outcome: Exit | BaseException | None = None
        self.elapsed_s = 0.0
        self._fifo = fifo
        self._between = between
        self._started = 0.0
        self._last_statistics: list[Mapping[str, Any]] | None = None
        self._thread: threading.Thread | None = None

    def start(self, ended: Callable[[], None]) -> None:
        """Begin; `ended` is called at the end, from the thread."""

        def live() -> None:
            try:
                self.outcome = self._live()
            except BaseException as error:  # noqa: BLE001 (kept for the thread that waits, which raises it)
                self.outcome = error
            finally:
                self.elapsed_s = time.perf_counter() - self._started
                ended()

        self._started = time.perf_counter()
        self._thread = threading.Thread(target=live, name=f"pipeline {self.pipeline.name}", daemon=True)
        self._thread.start()

    def measure(self) -> None:
        """Bring `elapsed_s` up to date, while it runs."""
        if self.outcome is None and self._thread is not None:
            self.elapsed_s = time.perf_counter() - self._started

    def stop(self) -> None:
        """Ask it to end; from any thread."""
        self.pipeline.stop()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; whether it came."""
        if self._thread is not None:
            self._thread.join(timeout_s)
            return not self._thread.is_alive()
        return True

    def statistics(self) -> list[Mapping[str, Any]]:
        """What the receivers of its own say of themselves, now or when they were closed."""
        if self._last_statistics is not None:
            return self._last_statistics
        return _told(self.receivers) if self.opened.is_set() else []

    @property
    def warnings(self) -> list[str]:
        """What is not as it was wished, for the log."""
        return self.notes + [warning for _, receiver in self.receivers for warning in receiver.warnings]

    def _live(self) -> Exit:
        if self.core is not None:
            pin(self.core)
        if self._fifo is not None:
            permitted, notes = set_fifo(self._fifo)
            self.scheduler = f"SCHED_FIFO {self._fifo}" if permitted else "ordinary"
            self.notes += notes
        opened = []
        try:
            for kind, receiver in self.receivers:
                _open(kind, receiver)
                opened.append((kind, receiver))
                self.pipeline.attach(receiver)
            self.notes += self._far_cards()
            self.opened.set()
            left = self._run()
            if left is Exit.ENDED:
                self.pipeline.finish()
            return left
        finally:
            self._last_statistics = _told(opened)
            for _, receiver in opened:
                receiver.close()


    def _far_cards(self) -> list[str]:
        """Cards on another NUMA node than the core."""
        if self.core is None:
            return []
        machine = this_machine()
        named = {one.interface for _, receiver in self.receivers for one in getattr(receiver, "endpoints", ())}
        return [word for name in sorted(filter(None, named)) if (word := machine.far_card(self.core, name)) is not None]

    def _run(self) -> Exit:
        """The loop, in one go or burst by burst with something to be done between them."""
        if self._between is None:
            return self.pipeline.run()
        left = Exit.IDLE
        while left is Exit.IDLE:
            left = self.pipeline.run(bursts=1)
            self._between()
        return left


def join_all(threads: Sequence[PipelineThread], timeout_s: float = JOIN_S) -> None:
    """Wait for all of them. Raises `PipelineStuckError` where one does not end."""
    until = time.monotonic() + timeout_s
    stuck = [thread.pipeline.name for thread in threads if not thread.join(max(0.0, until - time.monotonic()))]
    if stuck:
        raise PipelineStuckError(
            f"pipeline {', '.join(stuck)} was told to stop and did not within {timeout_s:.0f} s; only a strategy that "
            "does not return can do that"
        )


def _open(kind: str, receiver: Any) -> None:
    try:
        receiver.open()
    except OSError as error:
        raise PipelineError(f"receiver {kind} cannot be opened: {error.strerror or error}") from error


def _told(receivers: Sequence[tuple[str, Any]]) -> list[Mapping[str, Any]]:
    return [{"kind": kind, **receiver.statistics} for kind, receiver in receivers]


def pin(core: int) -> None:
    """Bind the calling thread to a core."""
    try:
        os.sched_setaffinity(0, {core})
    except OSError as error:
        raise PipelineError(
            f"core {core} cannot be used ({os.strerror(error.errno or errno.EINVAL)}); this process may use "
            f"{cores_text(os.sched_getaffinity(0))}"
        ) from error


def set_fifo(priority: int) -> tuple[bool, list[str]]:
    """Put the calling thread under SCHED_FIFO; returns whether that is permitted, and what is to be said of it."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except PermissionError:
        return False, [
            f"SCHED_FIFO with priority {priority} is not permitted: it needs the capability CAP_SYS_NICE, or "
            f"ulimit -r {priority} (LimitRTPRIO={priority} in a systemd unit)"
        ]
    return True, fifo_notes()


def fifo_notes() -> list[str]:
    """What takes the core from a thread under SCHED_FIFO that always runs (sched(7), real-time throttling)."""
    try:
        runtime_us = int(_RT_RUNTIME.read_text())
    except (OSError, ValueError):
        return []
    if runtime_us < 0:
        return []
    return [
        f"real-time threads may use {runtime_us / 1e6:.0%} of a second: one that always polls loses its core for the "
        "rest of each; sysctl -w kernel.sched_rt_runtime_us=-1 lets it keep the core"
    ]


def lock_memory() -> list[str]:
    """Keep the process's pages in memory once they were touched; returns what is to be said of it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0:
        return []
    return [
        f"memory cannot be locked ({os.strerror(ctypes.get_errno())}): it needs the capability CAP_IPC_LOCK, or "
        "ulimit -l unlimited (LimitMEMLOCK=infinity in a systemd unit)"
    ]


def cores_text(cores: set[int]) -> str:
    """Cores as people write them.

    >>> cores_text({0, 1, 2, 5}), cores_text({3})
    ('cores 0-2,5', 'core 3')
    """
    ranges: list[list[int]] = []
    for core in sorted(cores):
        if ranges and core == ranges[-1][1] + 1:
            ranges[-1][1] = core
        else:
            ranges.append([core, core])
    text = ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
    return f"core{'s' if len(cores) != 1 else ''} {text}"
