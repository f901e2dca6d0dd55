"""How hot code is compiled: one policy, in one place.

`@hot` marks a free function of the hot path. LLVM inlines it into whatever calls it (`forceinline`): default calls
with many arguments cost about a fifth of the whole book, and `inline="always"`, which inlines at numba's level,
triples the compile time for the same gain. `@hot_call` is the same policy without the inlining: for the rare and long
branches (growing a block, declaring a gap) that should stay out of the instruction cache, and for the handlers, whose
frames would add up if all were inlined into one loop. `@entry` is the entrance of
a generated pipeline, the only kind of function that numba can keep on disk and find again.

`primitive` gives one machine operation two bodies: a Python twin, which is the decorated function itself, and the LLVM
that a compiled caller emits in its place. Under NUMBA_DISABLE_JIT=1 the twins run, so that the same handler can be
stepped through with a debugger.

Every integer of the hot path is int64. Mixing int64 with uint64 gives float64 in some versions of numba and wrong
results above 2**63 in others; bit patterns are therefore carried as int64, and the few operations where that matters
are named in `integers.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, ClassVar, TypeVar, cast

import numba
from numba import types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature

Function = TypeVar("Function", bound=Callable[..., Any])

INTERPRETED: bool = bool(numba.config.DISABLE_JIT)
"""True where NUMBA_DISABLE_JIT=1 makes every hot function ordinary Python."""

POLICY: dict[str, Any] = {
    "nogil": True,
    "boundscheck": False,
    # Division by zero must not raise: an exception in the hot path would cost a status check in every caller.
    "error_model": "numpy",
}
"""How everything hot is compiled."""


def hot(function: Function) -> Function:
    """Compile a function of the hot path, inlined into its callers."""
    return _for_all_numbers(numba.njit(forceinline=True, **POLICY)(function))


def hot_call(function: Function) -> Function:
    """Compile a function of the hot path that stays a call of its own."""
    # Said, not left out: numba lets a callee inherit the option from the caller that happens to compile it first.
    return _for_all_numbers(numba.njit(forceinline=False, **POLICY)(function))


def _for_all_numbers(compiled: Any) -> Any:
    """Let a function that is called with 0, with 1 and with a variable be compiled once, not three times.

    numba compiles anew for every constant among the arguments (18 versions of one function of the event ring). Inlining
    brings the constants back where they matter.
    """
    template = getattr(compiled, "get_call_template", None)
    if template is not None:

        def get_call_template(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
            return template(tuple(map(types.unliteral, args)), {key: types.unliteral(kws[key]) for key in kws})

        compiled.get_call_template = get_call_template
    return compiled


def entry(function: Function) -> Function:
    """Compile an entrance of a generated module and keep it on disk beside its source file.

    Entrances take numbers only, every one an int64: that is what makes them compilable before they are called.
    """
    _ENTRIES.add(function.__qualname__)
    return cast(Function, numba.njit(cache=True, forceinline=False, **POLICY)(function))


def compile_entries(module: ModuleType) -> None:
    """Compile every entrance of a generated module now, or load it from disk."""
    for name, function in vars(module).items():
        if name in _ENTRIES and hasattr(function, "compile"):
            function.compile((types.int64,) * function.py_func.__code__.co_argcount)


_ENTRIES: set[str] = set()


def is_entry(name: str) -> bool:
    """Whether a function of this name is an entrance."""
    return name in _ENTRIES


def rare() -> None:
    """Said first in a `hot_call`: it stays a call whatever its size, and its callers keep it out of their way.

    LLVM inlines a call that is made in one place only, and clears registers for it on the common path.
    """


def _emit_rare(_context: Any, builder: Any, _signature: Any, _values: Any) -> Any:
    builder.function.attributes.add("noinline")
    builder.function.attributes.add("cold")
    return _context.get_dummy_value()


class _RareTemplate(ConcreteTemplate):
    key = rare
    cases: ClassVar[list[Any]] = [signature(types.void)]


infer_global(rare, types.Function(_RareTemplate))
lower_builtin(rare)(_emit_rare)

Emitter = Callable[[Any, list[Any]], Any]


def primitive(result: types.Type, *arguments: types.Type) -> Callable[[Emitter], Callable[[Function], Function]]:
    """Teach numba one operation whose Python twin is the decorated function.

    `emit(builder, values)` returns the LLVM value of `result`, or None for a result of `types.void`.
    """

    def with_emitter(emit: Emitter) -> Callable[[Function], Function]:
        def register(twin: Function) -> Function:
            members = {"key": twin, "cases": [signature(result, *arguments)]}
            template = type(f"{twin.__name__}_template", (ConcreteTemplate,), members)
            infer_global(twin, types.Function(template))

            def lower(context: Any, builder: Any, _signature: Any, values: list[Any]) -> Any:
                value = emit(builder, values)
                return context.get_dummy_value() if value is None else value

            lower_builtin(twin, *arguments)(lower)
            return twin

        return register

    return with_emitter
