"""Every message of a packet as plain data, in the order of the bytes: what `feedhandler decode` prints.

Cold and independent of the pipeline's state: no arbitration, no books, nothing is dropped. The session's own functions
open packets (as plain Python, see `core/jit.py`) and the feed's tables decode messages, so what is shown here is what
the hot path reads. What cannot be read is shown too, with the reason and the bytes.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Literal

from feedhandler.core.memory import Region
from feedhandler.core.packet import Packet
from feedhandler.core.reasons import Reason
from feedhandler.feed import Feed
from feedhandler.sessions import Numbering, Session
from feedhandler.wire.fields import Decoded, FieldType
from feedhandler.wire.message import MessageLayout

Reader = Callable[[bytes], Any]


@dataclass(frozen=True, slots=True)
class DecodedMessage:
    """One message, or what could not be read as one."""

    sequence: int | None  #: None where the packet's header could not be read; 0 where it is unsequenced
    message: str | None  #: the name of its table; None where there is none
    fields: dict[str, Any]
    error: Reason | None = None
    data: bytes = b""  #: what could not be read
    type: Decoded = None  #: of a message without a table


class Decoder:
    """Decodes the packets of one feed in one variant over one session."""

    def __init__(self, feed: Feed, variant: str, session: Session) -> None:
        messages = feed.messages(variant)
        self._by_type: dict[object, MessageLayout] = {message.type: message for message in messages}
        if not messages[0].selectors:
            raise ValueError(f"feed {feed.name}: its messages share no first field that tells them apart")
        self._selectors = [messages[0].fields[name] for name in messages[0].selectors]
        self._family = messages[0]
        self._session = session
        self._open = _plain(session.open)
        self._block_length = _plain(session.block_length)
        self._region = Region("decoding.packet", Packet.size, huge=False)
        self._packet = Packet(self._region.address)
        self._expected: dict[int, int] = {}
        self._readers: dict[MessageLayout, list[tuple[str, int, int, Reader]]] = {}

    def version(self, payload: bytes) -> int | None:
        """The version of the protocol that wrote a packet, where its messages say so and the first is readable."""
        name, constants = self._family.family.version, self._family.family.constants
        if name is None:
            return None
        for block in self._blocks(payload, -1):
            if isinstance(block, DecodedMessage):
                return None
            _sequence, body = block
            if len(body) >= self._family.family.size and all(
                _field_value(self._family, key, body) == value for key, value in constants.items()
            ):
                return int(_field_value(self._family, name, body))
        return None

    def messages(self, payload: bytes, stream: int = 0) -> Iterator[DecodedMessage]:
        """The messages of a packet. `stream` tells apart what is numbered on its own: a line.

        A file of messages has no numbers; there each stream is counted from 1.
        """
        for block in self._blocks(payload, stream):
            yield block if isinstance(block, DecodedMessage) else self.message(block[1], block[0])

    def _blocks(self, payload: bytes, stream: int) -> Iterator[tuple[int, bytes] | DecodedMessage]:
        """Sequence and bytes of each message of a packet; last what could not be read."""
        buffer = ctypes.create_string_buffer(payload, len(payload)) if payload else ctypes.create_string_buffer(1)
        address = ctypes.addressof(buffer)
        packet = self._packet
        packet.checked = 0
        reason = Reason(self._open(packet, self._expected.get(stream, 1), address, len(payload)))
        if reason is not Reason.OK:
            yield DecodedMessage(None, None, {}, reason, payload)
            return
        step = packet.sequenced if self._session.numbering is Numbering.MESSAGE else 0
        sequence, count = packet.sequence, packet.count
        position, end = packet.body - address, packet.end - address
        self._expected[stream] = sequence + packet.span
        header = self._session.block_header
        for index in range(count):
            if end - position < header:
                yield DecodedMessage(sequence + index * step, None, {}, Reason.PACKET_BLOCKS, payload[position:end])
                return
            length = self._block_length(address + position)
            if length < 1 or end - position - header < length:
                yield DecodedMessage(sequence + index * step, None, {}, Reason.PACKET_BLOCKS, payload[position:end])
                return
            position += header
            body = payload[position - self._session.block_inside : position + length]
            yield sequence + index * step, body
            position += length
        if position != end and packet.sequenced:
            yield DecodedMessage(sequence + count * step, None, {}, Reason.PACKET_TRAILING, payload[position:end])

    def message(self, body: bytes, sequence: int) -> DecodedMessage:
        """One message from its bytes."""
        first, *others = self._selectors
        if len(body) < self._selectors[-1].end:
            return DecodedMessage(sequence, None, {}, Reason.MESSAGE_LENGTH, body)
        kind = first.type.decode(body[first.offset : first.end])
        for place in others:
            kind = f"{kind}{place.type.decode(body[place.offset : place.end])}"
        table = self._by_type.get(kind)
        if table is None:
            return DecodedMessage(sequence, None, {}, Reason.MESSAGE_UNKNOWN, body, kind)
        if not table.accepts(len(body)):
            return DecodedMessage(sequence, table.__name__, {}, Reason.MESSAGE_LENGTH, body, kind)
        if not table.walked:
            return DecodedMessage(sequence, table.__name__, self._fields(table, body))
        if any(_field_value(table, name, body) != value for name, value in table.family.constants.items()):
            return DecodedMessage(sequence, None, {}, Reason.MESSAGE_UNKNOWN, body, kind)
        try:
            return DecodedMessage(sequence, table.__name__, table.decode(body))
        except ValueError:
            return DecodedMessage(sequence, table.__name__, {}, Reason.MESSAGE_LENGTH, body, kind)

    def _fields(self, table: MessageLayout, body: bytes) -> dict[str, Any]:
        """What `table.decode(body)` gives, three times as quickly: its questions to the table are asked once."""
        readers = self._readers.get(table)
        if readers is None:
            readers = self._readers[table] = [
                (name, field.offset, field.end, _reader(field.type)) for name, field in table.fields.items()
            ]
        if len(body) < table.size:
            return table.decode(body)
        return {name: read(body[start:end]) for name, start, end, read in readers}


def _field_value(table: MessageLayout, name: str, body: bytes) -> Any:
    field = table.fields[name]
    return field.type.decode(body[field.offset : field.end])


def _reader(kind: FieldType) -> Reader:
    """How the bytes of a field become its friendly value."""
    if kind.is_text or kind.null is not None or kind.kind in ("double", "block"):
        return kind.decode
    order: Literal["big", "little"] = "big" if kind.scalar.big_endian else "little"
    signed = kind.scalar.signed
    return lambda data: int.from_bytes(data, order, signed=signed)


def _plain(function: Callable[..., Any], made: dict[int, Callable[..., Any]] | None = None) -> Callable[..., Any]:
    """A hot function as ordinary Python, with all hot functions that it calls, whether or not this process compiles.

    A compiled function that is called from outside takes numbers only, no `Packet`. `made`: by the function's id, those
    that are being made, for functions that name each other.
    """
    python = getattr(function, "py_func", None)
    if python is None:
        return function
    made = {} if made is None else made
    names = dict(python.__globals__)
    plain = FunctionType(python.__code__, names, python.__name__, python.__defaults__, python.__closure__)
    made[id(function)] = plain
    for name in python.__code__.co_names:
        called = names.get(name)
        if callable(called) and hasattr(called, "py_func"):
            names[name] = made.get(id(called)) or _plain(called, made)
    return plain
