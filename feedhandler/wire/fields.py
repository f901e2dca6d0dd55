"""Field types: how a value lies on the wire and what it means.

A field type is a value: `u32`, `price(u32, decimals=4)`, `char.named(B="Buy", S="Sell")`. Placed at an offset with `@` it
becomes a field of a message. The same object knows the compiled load (its `scalar`), the friendly Python value (text for
text, the raw integer for everything else), the encoder, the numpy format and the words of the documentation table.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from feedhandler.core.integers import to_signed
from feedhandler.core.views import Scalar, Slot

Kind = Literal["integer", "char", "text", "price", "flags", "reserved"]
Value = int | str | bytes | Decimal | None


@dataclass(frozen=True, slots=True)
class FieldType:
    """What a field is, before it has a place.

    `decimals` is the number of implied decimal places of a price; `null` the raw value that means "no value";
    `since` the version of the protocol that added the field (0: always there).
    """

    name: str
    scalar: Scalar
    kind: Kind = "integer"
    decimals: int = 0
    null: int | None = None
    since: int = 0
    names: tuple[tuple[int, str], ...] = ()
    encoding: str = field(default="ascii", repr=False)

    # ------------------------------------------------------------------------------------------------- declaration

    def __matmul__(self, offset: int) -> Field:
        """Place the field: `u32 @ 20`."""
        if not isinstance(offset, int) or offset < 0:
            raise TypeError(f"{self.name} @ {offset!r}: an offset is a number of bytes from the start of the message")
        return Field(self, offset)

    def named(self, _names: dict[int | str, str] | None = None, **names: str) -> FieldType:
        """Give values their names: `char.named(B="Buy", S="Sell")`, `u8.named({0: "No", 1: "Yes"})`."""
        pairs: dict[int | str, str] = {**(_names or {}), **names}
        keyed = tuple((ord(key) if isinstance(key, str) and self.kind == "char" else self.raw(key), word) for key, word in pairs.items())
        return replace(self, names=keyed)

    def nullable(self, null: int) -> FieldType:
        """Say which raw value means that there is none."""
        return replace(self, null=null)

    def added(self, version: int) -> FieldType:
        """Say which version of the protocol added the field; it and all behind it are optional on the wire."""
        return replace(self, since=version)

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return self.scalar.size

    @property
    def is_text(self) -> bool:
        return self.kind in ("char", "text", "reserved")

    def with_bit_names(self, **bits: str) -> FieldType:
        """A set of flags: `u8.with_bit_names(bit0="end of event")`."""
        named = tuple((1 << int(key.removeprefix("bit")), word) for key, word in bits.items())
        return replace(self, kind="flags", names=named)

    # ------------------------------------------------------------------------------------------------------- values

    def decode(self, data: bytes) -> int | str | None:
        """The friendly value of the field's bytes: text, the venue's raw integer, or None for null."""
        if self.is_text:
            text = data.decode(self.encoding, errors="backslashreplace")
            return text if self.kind == "char" else text.rstrip(" \0")
        value = int.from_bytes(data, self._order, signed=self.scalar.signed)
        return None if value == self.null else value

    def encode(self, value: Value) -> bytes:
        """The field's bytes; the inverse of `decode`. Prices may be given as an exact `Decimal`."""
        if value is None and self.null is None:
            value = "" if self.is_text else 0
        if self.is_text:
            data = value if isinstance(value, bytes) else self._text(value).encode(self.encoding)
            if len(data) > self.size:
                raise ValueError(f"{value!r} has {len(data)} bytes, the field holds {self.size}")
            return data.ljust(self.size, b" ")
        raw = self.raw(value)
        bits = 8 * self.size
        low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if self.scalar.signed else (0, 1 << bits)
        if not low <= raw < high:
            raise ValueError(f"{value!r} is outside {low}..{high - 1}")
        return raw.to_bytes(self.size, self._order, signed=self.scalar.signed)

    def raw(self, value: Value) -> int:
        """The venue's integer for a value."""
        if value is None:
            return self.null or 0
        if isinstance(value, Decimal):
            scaled = value.scaleb(self.decimals)
            if scaled != scaled.to_integral_value():
                raise ValueError(f"{value} has more than {self.decimals} decimal places")
            return int(scaled)
        if isinstance(value, str | bytes):
            data = value.encode(self.encoding) if isinstance(value, str) else value
            return int.from_bytes(data.ljust(self.size, b" ")[: self.size], "big")
        return int(value)

    def view_value(self, value: Value) -> int:
        """What a view of the field reads for this value: the int64 that handlers compare with."""
        if self.scalar.by_address:
            raise TypeError(f"{self.name} is longer than a machine word: a view gives its address")
        return to_signed(self.raw(value))

    @staticmethod
    def _text(value: Value) -> str:
        if not isinstance(value, str):
            raise TypeError(f"{value!r} is not text")
        return value

    @property
    def _order(self) -> Literal["big", "little"]:
        return "big" if self.scalar.big_endian or self.is_text else "little"

    @property
    def numpy_format(self) -> str:
        """The format of the field in a numpy structured type; odd sizes are runs of bytes."""
        if self.is_text:
            return f"S{self.size}"
        if self.size in (1, 2, 4, 8):
            order = ">" if self.scalar.big_endian else "<"
            return f"{order}{'i' if self.scalar.signed else 'u'}{self.size}"
        return f"({self.size},)u1"

    def explain(self) -> str:
        """The words of the documentation table: what the raw value means."""
        words = []
        if self.kind == "price":
            words.append(f"price, {self.decimals} decimal places")
        if self.names:
            spelled = (f"`{chr(raw)}` {word}" if self.kind == "char" else f"{raw} {word}" for raw, word in self.names)
            words.append(", ".join(spelled))
        if self.null is not None:
            words.append(f"null {self.null}")
        if self.since:
            words.append(f"since version {self.since}")
        return "; ".join(words)


@dataclass(frozen=True, slots=True)
class Field:
    """A field type at its place in a message."""

    type: FieldType
    offset: int

    @property
    def end(self) -> int:
        """The offset behind the field's last byte."""
        return self.offset + self.type.size

    @property
    def slot(self) -> Slot:
        """The field's place as the engine's views need it."""
        absent = self.type.null if self.type.null is not None else 0
        return Slot(self.offset, self.type.scalar, to_signed(absent))


def integer(bits: int, *, signed: bool = False, big_endian: bool) -> FieldType:
    """An integer of 8 to 64 bits, unaligned, in whole bytes."""
    return FieldType(f"{'i' if signed else 'u'}{bits}", Scalar(bits // 8, signed=signed, big_endian=big_endian))


def price(base: FieldType, decimals: int) -> FieldType:
    """A price: an integer with implied decimal places."""
    return replace(base, name=f"price{decimals}", kind="price", decimals=decimals)


def alpha(size: int) -> FieldType:
    """Text, left-justified, padded with spaces. Up to 8 bytes a view reads it as one integer, first byte highest."""
    return FieldType(f"alpha({size})", Scalar(size, big_endian=True, by_address=size > 8), kind="text")


def reserved(size: int) -> FieldType:
    """Bytes without meaning."""
    return FieldType(f"reserved({size})", Scalar(size, big_endian=True, by_address=size > 8), kind="reserved")


char = FieldType("char", Scalar(1), kind="char")
"""One character; a view reads its code."""
