"""Functions generated for the tests that read or write every field of a layout, compiled as the hot path compiles.

One function for a whole layout, because compiling costs a fixed time a function. Under NUMBA_DISABLE_JIT=1 the same
function runs as ordinary Python on the Python views.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from typing import Any

from feedhandler.core.jit import hot_call
from feedhandler.core.memory import load_relaxed, store_relaxed
from feedhandler.core.views import Layout


def raw_reader(layout: Layout) -> Callable[[int, int, int], None]:
    """A function of address, length and the address of an array, to which it writes every field of a layout."""
    return _reader([(layout, name) for name in layout.slots])


def _reader(places: list[tuple[Layout, str]]) -> Callable[[int, int, int], None]:
    layouts = {layout: f"layout{index}" for index, (layout, _) in enumerate(places)}
    lines = [
        f"    store_relaxed(found + {8 * index}, {layouts[layout]}(address, length).{name})"
        for index, (layout, name) in enumerate(places)
    ]
    read: Callable[[int, int, int], None] = _compile("def generated(address, length, found):", lines, layouts)
    return read


def field_reader(places: Iterable[tuple[Layout, str]]) -> Callable[[bytes], list[int]]:
    """A function that takes bytes and returns what each (layout, field) reads there, the length given to the views."""
    places = list(places)
    read = _reader(places)

    def fields(data: bytes) -> list[int]:
        source = ctypes.create_string_buffer(data, max(len(data), 1))
        found = (ctypes.c_int64 * len(places))()
        read(ctypes.addressof(source), len(data), ctypes.addressof(found))
        return list(found)

    return fields


def layout_reader(layout: Layout) -> Callable[[bytes], list[int]]:
    """`field_reader` of every field of one layout, in order."""
    return field_reader((layout, name) for name in layout.slots)


def layout_writer(layout: Layout) -> Callable[[bytearray, list[int]], None]:
    """A function that takes bytes and values and assigns every field of a layout in place."""
    lines = [f"    view.{name} = load_relaxed(values + {8 * index})" for index, name in enumerate(layout.slots)]
    write = _compile("def generated(address, values):", ["    view = layout(address)", *lines], {layout: "layout"})

    def assign(data: bytearray, values: list[int]) -> None:
        given = (ctypes.c_int64 * len(values))(*values)
        write(ctypes.addressof(ctypes.c_char.from_buffer(data)), ctypes.addressof(given))

    return assign


def _compile(head: str, lines: list[str], layouts: dict[Layout, str]) -> Any:
    namespace: dict[str, Any] = {name: layout for layout, name in layouts.items()}
    namespace |= {"load_relaxed": load_relaxed, "store_relaxed": store_relaxed}
    exec("\n".join([head, *lines]), namespace)
    return hot_call(namespace["generated"])
