# cython: language_level=3, cdivision=True
"""What receivers of whole frames share as Python: endpoints, lines, groups, unicast endpoints, statistics.

A subclass has a state that begins with a `lender`, sets `self.lender` in `__cinit__`, and says in `open_cards`,
`close_cards` and `cards_told` what is particular to its cards.
"""

import errno
import threading

from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from feedhandler.receivers.abi cimport receiver
from feedhandler.receivers.frames.ethernet cimport heard_line
from feedhandler.receivers.frames.line_table cimport line_table_close, line_table_open, line_table_set
from feedhandler.receivers.frames.replies cimport REPLY_POLLS
from feedhandler.receivers.frames.trailer cimport trailer_open, trailer_told

from feedhandler.receivers.frames import memberships
from feedhandler.receivers.clock import epoch_ns
from feedhandler.receivers.frames.datagram_reasons import REASONS
from feedhandler.receivers.endpoints import EndpointError, check_endpoints
from feedhandler.receivers.options import SocketOptions
from feedhandler.receivers.socket import SocketReceiver
from feedhandler.receivers.frames.trailers import TRAILERS


cdef extern from "<poll.h>":
    enum: POLLIN


FIXED = "this receiver hears the groups that it was opened with, and no others"


cdef void lender_fail_unreleased(lender *one) noexcept with gil:
    owner = <FrameReceiver>one.owner
    owner.error = RuntimeError(
        f"poll was called while {one.lent} frames were lent: every burst is released before the next poll"
    )
    one.failed = 1


cdef void lender_fail_replies(lender *one) noexcept with gil:
    owner = <FrameReceiver>one.owner
    owner.error = owner.unicast.error
    one.failed = 1


cdef void lender_fail(lender *one, const char *words) noexcept with gil:
    owner = <FrameReceiver>one.owner
    owner.error = RuntimeError((<bytes>words).decode())
    one.failed = 1


