"""Cboe Multicast PITCH: US equities and options in one feed, futures in another; every order, one unit a channel."""

from feedhandler.feed import Feed
from feedhandler.sessions import sequenced_unit

from . import futures_messages, handler, messages

BEYOND = "the auction takes place beside the book"

FEED = Feed(
    name="cboe_pitch",
    title="Cboe Multicast PITCH 2.41, US equities and options",
    venues={"byx": "BATY", "bzx": "BATS", "edgx": "EDGX", "edga": "EDGA", "c1": "XCBO"},
    specification="Cboe Titanium US Equities/Options Multicast PITCH Specification, version 2.41.29 of 20 April 2022",
    version="2.41",
    sessions=(sequenced_unit.SESSION,),
    variants=messages.VARIANTS,
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.AddOrderShort: handler.add_order_short,
        messages.DeleteOrder: handler.delete_order,
        messages.ModifyOrderShort: handler.modify_order_short,
        messages.OrderExecuted: handler.order_executed,
        messages.AddOrderLong: handler.add_order_long,
        messages.Time: handler.time,
        messages.ReduceSizeShort: handler.reduce_size,
        messages.ReduceSizeLong: handler.reduce_size,
        messages.ModifyOrderLong: handler.modify_order_long,
        messages.AddOrderExpanded: handler.add_order_expanded,
        messages.OrderExecutedAtPriceSize: handler.order_executed_at_price_size,
        messages.TradeShort: handler.trade_short,
        messages.TradeLong: handler.trade_long,
        messages.TradeExpanded: handler.trade_expanded,
        messages.TradeBreak: handler.trade_break,
        messages.TradingStatus: handler.trading_status_message,
        messages.OptionsTradingStatus: handler.short_trading_status,
        messages.RetailPriceImprovement: handler.retail_price_improvement,
        messages.AuctionUpdate: handler.auction_update,
        messages.OptionsAuctionUpdate: handler.options_auction_update,
        messages.AuctionSummary: handler.auction_summary,
        messages.SymbolMapping: handler.symbol_mapping,
        messages.UnitClear: handler.unit_clear,
        messages.EndOfSession: handler.end_of_session,
    },
    ignored={
        messages.TimeReference: "midnight and trade date are known from the configuration or the capture",
        messages.TransactionBegin: "the end of the packet is the event boundary",
        messages.TransactionEnd: "the end of the packet is the event boundary",
        messages.WidthUpdate: "widths of opening quotes are no part of a book",
        messages.AuctionNotification: BEYOND,
        messages.AuctionCancel: BEYOND,
        messages.AuctionTrade: BEYOND,
        messages.SoqStrikeRangeUpdate: "strikes of a settlement are no part of a book",
    },
    price_unit=100_000,
    time_zone="America/New_York",
)

FUTURES = Feed(
    name="cboe_futures_pitch",
    title="Cboe Multicast PITCH 1.1, futures",
    venues={"cfe": "XCBF"},
    specification="Cboe Futures Exchange Multicast PITCH Specification, version 1.1.6 of 8 April 2019",
    version="1.1",
    sessions=(sequenced_unit.SESSION,),
    variants={"cfe": futures_messages.FUTURES},
    handlers={
        futures_messages.FuturesModifyOrderShort: handler.futures_modify_order_short,
        futures_messages.FuturesAddOrderShort: handler.add_order_short,
        messages.DeleteOrder: handler.delete_order,
        messages.OrderExecuted: handler.order_executed,
        futures_messages.FuturesTime: handler.futures_time,
        messages.AddOrderLong: handler.add_order_long,
        messages.ModifyOrderLong: handler.modify_order_long,
        messages.ReduceSizeShort: handler.reduce_size,
        messages.ReduceSizeLong: handler.reduce_size,
        futures_messages.FuturesTradeShort: handler.trade_short,
        messages.TradeLong: handler.trade_long,
        messages.TradeBreak: handler.trade_break,
        futures_messages.FuturesTradingStatus: handler.short_trading_status,
        futures_messages.FuturesInstrumentDefinition: handler.futures_instrument_definition,
        futures_messages.Settlement: handler.settlement,
        futures_messages.EndOfDaySummary: handler.end_of_day_summary,
        messages.UnitClear: handler.unit_clear,
        messages.EndOfSession: handler.end_of_session,
    },
    ignored={
        messages.TimeReference: "the Time message has the second of the Unix epoch",
        messages.TransactionBegin: "the end of the packet is the event boundary",
        messages.TransactionEnd: "the end of the packet is the event boundary",
    },
    price_unit=100_000,
)
