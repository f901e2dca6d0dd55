"""What the handlers of EOBI keep of a channel and of each product, and what all of them ask first.

**Packets and products.** Each packet is of one product (MarketSegmentID). ApplSeqNum numbers the packets of a channel,
and the engine arbitrates by it: first arrival wins, a hole is waited for and becomes a gap. MsgSeqNum numbers the
messages of a product without a hole. So a gap costs all books their trust, and the first message or heartbeat of a
product behind it says whether that product lost anything: where its numbers go on, its books are right again as they
are touched; where they jump, its books wait for a snapshot.

A product is an instrument of ours without a book, called PRODUCT and its number; its trading status is the product's.

**Trust.** What is known of a product is in four words, `spare_0` to `spare_3` of its record:

* `spare_0`: the MsgSeqNum that comes next; 0 while the product was not heard.
* `spare_1`: the channel's epoch since which its numbers have no hole; 0: they were heard from 1 on.
* `spare_2`: the MsgSeqNum from which on all its changes were applied and kept for snapshots; 0: none are kept.
* `spare_3`: the epoch in which it was last heard. In an epoch in which it was not heard yet, nothing is known of it.

A book that was right in epoch e, and was not damaged since, is right now if e is not before `spare_1`.
"""

from __future__ import annotations

from feedhandler.core.book import Book, header_of
from feedhandler.core.channel import channel_distrust, message_time
from feedhandler.core.directory import instrument_at, instrument_named
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.kept_changes import change_keep
from feedhandler.core.level_book import levels_recovered
from feedhandler.core.long_symbols import instrument_name_long
from feedhandler.core.memory import fill_bytes
from feedhandler.core.reasons import Reason
from feedhandler.core.records import Record, block, i64
from feedhandler.core.sequencer import Sequencer
from feedhandler.core.verbs import ASK, BID, no_instrument

BUY = 1
SELL = 2
NOBODY = -1
IN_LOOP = -9  # what `begin` says of a message of a snapshot
NO_PRICE = -9223372036854775808
COMPLETE = 1

PRODUCT_CODE = 1 << 62  # no SecurityID is as large
LOW_WORD = (1 << 32) - 1
PRODUCT_NAME = int.from_bytes(b"PRODUCT ", "big")
NAME_BYTES = 24
DIGITS = 10


class State(Record):
    """What a channel keeps of a session: of the packet that is being applied, and of the snapshots' loop."""

    time = i64  #: when the packet was sent (TransactTime of the packet header)
    segment = i64  #: its MarketSegmentID
    product = i64  #: the instrument that stands for it, plus one; negative or 0 where there is none
    loop = i64  #: its ApplSeqNum where it is of the snapshots' loop, else 0
    keeping = i64  #: 1 once something was missing: changes are kept for snapshots
    # the loop
    start = i64  #: the packet in which the snapshot of a product began; 0: none did
    packet = i64  #: the last packet that was taken of it
    next = i64  #: the MsgSeqNum that its next message has
    processed = i64  #: the product's MsgSeqNum up to which it goes (LastMsgSeqNumProcessed)
    snapshot_product = i64
    loading = i64  #: the instrument whose orders are coming, plus one; 0: of none, or none is wanted
    orders_left = i64  #: how many of its orders are still to come
    name = block(NAME_BYTES)  #: for the name of a product


@hot_call
def _name_write(state, segment):
    """The name of a product, `PRODUCT 675`, into the state; returns its length."""
    place = state.name
    fill_bytes(place, 32, NAME_BYTES)
    for position in range(8):
        fill_bytes(place + position, PRODUCT_NAME >> (56 - 8 * position) & 255, 1)
    number = abs(segment)
    length = 8
    if segment < 0:
        fill_bytes(place + length, 45, 1)
        length += 1
    digits = 1
    power = 10
    for _ in range(DIGITS):
        if number >= power:
            digits += 1
            power *= 10
    for position in range(digits):
        fill_bytes(place + length + digits - 1 - position, 48 + number % 10, 1)
        number //= 10
    return length + digits


@hot_call
def product_of(channel, segment):
    """The instrument that stands for a product, made and named where there is none yet; negative: there is no room."""
    count = channel.generation
    product = instrument_named(channel, PRODUCT_CODE | segment & LOW_WORD, PRODUCT_NAME)
    if product >= 0 and channel.generation != count:
        state = State(channel.feed_state)
        instrument_name_long(channel, product, state.name, _name_write(state, segment))
    return product


