"""What the handlers of ICE iMpact keep of each market, and what all of them ask first.

A market has up to three books: of orders, of implied orders, and of requests for quotes, which come and go as orders
do. Each is an instrument of ours. The two others are made with their first order, and called by the market's id and
IMPLIED or RFQ. A Delete Order message does not say of which it speaks; ids are unique within the market.

No book is right because the stream was seen from its first message: orders of days before are in the book and are not
sent again. So a market is stale from when it is first heard of until a snapshot.
"""

from __future__ import annotations

from feedhandler.core.book import Book, book_find, book_home, header_of
from feedhandler.core.directory import UNKNOWN, instrument_at, instrument_find, instrument_named
from feedhandler.core.integers import shift_left
from feedhandler.core.jit import hot, hot_call
from feedhandler.core.level_book import levels_lost, levels_recovered
from feedhandler.core.long_symbols import instrument_name_after, instrument_name_number, number_letters
from feedhandler.core.orders import NONE
from feedhandler.core.verbs import BID

# `spare_0` of a market: the last change of its books that was not kept for a snapshot, by its sequence.
# `spare_1`: the sequence up to which a snapshot holds everything: what the stream says up to there is passed over.
# `spare_2`: the implied book's index plus one and, above 32 bits, that of the requests for quotes.

IMPLIED_CODE = 1 << 40
REQUESTS_CODE = 1 << 41
IMPLIED_NAME = int.from_bytes(b" IMPLIED", "big")
REQUESTS_NAME = int.from_bytes(b" RFQ    ", "big")
LOW_WORD = (1 << 32) - 1
MILLISECOND = 1_000_000
YES = ord("Y")
BID_SIDE = ord("1")
OFFER_SIDE = ord("2")


@hot_call
def _market_new(channel, code):
    """A market that is heard of for the first time: called by its id, and stale."""
    number = code & LOW_WORD
    market = instrument_named(channel, code, number_letters(number))
    if market >= 0:
        instrument_name_number(channel, market, number)
        levels_lost(channel, market)
    return market


@hot
def market_of(channel, code):
    """The instrument of a market id, made where it has none; negative where it is filtered or there is no room."""
    market = instrument_find(channel, code)
    return _market_new(channel, code) if market == UNKNOWN else market


@hot
def trusted(channel, instrument):
    """Whether a snapshot made the book right, and nothing is known to be missing since."""
    header = header_of(Book(channel.book), instrument)
    return header.recovered_epoch == channel.epoch and header.damaged_epoch != channel.epoch


@hot
def implied_known(known):
    """The implied book of a market, or -1 while it has none."""
    return (known.spare_2 & LOW_WORD) - 1


@hot
def requests_known(known):
    """The book of requests for quotes of a market, or -1 while it has none."""
    return (known.spare_2 >> 32) - 1


@hot_call
def _book_new(channel, market, code, name):
    """A book beside that of a market's orders: empty so far, and as right as that is."""
    known = instrument_at(channel, market)
    found = instrument_named(channel, known.code + code, number_letters(known.code & LOW_WORD))
    if found >= 0:
        instrument_name_after(channel, found, market, name)
        if trusted(channel, market):
            levels_recovered(channel, found)
        else:
            levels_lost(channel, found)
    return found


@hot_call
def book_beside(channel, market, is_request):
    """The book of implied orders, or of requests for quotes, made where the market has none; negative: no room."""
    known = instrument_at(channel, market)
    found = requests_known(known) if is_request else implied_known(known)
    if found < 0:
        found = _book_new(
            channel, market, REQUESTS_CODE if is_request else IMPLIED_CODE,
            REQUESTS_NAME if is_request else IMPLIED_NAME,
        )  # fmt: skip
        if found >= 0:
            known.spare_2 += shift_left(found + 1, 32) if is_request else found + 1
    return found


@hot
def holds(channel, book, order_id):
    """Whether a book holds an order."""
    store = Book(channel.book)
    return book_find(channel, store, book, BID, order_id, book_home(channel, store, book, BID, order_id)) != NONE


@hot_call
def holder_beside(channel, market, order_id):
    """Which of the two other books of a market holds an order, or -1."""
    known = instrument_at(channel, market)
    implied, requests = implied_known(known), requests_known(known)
    if implied >= 0 and holds(channel, implied, order_id):
        return implied
    if requests >= 0 and holds(channel, requests, order_id):
        return requests
    return -1


@hot_call
def market_trusted(channel, market):
    """Whether every book of a market is right."""
    known = instrument_at(channel, market)
    implied, requests = implied_known(known), requests_known(known)
    right = trusted(channel, market)
    if implied >= 0:
        right = right and trusted(channel, implied)
    if requests >= 0:
        right = right and trusted(channel, requests)
    return right


@hot
def right(channel, market, known):
    """The same for the stream's hot path: most markets have one book."""
    return trusted(channel, market) and (known.spare_2 == 0 or market_trusted(channel, market))


@hot_call
def market_lost(channel, market):
    """Something of a market is missing: each of its books is stale until a snapshot."""
    known = instrument_at(channel, market)
    implied, requests = implied_known(known), requests_known(known)
    if implied >= 0:
        levels_lost(channel, implied)
    if requests >= 0:
        levels_lost(channel, requests)
    return levels_lost(channel, market)


@hot_call
def market_recovered(channel, market):
    """A snapshot was applied whole: each book of the market is the venue's."""
    known = instrument_at(channel, market)
    implied, requests = implied_known(known), requests_known(known)
    if implied >= 0:
        levels_recovered(channel, implied)
    if requests >= 0:
        levels_recovered(channel, requests)
    return levels_recovered(channel, market)
