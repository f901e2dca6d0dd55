"""Flows of consolidated quotes and trades, for benchmarks."""

from __future__ import annotations

from collections.abc import Iterator

from feedhandler.benchmark.flow import Flow

from . import messages, trade_messages


def quotes(flow: Flow) -> Iterator[bytes]:
    """Short quotes: of three one is the national best, one has it in an appendage, one changes nothing."""
    names = dict(flow.symbols())
    for number, step in enumerate(flow.quotes()):
        bid = {"best_bid_price_short": step.bid_price, "best_bid_size_short": step.bid_quantity}
        offer = {"best_offer_price_short": step.ask_price, "best_offer_size_short": step.ask_quantity}
        more = {"best_bid_short": bid, "best_offer_short": offer} if number % 3 == 1 else {}
        yield messages.ShortQuote.encode(
            participant_id="N", security_symbol=names[step.instrument], bid_price_short=step.bid_price,
            bid_size_short=step.bid_quantity, offer_price_short=step.ask_price, offer_size_short=step.ask_quantity,
            national_bbo_indicator="GTA"[number % 3], **more,
        )  # fmt: skip


def trades(flow: Flow) -> Iterator[bytes]:
    """Trades of both forms, three short ones to a long one."""
    names = dict(flow.symbols())
    for number, step in enumerate(flow.quotes()):
        if number % 4:
            yield trade_messages.ShortTrade.encode(
                participant_id="K", security_symbol_short=names[step.instrument], trade_price_short=step.bid_price,
                trade_volume_short=step.bid_quantity, sale_condition_category=" ", sale_condition=" ",
                consolidated_high_low_last_indicator="D", participant_open_high_low_last_indicator="D",
            )  # fmt: skip
        else:
            yield trade_messages.LongTrade.encode(
                participant_id="K", security_symbol=names[step.instrument], trade_price=step.bid_price * 10_000,
                trade_volume=step.bid_quantity, consolidated_high_low_last_indicator="A",
                short_sale_restriction_indicator=" ", trade_reporting_facility_id=" ",
            )  # fmt: skip


TRAFFIC = {"cta_cqs": quotes, "cta_cts": trades}
