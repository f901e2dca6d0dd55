"""Coinbase Derivatives UDP Market Data API 1.2, incremental messages: the venue's words on the left, our verbs right.

A trade changes no book: what it left of a resting order comes as an OrderPut or OrderDelete of the same transaction.
Prices are integers of 1e-9, times nanoseconds of the Unix epoch. Every message counts in its instrument's numbers, so
each one asks `follows`, once it was found to be sound. What lies in a snapshot is announced and changes nothing.
"""

from __future__ import annotations

from feedhandler.core.directory import instrument_find, instrument_seen
from feedhandler.core.events import EventKind
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.level_book import level_set, levels_clear
from feedhandler.core.long_symbols import instrument_name_after, instrument_name_long
from feedhandler.core.ranked_orders import order_put_ranked
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import ASK, BID, announce, cross, definition, no_instrument, order_delete, trade
from feedhandler.core.verbs import trading_status as status_set
from feedhandler.wire import Message
from feedhandler.wire.little_endian import alpha

from .words import APPLY, IMPLIED_NAME, IN_SNAPSHOT, LOST, begin, follows, implied_known, implied_of, worse

BUY, SELL, OPENING_FILL = 1, -1, 0
NO_PRICE = NO_ORDER = -9223372036854775808
SYMBOL_LETTERS = 24
AMENDED = 1
SETTLEMENT, PRIOR_SETTLEMENT, TRADE_VOLUME, OPEN_INTEREST, AGGRESSOR = (ord(letter) for letter in "6PBCA")
"""Figures of the day: the venue's own letters in MarketStat, and ours for those that have messages of their own."""


class SymbolLetters(Message, size=8):
    """The first eight letters of a symbol."""

    first_eight = alpha(8) @ 0


@hot_call
def instrument_define(channel, code, symbol):
    """Name an instrument by the letters at an address."""
    reason = definition(channel, code, SymbolLetters(symbol).first_eight, 1)
    instrument = instrument_find(channel, code)
    if reason != Reason.OK or instrument < 0:
        return reason
    instrument_name_long(channel, instrument, symbol, SYMBOL_LETTERS)
    implied = implied_known(channel, instrument)
    if implied >= 0:
        instrument_name_after(channel, implied, instrument, IMPLIED_NAME)
    return Reason.OK


@hot_call
def status_apply(channel, instrument, status, found):
    """The trading status of an instrument, unless its book is ahead already."""
    if found == IN_SNAPSHOT:
        return announce(channel, EventKind.TRADING_STATUS, 0, instrument, status, 0, 0, 0, 0, 0, 0)
    return status_set(channel, instrument, status, 0)


@hot
def limits_announce(channel, instrument, down, up):
    """The prices between which an instrument can trade."""
    return announce(channel, EventKind.COLLAR, 0, instrument, 0, up, down, 0, 0, 0, 0)


@hot
def statistic(channel, instrument, what, price, quantity):
    """A figure of the day."""
    return announce(channel, EventKind.STATISTIC, 0, instrument, what, price, quantity, 0, 0, 0, 0)


@hot_call
def day_price(channel, instrument, what, price):
    """A price of the day, where there is one."""
    if price != NO_PRICE:
        statistic(channel, instrument, what, price, 0)


@hot
def _reported(reason, found):
    """What to report of a message that was applied behind a loss."""
    return worse(reason, Reason.INSTRUMENT_GAP) if found == LOST else reason


@hot
def _definition(channel, message):
    header = message.instr_header
    begin(channel, header)
    code = header.instrument_id
    reason = instrument_define(channel, code, message.symbol)
    instrument = instrument_find(channel, code)
    if reason != Reason.OK or instrument < 0:
        return reason
    found = follows(channel, instrument, header)
    status_apply(channel, instrument, message.trading_status, found)
    limits_announce(channel, instrument, message.limit_down_price, message.limit_up_price)
    day_price(channel, instrument, SETTLEMENT, message.settlement_price)
    day_price(channel, instrument, PRIOR_SETTLEMENT, message.prior_settlement_price)
    return _reported(Reason.OK, found)


@hot_call
def outright_instrument_definition(channel, message):
    """Outright Instrument Definition (template 10)."""
    return _definition(channel, message)


@hot_call
def spread_instrument_definition(channel, message):
    """Spread Instrument Definition (template 11)."""
    return _definition(channel, message)


@hot_call
def trading_status_update(channel, message):
    """Trading Status Update (template 17)."""
    header = message.instr_header
    begin(channel, header)
    instrument = instrument_seen(channel, header.instrument_id)
    if instrument < 0:
        return no_instrument(instrument)
    found = follows(channel, instrument, header)
    limits_announce(channel, instrument, message.limit_down_price, message.limit_up_price)
    return _reported(status_apply(channel, instrument, message.trading_status, found), found)


@hot_call
def order_put(channel, message):
    """Order Put (template 20): a resting order was added or updated.

    One whose price stays and whose quantity does not grow keeps its place; else its place is behind those of its price.
    """
    header = message.instr_header
    begin(channel, header)
    side = header.side
    if side != BUY and side != SELL:
        return Reason.MESSAGE_FIELD
    instrument = instrument_seen(channel, header.instrument_id)
    if instrument < 0:
        return no_instrument(instrument)
    found = follows(channel, instrument, header)
    if found == IN_SNAPSHOT:
        return Reason.OK
    reason = order_put_ranked(
        channel, instrument, BID if side == BUY else ASK, message.order_id, message.price, message.quantity,
        header.transact_time,
    )  # fmt: skip
    return _reported(reason, found)


