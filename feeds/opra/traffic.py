"""A flow of option quotes, for benchmarks."""

from __future__ import annotations

from collections.abc import Iterator

from feedhandler.benchmark.flow import Flow

from .messages import ShortQuote


def quotes(flow: Flow) -> Iterator[bytes]:
    """Short quotes: of three one is the best, one has it in appendages, one changes nothing."""
    names = dict(flow.symbols())
    for number, step in enumerate(flow.quotes()):
        bid = {"participant_id": "C", "denominator_code": "B", "price": step.bid_price, "size": step.bid_quantity}
        offer = {"participant_id": "C", "denominator_code": "B", "price": step.ask_price, "size": step.ask_quantity}
        more = {"best_bid": bid, "best_offer": offer} if number % 3 == 1 else {}
        yield ShortQuote.encode(
            participant_id="N", message_type=" ", message_indicator="FOA"[number % 3],
            security_symbol=names[step.instrument][:4], expiration_block={"month": "A", "day": 19, "year": 24},
            strike_price=step.instrument % 1000, bid_price=step.bid_price, bid_size=step.bid_quantity % 65536,
            offer_price=step.ask_price, offer_size=step.ask_quantity % 65536, **more,
        )  # fmt: skip


TRAFFIC = {"opra": quotes}
