"""Every feed can be measured: its flow is taken without a reason, and what is decoded is what the tables say."""

from __future__ import annotations

import pytest

from feedhandler import plugins
from feedhandler.benchmark import feeds
from feedhandler.benchmark.flow import Flow
from feedhandler.core.reasons import Reason
from feedhandler.decoding import Decoder

pytestmark = pytest.mark.interpreted

FEEDS = sorted(plugins.installed(plugins.FEEDS))


@pytest.mark.parametrize("name", FEEDS)
def test_the_flow_of_a_feed_is_its_own_messages(name: str) -> None:
    feed = plugins.feed(name)
    traffic, opening = plugins.traffic(name)
    session = next(session for session in feed.sessions if session.packets)
    assert session.encode is not None
    packets = [*(opening(Flow(50)) if opening else []), *(session.encode(1, [body]) for body in traffic(Flow(50)))]
    decoder = Decoder(feed, feed.default_variant, session)
    decoded = [message for packet in packets for message in decoder.messages(packet)]
    assert [message.error for message in decoded if message.error is not None] == []
    assert len(decoded) >= 50


def test_flows_are_the_same_for_the_same_seed_and_books_stay_ordered() -> None:
    assert list(Flow(200, 3).orders()) == list(Flow(200, 3).orders()) != list(Flow(200, 4).orders())
    books: dict[tuple[int, bool], list[int]] = {}
    for step in Flow(2_000).levels():
        levels = books.setdefault((step.instrument, step.bid), [])
        if step.action == 0:
            levels.insert(step.number - 1, step.price)
        elif step.action == 2:
            assert levels.pop(step.number - 1) == step.price
        assert levels == sorted(set(levels), reverse=step.bid)


def test_figures_name_the_machine_and_compare_with_the_yardstick(monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(case: feeds.Case) -> None:
        case.decode_ns.append(10.0 if case.name == feeds.YARDSTICK else 30.0)
        case.book_ns.append(100.0 if case.name == feeds.YARDSTICK else 150.0)

    monkeypatch.setattr(feeds.Case, "decode", measured)
    monkeypatch.setattr(feeds.Case, "book", lambda case: None)
    monkeypatch.setattr(feeds, "Decoding", lambda *_arguments: None)
    found = feeds.figures(["iex_tops"], 40, 2)
    assert (found["feeds"]["iex_tops"]["decode_ratio"], found["feeds"]["iex_tops"]["book_ratio"]) == (3.0, 1.5)
    assert found["machine"]["cores"] >= 1
    assert "| iex_tops |" in feeds.report(found)


def test_a_flow_that_is_refused_stops_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "Decoding", lambda *_arguments: None)
    case = feeds.Case("nasdaq_itch50", 40)
    reasons = [0] * (max(Reason) + 1)
    reasons[Reason.MESSAGE_FIELD] = 1
    monkeypatch.setattr("feedhandler.pipeline.state.ChannelMemory.reasons", lambda _memory: reasons)
    with pytest.raises(feeds.RefusedError, match="MESSAGE_FIELD"):
        case.book()
