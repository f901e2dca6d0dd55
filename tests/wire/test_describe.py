"""The documentation says what the table says: as data that JSON can hold, and as Markdown."""

from __future__ import annotations

import json

import pytest

from feedhandler.wire import Message
from feedhandler.wire.describe import describe_message, describe_messages, feed_document, message_table
from feedhandler.wire.little_endian import alpha, char, i40, price, reserved, u8, u16, u64

pytestmark = pytest.mark.interpreted


# fmt: off
class Header(Message, size=2):
    """A header (Example 1.0, 1 | 2)."""

    length_of_packet = u16 @ 0


class Example(Message, type="E", size=28):
    """An example (Example 1.0, 2.1).

    Not in the table.
    """

    kind     = char                                           @ 0
    side     = char.named({" ": "None"}, B="Buy", S="Sell")   @ 1
    state    = u8.named({0: "Closed", 1: "Open|Auction"})     @ 2
    flags    = u8.with_bit_names(bit0="last", bit3="implied") @ 3
    price    = price(i40, decimals=2).nullable(-1)            @ 4
    reserved = reserved(3)                                    @ 9
    symbol   = alpha(6)                                       @ 12
    volume   = u64.added(2)                                   @ 18
    auction  = u16.added(3)                                   @ 26
# fmt: on


def test_a_message_is_described_as_plain_data() -> None:
    described = describe_message(Example)
    assert json.loads(json.dumps(described)) == described
    fields = described.pop("fields")
    assert described == {
        "message": "Example",
        "type": "E",
        "size": 28,
        "minimum_size": 18,
        "extensible": True,
        "specification": "An example (Example 1.0, 2.1).",
    }
    assert fields[1:5] == [
        {
            "field": "side",
            "offset": 1,
            "length": 1,
            "type": "char",
            "values": {"' '": "None", "B": "Buy", "S": "Sell"},
            "meaning": "`' '` None, `B` Buy, `S` Sell",
        },
        {
            "field": "state",
            "offset": 2,
            "length": 1,
            "type": "u8",
            "values": {"0": "Closed", "1": "Open|Auction"},
            "meaning": "`0` Closed, `1` Open|Auction",
        },
        {
            "field": "flags",
            "offset": 3,
            "length": 1,
            "type": "u8",
            "bits": {"bit 0": "last", "bit 3": "implied"},
            "meaning": "`bit 0` last, `bit 3` implied",
        },
        {
            "field": "price",
            "offset": 4,
            "length": 5,
            "type": "price2",
            "byte_order": "little",
            "decimals": 2,
            "null": -1,
            "meaning": "price, 2 decimal places; null -1",
        },
    ]
    assert fields[7] == {
        "field": "volume",
        "offset": 18,
        "length": 8,
        "type": "u64",
        "byte_order": "little",
        "since": 2,
        "meaning": "since version 2",
    }


def test_a_feed_is_described_message_by_message() -> None:
    assert describe_messages([Header, Example]) == [describe_message(Header), describe_message(Example)]


def test_a_message_is_one_markdown_section() -> None:
    assert message_table(Example) == (
        "### Example, type `E`, 18 to 28 bytes, or longer\n"
        "\n"
        "An example (Example 1.0, 2.1).\n"
        "\n"
        "| Offset | Length | Field | Type | Meaning |\n"
        "|---:|---:|---|---|---|\n"
        "| 0 | 1 | `kind` | char |  |\n"
        "| 1 | 1 | `side` | char | `' '` None, `B` Buy, `S` Sell |\n"
        "| 2 | 1 | `state` | u8 | `0` Closed, `1` Open\\|Auction |\n"
        "| 3 | 1 | `flags` | u8 | `bit 0` last, `bit 3` implied |\n"
        "| 4 | 5 | `price` | price2 | price, 2 decimal places; null -1 |\n"
        "| 9 | 3 | `reserved` | reserved(3) |  |\n"
        "| 12 | 6 | `symbol` | alpha(6) |  |\n"
        "| 18 | 8 | `volume` | u64 | since version 2 |\n"
        "| 26 | 2 | `auction` | u16 | since version 3 |\n"
    )


def test_a_feed_is_one_markdown_document_with_an_index() -> None:
    assert feed_document("Example 1.0", [Header, Example]) == (
        "# Example 1.0\n"
        "\n"
        "| Type | Message | Bytes | What it is |\n"
        "|---|---|---:|---|\n"
        "|  | Header | 2 | A header (Example 1.0, 1 \\| 2). |\n"
        "| `E` | Example | 28 | An example (Example 1.0, 2.1). |\n"
        "\n" + message_table(Header) + "\n" + message_table(Example)
    )


def test_a_message_without_docstring_is_described_all_the_same() -> None:
    class Bare(Message, size=1):
        only = u8 @ 0

    assert describe_message(Bare)["specification"] == ""
    assert message_table(Bare).startswith("### Bare, 1 bytes\n\n| Offset | Length | Field | Type | Meaning |\n")
