"""What the coded fields of TOPS, DEEP and DEEP+ can say, in the specifications' words.

TOPS 1.66 and DEEP 1.08, message formats and Appendix A (Flags); DEEP+ 1.02 where a field is only there.
"""

from feedhandler.wire.little_endian import alpha, char, i64, price, u8

price4 = price(i64, decimals=4)

system_event = char.named(
    O="Start of Messages",
    S="Start of System Hours",
    R="Start of Regular Market Hours",
    M="End of Regular Market Hours",
    E="End of System Hours",
    C="End of Messages",
)

directory_flags = u8.with_bit_names(bit7="test security", bit6="when issued", bit5="exchange traded product")

luld_tier = u8.named({0: "Not applicable", 1: "Tier 1 NMS Stock", 2: "Tier 2 NMS Stock"})

trading_status = char.named(
    H="Trading halted across all US equity markets",
    O="Trading halt released into an Order Acceptance Period on IEX (IEX-listed securities only)",
    P="Trading paused and Order Acceptance Period on IEX (IEX-listed securities only)",
    T="Trading on IEX",
)

trading_status_reason = alpha(4).named(
    {"": "Not available"},
    T1="Halt News Pending",
    IPO1="IPO Not Yet Trading",
    IPOD="IPO Deferred",
    MCB3="Market-Wide Circuit Breaker Level 3 Breached",
    NA="Reason Not Available",
    T2="Halt News Dissemination",
    IPO2="IPO Order Acceptance Period",
    IPO3="IPO Pre-Launch Period",
    MCB1="Market-Wide Circuit Breaker Level 1 Breached",
    MCB2="Market-Wide Circuit Breaker Level 2 Breached",
)

retail_liquidity_indicator = char.named(
    {" ": "Not applicable"}, A="Buy interest", B="Sell interest", C="Buy and sell interest"
)

operational_halt_status = char.named(O="Operationally halted on IEX", N="Not operationally halted on IEX")

short_sale_price_test_status = u8.named({0: "Not in effect", 1: "In effect"})

short_sale_price_test_detail = char.named(
    {" ": "Not available"}, N="No price test in place", A="Activated", C="Continued", D="Deactivated"
)

security_event = char.named(O="Opening Process Complete", C="Closing Process Complete")

event_flags = u8.with_bit_names(bit0="event processing complete")

quote_flags = u8.with_bit_names(bit7="halted, paused or not available", bit6="pre-market or post-market session")

sale_condition_flags = u8.with_bit_names(
    bit7="intermarket sweep",
    bit6="extended hours",
    bit5="odd lot",
    bit4="trade through exempt",
    bit3="single-price cross trade",
)

price_type = char.named(Q="IEX Official Opening Price", M="IEX Official Closing Price")

auction_type = char.named(
    O="Opening Auction", C="Closing Auction", I="IPO Auction", H="Halt Auction", V="Volatility Auction"
)

imbalance_side = char.named(B="Buy-side imbalance", S="Sell-side imbalance", N="No imbalance")

side = char.named({"8": "Buy", "5": "Sell"})

modify_flags = u8.with_bit_names(bit0="maintain priority")
