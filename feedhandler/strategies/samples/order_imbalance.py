"""A sample: the imbalance of the first levels of a book as a signal."""

from __future__ import annotations

from feedhandler.strategies import Quality, Strategy, each_instrument, integer, parameter, real, state

BID, ASK = 0, 1


class OrderImbalance(Strategy):
    """(bids - asks) / (bids + asks) over the first levels, smoothed, and how often it crossed a threshold.

    The signal of an instrument is in `signal`: -1 where all of the quantity is on the ask, 1 where it is on the bid.
    """

    levels = parameter(integer, 5, "levels of each side that count", minimum=1, maximum=64)
    threshold = parameter(real, 0.7, "a signal beyond this, either way, is counted", minimum=0.0, maximum=1.0)
    weight = parameter(real, 0.2, "of the newest value in the average", minimum=0.0, maximum=1.0)

    updates = state(integer)
    signals = state(integer)
    signal = each_instrument(real)
    beyond = each_instrument(integer)

    def quantity(self, book, side):
        total = 0
        for position in range(min(self.levels, book.level_count(side))):
            total += book.quantity_at(side, position)
        return total

    def on_book(self, book):
        if book.quality != Quality.CURRENT:
            return
        bids = self.quantity(book, BID)
        asks = self.quantity(book, ASK)
        if bids + asks == 0:
            return
        self.updates += 1
        instrument = book.instrument
        newest = (bids - asks) / (bids + asks)
        average = self.signal[instrument] + self.weight * (newest - self.signal[instrument])
        self.signal[instrument] = average
        beyond = 1 if average > self.threshold else -1 if average < -self.threshold else 0
        if beyond != 0 and beyond != self.beyond[instrument]:
            self.signals += 1
        self.beyond[instrument] = beyond
