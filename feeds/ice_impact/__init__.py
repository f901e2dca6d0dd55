"""ICE iMpact 1.1.33 (full order depth): orders, implied orders apart, snapshots, trades, figures, auctions."""

from feedhandler.core.orders import Scope
from feedhandler.feed import Feed, LookAhead, QueueRule
from feedhandler.sessions import impact

from . import book_handler, definitions, handler, messages, snapshot_handler, statistics
from .words import BID_SIDE

MESSAGES = (*messages.MESSAGES, *statistics.MESSAGES, *definitions.MESSAGES)
EXCHANGES = {"europe": "IFEU", "us": "IFUS", "endex": "NDEX", "singapore": "IFSG", "abu_dhabi": "IFAD"}

FEED = Feed(
    name="ice_impact",
    title="ICE iMpact 1.1.33",
    venues=EXCHANGES,
    specification="ICE iMpact Multicast Feed Message Specification, version 1.1.33 of 6 August 2018",
    version="1.1.33",
    sessions=(impact.SESSION,),
    variants=dict.fromkeys(EXCHANGES, MESSAGES),
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.AddOrModifyOrder: book_handler.add_or_modify_order,
        messages.DeleteOrder: book_handler.delete_order,
        messages.MessageBundleMarker: book_handler.message_bundle_marker,
        messages.Trade: handler.trade_message,
        statistics.MarketStatistics: handler.market_statistics,
        messages.MarketSnapshotOrder: snapshot_handler.market_snapshot_order,
        messages.MarketSnapshot: snapshot_handler.market_snapshot,
        messages.MarketSnapshotPriceLevel: snapshot_handler.market_snapshot_price_level,
        messages.AddPriceLevel: book_handler.add_price_level,
        messages.ChangePriceLevel: book_handler.change_price_level,
        messages.DeletePriceLevel: book_handler.delete_price_level,
        messages.SpotMarketTrade: handler.spot_market_trade,
        messages.CancelledTrade: handler.cancelled_trade,
        messages.RequestForQuote: handler.request_for_quote,
        statistics.MarketStateChange: handler.market_state_change,
        statistics.MarketEvent: handler.market_event,
        statistics.OpenInterest: handler.open_interest,
        statistics.OptionOpenInterest: handler.option_open_interest,
        statistics.OpenPrice: handler.open_price,
        statistics.ClosePrice: handler.close_price,
        statistics.SettlementPrice: handler.settlement_price,
        statistics.OptionSettlementPrice: handler.option_settlement_price,
        statistics.IndexPrices: handler.index_prices,
        statistics.EndOfDayMarketSummary: handler.end_of_day_market_summary,
        statistics.PreOpenPriceIndicator: handler.pre_open_price_indicator,
        statistics.IntervalPriceLimitNotification: handler.interval_price_limit_notification,
        statistics.FixingTransition: handler.fixing_transition,
        statistics.FixingLockdown: handler.fixing_lockdown,
        statistics.FixingIndicativePrice: handler.fixing_indicative_price,
        definitions.NewFuturesStrategyDefinition: handler.new_futures_strategy_definition,
        definitions.NewOptionsStrategyDefinition: handler.new_options_strategy_definition,
        definitions.NewExpiry: handler.new_expiry,
        definitions.NewOptionsMarketDefinition: handler.new_options_market_definition,
    },
    ignored={
        messages.InvestigatedTrade: "a trade that is looked into stands until it is cancelled",
        messages.OldStyleOptionsTradeAndMarketStats: "speaks of options that have no market id, and so no book",
        statistics.SystemText: "words to people",
        definitions.StripInfo: "belongs to the definitions of markets, which come over another connection",
        definitions.SpecialFieldMessage: "what it adds to the message behind it changes no book",
    },
    scope=Scope.INSTRUMENT,
    queue=QueueRule.PRIORITY,
    event_flags=True,
    keeps_changes=True,
    # The venue's integers as they are: decimal places are in definitions that do not come with this feed.
    price_unit=1_000_000_000,
    look_ahead={
        messages.AddOrModifyOrder: LookAhead(
            "market_id", "order_id", price="price", side="side", bid=BID_SIDE
        ),
        messages.DeleteOrder: LookAhead("market_id", "order_id"),
    },
)
