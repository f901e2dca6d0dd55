"""The `auto` receiver: the first of several kinds that can be opened, best first.

It is what it opened: `address`, `statistics` and everything else are that receiver's. Why no better kind was taken is
in `statistics["tried"]` and among the warnings, each with what would mend it.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Sequence
from types import TracebackType
from typing import Any, ClassVar

from pydantic import ValidationError

from feedhandler import plugins
from feedhandler.receivers.endpoints import Endpoint, EndpointError, check_endpoints
from feedhandler.receivers.options import UNPROVED, AutoOptions
from feedhandler.receivers.socket import SocketReceiver


class AutoReceiver:
    """Lends what the best receiver lends that could be opened.

    endpoints: the lines.
    options: `AutoReceiver.Options`; None: the defaults.
    """

    Options: ClassVar[type[AutoOptions]] = AutoOptions

    def __init__(self, endpoints: Sequence[Endpoint], options: AutoOptions | None = None) -> None:
        self.endpoints = check_endpoints(endpoints)
        self.options = AutoOptions() if options is None else options
        self.tried: list[str] = []
        """Each kind that could not be opened, and why."""
        self.kind = ""
        """What was opened."""
        self._receiver: Any = SocketReceiver(self.endpoints)  # until `open`: one that is not open
        self._opened = False

    def open(self) -> None:
        """Open the first kind that can be. Raises `EndpointError` with the reasons of all where none can."""
        if self._opened:
            raise RuntimeError("the receiver is open already")
        self.tried = self._passed_over()
        self.kind = ""
        failed: OSError | None = None
        for kind in self.options.order:
            try:
                receiver = self._made(kind)
                receiver.open()
            except OSError as error:
                failed = error
                self.tried.append(f"{kind}: {error.strerror or error}")
                continue
            self.kind = kind
            self._receiver = receiver
            self._opened = True
            return
        assert failed is not None
        raise EndpointError(failed.errno, f"no receiver could be opened: {'; '.join(self.tried)}") from failed

    def _passed_over(self) -> list[str]:
        """Kinds that could perhaps be opened, and that nobody has named."""
        found = []
        for kind in UNPROVED:
            if kind not in self.options.order and "kinds" not in self.options.model_fields_set:
                with contextlib.suppress(plugins.PluginError):
                    if plugins.receiver(kind).probe() is None:
                        found.append(
                            f"{kind}: it is here, and was not tried: it has met no card yet, so it is taken only where "
                            f"it is named (kinds: [{kind}, ...], or options: {{{kind}: {{}}}})"
                        )
        return found

    def _made(self, kind: str) -> Any:
        try:
            implementation = plugins.receiver(kind)
        except plugins.NotBuiltError as error:
            raise EndpointError(errno.ENOSYS, error.why) from error
        wished = self.options.model_dump(include={"packet_bytes", "wait", "trailer", "frame_check"})
        known = {name: value for name, value in wished.items() if name in implementation.Options.model_fields}
        try:
            options = implementation.Options(**{**known, **self.options.options.get(kind, {})})
            return implementation(self.endpoints, options)
        except ValidationError as error:
            (first, *_) = error.errors(include_url=False)
            raise EndpointError(errno.EOPNOTSUPP, f"{first['loc'][0]} {first['input']}: {first['msg']}") from error

    def close(self) -> None:
        """Close what was opened. Statistics stay."""
        self._opened = False
        self._receiver.close()

    def stop(self) -> None:
        """The next poll returns RECEIVER_ENDED. From any thread."""
        self._receiver.stop()

    def __enter__(self) -> AutoReceiver:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def address(self) -> int:
        """Of the C struct that the pipeline calls; another one after each `open`."""
        found: int = self._receiver.address
        return found

    @property
    def error(self) -> BaseException | None:
        """Why it failed."""
        found: BaseException | None = self._receiver.error
        return found

    @property
    def warnings(self) -> list[str]:
        """Why no better kind was taken, and what the one that was taken warns of."""
        not_taken = [f"receiver {self.kind} is used, since {words}" for words in self.tried] if self._opened else []
        trailer = self.options.trailer
        if self._opened and trailer != "none" and not hasattr(self._receiver.options, "trailer"):
            not_taken.append(f"receiver {self.kind} has no whole frames, so the times of {trailer} are not read")
        return not_taken + list(self._receiver.warnings)

    @property
    def statistics(self) -> dict[str, Any]:
        """Of what was opened, whose kind is in `mode`, with `tried`."""
        told = dict(self._receiver.statistics)
        mode = f"{self.kind} {told['mode']}" if self.kind else told["mode"]
        return {**told, "mode": mode, "tried": list(self.tried)}

    def join(self, endpoint: Endpoint) -> None:
        """Hear an endpoint from now on, where what was opened can. From any thread."""
        self._receiver.join(endpoint)

    def leave(self, endpoint: Endpoint) -> None:
        """Hear an endpoint no more. From any thread."""
        self._receiver.leave(endpoint)

    def fileno(self, line: int) -> int:
        """The socket of a unicast line, to send requests from. Good until `close`."""
        found: int = self._receiver.fileno(line)
        return found

    def address_of(self, line: int) -> tuple[str, int]:
        """Address and port that a unicast line's socket is bound to."""
        found: tuple[str, int] = self._receiver.address_of(line)
        return found
