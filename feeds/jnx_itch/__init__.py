"""Japannext PTS ITCH for equities: every order of the J-Market, X-Market and U-Market."""

import datetime

from feedhandler.feed import Edition, Feed
from feedhandler.sessions import moldudp64

from . import handler, messages

LETTERS = datetime.date(2024, 1, 1)
"""From this day on codes of Japanese securities may have letters."""

FEED = Feed(
    name="jnx_itch",
    title="Japannext PTS ITCH, equities",
    venues=dict.fromkeys(messages.VARIANTS, "SBIJ"),
    specification="Japannext PTS ITCH Market Data Specification for Equities, versions 1.6 to 2.0",
    version="2.0",
    sessions=(moldudp64.SESSION,),
    variants=messages.VARIANTS,
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.OrderAdded: handler.order_added,
        messages.NumberedOrderAdded: handler.numbered_order_added,
        messages.OrderDeleted: handler.order_deleted,
        messages.OrderReplaced: handler.order_replaced,
        messages.OrderExecuted: handler.order_executed,
        messages.TimestampSeconds: handler.timestamp_seconds,
        messages.OrderAddedWithAttributes: handler.order_added_with_attributes,
        messages.NumberedOrderAddedWithAttributes: handler.numbered_order_added_with_attributes,
        messages.TradingState: handler.trading_state,
        messages.NumberedTradingState: handler.numbered_trading_state,
        messages.ShortSellingPriceRestrictionState: handler.short_selling_price_restriction_state,
        messages.NumberedShortSellingPriceRestrictionState: handler.numbered_short_selling_price_restriction_state,
        messages.OrderbookDirectory: handler.orderbook_directory,
        messages.NumberedOrderbookDirectory: handler.numbered_orderbook_directory,
        messages.PriceTickSize: handler.price_tick_size,
        messages.SystemEvent: handler.system_event,
    },
    price_unit=100_000_000,
    time_zone="Asia/Tokyo",
    editions={
        "1.7": Edition(since=LETTERS),
        "1.6": Edition(until=LETTERS - datetime.timedelta(days=1)),
    },
)
