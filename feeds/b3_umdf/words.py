"""What the handlers of B3 Binary UMDF keep of each instrument, and what all of them ask first.

One instrument has up to two books: that of its priced orders, and that of its orders without a price (of auctions),
which stand in front of them. The latter is an instrument of ours, made with its first order and called by the symbol
and MARKET, all its orders at price 0.

RptSeq numbers what is said of an instrument. So a lost packet costs only the instruments that it spoke of: one whose
numbers go on behind a gap, and whose book was right before it, is right again at once; one whose numbers jump is stale
until a snapshot or an empty book, though no packet may be missing.
"""

from __future__ import annotations

from feedhandler.core.book import Book, header_of
from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_at, instrument_seen
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.level_book import levels_lost, levels_recovered
from feedhandler.core.long_symbols import instrument_name_after
from feedhandler.core.reasons import Reason
from feedhandler.core.records import Record, i64
from feedhandler.core.sequencer import Sequencer

# `spare_0` of an instrument: the index of its MARKET book plus one, 0 while it has none.
# `spare_1`: its last RptSeq, 0 where none is known.
# `spare_2`: the channel's epoch in which its book was last known to be right, 0 where it was not.
# `spare_3`: the last packet of the stream that spoke of it, or with a minus the last that a snapshot holds.

END_OF_EVENT = 128
MARKET_CODE = 1 << 62
MARKET_NAME = int.from_bytes(b" MARKET ", "big")

APPLY = 0
IN_SNAPSHOT = 1
LOST = 2


class Building(Record):
    """The snapshot whose orders are coming; `epoch` 0: none is.

    It is given up where the channel loses trust, where the stream goes on behind it before it is whole, and where the
    packets of its line do not follow each other.
    """

    epoch = i64
    code = i64
    line = i64
    packet = i64  #: the loop's last packet that belonged to it
    sequence = i64  #: the last packet of the stream that it holds
    rpt_seq = i64
    bids = i64  #: that are still to come
    offers = i64


@hot
def in_loop(channel):
    """Whether the message came beside the stream."""
    return Sequencer(channel.sequencer).loop_number != 0


@hot
def building_of(channel, code):
    """Whether a snapshot of an instrument is coming."""
    building = Building(channel.feed_state)
    return building.epoch == channel.epoch and building.epoch != 0 and building.code == code


@hot_call
def part_of(channel, code):
    """Whether a message of a loop belongs to the snapshot that is coming, with no packet missing in front of it."""
    sequencer = Sequencer(channel.sequencer)
    building = Building(channel.feed_state)
    if building.epoch == 0 or building.epoch != channel.epoch or sequencer.loop_line != building.line:
        return False
    number = sequencer.loop_number
    if code != building.code or number < building.packet or number > building.packet + 1:
        building.epoch = 0
        return False
    building.packet = number
    return True


@hot
def begin(channel, time, indicator):
    """The time of a message, and whether the venue's event ends with it (MatchEventIndicator, EndOfEvent)."""
    if time != 0:
        message_time(channel, time)
    channel.event_open = 1 if indicator & END_OF_EVENT == 0 else 0


@hot
def worse(first, second):
    """The reason to report of two."""
    return second if first == Reason.OK else first


@hot
def trusted(channel, instrument):
    """Whether nothing is known to be missing of a book."""
    header = header_of(Book(channel.book), instrument)
    if header.damaged_epoch == channel.epoch:
        return False
    return channel.complete_epoch == channel.epoch or header.recovered_epoch == channel.epoch


@hot
def market_known(channel, instrument):
    """The book of an instrument's orders without a price, or -1 while it has none."""
    return instrument_at(channel, instrument).spare_0 - 1


@hot_call
def market_of(channel, instrument, code):
    """The book of an instrument's orders without a price, made where it has none yet; negative: there is no room."""
    known = instrument_at(channel, instrument)
    if known.spare_0 != 0:
        return known.spare_0 - 1
    found = instrument_seen(channel, code + MARKET_CODE)
    if found >= 0:
        known.spare_0 = found + 1
        instrument_name_after(channel, found, instrument, MARKET_NAME)
        # The venue numbers both books together: what is right of one is right of the other.
        if trusted(channel, instrument):
            levels_recovered(channel, found)
    return found


@hot_call
def recovered(channel, instrument):
    """Both books of an instrument are the venue's again."""
    levels_recovered(channel, instrument)
    market = market_known(channel, instrument)
    if market >= 0:
        levels_recovered(channel, market)
    instrument_at(channel, instrument).spare_2 = channel.epoch


@hot_call
def lost(channel, instrument):
    """Something of an instrument is missing: both of its books are stale."""
    instrument_at(channel, instrument).spare_2 = 0
    market = market_known(channel, instrument)
    if market >= 0:
        levels_lost(channel, market)
    levels_lost(channel, instrument)
    return LOST


@hot_call
def _undamaged(channel, instrument, since):
    """Recover a book that was right in an epoch before, unless it was damaged since."""
    if header_of(Book(channel.book), instrument).damaged_epoch < since:
        levels_recovered(channel, instrument)


@hot_call
def goes_on(channel, instrument):
    """Nothing of an instrument is missing up to here: books that were right before the last loss of trust are so."""
    known = instrument_at(channel, instrument)
    since = known.spare_2
    if since != 0 and not trusted(channel, instrument):
        _undamaged(channel, instrument, since)
        if known.spare_0 != 0:
            _undamaged(channel, known.spare_0 - 1, since)
    known.spare_2 = channel.epoch if trusted(channel, instrument) else 0


@hot
def _in_snapshot(channel, known):
    """Whether a snapshot holds the packet being applied; one that the stream overtakes is given up."""
    if known.spare_3 < 0 and channel.sequence <= -known.spare_3:
        return True
    if building_of(channel, known.code):
        building = Building(channel.feed_state)
        if channel.sequence <= building.sequence:
            return True
        building.epoch = 0
    return False


@hot
def follows(channel, instrument, rpt_seq):
    """Whether a message is to be applied: it is the next of its instrument, or lies in a snapshot, or one was lost."""
    known = instrument_at(channel, instrument)
    if _in_snapshot(channel, known):
        return IN_SNAPSHOT
    known.spare_3 = channel.sequence
    last = known.spare_1
    if rpt_seq != 0:
        known.spare_1 = rpt_seq
        if last != 0 and rpt_seq != last + 1:
            return lost(channel, instrument)
    if known.spare_2 != channel.epoch:
        if last == 0 or rpt_seq == 0:
            # Without numbers nobody can say that nothing was lost.
            known.spare_2 = 0
        goes_on(channel, instrument)
    return APPLY


@hot
def emptied(channel, instrument):
    """The venue says that an instrument's book is empty: whether that is news, and from here on nothing is missing."""
    known = instrument_at(channel, instrument)
    if _in_snapshot(channel, known):
        return False
    known.spare_3 = channel.sequence
    known.spare_1 = 0
    return True


@hot
def reported(reason, found):
    """What to report of a message that was applied behind a loss."""
    return worse(reason, Reason.INSTRUMENT_GAP) if found == LOST else reason
