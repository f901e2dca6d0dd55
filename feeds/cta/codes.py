"""What the codes of CQS and CTS say: participants, conditions, statuses, indicators."""

from __future__ import annotations

from feedhandler.wire.big_endian import char, price, u16, u64

price6 = price(u64, 6)
"""A price of the long forms: six implied decimal places."""
price2 = price(u16, 2).read_with(6)
"""A price of the short forms: two implied decimal places, read with six as all others are."""

participant_id = char.named(
    A="NYSE American", B="Nasdaq BX", C="NYSE National", D="FINRA ADF", G="24X National Exchange", H="MIAX Pearl",
    I="International Securities Exchange", J="Cboe EDGA", K="Cboe EDGX", L="Long-Term Stock Exchange",
    M="NYSE Texas", N="NYSE", P="NYSE Arca", S="the processor itself", T="Nasdaq", U="Members Exchange",
    V="Investors Exchange", W="Cboe Stock Exchange", X="Nasdaq PSX", Y="Cboe BYX", Z="Cboe BZX",
)  # fmt: skip

instrument_type = char.named(
    {"0": "CTA eligible equity", "1": "Local issue", "2": "Corporate bond", "3": "Government bond"}
)
financial_status = char.named(
    {
        "0": "Not applicable", "1": "Bankrupt", "2": "Below continuing listing standards",
        "3": "Bankrupt, below continuing listing standards", "4": "Late filing", "5": "Bankrupt, late filing",
        "6": "Below continuing listing standards, late filing",
        "7": "Bankrupt, below continuing listing standards, late filing",
        "8": "Creations suspended", "9": "Redemptions suspended", "A": "Liquidation",
    }
)  # fmt: skip
short_sale_restriction = char.named(
    {" ": "Not in effect", "A": "Activated", "C": "Continued", "D": "Deactivated", "E": "In effect"}
)
luld_tier = char.named({"0": "Not applicable", "1": "Tier 1", "2": "Tier 2"})
test = char.named({"0": "Not a test symbol", "1": "Test symbol"})
ipo = char.named({"0": "Not an IPO", "1": "IPO"})

# ------------------------------------------------------------------------------------------------------------ quotes

condition = char.named(
    {
        " ": "Not applicable", "4": "On-demand intra-day auction", "A": "Slow quote on the offer side",
        "B": "Slow quote on the bid side", "C": "Closing", "E": "Slow quote, LRP or gap quote on the bid side",
        "F": "Slow quote, LRP or gap quote on the offer side", "H": "Slow quote on both sides",
        "L": "Closed market maker (FINRA)", "N": "Non-firm quote", "O": "Opening quote", "R": "Regular",
        "U": "Slow quote, LRP or gap quote on both sides", "W": "Slow quote, set slow list on both sides",
    }
)  # fmt: skip
PRICE_BAND = ord("0")
REPUBLISHED_PRICE_BAND = ord("9")
security_status = char.named(
    {
        " ": "Not applicable", "0": "Limit up-limit down price band", "1": "Market-wide circuit breaker, level 1",
        "2": "Market-wide circuit breaker, level 2", "3": "Market-wide circuit breaker, level 3",
        "9": "Republished limit up-limit down price band", "A": "Additional information requested",
        "C": "Regulatory concern", "D": "News released", "E": "Merger effective",
        "F": "ETF component prices not available", "G": "Trading range indication", "I": "Order imbalance",
        "M": "Limit up-limit down trading pause", "N": "Corporate action", "O": "New security offering",
        "P": "News pending", "T": "Resume", "V": "Intraday indicative value not available", "X": "Operational",
        "Y": "Sub-penny trading",
    }
)  # fmt: skip
retail_interest = char.named({" ": "None", "A": "On the bid", "B": "On the offer", "C": "On both sides"})
settlement_condition = char.named({" ": "Regular way", "A": "Cash", "B": "Next day"})
market_condition = char.named({" ": "Normal auction market", "A": "Crossed market", "B": "Locked market"})
finra_bbo = char.named({" ": "Not applicable", "A": "No FINRA BBO change", "B": "No FINRA BBO"})
sip_generated = char.named({" ": "Not applicable", "S": "CQS is the originator"})
luld_indicator = char.named(
    {" ": "Not applicable", "A": "Bid above the upper band", "B": "Offer below the lower band"}
)
finra_luld = char.named(
    {
        " ": "Not applicable", "A": "Both executable", "B": "Bid outside the band", "C": "Offer outside the band",
        "D": "Both outside the band",
    }
)  # fmt: skip
national_luld = char.named(
    {
        " ": "Not applicable", "A": "Executable", "B": "Best bid below the lower band",
        "C": "Best offer above the upper band", "D": "Both outside the bands", "E": "Best bid in limit state",
        "F": "Best offer in limit state", "G": "Best bid in limit state, best offer non-executable",
        "H": "Best bid non-executable, best offer in limit state", "I": "Both at the bands, crossed",
    }
)  # fmt: skip

