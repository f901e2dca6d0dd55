"""Investors Exchange: TOPS (best bid and offer), DEEP (price levels) and DEEP+ (orders) over IEX-TP.

One folder for the three, because they share half of their messages; each is a feed of its own.
"""

from collections.abc import Callable
from typing import Any

from feedhandler.feed import BookKind, Feed
from feedhandler.sessions import iextp
from feedhandler.wire.message import MessageLayout

from . import handler, messages

Handlers = dict[MessageLayout, Callable[..., Any]]

ADMINISTRATIVE: Handlers = {
    messages.TradingStatus: handler.trading_status_message,
    messages.OperationalHaltStatus: handler.operational_halt_status,
    messages.ShortSalePriceTestStatus: handler.short_sale_price_test_status,
    messages.RetailLiquidityIndicator: handler.retail_liquidity_indicator,
    messages.SecurityDirectory: handler.security_directory,
    messages.SystemEvent: handler.system_event,
}

AUCTIONS: Handlers = {
    messages.OfficialPrice: handler.official_price,
    messages.TradeBreak: handler.trade_break_message,
    messages.AuctionInformation: handler.auction_information,
}

TOPS = Feed(
    name="iex_tops",
    title="IEX TOPS 1.6",
    venues={"iex": "IEXG"},
    specification="Investors Exchange TOPS Specification, version 1.66 of 19 October 2021",
    version="1.6",
    sessions=(iextp.SESSION,),
    variants={"iex": messages.TOPS},
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.QuoteUpdate: handler.quote_update,
        messages.TradeReport: handler.trade_report,
        **ADMINISTRATIVE,
        **AUCTIONS,
    },
    book=BookKind.INSIDE,
    price_unit=100_000,
)

DEEP = Feed(
    name="iex_deep",
    title="IEX DEEP 1.0",
    venues={"iex": "IEXG"},
    specification="Investors Exchange DEEP Specification, version 1.08",
    version="1.0",
    sessions=(iextp.SESSION,),
    variants={"iex": messages.DEEP},
    handlers={
        messages.PriceLevelUpdateOnTheBuySide: handler.price_level_update_on_the_buy_side,
        messages.PriceLevelUpdateOnTheSellSide: handler.price_level_update_on_the_sell_side,
        messages.TradeReport: handler.trade_report,
        **ADMINISTRATIVE,
        messages.SecurityEvent: handler.security_event,
        **AUCTIONS,
    },
    book=BookKind.LEVELS,
    price_unit=100_000,
    event_flags=True,
)

DEEP_PLUS = Feed(
    name="iex_deep_plus",
    title="IEX DEEP+ 1.0",
    venues={"iex": "IEXG"},
    specification="Investors Exchange DEEP+ Specification, version 1.02 of 14 January 2025",
    version="1.0",
    sessions=(iextp.SESSION,),
    variants={"iex": messages.DEEP_PLUS},
    handlers={
        messages.AddOrder: handler.add_order,
        messages.OrderDelete: handler.order_deleted,
        messages.OrderExecuted: handler.order_executed,
        messages.OrderModify: handler.order_modify,
        messages.TradeReport: handler.trade_report,
        **ADMINISTRATIVE,
        messages.SecurityEvent: handler.security_event,
        messages.TradeBreak: handler.trade_break_message,
        messages.ClearBook: handler.clear_book,
    },
    price_unit=100_000,
)
