"""A sample: watches the inside market."""

from __future__ import annotations

from feedhandler.strategies import Quality, Strategy, each_instrument, integer, parameter, price, state

TRADING = 84  # 'T', the Nasdaq family's code


class InsideWatcher(Strategy):
    """Counts changes of the inside, how often it was wider than a limit, and what traded at or through it."""

    wide_spread = parameter(price, "0.05", "wider spreads are counted", minimum=0)

    changes = state(integer)
    wide = state(integer)
    untrusted = state(integer)
    trades = state(integer)
    traded_quantity = state(integer)
    halts = state(integer)
    gaps = state(integer)
    seconds = state(integer)
    spread = each_instrument(integer)
    widest = each_instrument(integer)

    def on_bbo(self, book):
        self.changes += 1
        if book.quality != Quality.CURRENT:
            self.untrusted += 1
            return
        if book.bid_quantity == 0 or book.ask_quantity == 0:
            return
        spread = book.ask_price - book.bid_price
        self.spread[book.instrument] = spread
        if spread > self.widest[book.instrument]:
            self.widest[book.instrument] = spread
        if spread > self.wide_spread:
            self.wide += 1

    def on_trade(self, book, trade):
        if trade.printable:
            self.trades += 1
            self.traded_quantity += trade.quantity

    def on_status(self, book, status):
        if status.status != TRADING:
            self.halts += 1

    def on_gap(self, gap):
        self.gaps += 1

    def on_timer(self, time_ns):
        self.seconds += 1
