"""B3 Binary UMDF, market by order: schema versions 15 and 16 (2.x), and 6 to 14 (1.x)."""

from feedhandler.core.orders import Scope
from feedhandler.feed import Edition, Feed, QueueRule
from feedhandler.sessions import umdf_binary

from . import (
    definitions,
    handler,
    legacy_definitions,
    legacy_messages,
    messages,
    order_handler,
    snapshots,
    statistics,
    statistics_handler,
)

RESTART = "says that numbers begin again, which they say themselves"

ORDERS = (
    messages.OrderMBO50, messages.DeleteOrderMBO51, messages.MassDeleteOrdersMBO52, messages.Trade53,
    messages.ForwardTrade54, messages.ExecutionSummary55, messages.TradeBust57, messages.SnapshotFullRefreshOrdersMBO71,
)  # fmt: skip
"""What version 15 laid out anew."""
SHARED = tuple(
    message
    for table in (messages, statistics, definitions)
    for message in table.MESSAGES
    if message not in ORDERS
)

FEED = Feed(
    name="b3_umdf",
    title="B3 Binary UMDF",
    venues={"v2": "BVMF", "v1": "BVMF"},
    specification="B3 Market Data Messages, UMDF SBE, schema id 2: version 16 (2.2.0) and version 9 (1.8.0)",
    version="2.2",
    sessions=(umdf_binary.SESSION,),
    variants={
        "v2": (*ORDERS, *SHARED),
        "v1": (*legacy_messages.MESSAGES, *SHARED, *legacy_definitions.MESSAGES),
    },
    editions={"v2": Edition(versions=(15, None)), "v1": Edition(versions=(None, 14))},
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.OrderMBO50: order_handler.order_mbo,
        messages.DeleteOrderMBO51: order_handler.delete_order_mbo,
        legacy_messages.OrderMBO50: order_handler.legacy_order_mbo,
        legacy_messages.DeleteOrderMBO51: order_handler.legacy_delete_order_mbo,
        messages.Trade53: handler.trade_message,
        legacy_messages.Trade53: handler.legacy_trade_message,
        messages.ExecutionSummary55: handler.execution_summary,
        legacy_messages.ExecutionSummary55: handler.legacy_execution_summary,
        messages.ExecutionStatistics56: statistics_handler.execution_statistics,
        messages.SnapshotFullRefreshOrdersMBO71: snapshots.snapshot_full_refresh_orders,
        legacy_messages.SnapshotFullRefreshOrdersMBO71: snapshots.legacy_snapshot_full_refresh_orders,
        messages.SnapshotFullRefreshHeader30: snapshots.snapshot_full_refresh_header,
        statistics.TheoreticalOpeningPrice16: statistics_handler.theoretical_opening_price,
        statistics.AuctionImbalance19: statistics_handler.auction_imbalance,
        messages.MassDeleteOrdersMBO52: order_handler.mass_delete_orders_mbo,
        legacy_messages.MassDeleteOrdersMBO52: order_handler.legacy_mass_delete_orders_mbo,
        statistics.HighPrice24: statistics_handler.high_price,
        statistics.LowPrice25: statistics_handler.low_price,
        statistics.LastTradePrice27: statistics_handler.last_trade_price,
        statistics.OpeningPrice15: statistics_handler.opening_price,
        statistics.ClosingPrice17: statistics_handler.closing_price,
        statistics.SettlementPrice28: statistics_handler.settlement_price,
        statistics.OpenInterest29: statistics_handler.open_interest,
        statistics.PriceBand22: statistics_handler.price_band,
        statistics.QuantityBand21: statistics_handler.quantity_band,
        messages.SecurityStatus3: handler.security_status,
        messages.SecurityGroupPhase10: handler.security_group_phase,
        definitions.SecurityDefinition12: handler.security_definition,
        messages.ForwardTrade54: handler.trade_message,
        legacy_messages.ForwardTrade54: handler.legacy_trade_message,
        messages.TradeBust57: handler.trade_bust,
        legacy_messages.TradeBust57: handler.legacy_trade_bust,
        messages.EmptyBook9: handler.empty_book,
        messages.ChannelReset11: handler.channel_reset,
        legacy_definitions.SecurityDefinition4: handler.security_definition,
        legacy_definitions.PriceBand20: statistics_handler.legacy_price_band,
    },
    ignored={
        messages.SequenceReset1: RESTART,
        messages.Sequence2: "is the heartbeat, which the session reads",
        definitions.News5: "text for people",
    },
    scope=Scope.INSTRUMENT_SIDE,
    queue=QueueRule.PRIORITY,
    price_unit=100_000,
    quantity_step=1_000_000_000,
    event_flags=True,
)
