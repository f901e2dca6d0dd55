"""Databento Binary Encoding (DBN) version 3: its records as numpy structured types, and the words they use.

A DBN file is metadata and then fixed records, little endian, without gaps. They are made here as arrays of the layout
of the format's own C structures, so that a batch of events becomes a batch of records without a Python object each;
the metadata is encoded by the format's own library. The tests compare each layout with the library's, and have its
decoder read every file.

Sources: "Databento Binary Encoding" and "Schemas and data formats" (databento.com/docs), and the library's own field
tables (databento-dbn 0.72).
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy
from numpy.typing import NDArray

VERSION = 3

UNDEFINED_PRICE = (1 << 63) - 1
UNDEFINED_TIME = (1 << 64) - 1
UNDEFINED_SIZE = (1 << 32) - 1
LEVELS = 10  #: of market by price


class RecordType(IntEnum):
    """`rtype` of a record's header."""

    TRADE = 0
    MBP_1 = 1
    MBP_10 = 10
    STATUS = 18
    DEFINITION = 19
    IMBALANCE = 20
    MBO = 160


class Flag:
    """Bits of a record's `flags`; plain numbers, which numpy takes as they are."""

    LAST = 1 << 7  #: the last record of its instrument in the venue's event
    TOP_OF_BOOK = 1 << 6  #: a quote, no order
    SNAPSHOT = 1 << 5
    BY_PRICE = 1 << 4  #: a level, no order
    BAD_TS_RECV = 1 << 3  #: nobody noted when it was received
    MAYBE_BAD_BOOK = 1 << 2  #: the book was not CURRENT
    PUBLISHER_SPECIFIC = 1 << 1  #: of ours: a trade of an auction


class StatusAction(IntEnum):
    """`action` of a status record."""

    NONE = 0
    PRE_OPEN = 1
    PRE_CROSS = 2
    QUOTING = 3
    CROSS = 4
    ROTATION = 5
    NEW_PRICE_INDICATION = 6
    TRADING = 7
    HALT = 8
    PAUSE = 9
    SUSPEND = 10
    PRE_CLOSE = 11
    CLOSE = 12
    POST_CLOSE = 13
    SHORT_SELL_RESTRICTION_CHANGE = 14
    NOT_AVAILABLE_FOR_TRADING = 15


_HEADER = [
    ("length", "u1"),  # in words of four bytes
    ("rtype", "u1"),
    ("publisher_id", "<u2"),
    ("instrument_id", "<u4"),
    ("ts_event", "<u8"),
]

MBO = numpy.dtype(
    [
        *_HEADER,
        ("order_id", "<u8"),
        ("price", "<i8"),
        ("size", "<u4"),
        ("flags", "u1"),
        ("channel_id", "u1"),
        ("action", "S1"),
        ("side", "S1"),
        ("ts_recv", "<u8"),
        ("ts_in_delta", "<i4"),
        ("sequence", "<u4"),
    ]
)

TRADE = numpy.dtype(
    [
        *_HEADER,
        ("price", "<i8"),
        ("size", "<u4"),
        ("action", "S1"),
        ("side", "S1"),
        ("flags", "u1"),
        ("depth", "u1"),
        ("ts_recv", "<u8"),
        ("ts_in_delta", "<i4"),
        ("sequence", "<u4"),
    ]
)

LEVEL = numpy.dtype(
    [
        ("bid_px", "<i8"), ("ask_px", "<i8"), ("bid_sz", "<u4"), ("ask_sz", "<u4"), ("bid_ct", "<u4"),
        ("ask_ct", "<u4"),
    ]
)  # fmt: skip

MBP_1 = numpy.dtype([*TRADE.descr, ("levels", LEVEL, (1,))])
MBP_10 = numpy.dtype([*TRADE.descr, ("levels", LEVEL, (LEVELS,))])

STATUS = numpy.dtype(
    [
        *_HEADER,
        ("ts_recv", "<u8"),
        ("action", "<u2"),
        ("reason", "<u2"),
        ("trading_event", "<u2"),
        ("is_trading", "S1"),
        ("is_quoting", "S1"),
        ("is_short_sell_restricted", "S1"),
        ("reserved", "V7"),
    ]
)

IMBALANCE = numpy.dtype(
    [
        *_HEADER,
        ("ts_recv", "<u8"),
        ("ref_price", "<i8"), ("auction_time", "<u8"), ("cont_book_clr_price", "<i8"),
        ("auct_interest_clr_price", "<i8"), ("ssr_filling_price", "<i8"), ("ind_match_price", "<i8"),
        ("upper_collar", "<i8"), ("lower_collar", "<i8"),
        ("paired_qty", "<u4"), ("total_imbalance_qty", "<u4"), ("market_imbalance_qty", "<u4"),
        ("unpaired_qty", "<u4"),
        ("auction_type", "S1"), ("side", "S1"), ("auction_status", "u1"), ("freeze_status", "u1"),
        ("num_extensions", "u1"), ("unpaired_side", "S1"), ("significant_imbalance", "S1"), ("reserved", "V1"),
    ]
)  # fmt: skip

