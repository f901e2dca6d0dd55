"""What the codes of OPRA say: participants, types, months, denominators, the BBO indicator."""

from __future__ import annotations

from feedhandler.wire.big_endian import char, price, u8, u16

strike1 = price(u16, 1).read_with(8)
"""A strike price of a Short Quote: one implied decimal place, read with eight."""
premium2 = price(u16, 2).read_with(8)
"""A premium of a Short Quote: two implied decimal places, read with eight."""

participant = char.named(
    A="NYSE American", B="BOX", C="Cboe", D="MIAX Emerald", E="Cboe EDGX", G="MX2", H="Nasdaq GEMX", I="Nasdaq ISE",
    J="Nasdaq MRX", M="MIAX", N="NYSE Arca", O="the processor itself", P="MIAX Pearl", Q="Nasdaq Options Market",
    S="MIAX Sapphire", T="Nasdaq BX", U="MEMX", V="IEX", W="Cboe C2", X="Nasdaq PHLX", Z="Cboe BZX",
)  # fmt: skip
denominator = char.named(
    A="1 place", B="2 places", C="3 places", D="4 places", E="5 places", F="6 places", G="7 places", H="8 places",
    I="no fraction",
)  # fmt: skip
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
expiration_month = char.named(
    {chr(ord("A") + 12 * right + place): f"{month}, {('call', 'put')[right]}"
     for right in range(2) for place, month in enumerate(MONTHS)}
)  # fmt: skip
trading_session = u8.named({0: "Regular", 1: "Extended"})

UNCHANGED, QUOTE, APPENDAGE, NO_BEST = range(4)
"""What a quote does to one side of the best: nothing, it is the best, it brings the best behind it, none is."""

EFFECTS: dict[str, tuple[int, int]] = {
    "A": (UNCHANGED, UNCHANGED), "B": (UNCHANGED, QUOTE), "C": (UNCHANGED, APPENDAGE), "D": (UNCHANGED, NO_BEST),
    "E": (QUOTE, UNCHANGED), "F": (QUOTE, QUOTE), "G": (QUOTE, APPENDAGE), "H": (QUOTE, NO_BEST),
    "I": (NO_BEST, UNCHANGED), "J": (NO_BEST, QUOTE), "K": (NO_BEST, APPENDAGE), "L": (NO_BEST, NO_BEST),
    "M": (APPENDAGE, UNCHANGED), "N": (APPENDAGE, QUOTE), "O": (APPENDAGE, APPENDAGE), "P": (APPENDAGE, NO_BEST),
    " ": (UNCHANGED, UNCHANGED),
}  # fmt: skip
"""The BBO indicator: what each code says of the bid and of the offer."""


def codes_with(side: int, effect: int) -> str:
    """The codes of the BBO indicator that say this of a side."""
    return "".join(code for code, effects in EFFECTS.items() if effects[side] == effect)


def codes_mask(side: int, effect: int) -> int:
    """The same as a set of bits: A is bit 1. A blank changes nothing, and is none of them."""
    return sum(1 << (ord(code) & 31) for code in codes_with(side, effect).strip())


_EFFECT_WORDS = ("no best {} change", "quote contains best {}", "best {} appendage", "no best {}")
bbo_indicator = char.named(
    {
        code: "Not in the BBO"
        if code == " "
        else f"{_EFFECT_WORDS[bid].format('bid')}, {_EFFECT_WORDS[offer].format('offer')}".capitalize()
        for code, (bid, offer) in EFFECTS.items()
    }
)
