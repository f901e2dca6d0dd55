"""Parts of any length behind the fixed part of a message: groups, conditional blocks, runs of bytes.

    legs   = group(Leg, count="leg_count")                 # entries behind the fixed part, counted by a field
    legs   = group(Leg, count="leg_count", start="leg_offset")
    prices = group(PriceEntry, dimension=GroupSize)        # counted and measured in front of the entries (SBE)
    extra  = conditional(Extra, "flags", 0x01)             # a block that is there where a field says so
    best   = conditional(Best, "indicator", codes="CH")    # or where a field has one of these values
    text   = run(u16)                                      # bytes behind their length
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import signature

from feedhandler.core.groups import Group as GroupView
from feedhandler.core.groups import GroupType, Run, emit_view
from feedhandler.core.views import Slot, View

from .fields import FieldType
from .parts import Tail
from .walk import OPEN, compiled_text, filled_bytes, read_text, read_value, version_lines, word_at

if TYPE_CHECKING:
    from .message import MessageLayout

_I64 = ir.IntType(64)


@dataclass(frozen=True, eq=False)
class GroupPart(Tail):
    """A repeating group. The number of entries is in a field of the message or in the `dimension` in front of them."""

    entry: Any = None
    count: str | None = None
    start: str | None = None
    dimension: Any = None
    mask: int = 0  #: where set, `count` names a set of flags and the group has one entry if one of these is set
    codes: tuple[int, ...] = ()  #: where given, the group has one entry if the field that `count` names has one of them
    size_field: str | None = "block_length"  #: None: the dimension has none, and entries are as long as their table
    count_field: str = "num_in_group"

    @property
    def key(self) -> Any:
        dimension = None if self.dimension is None else tuple(self.dimension.slots.items())
        return (
            self.name, self.entry.numba_type.key, self.count, self.start, dimension, self.mask, self.codes, self.since,
            self.size_field, self.count_field,
        )  # fmt: skip

    def check(self) -> None:
        if any(tail.since for tail in self.entry.tails.values()):
            raise TypeError(f"what lies behind an entry of {self.entry.__name__} cannot come with a version")
        if self.dimension is not None:
            for name in filter(None, (self.size_field, self.count_field)):
                if name not in self.dimension.fields:
                    raise TypeError(f"the dimension {self.dimension.__name__} has no field {name}")
                word_at(self.dimension, name)
            if self.size_field is None:
                self._check_entry()
            return
        for name in filter(None, (self.count, self.start)):
            field = self.owner.fields.get(name)
            if field is None:
                raise TypeError(f"{self.owner.__name__} has no field {name}")
            if field.end > self.owner.minimum_size:
                raise TypeError(f"the field {name} may be absent, and nothing can be counted by it")
            word_at(self.owner, name)
            if field.type.is_text and not self.codes:
                raise TypeError(f"{self.owner.__name__}.{name}: text counts nothing")
        self._check_entry()

    def _check_entry(self) -> None:
        """Refuse entries whose length only the wire can say where it does not."""
        if self.entry.open_ended or self.entry.minimum_size != self.entry.size:
            name = self.entry.__name__
            raise TypeError(f"the entries of {name} may be longer than its table, and nothing says how long")

    @property
    def conditional(self) -> bool:
        """Whether it is a block that is there or not, and no group."""
        return self.mask != 0 or bool(self.codes)

    def present(self, raw: int) -> bool:
        """Whether a conditional block is there where its field has this value."""
        return raw & self.mask != 0 or raw in self.codes

    def present_in(self, values: Mapping[str, Any]) -> bool:
        """Whether a conditional block is there in a message of these friendly values."""
        return self.present(self.owner.fields[self.count].type.view_value(values.get(str(self.count))))

    @property
    def moves(self) -> bool:
        return self.start is None

    @property
    def least(self) -> int:
        """The fewest bytes that an entry takes."""
        return max(int(self.entry.minimum_size), 1)

    def _number(self, base: str) -> str:
        """The number of entries by a field of the owner, as text."""
        value = read_text(self.owner, str(self.count), base)
        if self.codes:
            return f"(1 if {' or '.join(f'{value} == {code}' for code in self.codes)} else 0)"
        return f"(1 if {value} & {self.mask} else 0)" if self.mask else value

    def _step(self, head: str) -> str:
        """The length of an entry by the dimension at `head`, as text."""
        return str(self.entry.size) if self.size_field is None else read_text(self.dimension, self.size_field, head)

    def walk(self, base: str, depth: int, checked: bool) -> Iterator[str]:
        pad = "    "
        step, count = f"step_{depth}", f"count_{depth}"
        if self.dimension is not None:
            if checked:
                yield f"{pad}if limit - position < {self.dimension.size}:"
                yield f"{pad}    return -1"
            yield f"{pad}{step} = {self._step('position')}"
            yield f"{pad}{count} = {read_text(self.dimension, self.count_field, 'position')}"
            yield f"{pad}position += {self.dimension.size}"
        else:
            if checked or self.moves:
                yield f"{pad}{step} = {self.entry.size}"
                yield f"{pad}{count} = {self._number(base)}"
        if self.start is not None:
            if checked:
                place = f"start_{depth}"
                yield f"{pad}{place} = {read_text(self.owner, self.start, base)}"
                yield f"{pad}if {count} != 0:"
                yield f"{pad}    if {place} < {self.owner.size} or {count} * {step} > limit - {base} - {place}:"
                yield f"{pad}        return -1"
                yield f"{pad}    position = max(position, {base} + {place} + {count} * {step})"
            return
        if not self.entry.tails:
            if checked:
                yield f"{pad}if {count} != 0 and ({step} < {self.least} or {count} * {step} > limit - position):"
                yield f"{pad}    return -1"
            yield f"{pad}position += {count} * {step}"
            return
        entry = f"entry_{depth}"
        yield f"{pad}for _ in range({count}):"
        if checked:
            yield f"{pad}    if {step} < {self.least} or {step} > limit - position:"
            yield f"{pad}        return -1"
        yield f"{pad}    {entry} = position"
        yield f"{pad}    position = {entry} + {step}"
        for tail in self.entry.tails.values():
            yield from (f"    {line}" for line in tail.walk(entry, depth + 1, checked))

    # ------------------------------------------------------------------------------------------------------ views

    def view_type(self) -> Any:
        return GroupType(self.entry)

    @cached_property
    def _bytes_filled(self) -> Callable[[int], int] | None:
        """A function of the message's address to the bytes of an entry that its version filled, where that matters."""
        if not any(field.type.since for field in self.entry.fields.values()) or self.owner.version_field is None:
            return None
        lines = ["def limit(base):", f"    version = {self.owner.version_text('base')}"]
        lines += version_lines(self.entry, "return {}")
        limit: Callable[[int], int] = compiled_text([*lines, f"    return {OPEN}"], "limit")
        return limit

    def emit(self, context: Any, builder: Any, view: Any) -> Any:
        proxy = cgutils.create_struct_proxy(self.view_type())(context, builder)
        zero = ir.Constant(_I64, 0)

        def load(slot: Slot, base: Any) -> Any:
            return slot.scalar.emit_load(builder, builder.add(base, ir.Constant(_I64, slot.offset)), slot.offset)

        place = self.emit_place(context, builder, view)
        if self.dimension is not None:
            absent = builder.icmp_signed("==", place, zero)
            # An absent group is read through the message's own first bytes, and has no entries.
            head = builder.select(absent, view.address, place) if self.since else place
            stride = ir.Constant(_I64, self.entry.size)
            if self.size_field is not None:
                stride = load(self.dimension.slots[self.size_field], head)
            count = load(self.dimension.slots[self.count_field], head)
            count = builder.select(absent, zero, count) if self.since else count
            first = builder.add(head, ir.Constant(_I64, self.dimension.size))
        else:
            stride = ir.Constant(_I64, self.entry.size)
            count = load(self.owner.slots[self.count], view.address)
            if self.mask:
                wanted = builder.and_(count, ir.Constant(_I64, self.mask))
                count = builder.zext(builder.icmp_signed("!=", wanted, zero), _I64)
            if self.codes:
                found = ir.Constant(ir.IntType(1), 0)
                for code in self.codes:
                    found = builder.or_(found, builder.icmp_signed("==", count, ir.Constant(_I64, code)))
                count = builder.zext(found, _I64)
            first = place
            if self.start is not None:
                first = builder.add(view.address, load(self.owner.slots[self.start], view.address))
        length = stride
        filled = self._bytes_filled
        if filled is not None:
            most = context.compile_internal(builder, filled, signature(types.int64, types.int64), [view.address])
            length = builder.select(builder.icmp_signed("<", stride, most), stride, most)
        proxy.address, proxy.count, proxy.stride, proxy.length = first, count, stride, length
        return proxy._getvalue()

    def get(self, view: View) -> GroupView:
        place = self.get_place(view)
        if self.dimension is None:
            stride, count = self.entry.size, int(getattr(view, str(self.count)))
            if self.conditional:
                count = int(self.present(count))
            if self.start is not None:
                place = view.address + int(getattr(view, self.start))
        elif place == 0:
            return GroupView(self.entry, 0, 0, 0, 0)
        else:
            head = self.dimension(place)
            stride = self.entry.size if self.size_field is None else getattr(head, self.size_field)
            count = getattr(head, self.count_field)
            place += self.dimension.size
        filled = self._bytes_filled
        length = stride if filled is None else min(stride, filled(view.address))
        return GroupView(self.entry, place, count, stride, length)

    # ------------------------------------------------------------------------------------------------------- values

    def decoded(self, data: bytes, base: int, position: int) -> tuple[Any, int]:
        step, count, start = self.entry.size, 0, position
        if self.dimension is not None:
            head = self.dimension.decode(data[position : position + self.dimension.size])
            step = step if self.size_field is None else head[self.size_field]
            count = head[self.count_field]
            start = position = position + self.dimension.size
        else:
            count = read_value(self.owner, str(self.count), data, base)
            if self.conditional:
                count = int(self.present(count))
            if self.start is not None and count:
                start = base + read_value(self.owner, self.start, data, base)
        found = []
        most = OPEN
        if self.owner.version_field is not None:
            most = filled_bytes(self.entry, self.owner.version_of(data[base:]))
        for _ in range(count):
            values = self.entry.decode_block(data[start : start + min(step, most)])
            end = start + step
            for name, tail in self.entry.tails.items():
                values[name], end = tail.decoded(data, start, end)
            found.append(values)
            start = end
        value: Any = (found[0] if found else None) if self.conditional else found
        return value, max(position, start) if self.start is not None else start

    def encoded(self, value: Any) -> bytes:
        entries = self.entries(value)
        data = b"".join(self.entry.encode(**entry) for entry in entries)
        if self.dimension is None:
            return data
        sizes = {} if self.size_field is None else {self.size_field: self.entry.size}
        head: bytes = self.dimension.encode(**sizes, **{self.count_field: len(entries)})
        return head + data

    def counted(self, values: Mapping[str, Any], start: int) -> dict[str, int]:
        if self.dimension is not None or self.codes:
            return {}
        present = len(self.entries(values.get(self.name)))
        place = {self.start: start if present else 0} if self.start is not None else {}
        if self.mask:
            flags = int(values.get(str(self.count)) or 0)
            return {str(self.count): flags | self.mask if present else flags & ~self.mask, **place}
        return {str(self.count): present, **place}

    @property
    def missing(self) -> Any:
        return []

    @property
    def derived(self) -> frozenset[str]:
        return frozenset() if self.codes else frozenset(filter(None, (self.count, self.start)))

    def given(self, values: Mapping[str, Any]) -> Any:
        value = values.get(self.name)
        if not self.codes:
            return value
        if self.present_in(values):
            return {} if value is None else value
        if value is not None:
            raise ValueError(f"is not there where {self.count} is {values.get(str(self.count))!r}")
        return None

    def entries(self, value: Any) -> list[Mapping[str, Any]]:
        """The entries of a friendly value; a conditional block is one or none."""
        if value is None:
            return []
        return [value] if self.conditional else list(value)


