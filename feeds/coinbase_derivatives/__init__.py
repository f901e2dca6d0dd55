"""Coinbase Derivatives (formerly FairX) UDP Market Data API 1.2: every order, implied levels, snapshots."""

from feedhandler.feed import BookKind, Feed, LookAhead, QueueRule
from feedhandler.sessions import cde_multicast

from . import handler, messages, snapshots

SERVICE = "belongs to the retransmission service"

FEED = Feed(
    name="coinbase_derivatives",
    title="Coinbase Derivatives UDP Market Data API 1.2",
    venues={"coinbase_derivatives": "FREX"},
    specification="Coinbase Derivatives UDP Market Data API, version 1.2: SBE schema id 1201, versions 0 to 2",
    version="1.2",
    sessions=(cde_multicast.SESSION,),
    variants={"coinbase_derivatives": messages.MESSAGES},
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.OrderPut: handler.order_put,
        messages.OrderDelete: handler.order_deleted,
        messages.ImpliedOrderUpdate: handler.implied_order_update,
        messages.OrderSnapshot: snapshots.order_snapshot,
        messages.EndOfSnapshot: snapshots.end_of_snapshot,
        messages.StartOfOutrightInstrumentSnapshot: snapshots.start_of_outright_instrument_snapshot,
        messages.StartOfSpreadInstrumentSnapshot: snapshots.start_of_spread_instrument_snapshot,
        messages.Trade: handler.trade_message,
        messages.TradeSummary: handler.trade_summary,
        messages.TradeSessionVolume: handler.trade_session_volume,
        messages.MarketStat: handler.market_stat,
        messages.OpenInterest: handler.open_interest,
        messages.TradingStatusUpdate: handler.trading_status_update,
        messages.OutrightInstrumentDefinition: handler.outright_instrument_definition,
        messages.SpreadInstrumentDefinition: handler.spread_instrument_definition,
        messages.TradeBust: handler.trade_bust,
        messages.TradeAmend: handler.trade_amend,
        messages.SpreadTradeAmend: handler.spread_trade_amend,
    },
    ignored={messages.RetransmitRequest: SERVICE, messages.RetransmitReject: SERVICE},
    book=BookKind.BOTH,
    queue=QueueRule.PRIORITY,
    event_flags=True,
    look_ahead={
        messages.OrderPut: LookAhead(
            "instr_header.instrument_id", "order_id", price="price", side="instr_header.side", bid=handler.BUY
        ),
        messages.OrderDelete: LookAhead("instr_header.instrument_id", "order_id"),
    },
)
