"""Definitions, trading statuses and auction imbalances as records.

The format's enumerations are Databento's. A venue's letters for its trading status are taken for what exchanges
commonly mean by them, and FIX's numbers (tag 326, SecurityTradingStatus) for what FIX says; what is neither is told
without an action. What a definition of ours does not know is undefined.
"""

from __future__ import annotations

import numpy

from feedhandler.core.events import EventKind

from .batches import Instruments
from .dbn_events import Array, Told, common, kinds, sizes
from .dbn_records import UNDEFINED_PRICE, StatusAction, blank

_A = StatusAction
_ACTIONS: dict[int, StatusAction] = {
    ord("T"): _A.TRADING,
    ord("H"): _A.HALT,
    ord("P"): _A.PAUSE,
    ord("Q"): _A.QUOTING,
    ord("S"): _A.SUSPEND,
    ord("A"): _A.PRE_OPEN,  # orders are accepted
    ord("O"): _A.PRE_OPEN,
    # FIX 326
    2: _A.HALT,
    4: _A.CLOSE,
    15: _A.NEW_PRICE_INDICATION,
    17: _A.TRADING,
    18: _A.NOT_AVAILABLE_FOR_TRADING,
    21: _A.PRE_OPEN,
    24: _A.PRE_CROSS,
    25: _A.CROSS,
    26: _A.POST_CLOSE,
}
_TRADES = (_A.TRADING,)
_QUOTES = (_A.TRADING, _A.QUOTING)
_UNRESTRICTED = (0, ord("0"), ord("N"), ord(" "))


def statuses(told: Told) -> Array:
    """Trading statuses, and short-sale restrictions, of a batch."""
    told = told.chosen(kinds(told.events, EventKind.TRADING_STATUS, EventKind.RESTRICTION) & (told.instrument_id != 0))
    codes = told.events["value_0"]
    records = blank("status", len(codes))
    common(records, told)
    actions = numpy.zeros(len(codes), "<u2")
    for code, action in _ACTIONS.items():
        actions[codes == code] = int(action)
    known = actions != int(_A.NONE)
    records["is_trading"] = numpy.where(known, numpy.where(numpy.isin(actions, _TRADES), b"Y", b"N"), b"~")
    records["is_quoting"] = numpy.where(known, numpy.where(numpy.isin(actions, _QUOTES), b"Y", b"N"), b"~")
    restriction = told.kind == EventKind.RESTRICTION
    actions[restriction] = int(_A.SHORT_SELL_RESTRICTION_CHANGE)
    for name in ("is_trading", "is_quoting"):
        records[name][restriction] = b"~"
    records["is_short_sell_restricted"] = b"~"
    records["is_short_sell_restricted"][restriction] = numpy.where(
        numpy.isin(codes[restriction], _UNRESTRICTED), b"N", b"Y"
    )
    records["action"] = actions
    return records


class Definitions:
    """Makes a record of each definition; an instrument's later ones modify its first."""

    def __init__(self, venue: str) -> None:
        self._venue = venue.encode("ascii", errors="replace")[:4]
        self._defined: set[int] = set()

    def records(self, told: Told, instruments: Instruments) -> Array:
        """The definitions of a batch."""
        told = told.chosen(kinds(told.events, EventKind.DEFINITION))
        rows = instruments.rows[told.events["row"]]
        records = blank("definition", len(rows))
        common(records, told)
        records["raw_symbol"] = rows["symbol"]
        records["raw_instrument_id"] = told.events["value_0"].view("<u8")
        records["exchange"] = self._venue
        records["display_factor"] = 1_000_000_000
        lot = told.events["value_2"]
        records["min_lot_size_round_lot"] = numpy.where((lot > 0) & (lot < 1 << 31), lot, (1 << 31) - 1)
        records["unit_of_measure_qty"] = rows["quantity_step"]
        records["channel_id"] = told.channel & 0xFFFF
        first = numpy.zeros(len(rows), bool)
        for place, number in enumerate(told.instrument_id.tolist()):
            first[place] = number not in self._defined
            self._defined.add(number)
        records["security_update_action"] = numpy.where(first, b"A", b"M")
        return records


def imbalances(told: Told) -> Array:
    """Auction imbalances of a batch. The direction is the venue's letter, where it is one of the format's."""
    told = told.chosen(kinds(told.events, EventKind.IMBALANCE) & (told.instrument_id != 0))
    events = told.events
    records = blank("imbalance", len(events))
    common(records, told)
    for name, value in (
        ("auct_interest_clr_price", "value_2"),
        ("cont_book_clr_price", "value_3"),
        ("ref_price", "value_4"),
    ):
        records[name] = numpy.where(events[value] > 0, told.price(value), UNDEFINED_PRICE)
    records["paired_qty"] = sizes(events["value_0"])
    records["total_imbalance_qty"] = sizes(numpy.abs(events["value_1"]))
    direction = events["detail"]
    records["side"] = numpy.select([direction == ord("B"), direction == ord("S")], [b"B", b"A"], b"N")
    records["auction_type"], records["unpaired_side"], records["significant_imbalance"] = b"~", b"N", b"~"
    return records
