"""Our books against the venue's: every price, every queue, every order."""

from __future__ import annotations

from collections.abc import Mapping

from feedhandler.books import BookError, Books, Depth, Side
from feedhandler.core.channel import Quality
from feedhandler.simulation.live.truth import TrueBook, TrueLevel

LEVELS = 10_000


def differences(books: Books, truth: Mapping[str, TrueBook]) -> list[str]:
    """What differs between books that stand still and the venue's, a line each; none where all agree.

    A book that agrees and does not say CURRENT differs too: it would not be believed.
    """
    found: list[str] = []
    for symbol, true_book in truth.items():
        try:
            depth = books[symbol].depth(LEVELS)
        except BookError as error:
            found.append(str(error))
            continue
        if depth.trust.quality is not Quality.CURRENT:
            found.append(f"{symbol} is {depth.trust.quality.name}")
        found += _side(books, symbol, "bid", depth, true_book.bids)
        found += _side(books, symbol, "ask", depth, true_book.asks)
    return found


def _side(books: Books, symbol: str, side: Side, depth: Depth, true_levels: tuple[TrueLevel, ...]) -> list[str]:
    ours = [level.price for level in (depth.bids if side == "bid" else depth.asks)]
    theirs = [level.price for level in true_levels]
    if ours != theirs:
        return [f"{symbol} {side}: {len(ours)} levels from {ours[:1]}; the venue has {len(theirs)} from {theirs[:1]}"]
    found = []
    for level in true_levels:
        queue = [(order.order_reference, order.quantity) for order in books[symbol].orders(side, level.price).orders]
        true_queue = [(order.order_reference, order.quantity) for order in level.orders]
        if queue != true_queue:
            found.append(f"{symbol} {side} at {level.price}: queue {queue[:3]}; the venue has {true_queue[:3]}")
    return found
