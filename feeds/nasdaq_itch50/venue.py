"""TotalView-ITCH 5.0 as Nasdaq would send it: our verbs on the left, the venue's words on the right.

The inverse of `handler.py`, for simulated days. A stock's locate code is its place in the directory, from 1. Of the
many messages of a real opening those are sent that the books depend on: system events, directory, trading action.
"""

# mypy: disallow-untyped-defs=false, disallow-untyped-calls=false

from __future__ import annotations

from feedhandler.core.jit import hot, hot_call
from feedhandler.simulation.actions import ActionKind
from feedhandler.simulation.venue import Venue
from feedhandler.wire.writer import Writer

from . import FEED, messages


class WriteItch(Writer, message=messages.SystemEvent):
    """Writes what all messages begin with: type, locate, tracking number and time are at the same offsets in all."""


class WriteStockDirectory(Writer, message=messages.StockDirectory):
    """Writes a Stock Directory (1.2.1)."""


class WriteStockTradingAction(Writer, message=messages.StockTradingAction):
    """Writes a Stock Trading Action (1.2.2)."""


class WriteRegSho(Writer, message=messages.RegShoShortSalePriceTestRestrictedIndicator):
    """Writes a Reg SHO restriction (1.2.3)."""


class WriteAddOrder(Writer, message=messages.AddOrderWithMpidAttribution):
    """Writes an Add Order (1.3.1) or one with attribution (1.3.2), which is four bytes longer."""


class WriteOrderExecuted(Writer, message=messages.OrderExecuted):
    """Writes an Order Executed (1.4.1)."""


class WriteOrderExecutedWithPrice(Writer, message=messages.OrderExecutedWithPrice):
    """Writes an Order Executed With Price (1.4.2)."""


class WriteOrderCancel(Writer, message=messages.OrderCancel):
    """Writes an Order Cancel (1.4.3)."""


class WriteOrderDelete(Writer, message=messages.OrderDelete):
    """Writes an Order Delete (1.4.4)."""


class WriteOrderReplace(Writer, message=messages.OrderReplace):
    """Writes an Order Replace (1.4.5)."""


class WriteTrade(Writer, message=messages.Trade):
    """Writes a Trade (1.5.1)."""


class WriteCrossTrade(Writer, message=messages.CrossTrade):
    """Writes a Cross Trade (1.5.2)."""


class WriteBrokenTrade(Writer, message=messages.BrokenTrade):
    """Writes a Broken Trade (1.5.3)."""


class WriteImbalance(Writer, message=messages.NetOrderImbalanceIndicator):
    """Writes a Net Order Imbalance Indicator (1.6)."""


class WriteRetailInterest(Writer, message=messages.RetailPriceImprovementIndicator):
    """Writes a Retail Price Improvement Indicator (1.7)."""


_BUY, _SELL, _YES, _NO, _BLANK = ord("B"), ord("S"), ord("Y"), ord("N"), ord(" ")
_TRADING, _NO_REASON = ord("T"), 0x20202020
_NASDAQ_GLOBAL_SELECT, _NORMAL, _COMMON_STOCK, _TIER_1 = ord("Q"), ord("N"), ord("C"), ord("1")
_NO_SUB_TYPE, _PRODUCTION = 0x5A20, ord("P")  # "Z "
_OPENING_CROSS, _RESTRICTED = ord("O"), ord("1")
_FIRM = 0x41414141  # "AAAA"

_EVENTS = int.from_bytes(b"OSQMEC", "big")  # the codes of SystemPhase, the first highest

_S, _R, _H, _Y = ord("S"), ord("R"), ord("H"), ord("Y")
_A, _F, _E, _C, _X, _D, _U = ord("A"), ord("F"), ord("E"), ord("C"), ord("X"), ord("D"), ord("U")
_P, _Q, _B, _I, _N = ord("P"), ord("Q"), ord("B"), ord("I"), ord("N")


@hot
def _begin(action, address, kind):
    """The first eleven bytes of a message about a stock."""
    head = WriteItch(address)
    head.message_type = kind
    head.stock_locate = action.instrument + 1
    head.tracking_number = 0
    head.timestamp = action.time_ns


@hot
def _letter(side):
    return _BUY if side == 0 else _SELL


@hot_call
def _system_event(action, address):
    _begin(action, address, _S)
    message = WriteItch(address)
    message.stock_locate = 0
    message.event_code = _EVENTS >> (8 * (5 - action.quantity))
    return messages.SystemEvent.size


@hot_call
def _stock_directory(action, address):
    _begin(action, address, _R)
    message = WriteStockDirectory(address)
    message.stock = action.symbol
    message.market_category = _NASDAQ_GLOBAL_SELECT
    message.financial_status_indicator = _NORMAL
    message.round_lot_size = action.quantity
    message.round_lots_only = _NO
    message.issue_classification = _COMMON_STOCK
    message.issue_sub_type = _NO_SUB_TYPE
    message.authenticity = _PRODUCTION
    message.short_sale_threshold_indicator = _NO
    message.ipo_flag = _NO
    message.luld_reference_price_tier = _TIER_1
    message.etp_flag = _NO
    message.etp_leverage_factor = 0
    message.inverse_indicator = _NO
    return messages.StockDirectory.size


@hot_call
def _stock_trading_action(action, address):
    _begin(action, address, _H)
    message = WriteStockTradingAction(address)
    message.stock = action.symbol
    message.trading_state = _TRADING
    message.reserved = _BLANK
    message.reason = _NO_REASON
    return messages.StockTradingAction.size


