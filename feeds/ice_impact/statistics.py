"""Figures, statuses and auctions of ICE iMpact 1.1.33, offsets as the specification prints them."""

from feedhandler.wire.big_endian import alpha, char, i8, i16, i32, i64

from .codes import (
    Impact,
    event_type,
    fixing_status,
    ipl,
    trading_status,
    yes_no,
)


# fmt: off
class MarketStatistics(Impact, type="J", size=55, extensible=True):
    """Volumes and prices of the day, usually behind a trade (iMpact 1.1.33, message type J)."""

    market_id         = i32 @ 3
    volume            = i32 @ 7
    block_volume      = i32 @ 11
    efs_volume        = i32 @ 15
    efp_volume        = i32 @ 19
    high              = i64 @ 23
    low               = i64 @ 31
    vwap              = i64 @ 39
    message_date_time = i64 @ 47


class MarketStateChange(Impact, type="K", size=16, extensible=True):
    """The trading status of a market (iMpact 1.1.33, message type K)."""

    market_id         = i32            @ 3
    trading_status    = trading_status @ 7
    message_date_time = i64            @ 8


class SystemText(Impact, type="L", size=1011, extensible=True):
    """Words from the exchange to people (iMpact 1.1.33, message type L)."""

    text_message           = alpha(200) @ 3
    message_date_time      = i64        @ 203
    text_message_extra_fld = alpha(800) @ 211


class OpenInterest(Impact, type="M", size=33, extensible=True):
    """The open interest of a market (iMpact 1.1.33, message type M)."""

    market_id            = i32       @ 3
    open_interest        = i32       @ 7
    open_interest_change = i32       @ 11
    message_date_time    = i64       @ 15
    open_interest_date   = alpha(10) @ 23


class OpenPrice(Impact, type="N", size=23, extensible=True):
    """The opening price of a market (iMpact 1.1.33, message type N)."""

    market_id         = i32 @ 3
    open_price        = i64 @ 7
    message_date_time = i64 @ 15


class ClosePrice(Impact, type="c", size=23, extensible=True):
    """The closing price of a market (iMpact 1.1.33, message type c)."""

    market_id         = i32 @ 3
    close_price       = i64 @ 7
    message_date_time = i64 @ 15


class SettlementPrice(Impact, type="O", size=40, extensible=True):
    """The settlement price of a market, official or not (iMpact 1.1.33, message type O)."""

    market_id                                  = i32    @ 3
    settlement_price_with_deal_price_precision = i64    @ 7
    message_date_time                          = i64    @ 15
    is_official                                = yes_no @ 23
    valuation_date_time                        = i64    @ 24
    settlement_price                           = i64    @ 32


class IndexPrices(Impact, type="z", size=64, extensible=True):
    """The price of a marker or an index (iMpact 1.1.33, message type z)."""

    market_id                    = i32       @ 3
    price                        = i64       @ 7
    short_name                   = alpha(30) @ 15
    published_date_time          = i64       @ 45
    valuation_date_applying_date = alpha(10) @ 53
    status                       = char      @ 63


class EndOfDayMarketSummary(Impact, type="u", size=83, extensible=True):
    """The figures of a market when its day is over (iMpact 1.1.33, message type u)."""

    market_id                                  = i32 @ 3
    volume                                     = i32 @ 7
    block_volume                               = i32 @ 11
    efs_volume                                 = i32 @ 15
    efp_volume                                 = i32 @ 19
    opening_price                              = i64 @ 23
    high                                       = i64 @ 31
    low                                        = i64 @ 39
    vwap                                       = i64 @ 47
    settlement_price_with_deal_price_precision = i64 @ 55
    open_interest                              = i32 @ 63
    message_date_time                          = i64 @ 67
    settlement_price                           = i64 @ 75


class MarketEvent(Impact, type="f", size=16, extensible=True):
    """Something happened to a market (iMpact 1.1.33, message type f)."""

    market_id         = i32        @ 3
    event_type        = event_type @ 7
    message_date_time = i64        @ 8


class PreOpenPriceIndicator(Impact, type="g", size=28, extensible=True):
    """What the opening price could be (iMpact 1.1.33, message type g)."""

    market_id           = i32    @ 3
    pre_open_price      = i64    @ 7
    message_date_time   = i64    @ 15
    has_pre_open_volume = yes_no @ 23
    pre_open_volume     = i32    @ 24


class IntervalPriceLimitNotification(Impact, type="V", size=37, extensible=True):
    """A market is held because a price moved too far, or that is over (iMpact 1.1.33, message type V)."""

    market_id              = i32    @ 3
    ipl_hold_type          = ipl    @ 7
    notification_date_time = i64    @ 8
    is_up                  = yes_no @ 16
    ipl_hold_duration      = i32    @ 17
    ipl_up                 = i64    @ 21
    ipl_down               = i64    @ 29


class OptionOpenInterest(Impact, type="v", size=29, extensible=True):
    """The open interest of an option (iMpact 1.1.33, message type v)."""

    market_id          = i32       @ 3
    open_interest      = i32       @ 7
    message_date_time  = i64       @ 11
    open_interest_date = alpha(10) @ 19


class OptionSettlementPrice(Impact, type="w", size=56, extensible=True):
    """The settlement price of an option, official or not (iMpact 1.1.33, message type w)."""

    market_id                                  = i32    @ 3
    settlement_price_with_deal_price_precision = i64    @ 7
    message_date_time                          = i64    @ 15
    is_official                                = yes_no @ 23
    valuation_date_time                        = i64    @ 24
    volatility                                 = i64    @ 32
    settlement_price                           = i64    @ 40
    delta                                      = i64    @ 48


class FixingTransition(Impact, type="3", size=28, extensible=True):
    """A gold auction goes from one state to the next (iMpact 1.1.33, message type 3)."""

    market_id               = i32           @ 3
    status                  = fixing_status @ 7
    auction_end_time        = i64           @ 8
    threshold_imbalance_qty = i32           @ 16
    message_date_time       = i64           @ 20


class FixingLockdown(Impact, type="4", size=81, extensible=True):
    """A round of a gold auction is over (iMpact 1.1.33, message type 4)."""

    market_id         = i32       @ 3
    auction_date      = alpha(10) @ 7
    message_date_time = i64       @ 17
    description       = alpha(20) @ 25
    round             = i16       @ 45
    agg_bid_qty       = i32       @ 47
    agg_offer_qty     = i32       @ 51
    usd_price         = i64       @ 55
    is_balanced       = yes_no    @ 63
    is_final          = yes_no    @ 64
    gbp_price         = i64       @ 65
    eur_price         = i64       @ 73


class FixingIndicativePrice(Impact, type="0", size=28, extensible=True):
    """The final price of a gold or silver auction in a currency (iMpact 1.1.33, message type 0)."""

    market_id                  = i32      @ 3
    iba_currency               = alpha(3) @ 7
    price                      = i64      @ 10
    price_in_gram              = i64      @ 18
    num_decimals_price         = i8       @ 26
    num_decimals_price_in_gram = i8       @ 27
# fmt: on


MESSAGES = (
    MarketStatistics,
    MarketStateChange,
    SystemText,
    OpenInterest,
    OpenPrice,
    ClosePrice,
    SettlementPrice,
    IndexPrices,
    EndOfDayMarketSummary,
    MarketEvent,
    PreOpenPriceIndicator,
    IntervalPriceLimitNotification,
    OptionOpenInterest,
    OptionSettlementPrice,
    FixingTransition,
    FixingLockdown,
    FixingIndicativePrice,
)
