"""Nasdaq, BX and PSX: TotalView-ITCH 5.0 (every order) and the Best Bid and Offer feeds 2.1.

One folder for the two, because what their codes mean is the same; each is a feed of its own.
"""

from feedhandler.feed import BookKind, Feed, LookAhead
from feedhandler.sessions import binaryfile, moldudp64

from . import bbo_handler, bbo_messages, handler, messages

VENUES = {"nasdaq": "XNAS", "bx": "XBOS", "psx": "XPSX"}

TAKES = LookAhead("stock_locate", "order_reference_number")
ADDS = LookAhead("stock_locate", "order_reference_number", price="price", side="buy_sell_indicator", bid=handler.BUY)

FEED = Feed(
    name="nasdaq_itch50",
    title="Nasdaq TotalView-ITCH 5.0",
    venues=VENUES,
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

BBO = Feed(
    name="nasdaq_bbo",
    title="Nasdaq Best Bid and Offer 2.1",
    venues=VENUES,
    specification="Nasdaq Best Bid and Offer (QBBO), BX BBO, PSX BBO, version 2.1, revisions of 2018 to 11 June 2026",
    version="2.1",
    sessions=(moldudp64.SESSION,),
    variants=bbo_messages.BBO_VARIANTS,
    handlers={
        bbo_messages.BboQuotation: bbo_handler.quotation,
        bbo_messages.BboStockTradingAction: bbo_handler.bbo_stock_trading_action,
        bbo_messages.BboRegShoRestriction: bbo_handler.bbo_reg_sho_restriction,
        bbo_messages.BboPriceImprovement: bbo_handler.bbo_price_improvement,
        bbo_messages.BboStockDirectory: bbo_handler.bbo_stock_directory,
        bbo_messages.BboSystemEvent: bbo_handler.bbo_system_event,
        bbo_messages.BboOperationalHalt: bbo_handler.bbo_operational_halt,
        bbo_messages.BboIpoQuotingPeriodUpdate: bbo_handler.bbo_ipo_quoting_period_update,
        bbo_messages.BboMwcbDeclineLevel: bbo_handler.bbo_mwcb_decline_level,
        bbo_messages.BboMwcbStatus: bbo_handler.bbo_mwcb_status,
    },
    ignored={bbo_messages.NextSharesQuotation: "a bid relative to a net asset value that nobody knows yet is no price"},
    book=BookKind.INSIDE,
    price_unit=100_000,
    time_zone="America/New_York",
)