@hot_call
def order_deleted(channel, message):
    """Order Delete (template 21)."""
    header = message.instr_header
    begin(channel, header)
    instrument = instrument_seen(channel, header.instrument_id)
    if instrument < 0:
        return no_instrument(instrument)
    found = follows(channel, instrument, header)
    if found == IN_SNAPSHOT:
        return Reason.OK
    return _reported(order_delete(channel, instrument, BID, message.order_id), found)


@hot_call
def implied_set(channel, book, side, best_price, best_quantity, next_price, next_quantity):
    """The implied levels of a side are these two at most."""
    worst = levels_clear(channel, book, side)
    if best_price != NO_PRICE and best_quantity > 0:
        worst = worse(worst, level_set(channel, book, side, best_price, best_quantity, 0))
    if next_price != NO_PRICE and next_quantity > 0:
        worst = worse(worst, level_set(channel, book, side, next_price, next_quantity, 0))
    return worst


@hot_call
def implied_order_update(channel, message):
    """Implied Order Update (template 22): the two best levels of a side that spreads imply."""
    header = message.instr_header
    begin(channel, header)
    side = header.side
    if side != BUY and side != SELL:
        return Reason.MESSAGE_FIELD
    code = header.instrument_id
    instrument = instrument_seen(channel, code)
    if instrument < 0:
        return no_instrument(instrument)
    found = follows(channel, instrument, header)
    if found == IN_SNAPSHOT:
        return Reason.OK
    book = implied_of(channel, instrument, code)
    if book < 0:
        return no_instrument(book)
    reason = implied_set(
        channel, book, BID if side == BUY else ASK,
        message.best_price, message.best_qty, message.next_price, message.next_qty,
    )  # fmt: skip
    return _reported(reason, found)


@hot
def _seen(channel, header):
    """The instrument of a message that changes no book, and the verdict on the message, whose number counts."""
    begin(channel, header)
    instrument = instrument_seen(channel, header.instrument_id)
    if instrument < 0:
        return instrument, APPLY
    return instrument, follows(channel, instrument, header)


@hot_call
def trade_message(channel, message):
    """Trade (template 30): the header has the aggressor's side; fills of the opening have none."""
    header = message.instr_header
    side = header.side
    if side != BUY and side != SELL and side != OPENING_FILL:
        begin(channel, header)
        return Reason.MESSAGE_FIELD
    instrument, found = _seen(channel, header)
    if instrument < 0:
        return no_instrument(instrument)
    price, quantity, match_id = message.price, message.quantity, message.match_id
    if side == OPENING_FILL:
        if found == IN_SNAPSHOT:
            reason = announce(channel, EventKind.CROSS, 0, instrument, price, quantity, match_id, 0, 0, 0, 0)
        else:
            reason = cross(channel, instrument, 0, price, quantity, match_id)
        return _reported(reason, found)
    # The order that rested is the other one than the aggressor's; an implied one has no id.
    rested = ASK if side == BUY else BID
    order_id = message.sell_order_id if side == BUY else message.buy_order_id
    if order_id == NO_ORDER:
        order_id = 0
    if found == IN_SNAPSHOT:
        return announce(channel, EventKind.TRADE, rested, instrument, price, quantity, order_id, match_id, 0, 0, 0)
    return _reported(trade(channel, instrument, rested, price, quantity, order_id, match_id), found)


@hot_call
def trade_summary(channel, message):
    """Trade Summary (template 33): all that an aggressor traded, before the trades: how much, at which average."""
    instrument, found = _seen(channel, message.instr_header)
    return _reported(statistic(channel, instrument, AGGRESSOR, message.vwap_price, message.quantity), found)


@hot
def _trade_broken(channel, message, detail, old_price, new_price):
    """A trade is void, or (AMENDED) took place at another price."""
    instrument, found = _seen(channel, message.instr_header)
    reason = announce(
        channel, EventKind.TRADE_BREAK, detail, instrument, message.match_id, message.buy_order_id,
        message.sell_order_id, old_price, new_price, 0, 0,
    )  # fmt: skip
    return _reported(reason, found)


@hot_call
def trade_bust(channel, message):
    """Trade Bust (template 32)."""
    return _trade_broken(channel, message, 0, 0, 0)


@hot_call
def trade_amend(channel, message):
    """Trade Amend (template 31)."""
    return _trade_broken(channel, message, AMENDED, message.old_price, message.new_price)


@hot_call
def spread_trade_amend(channel, message):
    """Spread Trade Amend (template 34): the legs' prices are in the message."""
    return _trade_broken(channel, message, AMENDED, message.old_price, message.new_price)


@hot_call
def market_stat(channel, message):
    """Market Stat (template 40): a price of the day, by the venue's letter."""
    instrument, found = _seen(channel, message.instr_header)
    return _reported(statistic(channel, instrument, message.stat_type, message.price, 0), found)


@hot_call
def trade_session_volume(channel, message):
    """Trade Session Volume (template 41): the day's volume and its average price."""
    instrument, found = _seen(channel, message.instr_header)
    return _reported(statistic(channel, instrument, TRADE_VOLUME, message.vwap_price, message.trade_volume), found)


@hot_call
def open_interest(channel, message):
    """Open Interest (template 42)."""
    instrument, found = _seen(channel, message.instr_header)
    return _reported(statistic(channel, instrument, OPEN_INTEREST, 0, message.quantity), found)
