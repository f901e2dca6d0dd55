"""B3 Binary UMDF: figures of the day, auctions and limits, each an event under the letter of its MDEntryType.

In a snapshot they come without RptSeq, and are told where the snapshot is used. Prices of eight decimal places are
told in steps of 1e-4, rounded down, and in full in the value behind the named ones.
"""

from __future__ import annotations

from feedhandler.core.directory import instrument_seen
from feedhandler.core.events import EventKind
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.reasons import Reason
from feedhandler.core.verbs import announce, no_instrument

from .words import begin, follows, in_loop, part_of, reported

EIGHT_TO_FOUR = 10_000  # steps of 1e-8 in one of 1e-4
NO_PRICE = -9223372036854775808
OPENING, CLOSING, SETTLEMENT, HIGH, LOW, EXECUTIONS, OPEN_INTEREST, QUANTITY_BAND, LAST = (
    ord(letter) for letter in "456789Ch2"
)
DELETE = 2


@hot
def _told(channel, message, kind, detail, v0, v1, v2, v3, v4, v5, v6):
    """An event of the stream, or of a snapshot that is used."""
    code = message.security_id
    looping = in_loop(channel)
    if looping and not part_of(channel, code):
        return Reason.OK
    if not looping:
        begin(channel, message.md_entry_timestamp, message.match_event_indicator)
    instrument = instrument_seen(channel, code)
    if instrument < 0:
        return no_instrument(instrument)
    found = 0 if looping else follows(channel, instrument, message.rpt_seq)
    return reported(announce(channel, kind, detail, instrument, v0, v1, v2, v3, v4, v5, v6), found)


@hot
def _figure(channel, message, detail, what, price, quantity):
    return _told(channel, message, EventKind.STATISTIC, detail, what, price, quantity, 0, 0, 0, 0)


@hot_call
def opening_price(channel, message):
    """Opening Price (template 15), or its removal (detail 2)."""
    return _figure(channel, message, message.md_update_action, OPENING, message.md_entry_px, 0)


@hot_call
def theoretical_opening_price(channel, message):
    """Theoretical Opening Price (template 16): what an auction would do now; nothing where it is removed."""
    price, quantity = message.md_entry_px, message.md_entry_size
    if message.md_update_action == DELETE:
        price, quantity = 0, 0
    return _told(channel, message, EventKind.IMBALANCE, 0, quantity, 0, 0, price, 0, 0, 0)


@hot_call
def closing_price(channel, message):
    """Closing Price (template 17)."""
    price = message.md_entry_px
    return _told(
        channel, message, EventKind.STATISTIC, message.open_close_settl_flag, CLOSING, price // EIGHT_TO_FOUR, 0,
        price, 0, 0, 0,
    )  # fmt: skip


@hot_call
def auction_imbalance(channel, message):
    """Auction Imbalance (template 19): detail 1 where there are more buyers, 2 where there are more sellers."""
    quantity = message.md_entry_size if message.md_update_action != DELETE else 0
    return _told(
        channel, message, EventKind.IMBALANCE, message.imbalance_condition >> 8 & 3, 0, quantity, 0, 0, 0, 0, 0
    )


@hot_call
def quantity_band(channel, message):
    """Quantity Band (template 21): the most that an order may ask for, beside the average of a day."""
    return _told(
        channel, message, EventKind.STATISTIC, 0, QUANTITY_BAND, 0, message.max_trade_vol,
        message.avg_daily_traded_qty, 0, 0, 0,
    )  # fmt: skip


@hot_call
def price_band(channel, message):
    """Price Band (template 22); an absent limit is the null of the schema. The extension is the kind of limit."""
    reference = message.trading_reference_price
    if reference != NO_PRICE:
        reference //= EIGHT_TO_FOUR
    return _told(
        channel, message, EventKind.COLLAR, message.price_band_type, reference, message.high_limit_price,
        message.low_limit_price, message.price_limit_type, message.trading_reference_price, 0, 0,
    )  # fmt: skip


@hot_call
def legacy_price_band(channel, message):
    """Price Band of older versions (template 20): its reference has four decimal places."""
    return _told(
        channel, message, EventKind.COLLAR, message.price_band_type, message.trading_reference_price,
        message.high_limit_price, message.low_limit_price, message.price_limit_type, 0, 0, 0,
    )  # fmt: skip


@hot_call
def high_price(channel, message):
    """High Price (template 24)."""
    return _figure(channel, message, message.md_update_action, HIGH, message.md_entry_px, 0)


@hot_call
def low_price(channel, message):
    """Low Price (template 25)."""
    return _figure(channel, message, message.md_update_action, LOW, message.md_entry_px, 0)


@hot_call
def last_trade_price(channel, message):
    """Last Trade Price (template 27): repeats a trade, so it is none."""
    return _figure(channel, message, 0, LAST, message.md_entry_px, message.md_entry_size)


@hot_call
def settlement_price(channel, message):
    """Settlement Price (template 28)."""
    return _figure(channel, message, message.settl_price_type, SETTLEMENT, message.md_entry_px, 0)


@hot_call
def open_interest(channel, message):
    """Open Interest (template 29)."""
    return _figure(channel, message, 0, OPEN_INTEREST, 0, message.md_entry_size)


@hot_call
def execution_statistics(channel, message):
    """Execution Statistics (template 56): the session's volume, average price and number of trades."""
    return _told(
        channel, message, EventKind.STATISTIC, 0, EXECUTIONS, message.vwap_px, message.trade_volume,
        message.number_of_trades, message.net_chg_prev_day, 0, 0,
    )  # fmt: skip
