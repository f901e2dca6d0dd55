"""UTP UQDF 1.5: the quotes of all markets in Nasdaq-listed securities, and their national best."""

from feedhandler.feed import BookKind, Feed
from feedhandler.sessions import moldudp64

from . import handler, messages

FEED = Feed(
    name="utp_uqdf",
    title="UTP UQDF 1.5",
    venues={"utp": "XXXX"},
    specification="UTP Data Feed Services Specification, binary version 1.5 of May 2020",
    version="1.5",
    sessions=(moldudp64.SESSION,),
    variants={"utp": messages.MESSAGES},
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.QuoteShortForm: handler.quote_short_form,
        messages.QuoteLongForm: handler.quote_long_form,
        messages.FinraAdfMarketParticipantQuotation: handler.finra_adf_market_participant_quotation,
        messages.LimitUpLimitDownPriceBand: handler.limit_up_limit_down_price_band,
        messages.CrossSroTradingAction: handler.cross_sro_trading_action,
        messages.MarketCenterTradingAction: handler.market_center_trading_action,
        messages.IssueSymbolDirectory: handler.issue_symbol_directory,
        messages.RegShoPriceTestRestricted: handler.reg_sho_price_test_restricted,
        messages.AuctionCollar: handler.auction_collar,
        messages.MwcbDeclineLevel: handler.mwcb_decline_level,
        messages.MwcbStatus: handler.mwcb_status,
        messages.SessionCloseRecap: handler.session_close_recap,
        messages.StartOfDay: handler.day_event,
        messages.EndOfDay: handler.day_event,
        messages.MarketSessionOpen: handler.day_event,
        messages.MarketSessionClose: handler.day_event,
        messages.EndOfTransmissions: handler.day_event,
        messages.QuoteWipeOut: handler.quote_wipe_out,
    },
    ignored={messages.GeneralAdministrative: "text for people"},
    book=BookKind.INSIDE,
    consolidated=True,
    price_unit=1_000,
)
