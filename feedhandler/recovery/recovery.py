"""The cold thread: looks after the holes of all channels of a process, and passes their alarms on.

    recovery = Recovery(alarm=log_alarm, failed=log_failure)
    recovery.watch(memory, session.retransmission, options, send)     # for every channel
    recovery.start()
    ...
    recovery.stop()

It sleeps between looks: `BUSY_NS` while a hole is open, else half of `request_after`, and between `BUSY_NS` and
`IDLE_NS` in any case. An open hole is seen in the sequencer before `request_after` is over, so that it is the short
interval that stands between the wish and the request. Where only alarms are passed on, `ALARMS_NS` is enough. The hot
path is never waited for and never made to wait.

What goes wrong in here is reported through `failed` and counted, never swallowed: the channel's open requests are
forgotten, and a channel that fails `FAILURES_MAXIMUM` times without filling anything is looked after no longer. The
feed goes on in any case, with gaps where recovery would have filled them.

`step` is all there is; the thread only repeats it. Tests call it themselves, with a clock of their own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from feedhandler.pipeline.state import ChannelMemory
from feedhandler.sessions import Retransmission

from .alarms import Alarm
from .budget import RequestBudget
from .channel import Address, Asking, ChannelRecovery, Send, Server
from .figures import RecoveryFigures
from .options import RetransmissionModel

BUSY_NS = 100_000
IDLE_NS = 1_000_000
ALARMS_NS = 10_000_000
FAILURES_MAXIMUM = 10
STOP_S = 5.0  #: how long `stop` waits for the thread, which looks up once an interval


class RecoveryError(RuntimeError):
    """Recovery that cannot be, or could not end; the text says why."""


@dataclass
class _Watched:
    """A channel, and how often recovery failed there since it last filled something."""

    channel: ChannelRecovery
    idle_ns: int
    failures: int = 0
    filled: int = 0


class Recovery:
    """The holes of all channels.

    alarm: is told of every alarm, in the cold thread.
    failed: is told of every error of recovery itself, with the channel's name, in the cold thread.
    clock: monotonic nanoseconds.
    """

    def __init__(
        self,
        *,
        alarm: Callable[[Alarm], object],
        failed: Callable[[str, Exception], object],
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._alarm = alarm
        self._failed = failed
        self._clock = clock
        self._watched: list[_Watched] = []
        self._budgets: dict[Address, RequestBudget] = {}
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._fatal: BaseException | None = None

    def watch(
        self,
        memory: ChannelMemory,
        retransmission: Retransmission | None = None,
        options: RetransmissionModel | None = None,
        send: Send | None = None,
    ) -> None:
        """Look after a channel from now on; at any time, from any thread. Without options only alarms are passed on.

        Raises `RecoveryError` where holes are to be asked for and the session has no words for it.
        """
        asking, idle_ns = None, ALARMS_NS
        if options is not None:
            if retransmission is None:
                raise RecoveryError(f"channel {memory.name}: its session has no retransmission; leave its servers out")
            if send is None:
                raise RecoveryError(f"channel {memory.name}: there is nothing to send requests with")
            asking = Asking(retransmission, options, self._servers(options), send)
            idle_ns = max(BUSY_NS, min(IDLE_NS, memory.limits.request_after_ns // 2))
        self._watched.append(_Watched(ChannelRecovery(memory, asking, self._alarm), idle_ns))

    def _servers(self, options: RetransmissionModel) -> tuple[Server, ...]:
        """The servers with their budgets; of two channels that disagree about one server the stricter is heeded."""
        servers = []
        for model in options.servers:
            address = (model.address, model.port)
            budget = self._budgets.setdefault(address, RequestBudget(options.requests_per_second))
            budget.per_second = min(budget.per_second, options.requests_per_second)
            servers.append(Server(address, budget))
        return tuple(servers)

    # ---------------------------------------------------------------------------------------------------- the thread

    def step(self, *, ask: bool = True) -> int:
        """Look after every channel once; returns the nanoseconds after which to look again.

        Without `ask` nothing is sent: wishes are taken and alarms passed on.
        """
        now = self._clock()
        again = ALARMS_NS
        for watched in list(self._watched):
            channel = watched.channel
            if watched.failures >= FAILURES_MAXIMUM:
                continue
            again = min(again, watched.idle_ns)
            if not channel.busy:
                continue
            try:
                channel.step(now, ask=ask)
                if channel.figures.filled != watched.filled:
                    watched.failures, watched.filled = 0, channel.figures.filled
                if channel.busy:
                    again = BUSY_NS
            except Exception as error:  # noqa: BLE001 (reported, and the feed goes on)
                watched.failures += 1
                channel.figures.failures += 1
                channel.abandon()
                self._failed(channel.name, error)
        return again

    def start(self) -> None:
        """Begin, in a thread of its own."""
        if self._thread is not None:
            raise RecoveryError("recovery runs already")
        self._stop.clear()
        self._thread = threading.Thread(target=self._live, name="recovery", daemon=True)
        self._thread.start()

    def _live(self) -> None:
        try:
            while not self._stop.is_set():
                self._stop.wait(self.step() / 1e9)
            # What the hot path said last is still told.
            self.step(ask=False)
        except BaseException as error:  # noqa: BLE001 (raised by `stop`)
            self._fatal = error

    def stop(self) -> None:
        """End the thread; by then what the hot path said last has been told.

        Raises what ended the thread before, if anything did, and `RecoveryError` where it does not end.
        """
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stop.set()
        thread.join(STOP_S)
        if thread.is_alive():
            raise RecoveryError(f"recovery did not end within {STOP_S:g} s: a call-back of it does not return")
        if self._fatal is not None:
            fatal, self._fatal = self._fatal, None
            raise fatal

    @property
    def running(self) -> bool:
        """Whether the thread lives."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def figures(self) -> dict[str, RecoveryFigures]:
        """The figures by channel; they go on changing while the thread runs."""
        return {watched.channel.name: watched.channel.figures for watched in list(self._watched)}
