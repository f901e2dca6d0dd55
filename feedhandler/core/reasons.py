"""Why the hot path refused something or lost trust: an integer there, counted per channel, a sentence here."""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """Reasons in the order of the pipeline. 0 is success."""

    OK = 0
    # frames and packets
    FRAME_TRUNCATED = 1
    PACKET_SHORT = 2
    PACKET_BLOCKS = 3
    PACKET_TRAILING = 4
    PACKET_SEQUENCE = 5
    SESSION_OLD = 6
    STREAM_UNKNOWN = 7
    HOLD_OVERSIZE = 8
    SESSION_UNCONFIRMED = 9
    PACKET_JUMP = 10
    REPLY_SESSION = 11
    PACKET_CHECKSUM = 12
    PACKET_INSIDE = 13
    # messages
    MESSAGE_UNKNOWN = 16
    MESSAGE_LENGTH = 17
    MESSAGE_FIELD = 18
    # instruments
    INSTRUMENT_UNKNOWN = 24
    INSTRUMENTS_FULL = 25
    INSTRUMENT_GAP = 26
    # orders and books
    ORDER_UNKNOWN = 32
    ORDER_DUPLICATE = 33
    ORDER_BEFORE_START = 34
    ORDER_QUANTITY = 35
    ORDERS_FULL = 36
    LEVELS_FULL = 37
    LADDERS_FULL = 38
    BOOK_LOCKED = 39
    BOOK_CROSSED = 40
    ORDER_INSTRUMENT = 41
    LEVEL_UNKNOWN = 42
    LEVEL_BEFORE_START = 43
    LEVEL_ORDER = 44
    PRICE_RANGE = 45
    EVENT_ENDLESS = 46
    ORDER_PLACE = 47
    # towards the cold side
    INTENTIONS_FULL = 48
    STRATEGY_EVENTS_LOST = 49

    @property
    def sentence(self) -> str:
        """What happened, for operators."""
        return SENTENCES[self]


REASON_COUNT = 64

SENTENCES: dict[Reason, str] = {
    Reason.OK: "Nothing is wrong.",
    Reason.FRAME_TRUNCATED: "The frame holds fewer bytes than were sent; it was not used.",
    Reason.PACKET_SHORT: "The packet is shorter than the session's header.",
    Reason.PACKET_BLOCKS: "The packet's message blocks do not fit its length or its count; it was not used.",
    Reason.PACKET_TRAILING: "Bytes follow the packet's last message; the messages were used.",
    Reason.PACKET_SEQUENCE: "The packet's sequence number is impossible; it was not used.",
    Reason.SESSION_OLD: "The packet belongs to the session before this one.",
    Reason.SESSION_UNCONFIRMED: "The packet is of a session not heard before; a second packet must confirm it.",
    Reason.PACKET_JUMP: "The packet is further ahead than `jump_limit`; a second packet must confirm it.",
    Reason.REPLY_SESSION: "A retransmission reply is of another session than the channel's; it was not used.",
    Reason.PACKET_CHECKSUM: "The packet's checksum is not that of its bytes; it was not used.",
    Reason.PACKET_INSIDE: "The packet begins inside another; what numbers count is mistaken, and no book is trusted.",
    Reason.STREAM_UNKNOWN: "The packet's in-band stream is not configured.",
    Reason.HOLD_OVERSIZE: "A packet ahead of its turn is larger than a hold slot; the hole was given up.",
    Reason.MESSAGE_UNKNOWN: "The message's type is not in the feed's table; it was skipped by its length.",
    Reason.MESSAGE_LENGTH: "The message's length is not the table's; it was not applied, and books are stale.",
    Reason.MESSAGE_FIELD: "A field has a value that the specification does not allow; the message was not applied.",
    Reason.INSTRUMENT_UNKNOWN: "The message names an instrument that no directory message announced.",
    Reason.INSTRUMENTS_FULL: "The instrument table is full; raise `capacities.instruments`.",
    Reason.INSTRUMENT_GAP: "The instrument's own numbers jump: something of it is lost, and it is stale.",
    Reason.ORDER_UNKNOWN: "The order is not in the book though the stream is complete; the instrument is stale.",
    Reason.ORDER_DUPLICATE: "An order was added under a reference that is in use; both instruments are stale.",
    Reason.ORDER_INSTRUMENT: "The order belongs to another instrument than the message; both are stale.",
    Reason.ORDER_BEFORE_START: "The order was entered before we joined or inside a gap.",
    Reason.ORDER_QUANTITY: "More was taken from an order than it held; the instrument is stale.",
    Reason.ORDERS_FULL: "The order store is full; raise `capacities.orders`. The instrument is stale.",
    Reason.LEVELS_FULL: "The pool of price levels is full; raise `capacities.levels`. The instrument is stale.",
    Reason.LADDERS_FULL: "The pool of ladder blocks is full; raise `capacities.levels`. The instrument is stale.",
    Reason.LEVEL_UNKNOWN: "The price level is not in the book though the stream is complete; the instrument is stale.",
    Reason.LEVEL_BEFORE_START: "The price level was set before we joined or inside a gap.",
    Reason.LEVEL_ORDER: "A numbered level's price does not fit between its neighbours; the instrument is stale.",
    Reason.PRICE_RANGE: "No book can hold the price, the last of 64 bits (a null value?); the instrument is stale.",
    Reason.ORDER_PLACE: "An order's place on its side is not where its price belongs; the instrument is stale.",
    Reason.BOOK_LOCKED: "Bid equals ask at an event boundary while the instrument trades.",
    Reason.BOOK_CROSSED: "Bid is above ask at an event boundary while the instrument trades.",
    Reason.EVENT_ENDLESS: "The venue's event went on for a second without its end; it counts as over.",
    Reason.STRATEGY_EVENTS_LOST: "A packet held more events than the ring; strategies missed the first of them.",
    Reason.INTENTIONS_FULL: "The cold side did not take intentions in time; one was dropped.",
}
