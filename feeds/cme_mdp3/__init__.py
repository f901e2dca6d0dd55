"""CME Group MDP 3.0: books by level, trades, statistics, statuses and definitions; SBE versions 5 to 13."""

from feedhandler.core.orders import Scope
from feedhandler.feed import BookKind, Feed, QueueRule
from feedhandler.sessions import mdp3

from . import (
    book_handler,
    definitions,
    handler,
    legacy_definitions,
    legacy_messages,
    legacy_snapshots,
    messages,
    order_handler,
    other_definitions,
    snapshot_handler,
    snapshots,
    statistics,
)

TCP = "answers a request over TCP, which this feed does not make"
CONNECTION = "belongs to the connection"

TABLES = (
    messages, statistics, snapshots, definitions, other_definitions, legacy_messages, legacy_snapshots,
    legacy_definitions,
)  # fmt: skip
MESSAGES = tuple(message for table in TABLES for message in table.MESSAGES)
"""Every message that version 13 or one before it had; templates are numbered across all versions."""

FEED = Feed(
    name="cme_mdp3",
    title="CME MDP 3.0",
    venues={"cme": "XCME"},
    specification="CME Group MDP 3.0 Market Data, SBE schema id 1, versions 5 to 13",
    version="3.0",
    sessions=(mdp3.SESSION,),
    variants={"cme": MESSAGES},
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.MDIncrementalRefreshBook46: book_handler.incremental_refresh_book,
        messages.MDIncrementalRefreshOrderBook47: order_handler.incremental_refresh_order_book,
        messages.MDIncrementalRefreshTradeSummary48: handler.incremental_refresh_trade_summary,
        statistics.MDIncrementalRefreshVolume37: handler.incremental_refresh_volume,
        statistics.MDIncrementalRefreshSessionStatistics51: handler.incremental_refresh_statistics,
        statistics.MDIncrementalRefreshDailyStatistics49: handler.incremental_refresh_statistics,
        statistics.MDIncrementalRefreshLimitsBanding50: handler.incremental_refresh_limits_banding,
        messages.SecurityStatus30: handler.security_status,
        messages.QuoteRequest39: handler.quote_request,
        messages.ChannelReset4: book_handler.channel_reset,
        messages.MDIncrementalRefreshBookLongQty64: book_handler.incremental_refresh_book,
        messages.MDIncrementalRefreshTradeSummaryLongQty65: handler.incremental_refresh_trade_summary,
        statistics.MDIncrementalRefreshVolumeLongQty66: handler.incremental_refresh_volume,
        statistics.MDIncrementalRefreshSessionStatisticsLongQty67: handler.incremental_refresh_statistics,
        messages.SecurityStatusWorkup60: handler.security_status_workup,
        messages.CollateralMarketValue62: handler.collateral_market_value,
        definitions.MDInstrumentDefinitionFuture54: handler.instrument_definition,
        definitions.MDInstrumentDefinitionOption55: handler.instrument_definition,
        definitions.MDInstrumentDefinitionSpread56: handler.instrument_definition,
        other_definitions.MDInstrumentDefinitionFixedIncome57: handler.instrument_definition,
        other_definitions.MDInstrumentDefinitionRepo58: handler.instrument_definition,
        other_definitions.MDInstrumentDefinitionFX63: handler.instrument_definition,
        legacy_messages.MDIncrementalRefreshBook32: book_handler.legacy_incremental_refresh_book,
        legacy_messages.MDIncrementalRefreshOrderBook43: order_handler.legacy_incremental_refresh_order_book,
        legacy_messages.MDIncrementalRefreshTradeSummary42: handler.legacy_incremental_refresh_trade_summary,
        legacy_messages.MDIncrementalRefreshTrade36: handler.legacy_incremental_refresh_trade,
        legacy_messages.MDIncrementalRefreshSessionStatistics35: handler.legacy_incremental_refresh_statistics,
        legacy_messages.MDIncrementalRefreshDailyStatistics33: handler.legacy_incremental_refresh_statistics,
        legacy_messages.MDIncrementalRefreshLimitsBanding34: handler.incremental_refresh_limits_banding,
        legacy_definitions.MDInstrumentDefinitionFuture27: handler.instrument_definition,
        legacy_definitions.MDInstrumentDefinitionSpread29: handler.instrument_definition,
        legacy_definitions.MDInstrumentDefinitionOption41: handler.instrument_definition,
        snapshots.SnapshotFullRefresh52: snapshot_handler.snapshot_full_refresh,
        snapshots.SnapshotFullRefreshOrderBook53: snapshot_handler.snapshot_full_refresh_order_book,
        snapshots.SnapshotFullRefreshLongQty69: snapshot_handler.snapshot_full_refresh,
        legacy_snapshots.SnapshotFullRefresh38: snapshot_handler.legacy_snapshot_full_refresh,
        legacy_snapshots.SnapshotFullRefreshOrderBook44: snapshot_handler.legacy_snapshot_full_refresh_order_book,
    },
    ignored={
        messages.AdminHeartbeat12: "says that the channel lives, which every packet does",
        messages.AdminLogin15: CONNECTION,
        messages.AdminLogout16: CONNECTION,
        snapshots.SnapshotRefreshTopOrders59: "repeats the first orders of a book that holds them already",
        snapshots.SnapshotFullRefreshTCP61: TCP,
        snapshots.SnapshotFullRefreshTCPLongQty68: TCP,
    },
    book=BookKind.BOTH,
    scope=Scope.INSTRUMENT,
    queue=QueueRule.PRIORITY,
    event_flags=True,
)