cdef class FrameReceiver:
    """Lends the datagrams of lines out of whole frames.

    endpoints: the lines; those with a group must name their interface.
    options: the subclass's `Options`; None: the defaults.

    `open`, `poll` and `close` belong in the thread that polls. `stop`, `statistics`, `warnings`, `fileno` and
    `address_of` may be called from any thread; what `fileno` returned is good until `close`. So may `join` and `leave`,
    between `open` and `close`.
    """

    CARDS = "interfaces"
    """What the statistics call the figures by interface."""

    def __cinit__(self, endpoints, options=None) -> None:
        self.error = None
        self.endpoints = self.first = check_endpoints(endpoints)
        self.lock = threading.Lock()
        self.options = type(self).Options() if options is None else options
        self.multicast, unicast = memberships.split(self.endpoints)
        self.joined = memberships.Memberships()
        self.unicast = None
        if unicast:
            self.unicast = SocketReceiver(unicast, SocketOptions(packet_bytes=self.options.packet_bytes))

    def __init__(self, endpoints, options=None) -> None:
        """The lines' figures; the subclass has set `lender` by now."""
        self.lender.owner = <void *>self
        free(self.lender.lines)
        self.lender.line_count = len(self.multicast)
        self.lender.lines = <heard_line *>calloc(len(self.multicast) + SPARE_LINES, sizeof(heard_line))
        if self.lender.lines == NULL:
            raise MemoryError

    # Opening and closing.

    def open(self) -> None:
        """Join the groups and open the cards. Raises `EndpointError`; nothing stays open then."""
        cdef int64_t number
        cdef lender *one = self.lender
        if one.opened:
            raise RuntimeError("the receiver is open already")
        self.error = None
        one.failed = one.stopping = 0
        one.lent = one.polls = one.empty_polls = 0
        one.packet_bytes = self.options.packet_bytes
        one.epoch_ns = epoch_ns()
        one.sleeps = getattr(self.options, "wait", "spin") == "block"
        if one.sleeps:
            one.wait_limit.tv_sec = self.options.wait_limit // 1_000_000_000
            one.wait_limit.tv_nsec = self.options.wait_limit % 1_000_000_000
        self.endpoints = self.first
        self.multicast = memberships.split(self.first)[0]
        memset(one.lines, 0, (one.line_count + SPARE_LINES) * sizeof(heard_line))
        for number, endpoint in enumerate(self.multicast):
            one.lines[number].line = endpoint.line
        try:
            self.joined = self.join_groups()
            self.open_cards()
            one.replies.face = NULL
            one.replies.lent = one.replies.polls = 0
            one.replies.every = 1 if one.sleeps else REPLY_POLLS
            if self.unicast is not None:
                self.unicast.open()
                one.replies.face = <receiver *><size_t>self.unicast.address
                for endpoint in self.unicast.endpoints:
                    self.wait_for(self.unicast.fileno(endpoint.line))
        except BaseException:
            self.close()
            raise
        one.opened = 1

    cdef object join_groups(self):
        """The groups' memberships, and which interface hears what."""
        return memberships.join(self.multicast)

    cdef int open_cards(self) except -1:
        """Everything that is the subclass's own; what it opened before it raises is closed by `close_cards`."""
        raise NotImplementedError

    cdef int close_cards(self) except -1:
        """The counterpart; it may be called twice, and with half of it open."""
        raise NotImplementedError

    cdef list cards_told(self):
        """Figures by interface, each with `interface` and what it dropped: `receiver_drops`, `kernel_drops` and
        `device_drops`, where there is such a thing. Also after `close`."""
        raise NotImplementedError

    cdef dict more_told(self):
        """What the statistics have besides."""
        return {}

    cdef int make_waits(self, int64_t count) except -1:
        """Room for what a sleeping poll waits for: so many descriptors, and those of unicast endpoints."""
        free(self.lender.waits)
        self.lender.wait_count = 0
        self.lender.waits = <waited *>calloc(max(1, count + len(self.endpoints)), sizeof(waited))
        if self.lender.waits == NULL:
            raise MemoryError
        return 0

    cdef void wait_for(self, int descriptor) noexcept:
        if self.lender.waits != NULL:
            self.lender.waits[self.lender.wait_count].fd = descriptor
            self.lender.waits[self.lender.wait_count].events = POLLIN
            self.lender.wait_count += 1

    cdef int open_tap(self, tap *place, str interface) except -1:
        """The lines of an interface."""
        heard = self.joined.heard[interface]
        memset(place, 0, sizeof(tap))
        trailer_open(&place.trailer, TRAILERS.index(self.options.trailer), self.options.frame_check)
        place.stamps = &place.trailer if place.trailer.kind != 0 else NULL
        if line_table_open(&place.table, len(heard) + SPARE_LINES, 0) != 0:
            raise MemoryError
        for index, endpoint in heard:
            _set_line(place, index, endpoint)
        return 0

    cdef int open_tray(self, tray *card, str interface) except -1:
        memset(card, 0, sizeof(tray))
        return self.open_tap(&card.tap, interface)

    cdef dict tap_told(self, tap *place):
        cdef int reason
        return {
            "unmatched": place.others.unmatched,
            "skipped": {REASONS[reason]: place.others.skipped[reason] for reason in range(1, len(REASONS))},
            "trailer": trailer_told(&place.trailer),
        }

    def close(self) -> None:
        """Close the cards and leave the groups: lent frames are no longer valid. Statistics stay."""
        self.lender.opened = 0
        self.lender.lent = 0
        self.lender.replies.face = NULL
        if self.unicast is not None:
            self.unicast.close()
        self.close_cards()
        self.joined.close()

    def stop(self) -> None:
        """The next poll returns RECEIVER_ENDED; one that sleeps ends within `wait_limit`. From any thread."""
        self.lender.stopping = 1

    def __enter__(self) -> FrameReceiver:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Groups that come and go while it runs.

    cdef tap *tap_of(self, int64_t number) except NULL:
        """The lines of the interface with that number."""
        raise EndpointError(errno.EOPNOTSUPP, FIXED)

    cdef object interface_of(self, endpoint):
        """What an endpoint's interface is called here. Raises `EndpointError`."""
        return memberships.interface_named(endpoint)

    cdef int join_group(self, int64_t place, endpoint) except -1:
        """Join the group of one endpoint more."""
        self.joined.add(place, endpoint)
        return 0

    cdef int hear(self, int64_t number, list heard) except -1:
        """From now on let in these endpoints on the interface with that number, and no others."""
        raise EndpointError(errno.EOPNOTSUPP, FIXED)

    def join(self, endpoint) -> None:
        """Hear an endpoint from now on: one that was left, or one more, on an interface that is heard already.

        Its frames carry its `line`. It is forgotten when the receiver is closed. Raises `EndpointError`, and `ValueError`
        where it is unicast, has another's place, or is one too many.
        """
        with self.lock:
            self._join(endpoint)

    def _join(self, endpoint) -> None:
        cdef int64_t place
        known = self._place_of(endpoint)
        if known in self.joined.sockets:
            return
        interface = self.interface_of(endpoint)
        if interface not in self.joined.interfaces:
            heard = ", ".join(self.joined.interfaces) or "none"
            raise EndpointError(
                errno.ENODEV, f"{endpoint.text}: interfaces are opened at start, and {interface} is not; heard: {heard}"
            )
        number = self.joined.interfaces.index(interface)
        place = len(self.multicast) if known is None else known
        if known is None:
            if place == self.lender.line_count + SPARE_LINES:
                raise ValueError(f"{endpoint.text}: {SPARE_LINES} lines were added since the start, and there is no more room")
            everything = check_endpoints((*self.endpoints, endpoint))
            memset(&self.lender.lines[place], 0, sizeof(heard_line))
            self.lender.lines[place].line = endpoint.line
        self.join_group(place, endpoint)
        try:
            _set_line(self.tap_of(number), place, endpoint)
            self.hear(number, self.joined.joined(interface))
        except BaseException:
            self.joined.leave(place)
            if known is None:
                self.joined.heard[interface].remove((place, endpoint))
            raise
        if known is None:
            self.multicast.append(endpoint)
            self.endpoints = everything

    def leave(self, endpoint) -> None:
        """Hear an endpoint no more; what has come already is still lent. Its figures stay. Raises `LookupError`."""
        with self.lock:
            place = self._place_of(endpoint)
            if place not in self.joined.sockets:
                raise LookupError(f"{endpoint.text} is not heard")
            interface = self.interface_of(endpoint)
            others = [one for one in self.joined.joined(interface) if one != endpoint]
            self.hear(self.joined.interfaces.index(interface), others)
            self.joined.leave(place)

    def _place_of(self, endpoint) -> int | None:
        if not self.lender.opened:
            raise RuntimeError("the receiver is not open: groups are joined and left while it is")
        if not endpoint.multicast:
            raise ValueError(f"{endpoint.text}: a unicast endpoint joins nothing, and is there from the start")
        return next((place for place, one in enumerate(self.multicast) if one == endpoint), None)

    # What is told.

    @property
    def address(self) -> int:
        """Of the C struct that the pipeline calls; valid as long as this object."""
        return <size_t>&self.lender.face

    def fileno(self, line: int) -> int:
        """The socket of a unicast line, to send requests from: replies come to the poll. Good until `close`."""
        return self._sockets_of(line).fileno(line)

    def address_of(self, line: int) -> tuple[str, int]:
        """Address and port that a unicast line's socket is bound to."""
        return self._sockets_of(line).address_of(line)

    def _sockets_of(self, line: int) -> SocketReceiver:
        if self.unicast is None:
            raise LookupError(f"line {line} has no socket: none of the endpoints is unicast")
        return self.unicast

    @property
    def mode(self) -> str:
        """What was obtained."""
        return "buffers"

    @property
    def warnings(self) -> list[str]:
        """What was not obtained as wished; known after `open`."""
        found = list(self.joined.warnings)
        return found if self.unicast is None else found + self.unicast.warnings

    @property
    def statistics(self) -> dict[str, object]:
        """What was lent since `open`, what was lost where, and how it is obtained."""
        cdef int64_t number
        cdef heard_line *line
        told = []
        for number, endpoint in enumerate(list(self.multicast)):
            line = self.lender.lines + number
            told.append({
                "line": endpoint.line,
                "group": endpoint.group,
                "port": endpoint.port,
                "interface": endpoint.interface,
                "source": endpoint.source,
                "frames": line.frames,
                "bytes": line.bytes,
                "truncated": line.truncated,
                "time_uncertain": line.uncertain,
            })
        cards = self.cards_told()
        inner = {"frames": 0, "bytes": 0, "dropped": {"receiver": 0, "kernel": 0, "device": 0}, "endpoints": []}
        if self.unicast is not None:
            inner = self.unicast.statistics
        return {
            "mode": self.mode,
            "accelerated": None,
            "frames": sum(one["frames"] for one in told) + inner["frames"],
            "bytes": sum(one["bytes"] for one in told) + inner["bytes"],
            "polls": self.lender.polls,
            "empty_polls": self.lender.empty_polls,
            "dropped": {
                where: sum(one.get(f"{where}_drops", 0) for one in cards) + inner["dropped"][where]
                for where in ("receiver", "kernel", "device")
            },
            "endpoints": sorted(told + inner["endpoints"], key=lambda one: one["line"]),
            self.CARDS: cards,
            **self.more_told(),
        }


cdef void _set_line(tap *place, int64_t index, object endpoint):
    line_table_set(
        &place.table, memberships.address_number(endpoint.group), endpoint.port,
        memberships.address_number(endpoint.source) if endpoint.source else 0, endpoint.source is not None, index,
    )