DEFINITION = numpy.dtype(
    [
        *_HEADER,
        ("ts_recv", "<u8"),
        ("min_price_increment", "<i8"), ("display_factor", "<i8"), ("expiration", "<u8"), ("activation", "<u8"),
        ("high_limit_price", "<i8"), ("low_limit_price", "<i8"), ("max_price_variation", "<i8"),
        ("unit_of_measure_qty", "<i8"), ("min_price_increment_amount", "<i8"), ("price_ratio", "<i8"),
        ("strike_price", "<i8"), ("raw_instrument_id", "<u8"), ("leg_price", "<i8"), ("leg_delta", "<i8"),
        ("inst_attrib_value", "<i4"), ("underlying_id", "<u4"), ("market_depth_implied", "<i4"),
        ("market_depth", "<i4"), ("market_segment_id", "<u4"), ("max_trade_vol", "<u4"), ("min_lot_size", "<i4"),
        ("min_lot_size_block", "<i4"), ("min_lot_size_round_lot", "<i4"), ("min_trade_vol", "<u4"),
        ("contract_multiplier", "<i4"), ("decay_quantity", "<i4"), ("original_contract_size", "<i4"),
        ("leg_instrument_id", "<u4"), ("leg_ratio_price_numerator", "<i4"), ("leg_ratio_price_denominator", "<i4"),
        ("leg_ratio_qty_numerator", "<i4"), ("leg_ratio_qty_denominator", "<i4"), ("leg_underlying_id", "<u4"),
        ("appl_id", "<i2"), ("maturity_year", "<u2"), ("decay_start_date", "<u2"), ("channel_id", "<u2"),
        ("leg_count", "<u2"), ("leg_index", "<u2"),
        ("currency", "S4"), ("settl_currency", "S4"), ("secsubtype", "S6"), ("raw_symbol", "S71"), ("group", "S21"),
        ("exchange", "S5"), ("asset", "S11"), ("cfi", "S7"), ("security_type", "S7"), ("unit_of_measure", "S31"),
        ("underlying", "S21"), ("strike_price_currency", "S4"), ("leg_raw_symbol", "S71"),
        ("instrument_class", "S1"), ("match_algorithm", "S1"), ("main_fraction", "u1"), ("price_display_format", "u1"),
        ("sub_fraction", "u1"), ("underlying_product", "u1"), ("security_update_action", "S1"),
        ("maturity_month", "u1"), ("maturity_day", "u1"), ("maturity_week", "u1"), ("user_defined_instrument", "S1"),
        ("contract_multiplier_unit", "i1"), ("flow_schedule_type", "i1"), ("tick_rule", "u1"),
        ("leg_instrument_class", "S1"), ("leg_side", "S1"), ("reserved", "V17"),
    ]
)  # fmt: skip

_UNDEFINED = {
    "<i8": UNDEFINED_PRICE, "<u8": UNDEFINED_TIME, "<i4": (1 << 31) - 1, "<u4": UNDEFINED_SIZE, "<i2": (1 << 15) - 1,
    "<u2": (1 << 16) - 1, "|i1": 127, "|u1": 255,
}  # fmt: skip
"""What each width says where there is no value, of definitions and imbalances."""

SCHEMAS: dict[str, tuple[RecordType, numpy.dtype[Any]]] = {
    "mbo": (RecordType.MBO, MBO),
    "mbp-10": (RecordType.MBP_10, MBP_10),
    "mbp-1": (RecordType.MBP_1, MBP_1),
    "trades": (RecordType.TRADE, TRADE),
    "definition": (RecordType.DEFINITION, DEFINITION),
    "status": (RecordType.STATUS, STATUS),
    "imbalance": (RecordType.IMBALANCE, IMBALANCE),
}
"""The schemas that are written, by the format's own names: record type and layout. A file has one."""


def blank(schema: str, count: int) -> NDArray[Any]:
    """So many records of a schema with their lengths and types; the rest zero, or undefined where the format says so.

    >>> blank("mbo", 2)["length"].tolist()
    [14, 14]
    """
    record_type, layout = SCHEMAS[schema]
    records = numpy.zeros(count, layout)
    if schema in ("definition", "imbalance"):
        for name in layout.names or ():
            undefined = _UNDEFINED.get(layout[name].str)
            if undefined is not None:
                records[name] = undefined
    if schema == "definition":
        for name in ("leg_count", "leg_index", "leg_instrument_id", "leg_underlying_id", "underlying_id"):
            records[name] = 0
        records["leg_side"], records["match_algorithm"], records["user_defined_instrument"] = b"N", b" ", b"N"
    records["length"] = layout.itemsize // 4
    records["rtype"] = int(record_type)
    return records
