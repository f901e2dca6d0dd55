"""CQS: what quotes do to the national best, after losses too, and the events of everything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedhandler.core.channel import ChannelState
from feedhandler.core.reasons import Reason
from feedhandler.sessions.transmission_blocks import cta_encode
from feeds.cta import CQS, messages
from feeds.cta.codes import EFFECTS, LONG, NO_BEST, QUOTE, SHORT, UNCHANGED
from replay import frames
from tests.feeds.consolidated import Said, Scene
from tests.streams import MILLISECOND, Sent

pytestmark = pytest.mark.interpreted

CENT = 10_000_000
START = messages.StartOfDay.encode(participant_id="S")
N, K, R = ord("N"), ord("K"), ord("R")


class Tape:
    """Numbers blocks of one message each, from the start of the day."""

    def __init__(self, symbols: tuple[str, ...] = ()) -> None:
        self.scene = Scene(CQS, symbols=symbols)
        self.number = 1
        self.clock = 0
        self.scene.feed(cta_encode(1, [START]))

    def send(self, *bodies: bytes, lost: int = 0) -> Tape:
        """Blocks of one message each; before the first, so many are lost, and after it patience ends."""
        self.number += lost
        for body in bodies:
            self.number += 1
            self.scene.feed(Sent(cta_encode(self.number, [body]), at=self.clock))
            if lost:
                self.clock += 100 * MILLISECOND
                self.scene.wait(self.clock)
        return self

    def best(self, symbol: str = "GME") -> tuple[Any, ...]:
        bid, bid_size, ask, ask_size, quality = self.scene.best(symbol)
        return bid // CENT, bid_size, ask // CENT, ask_size, quality


def short(indicator: str, bid: int = 10, offer: int = 20, symbol: str = "GME", **more: Any) -> bytes:
    return messages.ShortQuote.encode(
        participant_id="N", security_symbol=symbol, bid_price_short=bid, bid_size_short=100,
        offer_price_short=offer, offer_size_short=200, national_bbo_indicator=indicator, **more,
    )  # fmt: skip


def long(indicator: str, bid: int = 10, offer: int = 20, symbol: str = "GME", **more: Any) -> bytes:
    values = {"quote_condition": "R", "participant_id": "K", **more}
    return messages.LongQuote.encode(
        security_symbol=symbol, bid_price_lower_limit_price_band=bid * 10_000, bid_size_long=100,
        offer_price_upper_limit_price_band=offer * 10_000, offer_size_long=200, national_bbo_indicator=indicator,
        **values,
    )  # fmt: skip


def appended(indicator: str, bid: int, offer: int) -> dict[str, Any]:
    """The appendages that an indicator announces: the best bid of 300 shares and the best offer of 400."""
    found: dict[str, Any] = {}
    for side, (name, word, price, size) in enumerate((("bid", "bid", bid, 300), ("offer", "offer", offer, 400))):
        effect = EFFECTS[indicator][side]
        if effect in (SHORT, LONG):
            form = "short" if effect == SHORT else "long"
            found[f"best_{name}_{form}"] = {
                f"best_{word}_participant_id": "Z", f"best_{word}_size_{form}": size,
                f"best_{word}_price_{form}": price if form == "short" else price * 10_000,
            }  # fmt: skip
    return found


def twin(
    state: tuple[tuple[int, int], tuple[int, int]], indicator: str, quote: tuple[int, int], best: tuple[int, int]
) -> Any:
    """A reference of ten lines: price and size of both sides after a quote."""
    sides = []
    for side, before in enumerate(state):
        effect = EFFECTS[indicator][side]
        size = (100, 200)[side]
        if effect == UNCHANGED:
            sides.append(before)
        elif effect == QUOTE:
            sides.append((quote[side], size))
        else:
            sides.append((0, 0) if effect == NO_BEST else (best[side], (300, 400)[side]))
    return tuple(sides)


@pytest.mark.parametrize("indicator", sorted(EFFECTS))
@pytest.mark.parametrize("form", [short, long])
def test_an_indicator_does_to_each_side_what_it_says(indicator: str, form: Any) -> None:
    tape = Tape().send(short("G", 5, 25), form(indicator, 10, 20, **appended(indicator, 11, 19)))
    (bid, bid_size), (ask, ask_size) = twin(((5, 100), (25, 200)), indicator, (10, 20), (11, 19))
    assert tape.best() == (bid, bid_size, ask, ask_size, "CURRENT")
    assert tape.scene.reasons == {}


prices = st.integers(1, 500)
steps = st.lists(
    st.tuples(st.sampled_from(sorted(EFFECTS)), st.booleans(), prices, prices, prices, prices, st.booleans()),
    max_size=30,
)


@settings(max_examples=25)
@given(steps)
def test_any_flow_leaves_the_best_of_a_reference_and_current_only_where_both_sides_are_known(flow: Any) -> None:
    tape = Tape().send(short("O"))
    state, known = ((0, 0), (0, 0)), [True, True]
    for indicator, is_long, bid, offer, best_bid, best_offer, lost in flow:
        more = appended(indicator, best_bid, best_offer)
        tape.send((long if is_long else short)(indicator, bid, offer, **more), lost=1 if lost else 0)
        if lost:
            known = [False, False]
        state = twin(state, indicator, (bid, offer), (best_bid, best_offer))
        known = [known[side] or EFFECTS[indicator][side] != UNCHANGED for side in (0, 1)]
        quality = "CURRENT" if all(known) else "STALE"
        (bid_price, bid_size), (ask_price, ask_size) = state
        assert tape.best() == (bid_price, bid_size, ask_price, ask_size, quality)


def test_events_name_the_participant_and_the_sides() -> None:
    tape = Tape().send(short("F", 10, 20), long("U", 9, 21, **appended("U", 11, 19)), short("A"))
    assert tape.scene.events("SYSTEM") == [
        Said("PARTICIPANT_QUOTE", 0, (100_000, 100, 200_000, 200, R, N, ord("F"))),
        Said("NATIONAL_QUOTE", 1, (100_000, 100, N, 0, 0, 0, R)),
        Said("PARTICIPANT_QUOTE", 0, (90_000, 100, 210_000, 200, R, K, ord("U"))),
        Said("NATIONAL_QUOTE", 3, (110_000, 300, ord("Z"), 190_000, 400, ord("Z"), 32 + (32 << 8))),
        Said("PARTICIPANT_QUOTE", 0, (100_000, 100, 200_000, 200, R, N, ord("A"))),
    ]


def test_a_gap_leaves_a_side_stale_until_it_is_restated() -> None:
    tape = Tape().send(short("G", 5, 25), short("G", 6, 26, "HBI"))
    tape.send(short("F", 10, 20), lost=1)
    assert tape.best() == (10, 100, 25, 200, "STALE")
    tape.send(short("A"), short("F", 11, 20))
    assert tape.best() == (11, 100, 25, 200, "STALE")
    tape.send(short("B", 11, 21))
    assert tape.best() == (11, 100, 21, 200, "CURRENT")
    assert tape.best("HBI")[-1] == "STALE"


def test_who_joins_late_knows_a_security_when_both_sides_were_stated() -> None:
    scene = Scene(CQS).feed(cta_encode(10_000, [short("F")]), cta_encode(10_001, [short("B", 10, 21)]))
    assert scene.memory.channel.state == ChannelState.BACKFILL
    assert scene.best("GME") == (10 * CENT, 100, 21 * CENT, 200, "CURRENT")


def test_price_bands_are_no_quote() -> None:
    tape = Tape().send(short("G"), long("A", 8, 30, security_status_indicator="0"))
    assert tape.best() == (10, 100, 20, 200, "CURRENT")
    assert tape.scene.events("SYSTEM", "PARTICIPANT_QUOTE", "NATIONAL_QUOTE") == [
        Said("COLLAR", ord("0"), (0, 300_000, 80_000, 0))
    ]


def test_price_bands_that_would_be_the_best_are_refused_and_nothing_is_trusted() -> None:
    tape = Tape().send(short("G"), long("F", 8, 30, security_status_indicator="0"))
    assert tape.scene.reasons == {Reason.MESSAGE_FIELD: 1}
    assert tape.best() == (10, 100, 20, 200, "STALE")


def test_an_indicator_that_does_not_exist_is_refused() -> None:
    tape = Tape().send(short("G"), short("X"), short("@"), short("a"))
    assert tape.scene.reasons == {Reason.MESSAGE_FIELD: 3}
    assert tape.best()[-1] == "STALE"


def test_a_halt_and_a_restriction_become_events_once() -> None:
    tape = Tape().send(
        long(" ", security_status_indicator="P", short_sale_restriction_indicator="A"),
        long(" ", security_status_indicator="T", short_sale_restriction_indicator="A"),
        long(" ", security_status_indicator=" ", short_sale_restriction_indicator=" "),
    )
    assert tape.scene.events("SYSTEM", "PARTICIPANT_QUOTE") == [
        Said("TRADING_STATUS", 0, (ord("P"), 0)),
        Said("RESTRICTION", 0, (ord("A"),)),
        Said("TRADING_STATUS", 0, (ord("T"), 0)),
        Said("RESTRICTION", 0, (0,)),
    ]


def special(indicator: str, finra_bid: int) -> bytes:
    return messages.SpecialLongQuote.encode(
        participant_id="D", security_symbol="GME", quote_condition="R", national_bbo_indicator=indicator,
        bid_price_long=100_000, bid_size_long=100, offer_price_long=200_000, offer_size_long=200,
        finra_best_bid_price=finra_bid, finra_best_bid_size=100, finra_best_offer_price=200_000,
        finra_best_offer_size=200,
    )  # fmt: skip


def test_a_best_that_may_be_one_of_two_is_not_known_until_it_is_restated() -> None:
    tape = Tape().send(short("G", 5, 25), special("G", 100_000))
    assert tape.best() == (10, 100, 20, 200, "CURRENT")
    tape.send(special("F", 110_000))
    assert tape.best()[-1] == "STALE"
    tape.send(short("B", 9, 19))
    assert tape.best()[-1] == "STALE"
    tape.send(short("F", 9, 19))
    assert tape.best() == (9, 100, 19, 200, "CURRENT")


def test_a_reset_of_numbers_makes_nothing_certain() -> None:
    tape = Tape().send(short("G"))
    tape.send(messages.ResetBlockSequenceNumber.encode(participant_id="S"))
    assert tape.best()[-1] == "STALE"
    tape.send(short("G", 11, 21))
    assert tape.best() == (11, 100, 21, 200, "CURRENT")


def test_symbols_of_eleven_letters_are_told_apart_and_found_by_their_whole_name() -> None:
    tape = Tape().send(
        short("G", 10, 20, "LVWR.WS"), short("G", 11, 21, "ABCDEFGHIJK"), short("G", 12, 22, "ABCDEFGHIJL"),
        short("G", 13, 23, "ABCDEFGH"),
    )  # fmt: skip
    assert [tape.best(symbol)[0] for symbol in ("LVWR.WS", "ABCDEFGHIJK", "ABCDEFGHIJL", "ABCDEFGH")] == [
        10,
        11,
        12,
        13,
    ]


def test_a_filter_goes_by_the_first_eight_letters() -> None:
    tape = Tape(symbols=("ABCDEFGH",))
    tape.send(short("G", 10, 20, "GME"), short("G", 11, 21, "ABCDEFGHIJK"), short("G", 12, 22, "LONGSYMBOLS"))
    assert tape.best("ABCDEFGHIJK")[0] == 11
    assert list(tape.scene.books) == ["ABCDEFGHIJK"]


def test_captured_blocks_become_events(captures: Path) -> None:
    scene = Scene(CQS)
    payloads = {
        file.stem: next(iter(frames(file))).payload for file in sorted(captures.glob("siac/Cqs.Cta.v2.10.a/*.pcap"))
    }
    scene.feed(payloads["C_A_Start_of_Day"], payloads["A_S_Symbol_Reference_Data"])
    jena, rights = (int.from_bytes(letters, "big") for letters in (b"JENA    ", b"JENAr   "))
    assert scene.events() == [
        Said("SYSTEM", ord("S"), (int.from_bytes(b"CA", "big"),)),
        Said("DEFINITION", 0, (jena, jena, 100, 1_000)),
        Said("DEFINITION", 0, (rights, rights, 100, 1_000)),
    ]
    assert scene.times[-1] == 1_775_539_800_000_108_082
    late = Scene(CQS).feed(payloads["M_K_MWCB_Decline_Level_Status"])
    assert late.events() == [Said("CIRCUIT_BREAKER", 0, (6_149_000_000, 5_752_290_000, 5_289_460_000, 0))]
    quoted = Scene(CQS).feed(payloads["Q_L_Long_Quote"])
    assert quoted.events() == [
        Said("PARTICIPANT_QUOTE", 0, (0, 0, 0, 0, R, N, ord("O"))),
        Said("RESTRICTION", 0, (ord("C"),)),
        Said("NATIONAL_QUOTE", 3, (0, 0, 0, 0, 0, 0, 0)),
    ]
    assert quoted.best("LVWR.WS") == (0, 0, 0, 0, "CURRENT")
