"""EOBI: trades, auctions, states, requests and instruments; orders are in `order_handler`, snapshots in
`snapshot_handler`.

Prices are integers of 1e-8. Quantities are whole numbers up to release 6.0, and integers of 1e-4 in 14.1. Times are
nanoseconds of the Unix epoch: of the message where it has one, else of its packet.

Every message is one of its product's numbers, so each is handled, if only by its number.
"""

from __future__ import annotations

from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_find, instrument_seen
from feedhandler.core.events import EventDetail, EventKind
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.long_symbols import instrument_name_long
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import announce, definition, no_instrument, trade, trade_break, trading_status
from feedhandler.wire import Message
from feedhandler.wire.little_endian import alpha

from .snapshot_handler import follows
from .words import IN_LOOP, SELL, State, begin, passed_over, product_judge, touched

SYMBOL_LETTERS = 40
MASS = 1  # the detail of a status that is said of many instruments of a product at once


class SymbolLetters(Message, size=8):
    """The first eight letters of a name."""

    first_eight = alpha(8) @ 0


@hot
def _about(channel, message):
    """The instrument that a message is about, at the message's own time; negative where it is passed over."""
    product = begin(channel, message)
    if product < 0:
        return product
    message_time(channel, message.transact_time)
    instrument = instrument_seen(channel, message.security_id)
    if instrument >= 0:
        touched(channel, product, instrument)
    return instrument


@hot_call
def heartbeat(channel, message):
    """Heartbeat (13001): nothing happened in a product since LastMsgSeqNumProcessed."""
    state = State(channel.feed_state)
    if state.loop != 0 or state.product <= 0:
        return passed_over(IN_LOOP if state.loop != 0 else state.product - 1)
    product_judge(channel, state.product - 1, message.last_msg_seq_num_processed + 1)
    return Reason.OK


# ---------------------------------------------------------------------------------------------------------- trades


@hot_call
def execution_summary(channel, message):
    """Execution Summary (13202): what an incoming order met, in one sum, at the worst price; its parts follow.

    The quantity counts when the parts are told, so this is no trade to be printed.
    """
    instrument = _about_execution(channel, message)
    if instrument < 0:
        return passed_over(instrument)
    # A resting bid is met by a seller.
    side = 0 if message.aggressor_side == SELL else EventDetail.ASK
    return announce(
        channel, EventKind.TRADE, side | EventDetail.UNPRINTABLE, instrument, message.last_px, message.last_qty, 0,
        message.exec_id, 0, 0, 0,
    )  # fmt: skip


@hot
def _about_execution(channel, message):
    """The same as `_about` for an Execution Summary, whose time is called ExecID."""
    product = begin(channel, message)
    if product < 0:
        return product
    message_time(channel, message.exec_id)
    instrument = instrument_seen(channel, message.security_id)
    if instrument >= 0:
        touched(channel, product, instrument)
    return instrument


@hot_call
def trade_report(channel, message):
    """Trade Report (13201): a trade of an auction, or one that was entered by hand."""
    instrument = _about(channel, message)
    if instrument < 0:
        return passed_over(instrument)
    return trade(channel, instrument, 0, message.last_px, message.last_qty, 0, message.trd_match_id)


@hot_call
def tes_trade_report(channel, message):
    """TES Trade Report (13203): a trade off the book; it is no price of the book's."""
    instrument = _about(channel, message)
    if instrument < 0:
        return passed_over(instrument)
    return announce(
        channel, EventKind.TRADE, EventDetail.UNPRINTABLE, instrument, message.last_px, message.last_qty, 0,
        message.trd_match_id, 0, 0, 0,
    )  # fmt: skip


@hot_call
def trade_reversal(channel, message):
    """Trade Reversal (13200): a trade is void; the figures of the day as they are without it."""
    instrument = _about(channel, message)
    if instrument < 0:
        return passed_over(instrument)
    reason = trade_break(channel, instrument, message.trd_match_id)
    for entry in message.md_trade_entry_grp:
        announce(
            channel, EventKind.STATISTIC, 0, instrument, entry.md_entry_type, entry.md_entry_px, entry.md_entry_size,
            0, 0, 0, 0,
        )  # fmt: skip
    return reason


# -------------------------------------------------------------------------------------------------------- auctions


@hot
def _about_auction(channel, message):
    """The same as `_about` for what snapshots repeat of auctions: there it is counted and passed over."""
    instrument = _about(channel, message)
    if instrument == IN_LOOP:
        follows(State(channel.feed_state), message.msg_seq_num)
    return instrument


@hot
def _quote(channel, message, bid_quantity, ask_quantity, condition):
    """A best bid and offer that is told beside the book."""
    instrument = _about_auction(channel, message)
    if instrument < 0:
        return Reason.OK if instrument == IN_LOOP else no_instrument(instrument)
    return announce(
        channel, EventKind.QUOTE, 0, instrument, message.bid_px, bid_quantity, message.offer_px, ask_quantity,
        condition, 0, 0,
    )  # fmt: skip


