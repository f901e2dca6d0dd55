"""Plug-ins: found by name or by path, and refused in words that help."""

from __future__ import annotations

import importlib.metadata
import sys
from types import ModuleType

import pytest

from feedhandler import plugins
from feedhandler.plugins import PluginError

pytestmark = pytest.mark.interpreted


def test_installed_feeds_are_found_by_name_and_by_path() -> None:
    by_name = plugins.feed("nasdaq_itch50")
    assert by_name.name == "nasdaq_itch50"
    assert plugins.feed("feeds.nasdaq_itch50:FEED") is by_name


def test_every_installed_plugin_of_this_package_loads() -> None:
    for group in (plugins.FEEDS, plugins.RECEIVERS, plugins.STRATEGIES, plugins.COMMANDS):
        assert plugins.installed(group), group
        for name in plugins.installed(group):
            assert plugins.load(group, name) is not None


def test_receivers_are_found_by_name() -> None:
    assert plugins.receiver("capture").__name__ == "CaptureReceiver"


def test_a_feed_with_a_venue_can_be_simulated() -> None:
    assert plugins.venue("nasdaq_itch50").feed is plugins.feed("nasdaq_itch50")
    assert plugins.venue("feeds.nasdaq_itch50:FEED") is plugins.venue("nasdaq_itch50")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nasdaq_itch", "no feed 'nasdaq_itch' is installed; did you mean nasdaq_itch50? Installed: "),
        ("zzz", f"no feed 'zzz' is installed. Installed: {', '.join(plugins.installed(plugins.FEEDS))}; or write "),
        ("no_such.module:FEED",
         "feed no_such.module:FEED: no_such.module cannot be imported: No module named 'no_such'"),
        ("feeds.nasdaq_itch50:FEEED", "feed feeds.nasdaq_itch50:FEEED: feeds.nasdaq_itch50 has no 'FEEED'"),
        ("json:dumps", "feed json:dumps is function; expected an object of feedhandler.feed.Feed"),
    ],
)  # fmt: skip
def test_a_feed_that_is_not_there_is_refused_with_what_is(name: str, words: str) -> None:
    with pytest.raises(PluginError) as refused:
        plugins.feed(name)
    assert str(refused.value).startswith(words)


@pytest.mark.parametrize("name", ["zzz", "json:dumps"])
def test_a_venue_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(PluginError):
        plugins.venue(name)


def test_a_fault_inside_a_venue_is_not_taken_for_its_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("some_feed")
    package.__path__ = []
    monkeypatch.setitem(sys.modules, "some_feed", package)
    with pytest.raises(PluginError, match=r"cannot be simulated: it has no module some_feed\.venue"):
        plugins.venue("some_feed:FEED")


def test_where_nothing_is_installed_the_answer_is_how_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: ())
    with pytest.raises(PluginError, match="no feed at all is installed: install the package"):
        plugins.feed("nasdaq_itch50")


def test_of_two_with_one_name_the_first_on_the_path_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (importlib.metadata.EntryPoint("name", f"{module}:object", plugins.FEEDS) for module in "ab")
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: (first, second))
    assert plugins.installed(plugins.FEEDS) == {"name": first}