@dataclass(frozen=True, eq=False)
class RunPart(Tail):
    """Bytes behind their length. `text` says how they read as text; without it they are bytes."""

    length: Any = None  #: a table whose first field is the length
    text: str | None = None

    @property
    def key(self) -> Any:
        return (self.name, tuple(self.length.slots.items()), self.since)

    def check(self) -> None:
        word_at(self.length, self._field)

    @property
    def _field(self) -> str:
        first: str = next(iter(self.length.fields))
        return first

    def walk(self, base: str, depth: int, checked: bool) -> Iterator[str]:
        pad, size = "    ", f"size_{depth}"
        if checked:
            yield f"{pad}if limit - position < {self.length.size}:"
            yield f"{pad}    return -1"
        yield f"{pad}{size} = {read_text(self.length, self._field, 'position')}"
        yield f"{pad}position += {self.length.size}"
        if checked:
            yield f"{pad}if {size} > limit - position:"
            yield f"{pad}    return -1"
        yield f"{pad}position += {size}"

    def view_type(self) -> Any:
        return Run.numba_type

    def emit(self, context: Any, builder: Any, view: Any) -> Any:
        place = self.emit_place(context, builder, view)
        slot = self.length.slots[self._field]
        absent = builder.icmp_signed("==", place, ir.Constant(_I64, 0))
        head = builder.select(absent, view.address, place) if self.since else place
        size = slot.scalar.emit_load(builder, builder.add(head, ir.Constant(_I64, slot.offset)), slot.offset)
        if self.since:
            size = builder.select(absent, ir.Constant(_I64, 0), size)
        first = builder.add(head, ir.Constant(_I64, self.length.size))
        return emit_view(context, builder, Run, first, size, None)

    def get(self, view: View) -> Run:
        place = self.get_place(view)
        if place == 0:
            return Run(view.address, 0)
        return Run(place + self.length.size, getattr(self.length(place), self._field))

    def decoded(self, data: bytes, base: int, position: int) -> tuple[Any, int]:
        size = read_value(self.length, self._field, data, position)
        position += self.length.size
        found = data[position : position + size]
        return found if self.text is None else found.decode(self.text, errors="backslashreplace"), position + size

    def encoded(self, value: Any) -> bytes:
        data = b"" if value is None else value.encode(self.text or "utf-8") if isinstance(value, str) else bytes(value)
        head: bytes = self.length.encode(**{self._field: len(data)})
        return head + data


