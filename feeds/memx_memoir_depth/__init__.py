"""MEMX MEMOIR Depth 1.3 (US equities): every order, over MEMOIR-UDP."""

from feedhandler.feed import Feed, LookAhead
from feedhandler.sessions import memoir_udp

from . import handler, messages

TAKES = LookAhead("security_id", "order_id")

FEED = Feed(
    name="memx_memoir_depth",
    title="MEMX MEMOIR Depth 1.3",
    venues={"memx": "MEMX"},
    specification="MEMOIR Depth Feed, version 1.3, and its SBE schema (id 2, version 259)",
    version="1.3",
    sessions=(memoir_udp.SESSION,),
    variants={"memx": messages.MESSAGES},
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.OrderAdded: handler.order_added,
        messages.OrderDeleted: handler.order_deleted,
        messages.OrderExecuted: handler.order_executed,
        messages.OrderReduced: handler.order_reduced,
        messages.Trade: handler.trade_message,
        messages.BrokenTrade: handler.broken_trade,
        messages.CorrectedTrade: handler.corrected_trade,
        messages.ClearBook: handler.clear_book,
        messages.SecurityTradingStatus: handler.security_trading_status,
        messages.RegSHORestriction: handler.reg_sho_restriction,
        messages.TradingSessionStatus: handler.trading_session_status,
        messages.InstrumentDirectory: handler.instrument_directory,
    },
    ignored={messages.SnapshotComplete: "ends a snapshot, which is sent on a recovery channel of its own"},
    directory_codes=65536,
    price_unit=1_000,
    look_ahead={
        messages.OrderAdded: LookAhead("security_id", "order_id", price="price", side="side", bid=handler.BUY),
        messages.OrderDeleted: TAKES,
        messages.OrderExecuted: TAKES,
        messages.OrderReduced: TAKES,
    },
)
