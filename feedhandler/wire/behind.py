"""Fixed fields behind a message's groups.

    legs = group(Leg, count="leg_count")
    rest = behind(Rest)                    # a table that stands where the legs end

Some venues print a message as fields, then a repeating group, then more fields. The fields in front are the message's
own; those behind are a table whose offsets begin at 0 again, since its place depends on the group. It is always there,
and takes part in the walk (`walk.py`) as everything behind the fixed part does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from feedhandler.core.groups import emit_view
from feedhandler.core.views import View

from .message import MessageLayout
from .parts import Tail


@dataclass(frozen=True, eq=False)
class BehindPart(Tail):
    """A block whose place depends on the groups in front of it."""

    table: Any = None

    @property
    def key(self) -> Any:
        return (self.name, self.table.numba_type.key)

    def check(self) -> None:
        if self.since:
            raise TypeError("a block behind a group is always there; it cannot come with a version")

    def walk(self, base: str, depth: int, checked: bool) -> Iterator[str]:
        if checked:
            yield f"    if limit - position < {self.table.size}:"
            yield "        return -1"
        yield f"    position += {self.table.size}"

    def view_type(self) -> Any:
        return self.table.numba_type

    def emit(self, context: Any, builder: Any, view: Any) -> Any:
        return emit_view(context, builder, self.table, self.emit_place(context, builder, view), None, None)

    def get(self, view: View) -> Any:
        return self.table(self.get_place(view))

    def decoded(self, data: bytes, base: int, position: int) -> tuple[Any, int]:
        end = position + self.table.size
        return self.table.decode(data[position:end]), end

    def encoded(self, value: Any) -> bytes:
        data: bytes = self.table.encode(**(value or {}))
        return data


def behind(table: MessageLayout) -> Any:
    """The fields of a table behind the groups of a message; a view of its own, and a dictionary where it is decoded."""
    if table.extensible or table.parts:
        raise TypeError(f"{table.__name__}: a block behind a group has a fixed length and nothing behind it")
    return BehindPart(table=table)
