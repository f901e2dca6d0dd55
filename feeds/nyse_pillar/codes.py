"""What the coded fields of the Pillar feeds can say, in the specifications' words.

Prices have no decimal places of their own: the price scale code of a symbol's index mapping says how many.
"""

from feedhandler.wire.little_endian import char, u8, u16

side = char.named(B="Buy", S="Sell")
position_change = u8.named({0: "Kept", 1: "Lost"})
printable_flag = u8.named({0: "Not printed to the SIP", 1: "Printed to the SIP"})

exchange_code = char.named(
    {" ": "OTC or indexed product"},
    A="NYSE American", L="LTSE", N="NYSE", P="NYSE Arca", Q="Nasdaq", V="IEX", Z="Cboe",
)  # fmt: skip

market_id = u16.named(
    {
        1: "NYSE Equities",
        3: "NYSE Arca Equities",
        4: "NYSE Arca Options",
        5: "NYSE Bonds",
        8: "NYSE American Options",
        9: "NYSE American Equities",
        10: "NYSE National Equities",
        11: "NYSE Chicago",
    }
)

price_resolution = u8.named({0: "All penny", 1: "Penny/nickel", 5: "Nickel/dime"})
round_lot = char.named(Y="Yes", N="No")

security_type = char.named(
    A="ADR",
    C="Common stock",
    D="Debentures",
    E="ETF",
    F="Foreign",
    H="US depositary shares",
    I="Units",
    L="Index linked notes",
    M="Misc/liquid trust",
    O="Ordinary shares",
    P="Preferred stock",
    R="Rights",
    S="Shares of beneficiary interest",
    T="Test",
    U="Closed-end fund",
    W="Warrant",
)

security_status = char.named(
    {"4": "Trading halt", "5": "Resume", "6": "Suspend"},
    A="Short sale restriction activated (day 1)",
    B="Begin accepting orders",
    C="Short sale restriction continued (day 2)",
    D="Short sale restriction deactivated",
    P="Pre-opening",
    E="Early session",
    O="Core session",
    L="Late session",
    X="Closed",
    I="Price indication",
    G="Pre-opening price indication",
)

halt_condition = char.named(
    {
        "~": "Not delayed or halted",
        "1": "Market-wide circuit breaker, level 1",
        "2": "Market-wide circuit breaker, level 2",
        "3": "Market-wide circuit breaker, level 3",
    },
    D="News dissemination",
    I="Order imbalance",
    P="News pending",
    M="LULD pause",
    X="Equipment changeover",
    A="Additional information requested",
    C="Regulatory concern",
    E="Merger effective",
    F="ETF component prices not available",
    N="Corporate action",
    O="New security offering",
    V="Intraday indicative value not available",
)

ssr_state = char.named({"~": "No short sale restriction in effect"}, E="Short sale restriction in effect")

market_state = char.named(
    P="Pre-opening", E="Early session", O="Core session", L="Late session", X="Closed"
)

auction_type = char.named(
    O="Early opening auction",
    M="Core opening auction",
    H="Reopening auction",
    C="Closing auction",
    P="Extreme closing imbalance",
    R="Regulatory closing imbalance",
)

imbalance_side = char.named({" ": "No imbalance"}, B="Buy side", S="Sell side")

auction_status = u8.named(
    {
        0: "Will run as always (open and close)",
        1: "Will run: interest exists inside or at the collars, or is fully paired off",
        2: "Will not run because there is an imbalance through the collars",
        3: "Will not run, will transition to the closing auction instead",
        4: "Legal width quote does not exist",
        5: "Market maker quote is not received",
    }
)

freeze_status = u8.named({0: "Imbalance freeze not in effect", 1: "Imbalance freeze is in effect"})
significant_imbalance = char.named({" ": "No", "Y": "The current imbalance is significant"})

cross_type = char.named(
    {
        "E": "Market center early opening auction",
        "O": "Market center opening auction",
        "5": "Market center reopening auction",
        "6": "Market center closing auction",
    }
)

trade_cond_1 = char.named({"@": "Regular sale", "C": "Cash", "N": "Next day trade", "R": "Seller"})
trade_cond_2 = char.named(
    {
        " ": "Not applicable",
        "F": "Intermarket sweep order",
        "O": "Market center opening trade",
        "4": "Derivatively priced",
        "5": "Reopening trade",
        "6": "Market center closing trade",
        "7": "Qualified contingent trade",
    }
)
trade_cond_3 = char.named(
    {" ": "Not applicable", "T": "Extended hours trade", "U": "Extended hours sold", "Z": "Sold"}
)
trade_cond_4 = char.named({" ": "Not applicable", "I": "Odd lot trade", "V": "Contingent trade"})

rpi_indicator = char.named(
    {
        " ": "No retail interest",
        "A": "Retail interest on the bid side",
        "B": "Retail interest on the offer side",
        "C": "Retail interest on the bid and offer sides",
    }
)

quote_condition = char.named({"R": "Regular", "1": "Regular trading", "2": "Rotation", "3": "Trading halted"})

series_status = char.named(
    {"4": "Trading halt", "5": "Resume", "6": "Suspend"},
    P="Pre-opening",
    B="Begin accepting orders",
    O="Core session",
    X="Closed",
)
series_type = u8.named({0: "Standard", 1: "Flex", 2: "Flex percentage"})
put_or_call = u8.named({0: "Put", 1: "Call"})
closing_only_indicator = char.named({"0": "Standard series", "1": "Closing only series"})
rfq_type = char.named(P="Price improvement", F="Facilitation", S="Solicitation", B="BOLD", C="COA")
rfq_status = char.named(O="Start", Q="End")
capacity = char.named(
    {
        " ": "Not specified",
        "0": "Customer",
        "1": "Firm",
        "2": "Broker dealer",
        "3": "Market maker",
        "8": "Professional customer",
    }
)
