"""What the coded fields of the ASX Market Data Protocol 1.05 can say, in the specification's words."""

from feedhandler.wire.big_endian import char, i64, u8

instrument_price = i64
"""A price: divided by the instrument's Price Fractional Denominator; negative ones are those of combinations."""

order_side = char.named(B="Buy order", S="Sell order")
leg_side = char.named({" ": "No leg"}, B="Buy", S="Sell")
event_code = char.named(C="Business trade date has ended")
month = u8.named(
    {1: "Jan", 2: "Feb", 3: "Mar", 4: "Apr", 5: "May", 6: "Jun", 7: "Jul", 8: "Aug", 9: "Sep", 10: "Oct", 11: "Nov",
     12: "Dec"}
)  # fmt: skip
option_type = char.named(P="Put", C="Call")
rfq_side = char.named(T="Two sided quote", B="Bid quote", S="Ask quote", X="Crossing")

session_state = char.named(
    P="Pre-open", O="Opened", R="Regulatory halt", H="Halted", C="Closed", M="Maintenance"
)

trade_type = char.named(
    T="Normal trade, outright to outright",
    t="Normal cross, outright to outright",
    L="Auction trade; the price may be another than the resting order's",
    l="Auction cross; the price may be another than the resting order's",
    S="Combination to underlying trade",
    s="Combination to underlying cross",
    R="Combination to combination trade",
    r="Combination to combination cross",
    A="Strip to strip trade",
    a="Strip to strip cross",
    B="Strip to outright trade",
    b="Strip to outright cross",
)

price_method = u8.named(
    {
        0: "Net price: ratios of the legs count",
        2: "Yield difference: ratios beyond 1 do not count",
        3: "Individual: the first leg has a fixed price, the others net prices",
        4: "Average price: all legs are of one side",
    }
)
