"""Plug-ins by name: feeds, receivers, strategies, commands, under an entry point or as "package.module:object".

The engine knows no venue and never imports `feeds` or `replay`; this is the one way to them, and a third party's
package comes in by the same. A name that is not installed is answered with those that are, the nearest first.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from feedhandler.benchmark.flow import Opening, Traffic
    from feedhandler.feed import Feed
    from feedhandler.simulation.venue import Venue
    from feedhandler.strategies.strategy import StrategyLayout

FEEDS = "feedhandler.feeds"
RECEIVERS = "feedhandler.receivers"
STRATEGIES = "feedhandler.strategies"
COMMANDS = "feedhandler.commands"

Plugin = TypeVar("Plugin")

_KINDS = {FEEDS: "feed", RECEIVERS: "receiver", STRATEGIES: "strategy", COMMANDS: "command"}


class PluginError(LookupError):
    """A plug-in that is not there, cannot be imported, or is not what it should be; the text says which."""


class NotBuiltError(PluginError):
    """A receiver whose extension is optional, and not there; `why` says the reason and what would mend it."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(text)
        self.why = why


def installed(group: str) -> dict[str, importlib.metadata.EntryPoint]:
    """The entry points of a group by name, in alphabetical order; of two with one name the first on the path counts."""
    found: dict[str, importlib.metadata.EntryPoint] = {}
    for entry in importlib.metadata.entry_points(group=group):
        found.setdefault(entry.name, entry)
    return dict(sorted(found.items()))


def load(group: str, name: str) -> Any:
    """The object behind a name of a group, or behind "package.module:object".

    Raises `PluginError`, chained to what failed where an import did.
    """
    kind = _KINDS[group]
    if ":" in name:
        return _load_object(kind, name, name)
    entries = installed(group)
    if name not in entries:
        raise PluginError(_unknown(kind, group, name, entries))
    return _load_object(kind, name, entries[name].value)


def feed(name: str) -> Feed:
    """An installed feed, or the one at "package.module:object"."""
    from feedhandler.feed import Feed

    return _checked(load(FEEDS, name), Feed, "feed", name)


def receiver(name: str) -> Any:
    """The class of an installed receiver, or of the one at "package.module:object".

    Raises `PluginError`; where the extension was not built, with what would mend that.
    """
    from feedhandler.receivers.optional import why_missing

    try:
        return load(RECEIVERS, name)
    except PluginError as error:
        words = why_missing(name, error.__cause__) if isinstance(error.__cause__, ImportError) else None
        if words is None:
            raise
        raise NotBuiltError(f"receiver {name}: {words}", words) from error


def strategy(name: str) -> StrategyLayout:
    """The class of an installed strategy, or of the one at "package.module:object"."""
    from feedhandler.strategies.strategy import StrategyLayout

    return _checked(load(STRATEGIES, name), StrategyLayout, "strategy", name)


def venue(name: str) -> Venue:
    """What a feed exports as `VENUE` in its module `venue`: its handlers' inverse, for simulated exchanges."""
    from feedhandler.simulation.venue import Venue

    reference = name
    if ":" not in name:
        entries = installed(FEEDS)
        if name not in entries:
            raise PluginError(_unknown("feed", FEEDS, name, entries))
        reference = entries[name].value
    module = f"{reference.partition(':')[0]}.venue"
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise PluginError(f"feed {name} cannot be simulated: it has no module {module} that exports VENUE") from error
    return _checked(getattr(found, "VENUE", None), Venue, "venue", f"{module}:VENUE")


def traffic(name: str) -> tuple[Traffic, Opening | None]:
    """What an installed feed exports as `TRAFFIC` and `OPENING` in its module `traffic`, for benchmarks."""
    entries = installed(FEEDS)
    if name not in entries:
        raise PluginError(_unknown("feed", FEEDS, name, entries))
    module = f"{entries[name].value.partition(':')[0]}.traffic"
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise PluginError(f"feed {name} cannot be measured: it has no module {module} that exports TRAFFIC") from error
    return found.TRAFFIC[name], getattr(found, "OPENING", {}).get(name)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one, if any is much like it.

    >>> nearest("nasdaq_itch", ["iex_deep", "nasdaq_itch50"])
    'nasdaq_itch50'
    >>> nearest("zzz", ["nasdaq_itch50"]) is None
    True
    """
    by_folded = {word.casefold(): word for word in known}
    found = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.5)
    return by_folded[found[0]] if found else None


def _load_object(kind: str, name: str, reference: str) -> Any:
    module_name, _, attribute = reference.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
        for part in attribute.split("."):  # a package may import its parts when they are asked for
            found = getattr(found, part)
    except ImportError as error:
        raise PluginError(f"{kind} {name}: {module_name} cannot be imported: {error}") from error
    except AttributeError as error:
        raise PluginError(f"{kind} {name}: {module_name} has no {attribute!r}") from error
    return found


def _checked(found: Any, expected: type[Plugin], kind: str, name: str) -> Plugin:
    if not isinstance(found, expected):
        raise PluginError(
            f"{kind} {name} is {type(found).__name__}; expected an object of {expected.__module__}.{expected.__name__}"
        )
    return found


def _unknown(kind: str, group: str, name: str, entries: Iterable[str]) -> str:
    names = list(entries)
    if not names:
        return (
            f"no {kind} {name!r}, and no {kind} at all is installed: install the package (`pip install .`, in a "
            f"checkout `pip install --editable .`), which declares the entry points of {group}"
        )
    guess = nearest(name, names)
    hint = f"; did you mean {guess}?" if guess else "."
    return f"no {kind} {name!r} is installed{hint} Installed: {', '.join(names)}; or write package.module:object"