UNCHANGED, QUOTE, SHORT, LONG, NO_BEST = range(5)
"""What a quote does to one side of the national best: nothing, it is the best, it brings it short or long, none is."""

EFFECTS: dict[str, tuple[int, int]] = {
    "A": (UNCHANGED, UNCHANGED), "B": (UNCHANGED, QUOTE), "C": (UNCHANGED, SHORT), "D": (UNCHANGED, LONG),
    "E": (UNCHANGED, NO_BEST), "F": (QUOTE, UNCHANGED), "G": (QUOTE, QUOTE), "H": (QUOTE, SHORT), "I": (QUOTE, LONG),
    "J": (QUOTE, NO_BEST), "K": (NO_BEST, UNCHANGED), "L": (NO_BEST, QUOTE), "M": (NO_BEST, SHORT),
    "N": (NO_BEST, LONG), "O": (NO_BEST, NO_BEST), "P": (SHORT, UNCHANGED), "Q": (LONG, UNCHANGED),
    "R": (SHORT, QUOTE), "S": (LONG, QUOTE), "T": (SHORT, SHORT), "U": (LONG, LONG), "V": (SHORT, NO_BEST),
    "W": (LONG, NO_BEST), " ": (UNCHANGED, UNCHANGED),
}  # fmt: skip
"""The National BBO Indicator: what each code says of the bid and of the offer."""


def codes_with(side: int, effect: int) -> str:
    """The codes of the National BBO Indicator that say this of a side."""
    return "".join(code for code, effects in EFFECTS.items() if effects[side] == effect)


def codes_mask(side: int, effect: int) -> int:
    """The same as a set of bits: A is bit 1. A blank changes nothing, and is none of them."""
    return sum(1 << (ord(code) & 31) for code in codes_with(side, effect).strip())


_EFFECT_WORDS = ("no {} change", "quote contains {}", "{} short appendage", "{} long appendage", "no {}")
national_bbo_indicator = char.named(
    {
        code: "Quote not included"
        if code == " "
        else f"{_EFFECT_WORDS[bid].format('best bid')}, {_EFFECT_WORDS[offer].format('best offer')}".capitalize()
        for code, (bid, offer) in EFFECTS.items()
    }
)

# ------------------------------------------------------------------------------------------------------------ trades

