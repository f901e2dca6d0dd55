"""A feed runs with a newer schema than it was written against: new fields, groups and messages lose nothing."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from feedhandler.books import Books
from feedhandler.composition.fitting import feed_of, variant_of
from feedhandler.config import ConfigurationError, parse
from feedhandler.core.reasons import Reason
from feedhandler.decoding import Decoder
from feedhandler.feed import Feed
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities
from feeds.memx_memoir_depth import FEED, messages
from tests.feeds.session_packets import memoir_udp_packet
from tests.stage import memory_receiver
from tests.streams import Sent

pytestmark = pytest.mark.interpreted

SCHEMA = "schemas/memx/Memx.Equities.MemoirDepth.Sbe.v1.3.xml"
GROUP_TYPE = """<composite name="groupSizeEncoding"><type name="blockLength" primitiveType="uint16"/>
<type name="numInGroup" primitiveType="uint8"/></composite>"""
NEW_GROUP = """<group name="Venues" id="900" dimensionType="groupSizeEncoding" blockLength="2" sinceVersion="260">
<field name="VenueCode" id="901" type="uint16" sinceVersion="260"/></group>"""


@pytest.fixture
def schema(captures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The exchange's schema as it might be next year: a field more, a group more, a message more."""
    path = captures.parent / SCHEMA
    if not path.is_file():
        pytest.skip(f"no schema: {path}")
    monkeypatch.setattr(sys, "path", [*sys.path])
    tree = ElementTree.parse(path)
    root = tree.getroot()
    root.set("version", "260")
    messages_by_name = {element.get("name"): element for element in root if element.tag.endswith("message")}
    added = messages_by_name["OrderAdded"]
    added.set("blockLength", str(int(added.attrib["blockLength"]) + 4))
    added.append(ElementTree.fromstring('<field name="Nuance" id="903" type="uint32" sinceVersion="260"/>'))
    messages_by_name["OrderReduced"].append(ElementTree.fromstring(NEW_GROUP))
    next(element for element in root if element.tag.endswith("types")).append(ElementTree.fromstring(GROUP_TYPE))
    novelty = ElementTree.SubElement(root, added.tag, {"name": "Novelty", "id": "99", "blockLength": "4"})
    novelty.append(ElementTree.fromstring('<field name="Amount" id="902" type="uint32"/>'))
    file = tmp_path / "newer.xml"
    tree.write(file)
    return file


def configured(file: Path, feed: str = "memx_memoir_depth") -> Feed:
    deployment = parse(f"{{name: newer, feed: {feed}, schema: {file.name}}}", str(file.parent / "newer.yaml"))
    return feed_of(deployment)


def table(feed: Feed, name: str) -> Any:
    return next(found for found in feed.messages() if found.__name__ == name)


def fed(feed: Feed, *bodies: bytes) -> Pipeline:
    plan = ChannelPlan("c", lines=(0,), capacities=Capacities(instruments=32, orders=256, levels=128, events=64))
    pipeline = Pipeline("test", [Route(feed, "memx", feed.session())], channels=[plan])
    receiver = memory_receiver([Sent(memoir_udp_packet(1, bodies))])
    pipeline.attach(receiver)
    pipeline.run()
    receiver.close()
    return pipeline


def stream(feed: Feed) -> list[bytes]:
    """What the venue sends with the new schema."""
    order = {"security_id": 5, "side": "B", "price": 10_000_000}
    return [
        messages.InstrumentDirectory.encode(security_id=5, symbol="BRK", symbol_sfx="B", round_lot=100),
        table(feed, "OrderAdded").encode(order_id=1, quantity=100, nuance=7, **order),
        messages.OrderAdded.encode(order_id=2, quantity=50, **order),
        table(feed, "OrderReduced").encode(security_id=5, order_id=1, quantity=30, venues=[{"venue_code": 1}] * 3),
        table(feed, "Novelty").encode(amount=12),
        messages.OrderDeleted.encode(security_id=5, order_id=2),
    ]


def test_new_fields_and_groups_are_passed_over_and_a_new_message_is_counted(schema: Path) -> None:
    feed = configured(schema)
    pipeline = fed(feed, *stream(feed))
    book = Books(pipeline.channels)["BRK.B"]
    assert [(level.price, level.quantity) for level in book.depth().bids] == [(10_000_000_000, 70)]
    counted = {Reason(number): int(count) for number, count in enumerate(pipeline.channels[0].reasons()) if count}
    assert counted == {Reason.MESSAGE_UNKNOWN: 1}


def test_decimal_places_that_a_schema_only_describes_stay_the_feed_s(captures: Path, tmp_path: Path) -> None:
    path = captures.parent / "schemas/coinbase/Coinbase.Derivatives.MarketDataApi.Sbe.v1.2.xml"
    if not path.is_file():
        pytest.skip(f"no schema: {path}")
    newer = tmp_path / "newer.xml"
    newer.write_text(path.read_text().replace('version="2"', 'version="3"', 1))
    put = table(configured(newer, "coinbase_derivatives"), "OrderPut")
    assert put.fields["price"].type.decimals == 9
    assert put.decode(put.encode())["version"] == 3


def test_what_the_handlers_do_not_know_is_decoded(schema: Path) -> None:
    feed = configured(schema)
    decoded = list(Decoder(feed, "memx", feed.session()).messages(memoir_udp_packet(1, stream(feed))))
    assert [message.error for message in decoded] == [None] * 6
    assert (decoded[1].fields["nuance"], decoded[2].fields["nuance"]) == (7, None)
    assert decoded[3].fields["venues"] == [{"venue_code": 1}] * 3
    assert (decoded[4].message, decoded[4].fields["amount"]) == ("Novelty", 12)


def test_the_feed_as_it_was_written_takes_the_same_stream(schema: Path) -> None:
    """Without the newer schema: the blocks say how long they are."""
    pipeline = fed(FEED, *stream(configured(schema)))
    assert Books(pipeline.channels)["BRK.B"].depth().bids[0].quantity == 70
    assert int(pipeline.channels[0].reasons()[Reason.MESSAGE_UNKNOWN]) == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name="Quantity"', 'name="Amount"', "has no quantity"),
        (' id="2"', ' id="3"', "the schema's id is"),
        ("<", "{", "cannot be read as XML"),
    ],
)
def test_a_schema_that_does_not_fit_is_refused_with_what_is_wrong(
    schema: Path, old: str, new: str, words: str
) -> None:
    text = schema.read_text()
    schema.write_text(text.replace(old, new) if "Quantity" in old else text.replace(old, new, 1))
    with pytest.raises(ConfigurationError, match=r"newer\.yaml:1: schema: ") as refused:
        configured(schema)
    assert words in str(refused.value)


def test_a_feed_that_is_not_sbe_has_no_schema(schema: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not SBE"):
        configured(schema, "nasdaq_itch50")


def test_the_variant_is_still_the_configuration_s(schema: Path) -> None:
    text = f"{{name: newer, feed: memx_memoir_depth, schema: {schema.name}}}"
    deployment = parse(text, str(schema.parent / "a.yaml"))
    assert variant_of(deployment, feed_of(deployment)) == "memx"
