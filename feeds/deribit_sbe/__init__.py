"""Deribit multicast (SBE): books by level with snapshots, trades, tickers, indexes, definitions."""

from feedhandler.feed import BookKind, Feed
from feedhandler.sessions import deribit_multicast

from . import handler, messages

FEED = Feed(
    name="deribit_sbe",
    title="Deribit Multicast (SBE) 3",
    venues={"deribit": "DERI"},
    specification="Deribit Multicast, SBE schema id 1, versions 2 and 3",
    version="3",
    sessions=(deribit_multicast.SESSION,),
    variants={"deribit": messages.MESSAGES},
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.Ticker: handler.ticker,
        messages.Book: handler.book,
        messages.PriceIndex: handler.price_index,
        messages.Trades: handler.trades,
        messages.Snapshot: handler.snapshot,
        messages.Instrument: handler.instrument,
        messages.InstrumentV2: handler.instrument,
        messages.SnapshotStart: handler.snapshot_frame,
        messages.SnapshotEnd: handler.snapshot_frame,
        messages.Rfq: handler.rfq,
    },
    ignored={messages.ComboLegs: "the legs of a combination are no part of its book"},
    book=BookKind.LEVELS,
    event_flags=True,
    price_unit=1_000,
    quantity_step=1_000,
)
