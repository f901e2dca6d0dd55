"""Every message of Nasdaq's Best Bid and Offer feeds (QBBO, BX BBO, PSX BBO), offsets and names as they are printed.

Source: "Nasdaq Best Bid and Offer (QBBO)", "Nasdaq BX Best Bid and Offer", "Nasdaq PSX Best Bid and Offer", version
2.1, revisions of 3 May 2018 to 11 June 2026. The layouts are the same; the venues differ in which messages exist.
They are those of TotalView-ITCH without stock locates: a message names its stock. All integers are unsigned and big-
endian.

Where the values of a NextShares quotation stand behind the security class could not be established, and the last funds
of the kind are gone: its table ends before, and accepts what is longer.
"""

from __future__ import annotations

from feedhandler.wire import Message
from feedhandler.wire.big_endian import alpha, char, price4, price8, u16, u32, u48

from .codes import (
    authenticity,
    breached_level,
    financial_status_indicator,
    interest_flag,
    ipo_flag,
    ipo_quotation_release_qualifier,
    issue_classification,
    issue_sub_type,
    luld_reference_price_tier,
    market_category,
    market_code,
    operational_halt_action,
    reg_sho_action,
    security_class,
    system_event_code,
    trading_action_reason,
    trading_state,
    yes_no_or_not_available,
    yes_or_no,
)


class Bbo(Message):
    """The family: every message opens with its type."""

    message_type = char @ 0


# fmt: off
class BboSystemEvent(Bbo, type="S", size=10):
    """A market or data feed handler event (BBO 2.1, System Event)."""

    tracking_number = u16               @ 1
    timestamp       = u48               @ 3
    event_code      = system_event_code @ 9


class BboStockDirectory(Bbo, type="R", size=37):
    """An active symbol of the day (BBO 2.1, Stock Directory)."""

    tracking_number                = u16                        @ 1
    timestamp                      = u48                        @ 3
    stock                          = alpha(8)                   @ 9
    market_category                = market_category            @ 17
    financial_status_indicator     = financial_status_indicator @ 18
    round_lot_size                 = u32                        @ 19
    round_lots_only                = yes_or_no                  @ 23
    issue_classification           = issue_classification       @ 24
    issue_sub_type                 = issue_sub_type             @ 25
    authenticity                   = authenticity               @ 27
    short_sale_threshold_indicator = yes_no_or_not_available    @ 28
    ipo_flag                       = ipo_flag                   @ 29
    luld_reference_price_tier      = luld_reference_price_tier  @ 30
    etp_flag                       = yes_no_or_not_available    @ 31
    etp_leverage_factor            = u32                        @ 32
    inverse_indicator              = yes_or_no                  @ 36


class BboStockTradingAction(Bbo, type="H", size=23):
    """The current trading status of a security (BBO 2.1, Stock Trading Action)."""

    tracking_number       = u16                   @ 1
    timestamp             = u48                   @ 3
    stock                 = alpha(8)              @ 9
    security_class        = security_class        @ 17
    current_trading_state = trading_state         @ 18
    reason                = trading_action_reason @ 19


class BboRegShoRestriction(Bbo, type="Y", size=18):
    """The status of a security under Rule 201 of Regulation SHO (BBO 2.1, Reg SHO Restriction)."""

    tracking_number = u16            @ 1
    timestamp       = u48            @ 3
    stock           = alpha(8)       @ 9
    reg_sho_action  = reg_sho_action @ 17


class BboMwcbDeclineLevel(Bbo, type="V", size=33):
    """The breach points of the market-wide circuit breaker for the day (BBO 2.1, MWCB Decline Level)."""

    tracking_number = u16    @ 1
    timestamp       = u48    @ 3
    level_1         = price8 @ 9
    level_2         = price8 @ 17
    level_3         = price8 @ 25


class BboMwcbStatus(Bbo, type="W", size=10):
    """A level of the market-wide circuit breaker was breached (BBO 2.1, MWCB Breach)."""

    tracking_number = u16            @ 1
    timestamp       = u48            @ 3
    breached_level  = breached_level @ 9


class BboOperationalHalt(Bbo, type="h", size=19):
    """An interruption of service on one of Nasdaq's markets, for one security (BBO 2.1, Operational Halt)."""

    tracking_number         = u16                     @ 1
    timestamp               = u48                     @ 3
    stock                   = alpha(8)                @ 9
    market_code             = market_code             @ 17
    operational_halt_action = operational_halt_action @ 18


class BboIpoQuotingPeriodUpdate(Bbo, type="K", size=26):
    """The anticipated release of an IPO for quotation (BBO 2.1, IPO Quoting Period Update)."""

    tracking_number                 = u16                             @ 1
    timestamp                       = u48                             @ 3
    stock                           = alpha(8)                        @ 9
    ipo_quotation_release_time      = u32                             @ 17
    ipo_quotation_release_qualifier = ipo_quotation_release_qualifier @ 21
    ipo_price                       = price4                          @ 22


class BboPriceImprovement(Bbo, type="N", size=18):
    """Retail interest on a side or both (BBO 2.1, Price Improvement)."""

    tracking_number = u16           @ 1
    timestamp       = u48           @ 3
    stock           = alpha(8)      @ 9
    interest_flag   = interest_flag @ 17


class BboQuotation(Bbo, type="Q", size=34):
    """The exchange's best bid and offer of a stock (BBO 2.1, BBO Quotation)."""

    tracking_number  = u16            @ 1
    timestamp        = u48            @ 3
    stock            = alpha(8)       @ 9
    security_class   = security_class @ 17
    best_bid_price   = price4         @ 18
    best_bid_size    = u32            @ 22
    best_offer_price = price4         @ 26
    best_offer_size  = u32            @ 30


class NextSharesQuotation(Bbo, type="A", size=18, extensible=True):
    """The best bid and offer of a NextShares fund, relative to its net asset value (BBO 2.1, NextShares Quotation)."""

    tracking_number    = u16            @ 1
    timestamp          = u48            @ 3
    next_shares_symbol = alpha(8)       @ 9
    security_class     = security_class @ 17
# fmt: on


EVERYWHERE = (
    BboSystemEvent, BboStockDirectory, BboStockTradingAction, BboRegShoRestriction, BboMwcbDeclineLevel, BboMwcbStatus,
    BboOperationalHalt, BboQuotation, NextSharesQuotation,
)  # fmt: skip
MORE = (BboIpoQuotingPeriodUpdate, BboPriceImprovement)
BBO_VARIANTS = {"nasdaq": (*EVERYWHERE, *MORE), "bx": (*EVERYWHERE, *MORE), "psx": EVERYWHERE}
