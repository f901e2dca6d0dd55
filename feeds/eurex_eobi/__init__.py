"""Eurex T7 Enhanced Order Book Interface (EOBI): by-order books with queues by priority time, in three releases."""

from dataclasses import replace
from datetime import date

from feedhandler.core.orders import Scope
from feedhandler.feed import Edition, Feed, LookAhead, QueueRule
from feedhandler.sessions import eobi

from . import handler, messages, messages_3, messages_6, order_handler, snapshot_handler, summaries, words

WHOLE = 1_000_000_000

TAKES = LookAhead("security_id", "trd_reg_ts_time_priority", side="side", bid=words.BUY)
ADDS = replace(TAKES, price="price")
MODIFIES = replace(
    ADDS, reference="trd_reg_ts_prev_time_priority", new_reference="trd_reg_ts_time_priority"
)

RELEASE_3 = (*messages_3.MESSAGES, messages_6.PacketHeader)
"""The packet header of the other releases, which differs in its template only, is read too."""

FEED = Feed(
    name="eurex_eobi",
    title="Eurex T7 EOBI",
    venues={"t7_14": "XEUR", "t7_6": "XEUR", "t7_3": "XEUR"},
    specification="T7 Enhanced Order Book Interface, schemas of releases 14.1, 6.0 and 3.0",
    version="14.1",
    sessions=(eobi.SESSION,),
    variants={
        "t7_14": (*messages.MESSAGES, *summaries.MESSAGES),
        "t7_6": messages_6.MESSAGES,
        "t7_3": RELEASE_3,
    },
    # The wire does not say which release it is of. Of older ones only the days of captures are known.
    editions={
        "t7_14": Edition(since=date(2026, 5, 18)),
        "t7_6": Edition(since=date(2017, 12, 4), until=date(2017, 12, 4)),
        "t7_3": Edition(since=date(2016, 5, 23), until=date(2016, 5, 23)),
    },
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.PacketHeader: words.packet_header,
        messages.OrderAdd: order_handler.order_add,
        messages.OrderDelete: order_handler.order_deleted,
        messages.OrderModify: order_handler.order_modify,
        messages.OrderModifySamePrio: order_handler.order_modify_same_prio,
        messages.PartialOrderExecution: order_handler.partial_order_execution,
        messages.FullOrderExecution: order_handler.full_order_execution,
        messages.ExecutionSummary: handler.execution_summary,
        messages.OrderMassDelete: order_handler.order_mass_delete,
        messages.Heartbeat: handler.heartbeat,
        messages.TradeReport: handler.trade_report,
        messages.TESTradeReport: handler.tes_trade_report,
        messages.TradeReversal: handler.trade_reversal,
        messages.AuctionBBO: handler.auction_bbo,
        messages.AuctionClearingPrice: handler.auction_clearing_price,
        messages.TopOfBook: handler.top_of_book,
        messages.CrossRequest: handler.cross_request,
        messages.QuoteRequest: handler.quote_request,
        summaries.SnapshotOrder: snapshot_handler.snapshot_order,
        summaries.InstrumentSummary: snapshot_handler.instrument_summary,
        summaries.ProductSummary: snapshot_handler.product_summary,
        summaries.InstrumentStateChange: handler.instrument_state_change,
        summaries.ProductStateChange: handler.product_state_change,
        summaries.MassInstrumentStateChange: handler.mass_instrument_state_change,
        summaries.AddComplexInstrument: handler.instrument_described,
        summaries.AddFlexibleInstrument: handler.instrument_described,
        summaries.AddScaledSimpleInstrument: handler.instrument_described,
        messages_6.PacketHeader: words.packet_header,
        messages_6.OrderAdd: order_handler.order_add,
        messages_6.OrderDelete: order_handler.order_deleted,
        messages_6.OrderModify: order_handler.order_modify,
        messages_6.OrderModifySamePrio: order_handler.order_modify_same_prio,
        messages_6.PartialOrderExecution: order_handler.partial_order_execution,
        messages_6.FullOrderExecution: order_handler.full_order_execution,
        messages_6.ExecutionSummary: handler.execution_summary,
        messages_6.OrderMassDelete: order_handler.order_mass_delete,
        messages_6.Heartbeat: handler.heartbeat,
        messages_6.TradeReport: handler.trade_report,
        messages_6.TradeReversal: handler.trade_reversal,
        messages_6.AuctionBBO: handler.auction_bbo,
        messages_6.AuctionClearingPrice: handler.auction_clearing_price,
        messages_6.TopOfBook: handler.quote_without_sizes,
        messages_6.CrossRequest: handler.cross_request_only,
        messages_6.QuoteRequest: handler.quote_request,
        messages_6.SnapshotOrder: snapshot_handler.snapshot_order,
        messages_6.InstrumentSummary: snapshot_handler.instrument_summary,
        messages_6.ProductSummary: snapshot_handler.product_summary,
        messages_6.InstrumentStateChange: handler.instrument_state_change,
        messages_6.ProductStateChange: handler.product_state_change,
        messages_6.AddComplexInstrument: handler.instrument_added,
        messages_3.PacketHeader: words.packet_header,
        messages_3.OrderAdd: order_handler.order_add,
        messages_3.OrderDelete: order_handler.order_deleted,
        messages_3.OrderModify: order_handler.order_modify,
        messages_3.OrderModifySamePrio: order_handler.order_modify_same_prio,
        messages_3.PartialOrderExecution: order_handler.partial_order_execution,
        messages_3.FullOrderExecution: order_handler.full_order_execution,
        messages_3.ExecutionSummary: handler.execution_summary,
        messages_3.OrderMassDelete: order_handler.order_mass_delete,
        messages_3.Heartbeat: handler.heartbeat,
        messages_3.TradeReport: handler.trade_report,
        messages_3.TradeReversal: handler.trade_reversal,
        messages_3.AuctionBBO: handler.quote_without_sizes,
        messages_3.AuctionClearingPrice: handler.auction_clearing_price_only,
        messages_3.TopOfBook: handler.quote_without_sizes,
        messages_3.CrossRequest: handler.cross_request_only,
        messages_3.QuoteRequest: handler.quote_request,
        messages_3.SnapshotOrder: snapshot_handler.snapshot_order,
        messages_3.InstrumentSummary: snapshot_handler.instrument_summary,
        messages_3.ProductSummary: snapshot_handler.product_summary,
        messages_3.InstrumentStateChange: handler.instrument_state_change,
        messages_3.ProductStateChange: handler.product_state_change,
        messages_3.AddComplexInstrument: handler.instrument_added,
    },
    scope=Scope.INSTRUMENT_SIDE,
    queue=QueueRule.PRIORITY,
    price_unit=10,
    quantity_step=100_000,
    quantity_steps={"t7_6": WHOLE, "t7_3": WHOLE},
    event_flags=True,
    keeps_changes=True,
    look_ahead={
        message: look
        for release in (messages, messages_6, messages_3)
        for message, look in (
            (release.OrderAdd, ADDS),
            (release.OrderDelete, TAKES),
            (release.OrderModify, MODIFIES),
            (release.OrderModifySamePrio, TAKES),
            (release.PartialOrderExecution, TAKES),
            (release.FullOrderExecution, TAKES),
        )
    },
)