@hot_call
def auction_bbo(channel, message):
    """Auction BBO (13500): the best bid and offer of an auction whose book cannot be uncrossed."""
    return _quote(channel, message, message.bid_size, message.offer_size, message.potential_security_trading_event)


@hot_call
def quote_without_sizes(channel, message):
    """Auction BBO of release 3.0 (13500), Top Of Book of 3.0 and 6.0 (13504): prices only."""
    return _quote(channel, message, 0, 0, 0)


@hot_call
def top_of_book(channel, message):
    """Top Of Book (13504): the best bid and offer at the end of trading."""
    return _quote(channel, message, message.bid_size, message.offer_size, 0)


@hot
def _clearing(channel, message, quantity, imbalance, event):
    instrument = _about_auction(channel, message)
    if instrument < 0:
        return Reason.OK if instrument == IN_LOOP else no_instrument(instrument)
    return announce(
        channel, EventKind.IMBALANCE, 0, instrument, quantity, imbalance, message.last_px, message.last_px, 0, event, 0
    )


@hot_call
def auction_clearing_price(channel, message):
    """Auction Clearing Price (13501): at which price an auction would be uncrossed now, and what would be left."""
    return _clearing(
        channel, message, message.last_qty, message.imbalance_qty, message.potential_security_trading_event
    )


@hot_call
def auction_clearing_price_only(channel, message):
    """Auction Clearing Price of release 3.0 (13501)."""
    return _clearing(channel, message, 0, 0, 0)


# ---------------------------------------------------------------------------------------------------------- states


@hot_call
def product_state_change(channel, message):
    """Product State Change (13300): the state is the product's; its reason is session and status in one."""
    product = begin(channel, message)
    if product < 0:
        return passed_over(product)
    message_time(channel, message.transact_time)
    return trading_status(
        channel, product, message.trading_session_sub_id, 256 * message.trading_session_id + message.trad_ses_status
    )


@hot_call
def instrument_state_change(channel, message):
    """Instrument State Change (13301)."""
    instrument = _about(channel, message)
    if instrument < 0:
        return passed_over(instrument)
    return trading_status(channel, instrument, message.security_trading_status, message.security_status)


@hot_call
def mass_instrument_state_change(channel, message):
    """Mass Instrument State Change (13302): said of the product for all its instruments of a kind, and of each that is
    excepted for itself."""
    product = begin(channel, message)
    if product < 0:
        return passed_over(product)
    message_time(channel, message.transact_time)
    announce(
        channel, EventKind.TRADING_STATUS, MASS, product, message.security_mass_trading_status,
        message.instrument_scope_product_complex, 0, 0, 0, 0, 0,
    )  # fmt: skip
    for entry in message.sec_mass_stat_grp:
        instrument = instrument_seen(channel, entry.security_id)
        if instrument >= 0:
            touched(channel, product, instrument)
            trading_status(channel, instrument, entry.security_trading_status, entry.security_status)
    return Reason.OK


# -------------------------------------------------------------------------------------------------------- requests


@hot
def _interest(channel, message, request, side, price):
    instrument = _about(channel, message)
    if instrument < 0:
        return passed_over(instrument)
    return announce(channel, EventKind.INTEREST, 0, instrument, request, side, message.last_qty, price, 0, 0, 0)


@hot_call
def quote_request(channel, message):
    """Quote Request (13503): somebody asks for quotes."""
    return _interest(channel, message, message.template_id, message.side, 0)


@hot_call
def cross_request(channel, message):
    """Cross Request (13502): a cross trade is announced."""
    return _interest(channel, message, message.template_id, message.side, message.last_px)


@hot_call
def cross_request_only(channel, message):
    """Cross Request of releases 3.0 and 6.0 (13502): a quantity only."""
    return _interest(channel, message, message.template_id, 0, 0)


# ----------------------------------------------------------------------------------------------------- instruments


@hot_call
def instrument_added(channel, message):
    """Add Complex Instrument of releases 3.0 and 6.0 (13400), which has no name."""
    instrument = _about(channel, message)
    if instrument < 0:
        return passed_over(instrument)
    return announce(channel, EventKind.DEFINITION, 0, instrument, message.security_id, 0, 1, 0, 0, 0, 0)


@hot_call
def instrument_described(channel, message):
    """Add Complex, Flexible or Scaled Simple Instrument (13400 to 13402): called by its description."""
    product = begin(channel, message)
    if product < 0:
        return passed_over(product)
    message_time(channel, message.transact_time)
    code = message.security_id
    reason = definition(channel, code, SymbolLetters(message.security_desc).first_eight, 1)
    instrument = instrument_find(channel, code)
    if instrument < 0:
        return reason
    instrument_name_long(channel, instrument, message.security_desc, SYMBOL_LETTERS)
    touched(channel, product, instrument)
    return reason
