"""A sample: how old news are when a strategy hears of them."""

from __future__ import annotations

from feedhandler.strategies import Strategy, epoch_ns, histogram, histogram_add, integer, state


class WireLatency(Strategy):
    """From the venue's time stamp of the last message of a packet to the call, and from the packet's receipt to it.

    The first needs a venue whose clock is ours or follows the same one, as a simulated venue's does. What was lost and
    came by retransmission is old when it comes, and so are these: they are the tail.
    """

    changes = state(integer)
    from_venue = histogram()
    from_receipt = histogram()

    def on_bbo(self, book):
        now = epoch_ns()
        self.changes += 1
        histogram_add(self.from_venue, now - book.venue_time)
        histogram_add(self.from_receipt, now - book.received_ns)
