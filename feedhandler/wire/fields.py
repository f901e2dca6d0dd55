"""Field types: how a value lies on the wire and what it means.

A field type is a value: `u32`, `price(u32, decimals=4)`, `char.named(B="Buy", S="Sell")`. Placed at an offset with `@`
it becomes a field of a message. The same object knows the compiled load (its `scalar`), the friendly Python value
(text for text, the raw integer for everything else), the encoder, the numpy format and the words of the documentation
table.

Values go in and out as the venue writes them: a price is its raw integer, a flag set its bits. Whatever else is
accepted for convenience (an exact `Decimal` for a price) converts without loss or raises; a float does only where the
venue itself sends one (`double`), and handlers see it as an integer all the same.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Self, SupportsIndex, overload

from feedhandler.core.doubles import INEXACT, steps_of_double
from feedhandler.core.integers import to_signed
from feedhandler.core.views import Scalar, Slot, View

Kind = Literal["integer", "char", "text", "price", "flags", "reserved", "double", "block"]
Value = int | float | str | bytes | Decimal | None
Decoded = int | float | str | None


@dataclass(frozen=True, slots=True)
class FieldType:
    """What a field is, before it has a place.

    `decimals` is the number of implied decimal places of a price; `null` the raw value that means "no value"; `since`
    the version of the protocol that added the field (0: always there); `names` what its values, or for flags its bits,
    are called.
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
        if type(offset) is not int or offset < 0:
            raise TypeError(f"{self.name} @ {offset!r}: an offset is a number of bytes from the start of the message")
        return Field(self, offset)

    def named(self, _names: Mapping[int, str] | Mapping[str, str] | None = None, **names: str) -> FieldType:
        """Give values their names: `char.named(B="Buy", S="Sell")`, `u8.named({0: "No", 1: "Yes"})`."""
        pairs: list[tuple[int | str, str]] = [*(_names or {}).items(), *names.items()]
        keyed = tuple((self._pattern(self.encode(key)), word) for key, word in pairs)
        if len({raw for raw, _ in keyed}) < len(keyed):
            raise ValueError(f"{self.name}: two names for one value in {pairs}")
        return replace(self, names=keyed)

    def nullable(self, null: int) -> FieldType:
        """Say which raw value means that there is none."""
        if self.is_text and self.kind != "char":
            raise TypeError(f"{self.name}: text has no null value; blank text is empty")
        if self.kind == "double":
            raise TypeError(f"{self.name}: the null value of a double is NaN, and needs no word")
        null.to_bytes(self.size) if self.is_text else self.encode(null)
        return replace(self, null=null)

    def added(self, version: int) -> FieldType:
        """Say which version of the protocol added the field; it and all behind it are optional on the wire."""
        if version <= 0:
            raise ValueError(f"{self.name}: version {version} adds nothing; versions count from 1")
        return replace(self, since=version)

    def read_with(self, decimals: int) -> FieldType:
        """Say with how many decimal places views read the value, where others of the protocol have more than this one.

        `price(u16, 2).read_with(6)`: 51.23 is 5123 on the wire and to `decode`, and 51230000 to a handler.
        """
        if self.kind != "price" or not self.decimals <= decimals or 8 * self.size + 4 * (decimals - self.decimals) > 64:
            raise ValueError(f"{self.name} cannot be read with {decimals} decimal places in 64 bits")
        return replace(self, scalar=replace(self.scalar, factor=10 ** (decimals - self.decimals)))

    def with_bit_names(self, **bits: str) -> FieldType:
        """A set of flags: `u8.with_bit_names(bit0="end of event")`."""
        named = []
        for key, word in bits.items():
            number = key.removeprefix("bit")
            if self.kind != "integer" or not number.isdecimal() or int(number) >= 8 * self.size:
                raise ValueError(f"{self.name}: {key!r} is none of bit0 to bit{8 * self.size - 1}")
            named.append((1 << int(number), word))
        return replace(self, kind="flags", names=tuple(named))

    def bit(self, word: str) -> int:
        """The mask of a named bit of a set of flags, for handlers: `DISPLAYED = order_flags.bit("displayed")`."""
        for mask, named in self.names:
            if named == word and self.kind == "flags":
                return mask
        raise ValueError(f"{self.name} has no bit {word!r}; it has {', '.join(repr(named) for _, named in self.names)}")

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return self.scalar.size

    @property
    def is_text(self) -> bool:
        """Whether the friendly value is text."""
        return self.kind in ("char", "text", "reserved")

    # ------------------------------------------------------------------------------------------------------- values

    def decode(self, data: bytes) -> Decoded:
        """The friendly value of the field's bytes: text, the venue's raw number, or None for null."""
        if self.is_text:
            if self.null is not None and data[0] == self.null:
                return None
            text = data.decode(self.encoding, errors="backslashreplace")
            return text if self.kind == "char" else text.rstrip(" \0")
        if self.kind == "double":
            (number,) = struct.unpack(self.numpy_format.replace("f8", "d"), data)
            return None if math.isnan(number) else float(number)
        value = int.from_bytes(data, self._order, signed=self.scalar.signed)
        return None if value == self.null else value

    def encode(self, value: Value) -> bytes:
        """The field's bytes; the inverse of `decode`. Prices may be given as an exact `Decimal`, text as bytes.

        None is the null value, or 0 or blank where the type has none.
        """
        if self.is_text:
            data = self._text(value)
            if value is None and self.null is not None:
                return bytes([self.null])
            if len(data) > self.size:
                raise ValueError(f"{value!r} has {len(data)} bytes, the field holds {self.size}")
            return data.ljust(self.size, b" ")
        if self.kind == "double":
            return struct.pack(self.numpy_format.replace("f8", "d"), self._double(value))
        raw = self._integer(value)
        bits = 8 * self.size
        low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if self.scalar.signed else (0, 1 << bits)
        if not low <= raw < high:
            raise ValueError(f"{value!r} is outside {low}..{high - 1}")
        return raw.to_bytes(self.size, self._order, signed=self.scalar.signed)

    def view_value(self, value: Value) -> int:
        """What a view of the field reads for this value: the int64 that handlers compare with."""
        if self.scalar.by_address:
            raise TypeError(f"{self.name} is longer than a machine word: a view gives its address")
        if self.scalar.double_steps:
            return steps_of_double(self.encode(value), self.scalar.big_endian, self.scalar.double_steps)
        return to_signed(self._pattern(self.encode(value)) * self.scalar.factor)

    def word(self, value: Value) -> str | None:
        """The specification's words for a value: `side.word("B")` is "Buy"; for flags the names of the bits set."""
        raw = self._pattern(self.encode(value))
        if self.kind == "flags":
            return ", ".join(word for bit, word in self.names if raw & bit) or None
        return dict(self.names).get(raw)

    def decimal(self, raw: int) -> Decimal:
        """A price with its decimal point."""
        return Decimal(raw).scaleb(-self.decimals)

    def _pattern(self, data: bytes) -> int:
        return int.from_bytes(data, self._order, signed=self.scalar.signed)

    def _integer(self, value: Value) -> int:
        if value is None:
            return self.null or 0
        if isinstance(value, Decimal):
            scaled = value.scaleb(self.decimals)
            if scaled != scaled.to_integral_value():
                raise ValueError(f"{value} has more than {self.decimals} decimal places")
            return int(scaled)
        if not isinstance(value, SupportsIndex):
            raise TypeError(f"{value!r} is not an integer")
        return int(value)

    def _double(self, value: Value) -> float:
        if value is None:
            return math.nan
        if isinstance(value, str | bytes):
            raise TypeError(f"{value!r} is not a number")
        return float(value)

    def _text(self, value: Value) -> bytes:
        if value is None:
            return b""
        if isinstance(value, bytes):
            return value
        if not isinstance(value, str):
            raise TypeError(f"{value!r} is not text")
        try:
            return value.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise ValueError(f"{value!r} is not {self.encoding}") from error

    @property
    def _order(self) -> Literal["big", "little"]:
        return "big" if self.scalar.big_endian or self.is_text else "little"

    # ------------------------------------------------------------------------------------------------ other readers

    @property
    def numpy_format(self) -> str:
        """The format of the field in a numpy structured type; odd sizes are runs of bytes."""
        if self.is_text:
            return f"S{self.size}"
        if self.kind == "double":
            return ">f8" if self.scalar.big_endian else "<f8"
        if self.size in (1, 2, 4, 8):
            order = ">" if self.scalar.big_endian else "<"
            return f"{order}{'i' if self.scalar.signed else 'u'}{self.size}"
        return f"({self.size},)u1"

    def spelled(self, raw: int) -> str:
        """A named value as the specification prints it: the character, the text, the number or the bit."""
        if self.kind == "flags":
            return f"bit {raw.bit_length() - 1}"
        if self.kind == "char":
            return repr(chr(raw)) if raw == ord(" ") else chr(raw)
        if self.is_text:
            return self.decode(raw.to_bytes(self.size, "big")) or repr(" ")  # type: ignore[return-value]
        return str(raw)

    def explain(self) -> str:
        """The words of the documentation table: what the raw value means."""
        words = []
        if self.kind == "price":
            price_word = "price, " if self.name.startswith("price") else ""
            words.append(f"{price_word}{self.decimals} decimal places")
            if self.scalar.factor != 1:
                words.append(f"read as one of {self.decimals + len(str(self.scalar.factor)) - 1}")
        if self.kind == "double" and self.decimals:
            words.append(f"read as an integer of {self.decimals} decimal places")
        if self.names:
            words.append(", ".join(f"`{self.spelled(raw)}` {word}" for raw, word in self.names))
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

    if TYPE_CHECKING:
        # The metaclass makes properties of fields: in a message's view it is the value that is read.
        @overload
        def __get__(self, message: None, owner: Any) -> Self: ...
        @overload
        def __get__(self, message: View, owner: Any) -> int: ...
        def __get__(self, message: View | None, owner: Any) -> Self | int: ...

    @property
    def end(self) -> int:
        """The offset behind the field's last byte."""
        return self.offset + self.type.size

    @property
    def slot(self) -> Slot:
        """The field's place as the engine's views need it; where it is absent a view reads null, else 0."""
        null = (self.type.null or 0) * self.type.scalar.factor
        absent = INEXACT if self.type.scalar.double_steps else to_signed(null)
        return Slot(self.offset, self.type.scalar, absent)


