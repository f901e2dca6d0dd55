"""Consolidated Tape Association: CQS, the quotes of all markets and their national best, and CTS, the trades.

One folder for the two, because they share their blocks, their header and their control messages; each is a feed of its
own.
"""

from collections.abc import Callable
from typing import Any

from feedhandler.feed import BookKind, Feed
from feedhandler.sessions import transmission_blocks
from feedhandler.wire.message import MessageLayout

from . import handler, messages, trade_handler, trade_messages

Handlers = dict[MessageLayout, Callable[..., Any]]

SESSIONS = (transmission_blocks.CTA, transmission_blocks.CTA_BLOCKS)
VENUES = {"cta": "XXXX"}
HEARTBEAT: dict[MessageLayout, str] = {messages.LineIntegrity: "a heartbeat: the session reads its number"}

CONTROL: Handlers = {
    messages.MwcbDeclineLevelStatus: handler.mwcb_decline_level_status,
    messages.MwcbStatus: handler.mwcb_status,
    messages.StartOfDay: handler.day_event,
    messages.EndOfDay: handler.day_event,
    messages.ResetBlockSequenceNumber: handler.numbering_event,
    messages.DisasterRecoveryDataCenterActivation: handler.numbering_event,
}

CQS = Feed(
    name="cta_cqs",
    title="CTA CQS 2.10",
    venues=VENUES,
    specification="CQS Pillar Multicast Output Binary Specification, version 2.10a of 6 June 2025",
    version="2.10a",
    sessions=SESSIONS,
    variants={"cta": messages.CQS},
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.ShortQuote: handler.short_quote,
        messages.LongQuote: handler.long_quote,
        messages.SpecialLongQuote: handler.special_long_quote,
        messages.AuctionStatus: handler.auction_status,
        messages.SymbolReferenceData: handler.symbol_reference_data,
        **CONTROL,
        messages.FinraOpen: handler.day_event,
        messages.FinraClose: handler.day_event,
    },
    ignored=HEARTBEAT,
    book=BookKind.INSIDE,
    consolidated=True,
    price_unit=1_000,
)

CTS = Feed(
    name="cta_cts",
    title="CTA CTS 2.9",
    venues=VENUES,
    specification="CTS Pillar Multicast Output Binary Specification, version 2.9 of 16 December 2022",
    version="2.9",
    sessions=SESSIONS,
    variants={"cta": trade_messages.CTS},
    handlers={
        trade_messages.ShortTrade: trade_handler.short_trade,
        trade_messages.LongTrade: trade_handler.long_trade,
        trade_messages.TradingStatus: trade_handler.trading_status_message,
        trade_messages.TradeCorrection: trade_handler.trade_correction,
        trade_messages.TradeCancelError: trade_handler.trade_cancel_error,
        trade_messages.TradeAuctionStatus: handler.auction_status,
        trade_messages.PriorDayTrade: trade_handler.prior_day_trade,
        trade_messages.PriorDayTradeCancelError: trade_handler.prior_day_trade_cancel_error,
        trade_messages.PriorDayTradeCorrection: trade_handler.prior_day_trade_correction,
        trade_messages.ConsolidatedStartOfDaySummary: trade_handler.consolidated_start_of_day_summary,
        trade_messages.ParticipantStartOfDaySummary: trade_handler.participant_start_of_day_summary,
        trade_messages.ConsolidatedEndOfDaySummary: trade_handler.consolidated_end_of_day_summary,
        trade_messages.ParticipantEndOfDaySummary: trade_handler.participant_end_of_day_summary,
        trade_messages.Index: trade_handler.index_message,
        trade_messages.BidAndOfferIndex: trade_handler.bid_and_offer_index,
        **CONTROL,
        trade_messages.ApproximateAdjustedVolumeMarketCenter: trade_handler.approximate_adjusted_volume_market_center,
        trade_messages.ApproximateTradesAndTotalDollarValue: trade_handler.approximate_trades_and_total_dollar_value,
        trade_messages.CrossingSessionSummary: trade_handler.crossing_session_summary,
        trade_messages.StartOfEndOfDaySummary: handler.day_event,
        trade_messages.EndOfEndOfDaySummary: handler.day_event,
        trade_messages.StartOfStartOfDaySummary: handler.day_event,
        trade_messages.EndOfStartOfDaySummary: handler.day_event,
    },
    ignored=HEARTBEAT,
    book=BookKind.NONE,
    consolidated=True,
    price_unit=1_000,
)
