"""What a message has besides scalar fields: blocks within it, and parts of any length behind it.

    leg = block(Leg) @ 12                                  # a table within the table

`groups.py` has the parts behind it: groups, conditional blocks, runs of bytes. All of them lie behind the fixed part,
one after the other in the order of their declaration, so that the place of each follows from what is in front of it. A
message that has any is checked as a whole before its handler is called (`walk.py`). Behind that check nothing needs
another: an attribute finds its place by adding lengths, and a loop over a group's entries adds the distance to a
pointer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba import types
from numba.core.typing.templates import signature

from feedhandler.core.groups import emit_view
from feedhandler.core.views import Part, Scalar, View

from .fields import Field, FieldType
from .walk import compiled_text, since_lines

if TYPE_CHECKING:
    from .message import MessageLayout

_I64 = ir.IntType(64)


@dataclass(frozen=True, slots=True)
class BlockType(FieldType):
    """A table within a table, as the type of a field: its friendly value is a dictionary."""

    table: Any = None

    def decode(self, data: bytes) -> Any:
        return self.table.decode(data)

    def encode(self, value: Any) -> bytes:
        encoded: bytes = self.table.encode(**(value or {}))
        return encoded

    @property
    def numpy_format(self) -> Any:
        return self.table.dtype

    def explain(self) -> str:
        return "; ".join(filter(None, [self.table.specification, FieldType.explain(self)]))


def block(table: MessageLayout) -> BlockType:
    """A block within a message: placed with `@` like a field, and read as a view of its own."""
    if table.extensible or table.parts:
        raise TypeError(f"{table.__name__}: a block within a message has a fixed length and nothing behind it")
    return BlockType(table.__name__, Scalar(table.size, by_address=True), kind="block", table=table)


class BlockPart(Part):
    """The view of a block within a message."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.table: MessageLayout = field.type.table  # type: ignore[attr-defined]

    @property
    def key(self) -> Any:
        return (self.field.offset, self.table.numba_type.key)

    def view_type(self) -> Any:
        return self.table.numba_type

    def emit(self, context: Any, builder: Any, view: Any) -> Any:
        place = builder.add(view.address, ir.Constant(_I64, self.field.offset))
        return emit_view(context, builder, self.table, place, None, None)

    def get(self, view: View) -> Any:
        return self.table(view.address + self.field.offset)


@dataclass(frozen=True, eq=False)
class Tail(Part):
    """Something behind the fixed part. `owner` and `name` are set when the message's table is read."""

    name: str = ""
    owner: Any = None
    since: int = 0

    def added(self, version: int) -> Any:
        """Say which version of the protocol added it: in an older message it is not there."""
        if version <= 0:
            raise ValueError(f"version {version} adds nothing; versions count from 1")
        return replace(self, since=version)

    def bound(self, owner: MessageLayout, name: str) -> Any:
        """The same as a part of this message; `TypeError` says what does not fit."""
        if self.since and owner.version_field is None:
            raise TypeError("came with a version, but the family does not say where a message's version is")
        found = replace(self, owner=owner, name=name)
        if found.moves and any(not tail.moves for tail in owner.tails.values()):
            raise TypeError("stands behind a group that a field locates; such groups are the last")
        found.check()
        return found

    def check(self) -> None:
        """Refuse what the owner's table does not have."""

    @property
    def moves(self) -> bool:
        """Whether what follows lies behind it."""
        return True

    def walk(self, base: str, depth: int, checked: bool) -> Iterator[str]:
        """Lines that move `position` over it; with `checked` they return -1 where it does not fit."""
        raise NotImplementedError

    def decoded(self, data: bytes, base: int, position: int) -> tuple[Any, int]:
        """The friendly value at a position, and the position behind it. The message fits."""
        raise NotImplementedError

    def encoded(self, value: Any) -> bytes:
        """The bytes of a friendly value."""
        raise NotImplementedError

    def given(self, values: Mapping[str, Any]) -> Any:
        """Its friendly value among those of the message; `ValueError` where they contradict each other."""
        return values.get(self.name)

    def counted(self, _values: Mapping[str, Any], _start: int) -> dict[str, int]:
        """What the message's own fields say of it, for a message of these values where it lies at `start`."""
        return {}

    @property
    def missing(self) -> Any:
        """The friendly value where an older version does not have it."""
        return None

    @property
    def derived(self) -> frozenset[str]:
        """The fields of the message that follow from its value."""
        return frozenset()

    # ----------------------------------------------------------------------------------------- how views find it

    @cached_property
    def _place(self) -> Callable[[int, int], int]:
        """A function of (address, block end) to its position; 0 where an older version does not have it."""
        lines = ["def place(base, position):"]
        for tail in self.owner.tails.values():
            if tail is self or tail.name == self.name:
                break
            lines += since_lines(tail, "base", list(tail.walk("base", 0, False)))
        if self.since:
            lines += [f"    if {self.owner.version_text('base')} < {self.since}:", "        return 0"]
        place: Callable[[int, int], int] = compiled_text([*lines, "    return position"], "place")
        return place

    def emit_place(self, context: Any, builder: Any, view: Any) -> Any:
        """LLVM of its position."""
        kind = signature(types.int64, types.int64, types.int64)
        return context.compile_internal(builder, self._place, kind, [view.address, view.block_end])

    def get_place(self, view: View) -> int:
        return self._place(view.address, view.block_end)
