"""What the coded fields of Multicast PITCH can say, in the specifications' words."""

from feedhandler.wire.little_endian import char, i16, i64, price, u8, u16

short_price = price(u16, decimals=2)
long_price = price(i64, decimals=4)
signed_short_price = price(i16, decimals=2)

side_indicator = char.named(B="Buy Order", S="Sell Order")

add_flags = u8.with_bit_names(bit0="displayed", bit3="all or none")
modify_flags = u8.with_bit_names(bit0="displayed", bit1="maintain priority")

trading_status = char.named(
    A="Accepting Orders for Queuing",
    H="Halted",
    L="Curb Trading",
    Q="Quote-Only",
    R="Opening Rotation",
    S="Exchange Specific Suspension",
    T="Trading",
)

gth_trading_status = trading_status
"""The same codes, in the global trading hours."""

reg_sho_action = char.named({"0": "No price test in effect", "1": "Reg SHO price test restriction in effect"})

auction_type = char.named(
    O="Opening Auction",
    C="Closing Auction",
    H="Halt Auction",
    I="IPO Auction",
    M="Cboe Market Close",
    V="Volatility Auction",
    P="Periodic Auction",
    G="GTH Opening",
)

auction_notification_type = char.named(
    B="Automated Improvement Mechanism",
    S="Solicitation Auction Mechanism",
    T="Step Up Mechanism",
    A="SUM all-or-none",
)

opening_condition = char.named(
    O="Would open",
    Q="Need quote to open",
    B="Need more buyers",
    S="Need more sellers",
    C="Crossed composite market",
)

customer_indicator = char.named(N="Non-Customer", C="Customer")
symbol_condition = char.named(N="Normal", C="Closing Only")
retail_price_improvement = char.named(
    B="Buy Side RPI", S="Sell Side RPI", A="Buy and Sell RPI", N="No RPI"
)
width_type = char.named(R="Regular", C="Composite")

listing_state = char.named(A="Active", I="Inactive", T="Test")
futures_flags = u8.with_bit_names(bit0="variance")
issue = char.named(S="Initial settlement", R="Reissued settlement")

summary_flags = u8.with_bit_names(
    bit0="high price valid",
    bit1="high price is bid",
    bit2="low price valid",
    bit3="low price is offer",
    bit4="offer close valid",
)
