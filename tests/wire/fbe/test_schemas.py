"""Deutsche Börse's own schemas of T7 load, their messages survive the round trip; a small one shows each rule."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedhandler.wire.fbe import SchemaError, load, read_schema, table_source
from feedhandler.wire.testing import messages

pytestmark = pytest.mark.interpreted

SCHEMAS = {
    "eurex/Eurex.T7.Eobi.Fbe.v3.0.xml": 23,
    "eurex/Eurex.T7.Eobi.Fbe.v6.0.xml": 23,
    "eurex/Eurex.T7.Eobi.Fbe.v14.1.xml": 27,
}


@pytest.fixture(scope="module")
def schemas(captures: Path) -> Path:
    """The exchanges' schemas, which lie beside the captures."""
    folder = captures.parent / "schemas"
    if not folder.is_dir():
        pytest.skip(f"no schemas: {folder} is not a folder")
    return folder


def test_every_schema_of_t7_that_is_there_is_in_the_list(schemas: Path) -> None:
    assert {str(path.relative_to(schemas)) for path in schemas.glob("eurex/*.xml")} == SCHEMAS.keys()
    for path in schemas.glob("cme/*.xml"):
        with pytest.raises(SchemaError, match=r"expected <Model> with ApplicationMessages .* not a schema of T7"):
            read_schema(path)


@pytest.mark.parametrize(("name", "count"), SCHEMAS.items())
def test_every_message_of_a_schema_survives_the_round_trip(schemas: Path, name: str, count: int) -> None:
    tables = load(schemas / name, "tables")["MESSAGES"]
    schema = read_schema(schemas / name)
    assert len(tables) == count
    for message, block in zip(tables, schema.messages, strict=True):
        assert (message.type, message.size) == (block.id, 8 + block.block_length)

    @settings(max_examples=5)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        message = data.draw(st.sampled_from(tables))
        fields = data.draw(messages(message))
        assert message.decode(message.encode(**fields)) == fields

    for message in tables:
        encoded = message.encode()
        found = message.decode(encoded)
        assert found.keys() == {**message.fields, **message.tails}.keys()
        assert (found["body_len"], found["template_id"], found["msg_seq_num"]) == (len(encoded), message.type, None)
    check()


def test_prices_quantities_and_times_are_what_the_schema_means(schemas: Path) -> None:
    older = load(schemas / "eurex/Eurex.T7.Eobi.Fbe.v3.0.xml", "older")["OrderAdd"].fields
    newer = load(schemas / "eurex/Eurex.T7.Eobi.Fbe.v14.1.xml", "newer")["OrderAdd"].fields
    for fields in (older, newer):
        assert (fields["price"].type.kind, fields["price"].type.decimals) == ("price", 8)
        assert (fields["trd_reg_ts_time_priority"].type.size, fields["trd_reg_ts_time_priority"].offset) == (8, 24)
        assert [fields["side"].type.word(code) for code in (1, 2)] == ["Buy", "Sell"]
    assert older["price"].type.null is None
    assert newer["price"].type.null == -(1 << 63)
    assert (older["display_qty"].type.name, older["display_qty"].type.decimals) == ("i32", 0)
    assert (newer["display_qty"].type.name, newer["display_qty"].type.decimals) == ("decimal4", 4)


SMALL = """<?xml version="1.0"?>
<Model name="small" version="1.2">
  <ApplicationMessages>
    <ApplicationMessage name="Quote" type="Quote" numericID="77" alias="Quote of a Thing">
      <Member name="MsgType" hidden="true" type="MsgType" usage="unused" offset="0" cardinality="1"/>
      <Group name="MessageHeader" type="MessageHeaderComp" cardinality="1">
        <Member name="BodyLen" type="BodyLen" usage="mandatory" offset="0" cardinality="1"/>
        <Member name="TemplateID" type="TemplateID" usage="mandatory" offset="2" cardinality="1"/>
        <Member name="MsgSeqNum" type="MsgSeqNum" usage="mandatory" offset="4" cardinality="1"/>
      </Group>
      <Member name="SecurityID" type="SecurityID" usage="mandatory" offset="8" cardinality="1"/>
      <Group name="Details" type="DetailsComp" cardinality="1">
        <Member name="Price" type="Price" usage="optional" offset="16" cardinality="1"/>
        <Member name="Side" type="Side" usage="mandatory" offset="24" cardinality="1"/>
        <Member name="Change" type="Change" usage="optional" offset="25" cardinality="1"/>
        <Member name="NoLegs" type="NoLegs" usage="mandatory" offset="26" cardinality="1"/>
        <Member name="Pad1" type="Pad1" usage="unused" offset="27" cardinality="1"/>
        <Member name="Text" type="Text" usage="mandatory" offset="28" cardinality="1"/>
      </Group>
      <Group name="LegGrp" type="LegGrpComp" minCardinality="0" cardinality="3" counter="NoLegs">
        <Member name="LegQty" type="LegQty" usage="optional" offset="40" cardinality="1"/>
        <Member name="LegSide" type="Side" usage="optional" offset="48" cardinality="1"/>
        <Member name="Pad1" type="Pad1" usage="unused" offset="49" cardinality="1"/>
      </Group>
    </ApplicationMessage>
  </ApplicationMessages>
  <Structures/>
  <DataTypes>
    <DataType name="BodyLen" type="int" rootType="int" size="2" minValue="0" noValue="0xFFFF"/>
    <DataType name="TemplateID" type="int" rootType="int" size="2" minValue="0" noValue="0xFFFF"/>
    <DataType name="MsgSeqNum" type="int" rootType="int" size="4" minValue="0" noValue="0xFFFFFFFF"/>
    <DataType name="SecurityID" type="int" rootType="int" size="8" minValue="-5" noValue="0x8000000000000000"/>
    <DataType name="Price" type="PriceType" rootType="floatDecimal" size="8" minValue="-9.5" precision="8"
      noValue="0x8000000000000000"/>
    <DataType name="LegQty" type="QuantityType" rootType="float" size="8" minValue="-9.5" precision="4"
      noValue="0x8000000000000000"/>
    <DataType name="Side" type="int" rootType="int" size="1" minValue="1" noValue="0xFF">
      <ValidValue name="Buy" value="1"/><ValidValue name="Sell" value="2"/></DataType>
    <DataType name="Change" type="int" rootType="int" size="1" minValue="-1" noValue="0x80"/>
    <DataType name="NoLegs" type="Counter" rootType="int" size="1" minValue="0" noValue="0xFF"/>
    <DataType name="Pad1" type="String" rootType="String" size="1" noValue="0x00"/>
    <DataType name="Text" type="String" rootType="String" size="12" noValue="0x00"/>
  </DataTypes>
</Model>
"""


