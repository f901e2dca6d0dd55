"""ASX 24: the New Trading Platform's Market Data Protocol (ITCH) 1.05, every order of futures and options."""

from feedhandler.core.orders import Scope
from feedhandler.feed import Feed, LookAhead, QueueRule
from feedhandler.sessions import moldudp64

from . import definitions, handler, messages

TAKES = LookAhead("tradeable_instrument_id", "order_id", side="side", bid=handler.BUY)

FEED = Feed(
    name="asx_itch",
    title="ASX 24 Market Data Protocol 1.05 (NTP ITCH)",
    venues={"asx": "XSFE"},
    specification="New Trading Platform, ASX Market Data Protocol Specification, version 1.05 of December 2017",
    version="1.05",
    sessions=(moldudp64.SESSION,),
    variants={"asx": (*messages.MESSAGES, *definitions.DIRECTORIES)},
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.OrderAdded: handler.order_added,
        messages.OrderDeleted: handler.order_deleted,
        messages.ImpliedOrderReplaced: handler.implied_order_replaced,
        messages.OrderExecuted: handler.order_executed,
        messages.Seconds: handler.seconds,
        messages.ImpliedOrderAdded: handler.implied_order_added,
        messages.ImpliedOrderDeleted: handler.implied_order_deleted,
        messages.OrderVolumeCancelled: handler.order_volume_cancelled,
        messages.TradeExecuted: handler.trade_executed,
        messages.CombinationOrderExecuted: handler.combination_order_executed,
        messages.CombinationTradeExecuted: handler.combination_trade_executed,
        messages.AuctionOrderExecuted: handler.auction_order_executed,
        messages.TradeCancellation: handler.trade_cancellation,
        messages.EquilibriumPrice: handler.equilibrium_price,
        messages.OrderBookState: handler.order_book_state,
        messages.AnomalousOrderThresholdPublish: handler.anomalous_order_threshold_publish,
        messages.OpenHighLowLastTradeAdjustment: handler.open_high_low_last_trade_adjustment,
        messages.RequestForQuote: handler.request_for_quote,
        messages.VolumeAndOpenInterest: handler.volume_and_open_interest,
        messages.Text: handler.text,
        messages.EndOfBusinessTradeDate: handler.end_of_business_trade_date,
        definitions.FutureSymbolDirectory: handler.symbol_directory,
        definitions.OptionsSymbolDirectory: handler.symbol_directory,
        definitions.CombinationSymbolDirectory: handler.symbol_directory,
        definitions.BundlesSymbolDirectory: handler.symbol_directory,
    },
    ignored={messages.MarketSettlement: "where its settlement price stands could not be established"},
    scope=Scope.INSTRUMENT_SIDE,
    queue=QueueRule.PRIORITY,
    price_unit=1_000,
    look_ahead={
        messages.OrderAdded: LookAhead(
            "tradeable_instrument_id", "order_id", price="price", side="side", bid=handler.BUY
        ),
        messages.OrderDeleted: TAKES,
        messages.OrderExecuted: TAKES,
        messages.OrderVolumeCancelled: TAKES,
    },
)
