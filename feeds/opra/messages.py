"""Every message of OPRA in version 6.2 of the binary feed, offsets and names as the specification prints them.

Source: "OPRA Binary Data Recipient Interface Specification" (Options Price Reporting Authority, SIAC), versions 6.2 to
6.4, chapters 4 to 7. All integers are big-endian. Prices are integers with a denominator code beside them; those of
Short Quotes have implied places, one for the strike and two for premiums, and are read with eight. A quote ends with up
to two appendages, which its message indicator announces.
"""

from __future__ import annotations

from feedhandler.wire import Message, block, conditional, run
from feedhandler.wire.big_endian import alpha, char, i32, i64, reserved, u8, u16, u32

from .codes import (
    APPENDAGE,
    bbo_indicator,
    codes_with,
    denominator,
    expiration_month,
    participant,
    premium2,
    strike1,
    trading_session,
)


# fmt: off
class Opra(Message, selector="message_category"):
    """The family: what every message opens with (4.0, Message Header). The indicator is the BBO's, in quotes."""

    participant_id               = participant   @ 0
    message_category             = char          @ 1
    message_type                 = char          @ 2
    message_indicator            = bbo_indicator @ 3
    transaction_id               = u32           @ 4
    participant_reference_number = u32           @ 8


class Expiration(Message, size=3):
    """Month, day and year of 2000 at which a series expires (7.14, Expiration Block)."""

    month = expiration_month @ 0
    day   = u8               @ 1
    year  = u8               @ 2


class BestBid(Message, size=10):
    """The best bid over all participants (6.04.3, Best Bid Appendage)."""

    participant_id   = participant @ 0
    denominator_code = denominator @ 1
    price            = i32         @ 2
    size             = u32         @ 6


class BestOffer(Message, size=10):
    """The best offer over all participants (6.04.3, Best Offer Appendage)."""

    participant_id   = participant @ 0
    denominator_code = denominator @ 1
    price            = i32         @ 2
    size             = u32         @ 6


BEST_BID = conditional(BestBid, "message_indicator", codes=codes_with(0, APPENDAGE))
BEST_OFFER = conditional(BestOffer, "message_indicator", codes=codes_with(1, APPENDAGE))


class ShortQuote(Opra, type="q", size=29):
    """A participant's quote with implied decimal places (6.04.2, Short Equity and Index Quote)."""

    security_symbol  = alpha(4)          @ 12
    expiration_block = block(Expiration) @ 16
    strike_price     = strike1           @ 19
    bid_price        = premium2          @ 21
    bid_size         = u16               @ 23
    offer_price      = premium2          @ 25
    offer_size       = u16               @ 27
    best_bid         = BEST_BID
    best_offer       = BEST_OFFER


class LongQuote(Opra, type="k", size=43):
    """A participant's quote (6.04.1, Long Equity and Index Quote)."""

    security_symbol                = alpha(5)          @ 12
    reserved_1                     = reserved(1)       @ 17
    expiration_block               = block(Expiration) @ 18
    strike_price_denominator_code  = denominator       @ 21
    strike_price                   = u32               @ 22
    premium_price_denominator_code = denominator       @ 26
    bid_price                      = i32               @ 27
    bid_size                       = u32               @ 31
    offer_price                    = i32               @ 35
    offer_size                     = u32               @ 39
    best_bid                       = BEST_BID
    best_offer                     = BEST_OFFER


class LastSale(Opra, type="a", size=43):
    """A trade, or the end of one that was reported (6.01, Equity and Index Last Sale)."""

    security_symbol                = alpha(5)          @ 12
    reserved_1                     = reserved(1)       @ 17
    expiration_block               = block(Expiration) @ 18
    strike_price_denominator_code  = denominator       @ 21
    strike_price                   = u32               @ 22
    volume                         = u32               @ 26
    premium_price_denominator_code = denominator       @ 30
    premium_price                  = i32               @ 31
    trade_identifier               = u32               @ 35
    trading_session_identifier     = trading_session   @ 39
    reserved_3                     = reserved(3)       @ 40


class OpenInterest(Opra, type="d", size=30):
    """Contracts that are open in a series (6.02, Open Interest)."""

    security_symbol               = alpha(5)          @ 12
    reserved_1                    = reserved(1)       @ 17
    expiration_block              = block(Expiration) @ 18
    strike_price_denominator_code = denominator       @ 21
    strike_price                  = u32               @ 22
    open_interest_volume          = u32               @ 26


class EndOfDaySummary(Opra, type="f", size=72):
    """The figures of a series at the end of the day (6.03, Equity and Index End of Day Summary)."""

    security_symbol                   = alpha(5)          @ 12
    reserved_1                        = reserved(1)       @ 17
    expiration_block                  = block(Expiration) @ 18
    strike_price_denominator_code     = denominator       @ 21
    strike_price                      = u32               @ 22
    volume                            = u32               @ 26
    open_interest_volume              = u32               @ 30
    premium_price_denominator_code    = denominator       @ 34
    open_price                        = i32               @ 35
    high_price                        = i32               @ 39
    low_price                         = i32               @ 43
    last_price                        = i32               @ 47
    net_change                        = i32               @ 51
    underlying_price_denominator_code = denominator       @ 55
    underlying_price                  = i64               @ 56
    bid_price                         = i32               @ 64
    offer_price                       = i32               @ 68


class UnderlyingValue(Opra, type="Y", size=27):
    """An index by last sales, or (type I) by bids and by offers (6.08, Underlying Value)."""

    security_symbol              = alpha(5)    @ 12
    reserved_1                   = reserved(1) @ 17
    index_value_denominator_code = denominator @ 18
    index_value                  = i32         @ 19
    offer_index_value            = i32         @ 23


class SeriesMapping(Opra, type="R", size=155):
    """On which line a series is sent (6.07, Series Mapping)."""

    security_symbol               = alpha(5)          @ 12
    expiration_block              = block(Expiration) @ 17
    strike_price_denominator_code = denominator       @ 20
    strike_price                  = u32               @ 21
    multicast_line_number         = u16               @ 25
    reserved_1                    = reserved(128)     @ 27


class Administrative(Opra, type="C", size=12):
    """Text for people (6.05, Administrative)."""

    text = run(u16, "ascii")


class Control(Opra, type="H", size=12):
    """The day and its parts, the line, its numbers (6.06, Control)."""
# fmt: on


MESSAGES = (
    ShortQuote,
    LongQuote,
    LastSale,
    OpenInterest,
    EndOfDaySummary,
    UnderlyingValue,
    SeriesMapping,
    Administrative,
    Control,
)
