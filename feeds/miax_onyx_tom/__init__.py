"""MIAX Futures Onyx Top of Market 1.0: best bid and offer, trades, statuses, definitions, over MACH."""

from feedhandler.feed import BookKind, Feed
from feedhandler.sessions import mach

from . import handler, messages

FEED = Feed(
    name="miax_onyx_tom",
    title="MIAX Futures Onyx Top of Market 1.0",
    venues={"miax": "XMGE"},
    specification="MIAX Futures Onyx Top of Market (ToM) Feed, version 1.0.b of 25 March 2025",
    version="1.0",
    sessions=(mach.SESSION,),
    variants={"miax": messages.MESSAGES},
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.BestBidAndOffer: handler.best_bid_and_offer,
        messages.LastSale: handler.last_sale,
        messages.InstrumentTradingStatusNotification: handler.instrument_trading_status_notification,
        messages.TradeCancel: handler.trade_cancel,
        messages.SimpleInstrumentDefinition: handler.simple_instrument_definition,
        messages.ComplexInstrumentDefinition: handler.complex_instrument_definition,
        messages.SystemState: handler.system_state,
    },
    book=BookKind.INSIDE,
)