def integer(bits: int, *, signed: bool = False, big_endian: bool) -> FieldType:
    """An integer of 8 to 64 bits, unaligned, in whole bytes."""
    if bits not in range(8, 72, 8):
        raise ValueError(f"an integer has 8, 16, 24 ... 64 bits, not {bits}")
    return FieldType(f"{'i' if signed else 'u'}{bits}", Scalar(bits // 8, signed=signed, big_endian=big_endian))


def price(base: FieldType, decimals: int) -> FieldType:
    """A price: an integer with implied decimal places."""
    if base.kind != "integer":
        raise TypeError(f"a price is an integer on the wire, not {base.name}")
    return replace(base, name=f"price{decimals}", kind="price", decimals=decimals)


def decimal(base: FieldType, decimals: int) -> FieldType:
    """A number other than a price with implied decimal places: a quantity, a ratio."""
    return replace(price(base, decimals), name=f"decimal{decimals}")


def double(decimals: int = 0, *, big_endian: bool) -> FieldType:
    """An IEEE 754 number of eight bytes that means a decimal one of at most `decimals` places.

    In Python it is the venue's float, as an encoder takes it and `decode` gives it. A view reads the integer number of
    steps of 10**-decimals, or `INEXACT` (feedhandler.core.doubles) where it is none; NaN is null, and reads so, too.
    """
    if not 0 <= decimals <= 15:
        raise ValueError(f"a double has at most 15 decimal places, not {decimals}")
    scalar = Scalar(8, signed=True, big_endian=big_endian, double_steps=10**decimals)
    return FieldType(f"double({decimals})" if decimals else "double", scalar, kind="double", decimals=decimals)


def alpha(size: int) -> FieldType:
    """Text, left-justified, padded with spaces. Up to 8 bytes a view reads it as one integer, first byte highest."""
    return FieldType(f"alpha({_at_least_one(size)})", Scalar(size, big_endian=True, by_address=size > 8), kind="text")


def reserved(size: int) -> FieldType:
    """Bytes without meaning."""
    name = f"reserved({_at_least_one(size)})"
    return FieldType(name, Scalar(size, big_endian=True, by_address=size > 8), kind="reserved")


def _at_least_one(size: int) -> int:
    if size < 1:
        raise ValueError(f"a field has at least one byte, not {size}")
    return size


char = FieldType("char", Scalar(1), kind="char")
"""One character; a view reads its code."""
