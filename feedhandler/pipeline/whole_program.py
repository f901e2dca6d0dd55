"""Compile a pipeline as one program: each function is lowered once, and what is linked of them is optimised once.

Left alone, numba treats every function as something that may be called from Python. It links a function's callees into
it, optimises the lot, emits machine code and two wrappers for it, and does the same again in each of its callers. In a
pipeline that is a dozen nested levels of 250 functions, and only the entrances are ever called from outside. Here the
others stay as they were lowered until an entrance links them, each once (the pipeline of the demo, with two inline
strategies: 26 s instead of 71 s).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba.core import cgutils
from numba.core.callconv import CPUCallConv
from numba.core.codegen import CPUCodeLibrary
from numba.core.cpu import CPUContext

from feedhandler.core.jit import INTERPRETED, is_entry

_REPLACED = (
    (CPUCodeLibrary, ("finalize", "_finalize_dynamic_globals", "_optimize_functions", "_raise_if_finalized")),
    (CPUContext, ("get_executable", "create_cpython_wrapper", "create_cfunc_wrapper")),
    (CPUCallConv, ("call_function", "_get_excinfo_argument", "set_try_status")),
    (cgutils, ("alloca_once", "get_null_value")),
)
"""What this file relies on in numba. Where it is missing, the same code comes out, only later."""


@contextmanager
def whole_program() -> Iterator[None]:
    """Compile inside.

    For a process that only fills the cache: no function but an entrance has machine code that could be called.
    """
    known = all(hasattr(owner, name) for owner, names in _REPLACED for name in names)
    if INTERPRETED or not known:
        yield
        return
    replacements: list[tuple[Any, str, Callable[[Any], Any]]] = [
        (CPUCodeLibrary, "finalize", _finalize),
        (CPUCodeLibrary, "_optimize_functions", _optimize_functions),
        (CPUContext, "get_executable", _get_executable),
        (CPUContext, "create_cpython_wrapper", _of_entries),
        (CPUContext, "create_cfunc_wrapper", _of_entries),
        (CPUCallConv, "call_function", _call_function),
        (CPUCallConv, "set_try_status", _set_try_status),
    ]
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in replacements]
    for owner, name, replacement in replacements:
        setattr(owner, name, replacement(getattr(owner, name)))
    try:
        yield
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)


def _finalize(original: Any) -> Any:
    """An entrance links all that it reaches; any other function is finished as it is, and links nothing."""

    def finalize(library: Any) -> None:
        if is_entry(library.name):
            library._linking_libraries = _reached(library)
            original(library)
            return
        library._raise_if_finalized()
        library._finalize_dynamic_globals()
        library._finalized = True

    return finalize


def _reached(library: Any) -> list[Any]:
    """The libraries that one calls, directly or through others, each once."""
    found: dict[int, Any] = {}
    waiting = [library]
    while waiting:
        for callee in waiting.pop()._linking_libraries:
            if id(callee) not in found:
                found[id(callee)] = callee
                waiting.append(callee)
    return list(found.values())


def _optimize_functions(original: Any) -> Any:
    """Optimise an entrance's functions; of others only the layout of data is set, which linking needs."""

    def optimize_functions(library: Any, module: Any) -> None:
        if is_entry(library.name):
            original(library, module)
        else:
            module.data_layout = library._codegen._data_layout

    return optimize_functions


def _of_entries(original: Any) -> Any:
    """A wrapper through which Python or C calls a function: made for entrances alone."""

    def create_wrapper(context: Any, library: Any, *arguments: Any, **options: Any) -> None:
        if is_entry(library.name):
            original(context, library, *arguments, **options)

    return create_wrapper


def _get_executable(original: Any) -> Any:
    """What Python would call; numba keeps it as the function's key. Called, it raises (no text is in a list of one)."""

    def get_executable(context: Any, library: Any, description: Any, environment: Any) -> Any:
        if is_entry(library.name):
            return original(context, library, description, environment)
        return [f"{description.qualname} has no machine code of its own"].index

    return get_executable


def _call_function(original: Any) -> Any:
    """A call whose results are not set to zero before.

    numba clears the room for the result and for the exception of every call when a function is entered, and the result
    again before the call. The callee sets the one or the other, and its status says which: two dozen stores a message
    for nothing. Only a callee with a `try` looks at what was there before, and clears it itself (`_set_try_status`).
    """

    def room(builder: Any, kind: Any, size: Any = None, name: str = "", **_options: Any) -> Any:
        with builder.goto_entry_block():
            return builder.alloca(kind, size=size, name=name)

    def nothing(kind: Any) -> Any:
        return ir.Constant(kind, ir.Undefined)

    def call_function(convention: Any, *arguments: Any, **options: Any) -> Any:
        cleared = cgutils.alloca_once, cgutils.get_null_value
        cgutils.alloca_once, cgutils.get_null_value = room, nothing
        try:
            return original(convention, *arguments, **options)
        finally:
            cgutils.alloca_once, cgutils.get_null_value = cleared

    return call_function


def _set_try_status(original: Any) -> Any:
    """A function with a `try` clears its exception when it is entered: there it looks whether something was raised."""

    def set_try_status(convention: Any, builder: Any) -> None:
        exception = convention._get_excinfo_argument(builder.function)
        with builder.goto_entry_block():
            builder.store(cgutils.get_null_value(exception.type.pointee), exception)
        original(convention, builder)

    return set_try_status
