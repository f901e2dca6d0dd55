"""Figures: declared once, plain, and the cold twin of a channel's quality."""

from __future__ import annotations

import itertools
import json
from types import SimpleNamespace
from typing import Any

import pytest

from feedhandler.app import Application
from feedhandler.config import parse
from feedhandler.core.channel import ChannelState, quality_of
from feedhandler.core.jit import INTERPRETED
from feedhandler.observe.counters import counted, counters_of
from feedhandler.observe.figures import (
    ChannelFigures,
    EndpointFigures,
    LineFigures,
    PipelineFigures,
    ReceiverFigures,
    channel_quality,
    figures_of,
)
from feedhandler.observe.summary import summary
from feedhandler.recovery.figures import RecoveryFigures
from tests.cli.builders import CONFIGURATION

CLASSES = (ChannelFigures, EndpointFigures, LineFigures, PipelineFigures, ReceiverFigures, RecoveryFigures)


@pytest.mark.interpreted
@pytest.mark.parametrize("figures", CLASSES, ids=lambda figures: figures.__name__)
def test_every_counter_has_a_unit_and_one_sentence(figures: type) -> None:
    counters = counters_of(figures)
    assert counters
    for each in counters:
        assert each.unit, each.name
        assert each.sentence[:1].isupper(), each.name
        assert each.sentence.endswith("."), each.name


@pytest.mark.interpreted
def test_a_summary_of_nothing_is_json_with_every_counter() -> None:
    application = Application(parse(CONFIGURATION + "trading_date: 2026-03-02\n", "a.yaml"))
    figures = application.figures()
    data = json.loads(json.dumps(summary(figures, application.digest, 0.0)))
    (channel,) = data["channels"]
    assert {each.name for each in counters_of(ChannelFigures)} <= set(channel)
    assert [line["name"] for line in channel["lines"]] == ["A", "B"]
    assert {each.name for each in counters_of(LineFigures)} <= set(channel["lines"][0])
    assert {each.name for each in counters_of(PipelineFigures)} <= set(data["pipelines"][0])
    assert (channel["state"], channel["quality"], channel["recovery"]) == ("UNKNOWN", "EMPTY", None)


@pytest.mark.interpreted
def test_errors_are_counted_by_name() -> None:
    figures = RecoveryFigures()
    figures.send_errors[101] += 2
    assert counted(figures)["send_errors"] == {"ENETUNREACH": 2}


@pytest.mark.interpreted
def test_figures_of_no_pipeline_are_empty() -> None:
    figures = figures_of([], lambda _: [])
    assert (figures.frames, figures.busy_ns, figures.receivers, figures.heard) == (0, 0, [], False)


@pytest.mark.skipif(not INTERPRETED, reason="the hot function is called as Python, which it is when interpreted")
@pytest.mark.interpreted
def test_a_channels_quality_is_what_readers_of_an_unblemished_book_are_told() -> None:
    words: Any = itertools.product(ChannelState, (1, 2), (1, 2), (0, 1), (0, 1))
    for state, epoch, complete_epoch, hole_requested, silent in words:
        channel: Any = SimpleNamespace(
            state=state, epoch=epoch, complete_epoch=complete_epoch, hole_requested=hole_requested, silent=silent
        )
        assert channel_quality(channel) == quality_of(channel, 0, 0), channel