settlement_type = char.named({" ": "Regular", "C": "Cash", "N": "Next day", "R": "Seller"})
exempt_reason = char.named(
    {
        " ": "No reason", "4": "Derivatively priced", "5": "Market center reopening trade",
        "6": "Market center closing trade", "7": "Qualified contingent trade", "8": "Reserved",
        "9": "Corrected consolidated close price", "F": "Intermarket sweep order", "O": "Market center opening trade",
    }
)  # fmt: skip
extended_hours = char.named(
    {" ": "None", "L": "Sold last", "T": "Extended hours trade", "U": "Extended hours, sold out of sequence",
     "Z": "Sold out of sequence"}
)  # fmt: skip
sro_detail = char.named(
    {
        " ": "None", "B": "Average price trade", "E": "Automatic execution", "H": "Price variation trade",
        "I": "Odd lot trade", "K": "Rule 127 or 155", "M": "Market center official close",
        "P": "Prior reference price", "Q": "Market center official open", "V": "Contingent trade", "X": "Cross trade",
    }
)  # fmt: skip
sale_condition = char.named(
    {raw.decode("latin-1"): word
     for kind in (settlement_type, exempt_reason, extended_hours, sro_detail)
     for raw, word in ((bytes([code]), word) for code, word in kind.names)}
    | {" ": "Regular sale"}
)  # fmt: skip
sale_condition_category = char.named(
    {" ": "Not applicable", "1": "Settlement type", "2": "Trade-through exempt reason",
     "3": "Extended hours or sequence type", "4": "SRO trade detail"}
)  # fmt: skip
stop_stock = char.named({"0": "Not applicable", "1": "Stop stock"})
exempt_indicator = char.named({"0": "Not exempt", "1": "Trade-through exemption"})
reporting_facility = char.named(
    {" ": "Not applicable", "B": "FINRA/Nasdaq Chicago", "N": "FINRA/NYSE", "T": "FINRA/Nasdaq Carteret"}
)
held_trade = char.named(
    {
        " ": "Not applicable", "A": "No last sale for participant nor consolidated",
        "B": "Last sale for participant, not consolidated", "C": "Last sale for participant and consolidated",
    }
)  # fmt: skip
consolidated_indicator = char.named(
    A="None", B="High", C="Low", D="Last", E="High, last", F="Low, last", G="High, low, last", H="High, low"
)
CONSOLIDATED_LAST = sum(1 << (ord(code) & 31) for code in "DEFG")
participant_indicator = char.named(
    A="None", B="High", C="Low", D="Last", E="High, last", F="Low, last", G="Unused", H="Open", I="Open, high",
    J="Open, low", K="Open, high, low, last", L="Open, last", M="Open, high, low", N="Open, high, last",
    O="Open, low, last", P="High, low", Q="High, low, last",
)  # fmt: skip
cancel_error_action = char.named({"1": "Cancel", "2": "Error"})
tick = char.named({" ": "Not applicable", "1": "Up", "2": "Down", "3": "Unchanged, up", "4": "Unchanged, down"})

LULD_STATUS = ord("F")
RESTRICTION_STATUS = ord("E")
IMBALANCE_STATUSES = "789ACD"
trading_status = char.named(
    {
        " ": "Not applicable", "2": "Trading halt", "3": "Resume", "5": "Price indication",
        "6": "Trading range indication", "7": "Market imbalance, buy", "8": "Market imbalance, sell",
        "9": "Market-on-close imbalance, buy", "A": "Market-on-close imbalance, sell", "C": "No market imbalance",
        "D": "No market-on-close imbalance", "E": "Short sale restriction", "F": "Limit up-limit down",
    }
)  # fmt: skip
halt_reason = char.named(
    {raw.decode("latin-1"): word
     for raw, word in ((bytes([code]), word) for code, word in security_status.names)
     if raw not in (b"0", b"9", b"G", b"T")}
)  # fmt: skip
luld_action = char.named(
    {
        " ": "Not applicable", "A": "Price band", "B": "Republished price band", "C": "Best bid limit state entered",
        "D": "Best bid limit state exited", "E": "Best offer limit state entered",
        "F": "Best offer limit state exited", "G": "Both limit states entered", "H": "Both limit states exited",
        "I": "Best bid limit state entered, best offer's exited",
        "J": "Best bid limit state exited, best offer's entered",
    }
)  # fmt: skip
breaker_level = char.named({" ": "Not applicable", "1": "Level 1", "2": "Level 2", "3": "Level 3"})
