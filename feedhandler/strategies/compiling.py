"""Whether hooks can be compiled, each on its own, so that an error names strategy and hook, and comes at once."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.core.errors import NumbaError

from feedhandler.core.jit import INTERPRETED
from feedhandler.core.strategy_calls import (
    GapNotice,
    ImbalanceNotice,
    InstrumentBook,
    QualityNotice,
    SessionNotice,
    StatusNotice,
    TradeNotice,
)

from .strategy import StrategyError, StrategyLayout

HOOK_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "on_book": (InstrumentBook,),
    "on_bbo": (InstrumentBook,),
    "on_trade": (InstrumentBook, TradeNotice),
    "on_status": (InstrumentBook, StatusNotice),
    "on_imbalance": (InstrumentBook, ImbalanceNotice),
    "on_gap": (GapNotice,),
    "on_quality": (QualityNotice,),
    "on_timer": (types.int64,),
    "on_session": (SessionNotice,),
}
"""What each hook is given when it is compiled: views of these records, or a number."""


def hook_types(strategy: StrategyLayout, hook: str) -> tuple[types.Type, ...]:
    """The types of a compiled hook's arguments, `self` included."""
    given = (one if isinstance(one, types.Type) else one.numba_type for one in HOOK_ARGUMENTS[hook])
    return (strategy.numba_type, *given)


def check_compiles(strategy: StrategyLayout) -> None:
    """Compile every hook by itself, without a pipeline: about a second each.

    Raises `StrategyError` with the hook, the line and numba's reason. Interpreted, there is nothing to check.
    """
    if INTERPRETED:
        return
    for hook in strategy.hooks:
        compiled: Any = strategy.compiled_hook(hook)
        try:
            compiled.compile(hook_types(strategy, hook))
        except NumbaError as error:
            raise StrategyError(
                f"{strategy.__name__}.{hook} cannot be compiled; mend it, or give the strategy home: thread.\n{error}"
            ) from error
