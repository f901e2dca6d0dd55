"""The reader of the BBO in C says what the compiled readers say, whatever the channel's words are."""

from __future__ import annotations

from itertools import product

import pytest

from feedhandler.books import BookBusyError, BookError
from feedhandler.core.book import Header
from feedhandler.core.channel import ChannelState
from feedhandler.readers.inside import InsideReader
from tests.stage import Stage
from tests.streams import add, directory, packet

pytestmark = pytest.mark.interpreted


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage().feed(packet(1, [directory(1, "AAPL"), add(1, "B", 300, 1_000_000)]))


def test_quality_is_judged_as_the_other_readers_judge_it(stage: Stage) -> None:
    book, channel = stage.books["AAPL"], stage.channel
    header = Header(stage.memory.regions["headers"].address)
    kept = [(view, name, getattr(view, name)) for view, name in _words(channel, header)]
    epochs = (5, 6)
    for state, complete, damaged, recovered, requested, silent in product(
        ChannelState, epochs, epochs, epochs, (0, 1), (0, 1)
    ):
        channel.state, channel.epoch, channel.complete_epoch = state, 6, complete
        header.damaged_epoch, header.recovered_epoch = damaged, recovered
        channel.hole_requested, channel.silent = requested, silent
        assert book.bbo().quality is book.depth(1).trust.quality
    for view, name, value in kept:
        setattr(view, name, value)


def _words(channel: object, header: object) -> list[tuple[object, str]]:
    words = [(channel, name) for name in ("state", "epoch", "complete_epoch", "hole_requested", "silent")]
    return [*words, (header, "damaged_epoch"), (header, "recovered_epoch")]


def test_a_side_without_orders_has_no_price(stage: Stage) -> None:
    bbo = stage.books["AAPL"].bbo()
    assert bbo[:4] == (100 * 10**9, 300, None, 0)
    assert (bbo.sequence, bbo.mid_event) == (2, False)


def test_a_book_that_is_being_changed_all_the_time_is_busy(stage: Stage) -> None:
    header = Header(stage.memory.regions["headers"].address)
    header.version += 1
    with pytest.raises(BookBusyError, match="changed under every attempt"):
        stage.books["AAPL"].bbo()
    header.version += 1
    assert stage.books["AAPL"].bbo().bid_quantity == 300


def test_a_book_of_a_former_session_is_refused(stage: Stage) -> None:
    book = stage.books["AAPL"]
    stage.channel.sessions += 1
    with pytest.raises(BookError, match="a new session began"):
        book.bbo()
    stage.channel.sessions -= 1


def test_only_a_tuple_can_be_asked_for() -> None:
    with pytest.raises(TypeError, match="list is no tuple"):
        InsideReader(0, 0, 0, 1, list)