# ---------------------------------------------------------------------------------------------------------- declaring


def group(
    entry: MessageLayout,
    *,
    count: str | None = None,
    start: str | None = None,
    dimension: MessageLayout | None = None,
    size_field: str | None = "block_length",
    count_field: str = "num_in_group",
) -> Any:
    """A repeating group of `entry` behind the fixed part.

    `count` names the message's field that counts the entries, `start` the one that says where they begin (in bytes from
    the start of the message). Or `dimension` is the table in front of the entries that holds their length and number;
    with `size_field=None` their number only.
    """
    if (count is None) == (dimension is None):
        raise TypeError(f"group({entry.__name__}): say either count= or dimension=")
    if start is not None and count is None:
        raise TypeError(f"group({entry.__name__}): start= goes with count=")
    return GroupPart(
        entry=entry, count=count, start=start, dimension=dimension, size_field=size_field, count_field=count_field
    )


def conditional(
    table: MessageLayout,
    field: str,
    mask: int | None = None,
    *,
    codes: str | tuple[int, ...] = (),
    start: str | None = None,
) -> Any:
    """A block behind the fixed part that is there where one of the bits of `mask` is set in a field of the message.

    Or where the field has one of `codes`: characters, or numbers. An encoder then asks the field whether it is there.
    `start` names the field that says where it begins, as for a group. A view reads it as a group of one entry or none.
    """
    values = tuple(map(ord, codes)) if isinstance(codes, str) else codes
    if (mask is None) == (not values):
        raise TypeError(f"conditional({table.__name__}): say either the bits or codes=")
    if mask is not None and mask <= 0:
        raise TypeError(f"conditional({table.__name__}): {mask} has no bit to ask for")
    return GroupPart(entry=table, count=field, mask=mask or 0, codes=values, start=start)


def run(length: MessageLayout | FieldType, text: str | None = None) -> Any:
    """Bytes behind their length, which is an unsigned integer or a table that opens with one."""
    if isinstance(length, FieldType):
        from .words import word_of

        length = word_of(length)
    return RunPart(length=length, text=text)