def small(folder: Path, change: tuple[str, str] = ("", "")) -> Path:
    file = folder / "small.xml"
    assert change[0] in SMALL
    file.write_text(SMALL.replace(*change) if change[0] else SMALL)
    return file


def test_every_kind_of_element_has_its_place(tmp_path: Path) -> None:
    quote = load(small(tmp_path), "small")["Quote"]
    assert {name: field.offset for name, field in quote.fields.items()} == {
        "body_len": 0, "template_id": 2, "msg_seq_num": 4, "security_id": 8, "price": 16, "side": 24, "change": 25,
        "no_legs": 26, "padding_at_27": 27, "text": 28,
    }  # fmt: skip
    assert quote.specification == "Quote of a Thing (small 1.2, template 77)."
    values = {
        "msg_seq_num": 9, "security_id": -3, "price": 250_000_000, "side": 2, "change": -1, "text": "thing",
        "leg_grp": [{"leg_qty": 15_000, "leg_side": 1}, {"leg_qty": None, "leg_side": None}],
    }  # fmt: skip
    found = quote.decode(quote.encode(**values))
    assert found == {
        **values, "body_len": 60, "template_id": 77, "no_legs": 2, "padding_at_27": "",
        "leg_grp": [{**leg, "padding_at_9": ""} for leg in values["leg_grp"]],  # type: ignore[attr-defined]
    }  # fmt: skip
    assert quote.decode(quote.encode())["price"] is None


def test_the_entries_of_a_group_may_be_filled_up_to_the_most_that_there_can_be(tmp_path: Path) -> None:
    quote = load(small(tmp_path), "small")["Quote"]
    exact = quote.encode(leg_grp=[{"leg_qty": 10_000, "leg_side": 1}])
    filled = exact + bytes(20)
    assert quote.decode(filled)["leg_grp"] == quote.decode(exact)["leg_grp"]
    with pytest.raises(ValueError, match="do not fit its 49 bytes"):
        quote.decode(exact[:-1])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("<DataTypes>", "<Other>"), "cannot be read as XML"),
        (('type="Change" usage', 'type="Nobody" usage'), "Quote.Change has type 'Nobody', which the schema does not"),
        (('offset="25"', 'offset="26"'), "Quote.Change is at offset 18, but the member before it ends at 17"),
        (('size="12"', 'size="many"'), "Text has no number as its size"),
        (('rootType="float"', 'rootType="double"'), "type LegQty is 'double' of 8 bytes; expected int, float"),
        (('name="LegSide" type="Side" usage="optional" offset="48" cardinality="1"',
          'name="LegSide" type="Side" usage="optional" offset="48" cardinality="2"'), "LegSide is there 2 times"),
        (('<Group name="Details"', '<Group counter="NoLegs" name="Details"'), "LegGrp stands behind the group Details"),
        (("MessageHeader\"", "Header\""), "Quote has no MessageHeader"),
        (("ApplicationMessage ", "Nothing "), "cannot be read as XML"),
    ],
)  # fmt: skip
def test_a_schema_that_cannot_be_read_says_where(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(SchemaError, match=said):
        read_schema(small(tmp_path, change))


def test_a_schema_without_messages_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "empty.xml"
    file.write_text("<Model><ApplicationMessages/><DataTypes/></Model>")
    with pytest.raises(SchemaError, match="has no messages"):
        read_schema(file)
    with pytest.raises(SchemaError, match="cannot be read"):
        read_schema(tmp_path / "absent.xml")


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "feedhandler.wire.fbe", *arguments], capture_output=True, text=True, check=False
    )


def test_the_command_prints_the_module(tmp_path: Path) -> None:
    file = small(tmp_path)
    printed = command(str(file), "--title", "Small things.")
    assert (printed.returncode, printed.stdout) == (0, table_source(read_schema(file), title="Small things."))
    assert "class Quote(Fbe, type=77, size=40, extensible=True):" in printed.stdout
    refused = command(str(file), "--templates", "77,78")
    assert (refused.returncode, refused.stderr.strip()) == (1, "small.xml: has no templates 78")
