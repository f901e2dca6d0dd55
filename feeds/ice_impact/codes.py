"""Codes of ICE iMpact 1.1.33 and the head that all its messages share (Appendices A, B, and the messages' tables)."""

from feedhandler.wire import Message
from feedhandler.wire.big_endian import char, u8, u16

# fmt: off
trading_status = char.named({
    "O": "Open", "C": "Close", "E": "Expired", "1": "Pre Open", "2": "Pre Close",
})
side = char.named({"1": "Bid", "2": "Offer"})
leg_side = char.named({"1": "Bid", "2": "Offer", " ": "None"})
aggressor = char.named({" ": "None", "1": "Buy", "2": "Sell"})
yes_no = char.named(Y="Yes", N="No")
bundle = char.named(S="Start", E="End")
order_flags = u8.with_bit_names(bit0="modifies an existing order")
off_market = char.named({
    " ": "Regular", "K": "Block", "S": "EFS", "E": "EFP", "O": "EFP/EFS", "Q": "EOO", "I": "EFM",
    "5": "Guaranteed Cross", "4": "Basis", "#": "a type of more letters",
})
leg_type = char.named({"C": "System Priced Crack Spread Leg", "S": "System Priced Leg", " ": "None"})
investigation = char.named({"1": "Under Investigation", "2": "Investigation Completed"})
event_type = char.named({"A": "Implication Disabled for the Market"})
event_code = char.named({"0": "Normal trade", "1": "Cancelled trade", "2": "Adjusted trade"})
option_type = char.named({"C": "Call", "P": "Put"})
options_style = char.named({"A": "American", "E": "European", "0": "None", "3": "Asian", "4": "One Time"})
expiration_type = char.named({"M": "Monthly", "D": "Daily"})
settlement_type = char.named({"0": "Financial", "1": "Physical"})
silo = char.named({"0": "ICE", "1": "Endex", "2": "Liffe"})
ipl = char.named({"S": "Hold Start", "E": "Hold End"})
fixing_status = char.named({"C": "Closed", "P": "Preopen", "L": "Lockdown", "F": "Final"})


class Impact(Message, body="body_length"):
    """The head of every message (iMpact 1.1.33, Message Header)."""

    message_type = char @ 0
    body_length  = u16  @ 1
# fmt: on
