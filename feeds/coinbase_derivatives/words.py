"""What the handlers of Coinbase Derivatives keep of each instrument, and what all of them ask first.

The stream's own numbers never begin again, so nobody hears it from its first message: every book begins with a
snapshot. Beside them InstrSeqNum numbers everything that is said of an instrument on a trading day. So a lost packet
costs only the instruments that it spoke of: one whose numbers go on behind a gap, and whose book was right before it,
is right again at once; one whose numbers jump is stale until a snapshot.

A position is the trading day and InstrSeqNum as one number. Where another day begins the numbers begin anew, which is
no jump while nothing of the stream is missing; behind a gap nobody can say what else the former day had.
"""

from __future__ import annotations

from feedhandler.core.book import Book, header_of
from feedhandler.core.channel import message_time
from feedhandler.core.directory import instrument_at, instrument_seen
from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.level_book import levels_lost, levels_recovered
from feedhandler.core.long_symbols import instrument_name_after
from feedhandler.core.reasons import Reason
from feedhandler.core.records import Record, i64

# `spare_0` of an instrument: the index of its implied book plus one, 0 while it has none.
# `spare_1`: its last position, with a minus where it is a snapshot's: what the stream says up to there is in it.
# `spare_2`: the channel's epoch in which its book was last known to be right, 0 where it was not.

START_OF_TRANSACTION, END_OF_TRANSACTION = 1, 2
CLEAR_BOOK = 4 | 128  # bit 7 in the schema, bit 2 in the document; both reserve it
IMPLIED_CODE = 1 << 40
IMPLIED_NAME = int.from_bytes(b" IMPLIED", "big")

APPLY = 0
IN_SNAPSHOT = 1
LOST = 2


class Building(Record):
    """The snapshot whose messages are coming, one at a time in a channel; `epoch` 0: none is.

    It is given up where the channel loses trust, or where the stream goes on behind it before it is whole.
    """

    epoch = i64
    code = i64
    sequence = i64  #: of the last incremental message that it holds
    position = i64
    next = i64  #: the next SnapshotSeqNum
    orders = i64  #: that are still to come


@hot
def building_of(channel, code):
    """Whether a snapshot of an instrument is coming."""
    building = Building(channel.feed_state)
    return building.epoch == channel.epoch and building.epoch != 0 and building.code == code


@hot
def begin(channel, header):
    """The time of a message, and whether the venue's transaction ends with it."""
    message_time(channel, header.transact_time)
    channel.event_open = 1 if header.flags & END_OF_TRANSACTION == 0 else 0


@hot
def worse(first, second):
    """The reason to report of two."""
    return second if first == Reason.OK else first


@hot
def position_of(day, number):
    """A trading day and an InstrSeqNum as one number."""
    return shift_left(day, 32) + number


@hot
def trusted(channel, instrument):
    """Whether nothing is known to be missing of a book."""
    header = header_of(Book(channel.book), instrument)
    if header.damaged_epoch == channel.epoch:
        return False
    return channel.complete_epoch == channel.epoch or header.recovered_epoch == channel.epoch


@hot
def implied_known(channel, instrument):
    """The implied book of an instrument, or -1 while it has none."""
    return instrument_at(channel, instrument).spare_0 - 1


@hot_call
def implied_of(channel, instrument, code):
    """The implied book of an instrument, made where it has none yet; negative where there is no room."""
    known = instrument_at(channel, instrument)
    if known.spare_0 != 0:
        return known.spare_0 - 1
    found = instrument_seen(channel, code + IMPLIED_CODE)
    if found >= 0:
        known.spare_0 = found + 1
        instrument_name_after(channel, found, instrument, IMPLIED_NAME)
        # The venue numbers both books together: what is right of one is right of the other.
        if trusted(channel, instrument):
            levels_recovered(channel, found)
    return found


@hot_call
def recovered(channel, instrument):
    """The book of an instrument, its implied one too, is the venue's again."""
    levels_recovered(channel, instrument)
    implied = implied_known(channel, instrument)
    if implied >= 0:
        levels_recovered(channel, implied)


@hot_call
def _lost(channel, instrument, position):
    """Something of this instrument is missing."""
    known = instrument_at(channel, instrument)
    known.spare_1 = position
    known.spare_2 = 0
    implied = implied_known(channel, instrument)
    if implied >= 0:
        levels_lost(channel, implied)
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
def follows(channel, instrument, header):
    """Whether a message is to be applied: it is the next of its instrument, or lies in a snapshot, or one was lost."""
    position = position_of(header.trading_session_date, header.instr_seq_num)
    known = instrument_at(channel, instrument)
    last = known.spare_1
    if last < 0:
        if position <= -last:
            return IN_SNAPSHOT
        last = -last
    if building_of(channel, known.code):
        building = Building(channel.feed_state)
        if position <= building.position:
            return IN_SNAPSHOT
        building.epoch = 0
    if header.flags & CLEAR_BOOK != 0:
        return _lost(channel, instrument, position)
    if last != 0 and position != last + 1:
        # Another day is the only jump that is none, if the stream was whole since the instrument was last heard of.
        if position >> 32 <= last >> 32 or known.spare_2 != channel.epoch:
            return _lost(channel, instrument, position)
    known.spare_1 = position
    if known.spare_2 != channel.epoch:
        goes_on(channel, instrument)
    return APPLY