@hot_call
def _add_order(action, address):
    attribution = action.attribution
    _begin(action, address, _A if attribution == 0 else _F)
    message = WriteAddOrder(address)
    message.order_reference_number = action.reference
    message.buy_sell_indicator = _letter(action.side)
    message.shares = action.quantity
    message.stock = action.symbol
    message.price = action.price
    if attribution == 0:
        return messages.AddOrder.size
    # Firms are called AAAA, AAAB, ... AABA: two letters tell 676 apart.
    message.attribution = _FIRM + ((attribution // 26 % 26) << 8) + attribution % 26
    return messages.AddOrderWithMpidAttribution.size


@hot_call
def _order_delete(action, address):
    _begin(action, address, _D)
    WriteOrderDelete(address).order_reference_number = action.reference
    return messages.OrderDelete.size


@hot_call
def _order_replace(action, address):
    _begin(action, address, _U)
    message = WriteOrderReplace(address)
    message.original_order_reference_number = action.reference
    message.new_order_reference_number = action.new_reference
    message.shares = action.quantity
    message.price = action.price
    return messages.OrderReplace.size


@hot_call
def _order_executed(action, address):
    _begin(action, address, _E)
    message = WriteOrderExecuted(address)
    message.order_reference_number = action.reference
    message.executed_shares = action.quantity
    message.match_number = action.match_number
    return messages.OrderExecuted.size


@hot_call
def _order_executed_with_price(action, address):
    _begin(action, address, _C)
    message = WriteOrderExecutedWithPrice(address)
    message.order_reference_number = action.reference
    message.executed_shares = action.quantity
    message.match_number = action.match_number
    message.printable = _YES
    message.execution_price = action.price
    return messages.OrderExecutedWithPrice.size


@hot_call
def _order_cancel(action, address):
    _begin(action, address, _X)
    message = WriteOrderCancel(address)
    message.order_reference_number = action.reference
    message.cancelled_shares = action.quantity
    return messages.OrderCancel.size


@hot_call
def _trade(action, address):
    _begin(action, address, _P)
    message = WriteTrade(address)
    message.order_reference_number = 0
    message.buy_sell_indicator = _BUY
    message.shares = action.quantity
    message.stock = action.symbol
    message.price = action.price
    message.match_number = action.match_number
    return messages.Trade.size


@hot_call
def _cross_trade(action, address):
    _begin(action, address, _Q)
    message = WriteCrossTrade(address)
    message.shares = action.quantity
    message.stock = action.symbol
    message.cross_price = action.price
    message.match_number = action.match_number
    message.cross_type = _OPENING_CROSS
    return messages.CrossTrade.size


@hot_call
def _broken_trade(action, address):
    _begin(action, address, _B)
    WriteBrokenTrade(address).match_number = action.match_number
    return messages.BrokenTrade.size


@hot_call
def _imbalance(action, address):
    _begin(action, address, _I)
    message = WriteImbalance(address)
    message.paired_shares = action.paired_quantity
    message.imbalance_shares = action.quantity
    message.imbalance_direction = _letter(action.side)
    message.stock = action.symbol
    message.far_price = action.price
    message.near_price = action.price
    message.current_reference_price = action.price
    message.cross_type = _OPENING_CROSS
    message.price_variation_indicator = _BLANK
    return messages.NetOrderImbalanceIndicator.size


@hot_call
def _retail_interest(action, address):
    _begin(action, address, _N)
    message = WriteRetailInterest(address)
    message.stock = action.symbol
    message.interest_flag = _letter(action.side)
    return messages.RetailPriceImprovementIndicator.size


@hot_call
def _reg_sho(action, address):
    _begin(action, address, _Y)
    message = WriteRegSho(address)
    message.stock = action.symbol
    message.reg_sho_action = _RESTRICTED
    return messages.RegShoShortSalePriceTestRestrictedIndicator.size


@hot
def message_write(action, address):
    """The message of an action; returns its length, 0 for an action that the venue has no message for."""
    kind = action.kind
    length = 0
    if kind == ActionKind.ADD:
        length = _add_order(action, address)
    elif kind == ActionKind.DELETE:
        length = _order_delete(action, address)
    elif kind == ActionKind.REPLACE:
        length = _order_replace(action, address)
    elif kind == ActionKind.EXECUTE:
        length = _order_executed(action, address)
    elif kind == ActionKind.REDUCE:
        length = _order_cancel(action, address)
    elif kind == ActionKind.IMBALANCE:
        length = _imbalance(action, address)
    elif kind == ActionKind.TRADE:
        length = _trade(action, address)
    elif kind == ActionKind.EXECUTE_AT:
        length = _order_executed_with_price(action, address)
    elif kind == ActionKind.CROSS:
        length = _cross_trade(action, address)
    elif kind == ActionKind.TRADE_BREAK:
        length = _broken_trade(action, address)
    elif kind == ActionKind.RETAIL_INTEREST:
        length = _retail_interest(action, address)
    elif kind == ActionKind.RESTRICTION:
        length = _reg_sho(action, address)
    elif kind == ActionKind.DEFINE:
        length = _stock_directory(action, address)
    elif kind == ActionKind.OPEN:
        length = _stock_trading_action(action, address)
    elif kind == ActionKind.SYSTEM:
        length = _system_event(action, address)
    return length


VENUE = Venue(
    feed=FEED,
    variant="nasdaq",
    module=__name__,
    write=message_write,
    longest=max(message.size for message in messages.MESSAGES),
    time_offset=messages.SystemEvent.slots["timestamp"].offset,
    time_bytes=messages.SystemEvent.slots["timestamp"].scalar.size,
)
