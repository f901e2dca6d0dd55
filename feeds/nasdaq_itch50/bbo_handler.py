"""Nasdaq's Best Bid and Offer 2.1: the venue's words on the left, our verbs on the right.

A stock is its symbol, eight letters: the symbol is the code. Times are nanoseconds since midnight, Eastern time. Prices
are integers of 1e-4, sizes are shares; a side without interest has size 0.
"""

from __future__ import annotations

from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_named
from feedhandler.core.events import EventKind
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.level_book import inside_set
from feedhandler.core.verbs import announce, announce_market, definition, restriction, trading_status


@hot
def _stock(channel, message):
    """The message's time is set; its stock by its symbol."""
    message_time(channel, message.timestamp)
    return instrument_named(channel, message.stock, message.stock)


@hot_call
def quotation(channel, message):
    """BBO Quotation."""
    return inside_set(
        channel, _stock(channel, message),
        message.best_bid_price, message.best_bid_size, message.best_offer_price, message.best_offer_size, 0,
    )  # fmt: skip


@hot_call
def bbo_system_event(channel, message):
    """System Event."""
    message_time(channel, message.timestamp)
    return announce_market(channel, EventKind.SYSTEM, 0, message.event_code, 0, 0, 0)


@hot_call
def bbo_stock_directory(channel, message):
    """Stock Directory."""
    message_time(channel, message.timestamp)
    return definition(channel, message.stock, message.stock, message.round_lot_size)


@hot_call
def bbo_stock_trading_action(channel, message):
    """Stock Trading Action."""
    return trading_status(channel, _stock(channel, message), message.current_trading_state, message.reason)


@hot_call
def bbo_reg_sho_restriction(channel, message):
    """Reg SHO Restriction."""
    return restriction(channel, _stock(channel, message), message.reg_sho_action)


@hot_call
def bbo_mwcb_decline_level(channel, message):
    """MWCB Decline Level. Prices here have eight decimal places."""
    message_time(channel, message.timestamp)
    return announce_market(
        channel, EventKind.CIRCUIT_BREAKER, 0, message.level_1, message.level_2, message.level_3, 0
    )


@hot_call
def bbo_mwcb_status(channel, message):
    """MWCB Breach."""
    message_time(channel, message.timestamp)
    return announce_market(channel, EventKind.CIRCUIT_BREAKER, 1, 0, 0, 0, message.breached_level)


@hot_call
def bbo_operational_halt(channel, message):
    """Operational Halt: of one market."""
    return announce(
        channel, EventKind.OPERATIONAL_HALT, 0, _stock(channel, message),
        message.market_code, message.operational_halt_action, 0, 0, 0, 0, 0,
    )  # fmt: skip


@hot_call
def bbo_ipo_quoting_period_update(channel, message):
    """IPO Quoting Period Update. The release time is in seconds since midnight."""
    return announce(
        channel, EventKind.QUOTATION, 0, _stock(channel, message),
        message.ipo_quotation_release_time, message.ipo_quotation_release_qualifier, message.ipo_price, 0, 0, 0, 0,
    )  # fmt: skip


@hot_call
def bbo_price_improvement(channel, message):
    """Price Improvement."""
    return announce(
        channel, EventKind.INTEREST, 0, _stock(channel, message), message.interest_flag, 0, 0, 0, 0, 0, 0
    )