@hot_call
def packet_header(channel, message):
    """Packet Header (13002 to 13004): the product, the time, and whether the venue's event ends with the packet."""
    state = State(channel.feed_state)
    state.time = message.transact_time
    state.loop = Sequencer(channel.sequencer).loop_number
    if state.product <= 0 or state.segment != message.market_segment_id:
        state.segment = message.market_segment_id
        state.product = product_of(channel, state.segment) + 1
    if state.loop != 0:
        return Reason.OK
    channel.event_open = 0 if message.completion_indicator == COMPLETE else 1
    if channel.complete_epoch != channel.epoch:
        state.keeping = 1
    if state.keeping != 0 and state.product > 0:
        known = instrument_at(channel, state.product - 1)
        if known.spare_2 == 0:
            known.spare_2 = known.spare_0
    return Reason.OK


@hot_call
def product_judge(channel, product, number):
    """A product's number is not the next one, or the first of it since trust was lost."""
    known = instrument_at(channel, product)
    state = State(channel.feed_state)
    following = known.spare_0
    if following == 0 and number == 1:
        known.spare_2 = state.keeping
    elif number != following:
        # A channel that was heard from its first packet on, and a product that was not, contradict each other.
        if channel.complete_epoch == channel.epoch or known.spare_3 == channel.epoch:
            channel_distrust(channel)
        state.keeping = 1
        known.spare_1 = channel.epoch
        known.spare_2 = number
    known.spare_0 = number
    known.spare_3 = channel.epoch


@hot
def begin(channel, message):
    """What every message of the stream begins with: its time, its number in its product. The product, or negative."""
    state = State(channel.feed_state)
    message_time(channel, state.time)
    if state.loop != 0:
        return IN_LOOP
    product = state.product - 1
    if product < 0:
        return product
    known = instrument_at(channel, product)
    number = message.msg_seq_num
    if number != known.spare_0 or known.spare_3 != channel.epoch:
        product_judge(channel, product, number)
    known.spare_0 = number + 1
    return product


@hot_call
def refused(channel, product, number):
    """A message says what the specification does not allow, and was not applied: what its product's books lack by it
    cannot be known. The channel loses trust for it, and the product's books do not regain theirs by its numbers."""
    if product >= 0:
        known = instrument_at(channel, product)
        known.spare_1 = channel.epoch + 1
        known.spare_2 = number + 1
        State(channel.feed_state).keeping = 1
    return Reason.MESSAGE_FIELD


@hot
def passed_over(product):
    """The reason for a message of a product that is not kept; one of the loop has no place among orders and trades."""
    return Reason.MESSAGE_FIELD if product == IN_LOOP else no_instrument(product)


@hot
def trusted(channel, instrument):
    """Whether nothing is known to be missing of a book."""
    header = header_of(Book(channel.book), instrument)
    if header.damaged_epoch == channel.epoch:
        return False
    return channel.complete_epoch == channel.epoch or header.recovered_epoch == channel.epoch


@hot_call
def heal(channel, product, instrument):
    """A book that was right before trust was lost, of a product that lost nothing by it, is right: True."""
    header = header_of(Book(channel.book), instrument)
    known = instrument_at(channel, product)
    if known.spare_3 != channel.epoch or header.damaged_epoch != 0 or header.recovered_epoch < known.spare_1:
        return False
    levels_recovered(channel, instrument)
    return True


@hot
def touched(channel, product, instrument):
    """An instrument of a product is spoken of in the stream."""
    if channel.complete_epoch != channel.epoch:
        if header_of(Book(channel.book), instrument).recovered_epoch != channel.epoch:
            heal(channel, product, instrument)


@hot
def kept(channel, instrument, number, change, side, reference, new_reference, price, quantity):
    """Keep a change for snapshots, where something is missing; True: one is being put in, and the change follows it."""
    state = State(channel.feed_state)
    if state.keeping == 0:
        return False
    change_keep(channel, instrument, number, change, side, reference, new_reference, price, quantity, new_reference)
    return state.loading == instrument + 1


@hot
def noted(channel, reason):
    """The reason that a verb gave; a book that is damaged needs a snapshot."""
    if reason != Reason.OK:
        State(channel.feed_state).keeping = 1
    return reason


@hot
def side_of(code):
    """Our side of the venue's; NOBODY where it is neither."""
    if code == BUY:
        return BID
    return ASK if code == SELL else NOBODY
