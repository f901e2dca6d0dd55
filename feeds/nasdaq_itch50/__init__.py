"""Nasdaq TotalView-ITCH 5.0, for Nasdaq, BX and PSX."""

from feedhandler.feed import Feed, LookAhead
from feedhandler.sessions import binaryfile, moldudp64

from . import handler, messages

TAKES = LookAhead("stock_locate", "order_reference_number")
ADDS = LookAhead("stock_locate", "order_reference_number", price="price", side="buy_sell_indicator", bid=handler.BUY)

FEED = Feed(
    name="nasdaq_itch50",
    title="Nasdaq TotalView-ITCH 5.0",
    venues={"nasdaq": "XNAS", "bx": "XBOS", "psx": "XPSX"},
    specification="Nasdaq TotalView-ITCH 5.0, revision of 28 April 2023",
    version="5.0",
    sessions=(moldudp64.SESSION, binaryfile.SESSION),
    variants=messages.VARIANTS,
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.AddOrder: handler.add_order,
        messages.OrderDelete: handler.order_deleted,
        messages.OrderReplace: handler.order_replaced,
        messages.OrderExecuted: handler.order_executed,
        messages.OrderCancel: handler.order_cancel,
        messages.NetOrderImbalanceIndicator: handler.net_order_imbalance_indicator,
        messages.Trade: handler.trade_message,
        messages.AddOrderWithMpidAttribution: handler.add_order_with_mpid_attribution,
        messages.OrderExecutedWithPrice: handler.order_executed_with_price,
        messages.CrossTrade: handler.cross_trade,
        messages.BrokenTrade: handler.broken_trade,
        messages.SystemEvent: handler.system_event,
        messages.StockDirectory: handler.stock_directory,
        messages.StockTradingAction: handler.stock_trading_action,
        messages.RegShoShortSalePriceTestRestrictedIndicator: handler.reg_sho_restriction,
        messages.MarketParticipantPosition: handler.market_participant_position,
        messages.MwcbDeclineLevel: handler.mwcb_decline_level,
        messages.MwcbStatus: handler.mwcb_status,
        messages.QuotingPeriodUpdate: handler.quoting_period_update,
        messages.LuldAuctionCollar: handler.luld_auction_collar,
        messages.OperationalHalt: handler.operational_halt,
        messages.RetailPriceImprovementIndicator: handler.retail_price_improvement_indicator,
        messages.DirectListingWithCapitalRaisePriceDiscovery: handler.price_discovery,
    },
    directory_codes=65536,
    price_unit=100_000,
    quantity_step=1_000_000_000,
    time_zone="America/New_York",
    look_ahead={
        messages.AddOrder: ADDS,
        messages.AddOrderWithMpidAttribution: ADDS,
        messages.OrderDelete: TAKES,
        messages.OrderExecuted: TAKES,
        messages.OrderExecutedWithPrice: TAKES,
        messages.OrderCancel: TAKES,
        messages.OrderReplace: LookAhead(
            "stock_locate",
            "original_order_reference_number",
            new_reference="new_order_reference_number",
            price="price",
        ),
    },
)
