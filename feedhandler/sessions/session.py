"""What a session declares of itself, for the pipeline to be generated from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, Protocol


class Numbering(Enum):
    """What a sequence number counts."""

    MESSAGE = "message"  #: each message has its own number; a packet gives its first
    PACKET = "packet"  #: each packet has one number, whatever it holds: `open` gives a packet of messages a span of 1


class Request(NamedTuple):
    """What a request asks for: `message_count` messages of a session, from `first` on."""

    session_high: int
    session_low: int
    first: int
    message_count: int


class Retransmission(Protocol):
    """The cold half of a session: how what was missed is asked for. Sans-I/O; no reply is read here, since replies are
    packets of the session."""

    messages_maximum: int  #: that one request can ask for

    def requests(
        self, session_high: int, session_low: int, first: int, count: int, messages_per_request: int
    ) -> list[bytes]:
        """The datagrams that ask for `count` messages from `first` on."""

    def request_read(self, datagram: bytes) -> Request | None:
        """What a datagram asks for, for servers; None where it is no request."""


@dataclass(frozen=True, slots=True)
class Session:
    """One way in which packets carry numbered messages.

    `open(packet, sequencer_expected, address, length)` reads the header into a `core.sequencer.Packet` and returns a
    `Reason`; `block_length(address)` gives the bytes behind a block header of `block_header` bytes.
    Both are hot functions at the top level of `module`, since the generated pipeline imports them by name.

    A message begins behind the block header, or `block_inside` bytes before its end: where a message opens with its own
    length, that field is both the header of the block and, at its offset in the document, a field of the message.
    """

    name: str
    specification: str
    module: str
    open: Callable[..., Any]
    block_length: Callable[..., Any]
    block_header: int
    numbering: Numbering
    block_inside: int = 0
    streams: bool = False  #: the header names an in-band stream, each numbered on its own
    loops: bool = False  #: the numbering starts again without being a new session
    restarts: bool = False  #: it may begin again at 1 under the same name: the next day, or when the venue restarts
    steady: bool = False  #: its packets are the same whoever sends them: none begins inside another
    packets: bool = True  #: False where the source is a file of messages without packets
    sent: Callable[..., Any] | None = None  #: `sent(address)`: when a packet left, where messages do not say
    retransmission: Retransmission | None = None  #: how a hole is asked for; None where it cannot be
    encode: Callable[[int, Sequence[bytes]], bytes] | None = None
    """A packet of these messages, the first under that number: cold, for whoever sends (simulators, conformance)."""
