"""What the handlers of CME MDP 3.0 keep of each instrument, and what all of them ask first.

One instrument has up to three books: by level, the implied one by level, and by order. Each is an instrument of ours;
the implied book and that by order are made with their first entry, and called by the symbol and IMPLIED or ORDERS.

RptSeq numbers everything that is said of an instrument. So a lost packet costs only the instruments that it spoke of:
one whose numbers go on behind a gap, and whose book was right before it, is right again at once; one whose numbers jump
is stale until a snapshot, though no packet may be missing.
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

# `spare_0` of an instrument: the depth of its book and, above eight bits, that of its implied book; 0: not heard.
# `spare_1`: the last RptSeq, with a minus where it is a snapshot's: what the stream says up to there is in it.
# `spare_2`: the channel's epoch in which its book was last known to be right, 0 where it was not.
# `spare_3`: the implied book's index plus one and, above 32 bits, that of the book by order.

IMPLIED_CODE = 1 << 40
ORDERS_CODE = 1 << 41
IMPLIED_NAME = int.from_bytes(b" IMPLIED", "big")
ORDERS_NAME = int.from_bytes(b" ORDERS ", "big")
LOW_WORD = (1 << 32) - 1
END_OF_EVENT = 128
DEPTH = 10
IMPLIED_DEPTH = 2

APPLY = 0
IN_SNAPSHOT = 1
LOST = 2


@hot
def begin(channel, message):
    """The time of a message, and whether the venue's event ends with it (MatchEventIndicator, EndOfEvent)."""
    message_time(channel, message.transact_time)
    channel.event_open = 1 if message.match_event_indicator & END_OF_EVENT == 0 else 0


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
def implied_known(channel, instrument):
    """The implied book of an instrument, or -1 while it has none."""
    return (instrument_at(channel, instrument).spare_3 & LOW_WORD) - 1


@hot
def orders_known(channel, instrument):
    """The book by order of an instrument, or -1 while it has none."""
    return (instrument_at(channel, instrument).spare_3 >> 32) - 1


@hot_call
def implied_of(channel, instrument, code):
    """The implied book of an instrument, made where it has none yet; negative where there is no room."""
    known = instrument_at(channel, instrument)
    found = (known.spare_3 & LOW_WORD) - 1
    if found >= 0:
        return found
    found = instrument_seen(channel, code + IMPLIED_CODE)
    if found >= 0:
        known.spare_3 += found + 1
        instrument_name_after(channel, found, instrument, IMPLIED_NAME)
        # What is right of one book is right of the other: the venue numbers them together.
        if trusted(channel, instrument):
            levels_recovered(channel, found)
    return found


@hot_call
def orders_of(channel, instrument, code):
    """The book by order of an instrument, made where it has none yet; negative where there is no room."""
    known = instrument_at(channel, instrument)
    found = (known.spare_3 >> 32) - 1
    if found >= 0:
        return found
    found = instrument_seen(channel, code + ORDERS_CODE)
    if found >= 0:
        known.spare_3 += shift_left(found + 1, 32)
        instrument_name_after(channel, found, instrument, ORDERS_NAME)
    return found


@hot_call
def recovered(channel, instrument):
    """The levels of an instrument, its implied ones too, are the venue's again."""
    levels_recovered(channel, instrument)
    implied = implied_known(channel, instrument)
    if implied >= 0:
        levels_recovered(channel, implied)


@hot_call
def _jumped(channel, instrument, rpt_seq):
    """RptSeq is not the next one: something of this instrument is lost."""
    instrument_at(channel, instrument).spare_1 = rpt_seq
    implied = implied_known(channel, instrument)
    if implied >= 0:
        levels_lost(channel, implied)
    levels_lost(channel, instrument)
    return LOST


@hot_call
def _goes_on(channel, instrument, since):
    """The first entry behind a loss of trust, of an instrument that lost nothing by it: its book was right in an epoch
    before, and is, unless it was damaged since."""
    if not trusted(channel, instrument) and header_of(Book(channel.book), instrument).damaged_epoch < since:
        levels_recovered(channel, instrument)


@hot
def follows(channel, instrument, rpt_seq):
    """Whether an entry is to be applied: it is the next of its instrument, or lies in a snapshot, or one was lost."""
    if instrument < 0 or rpt_seq == 0:
        return APPLY
    known = instrument_at(channel, instrument)
    last = known.spare_1
    if last < 0:
        if rpt_seq <= -last:
            return IN_SNAPSHOT
        last = -last
    found = APPLY
    if last != 0 and rpt_seq != last + 1:
        found = _jumped(channel, instrument, rpt_seq)
        known.spare_2 = 0
    else:
        known.spare_1 = rpt_seq
        if known.spare_2 != channel.epoch:
            if known.spare_2 != 0:
                _goes_on(channel, instrument, known.spare_2)
                if known.spare_3 & LOW_WORD != 0:
                    _goes_on(channel, (known.spare_3 & LOW_WORD) - 1, known.spare_2)
            known.spare_2 = channel.epoch if trusted(channel, instrument) else 0
    return found


@hot
def seen(channel, code, rpt_seq):
    """The instrument of an entry that changes no book; its number counts."""
    instrument = instrument_seen(channel, code)
    follows(channel, instrument, rpt_seq)
    return instrument
