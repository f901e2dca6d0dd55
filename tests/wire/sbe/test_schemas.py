"""The exchanges' own schemas load, their messages survive the round trip; small schemas show each rule by itself."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedhandler.wire.sbe import SchemaError, load, read_schema, table_source
from feedhandler.wire.sbe.source import snake
from feedhandler.wire.testing import messages

pytestmark = pytest.mark.interpreted

ROOT = Path(__file__).parents[3]
SCHEMAS = {
    "cme/Cme.Futures.Mdp3.Sbe.v1.5.xml": 17,
    "cme/Cme.Futures.Mdp3.Sbe.v1.6.xml": 17,
    "cme/Cme.Futures.Mdp3.Sbe.v1.8.xml": 19,
    "cme/Cme.Futures.Mdp3.Sbe.v1.9.xml": 29,
    "cme/Cme.Futures.Mdp3.Sbe.v1.12.xml": 31,
    "cme/Cme.Futures.Mdp3.Sbe.v1.13.xml": 31,
    "b3/B3.Equities.BinaryUmdf.Sbe.v1.8.xml": 32,
    "b3/B3.Equities.BinaryUmdf.Sbe.v2.2.xml": 30,
    "coinbase/Coinbase.Derivatives.MarketDataApi.Sbe.v1.2.xml": 20,
    "deribit/deribit_multicast_v3.xml": 11,
    "memx/Memx.Equities.MemoirDepth.Sbe.v1.3.xml": 13,
}


@pytest.fixture(scope="module")
def schemas(captures: Path) -> Path:
    """The exchanges' schemas, which lie beside the captures."""
    folder = captures.parent / "schemas"
    if not folder.is_dir():
        pytest.skip(f"no schemas: {folder} is not a folder")
    return folder


def test_every_schema_that_is_there_is_in_the_list(schemas: Path) -> None:
    found = {str(path.relative_to(schemas)) for path in schemas.rglob("*.xml")}
    # The dialect of T7 is another, and `feedhandler.wire.fbe` reads it.
    assert {name for name in found if not name.startswith("eurex/")} == SCHEMAS.keys()
    for path in schemas.glob("eurex/*.xml"):
        with pytest.raises(SchemaError, match="expected <messageSchema>: not an SBE schema"):
            read_schema(path)


@pytest.mark.parametrize(("name", "count"), SCHEMAS.items())
def test_every_message_of_a_schema_survives_the_round_trip(schemas: Path, name: str, count: int) -> None:
    tables = load(schemas / name, "tables")["MESSAGES"]
    schema = read_schema(schemas / name)
    assert len(tables) == count
    for message, block in zip(tables, schema.messages, strict=True):
        assert (message.type, message.size) == (block.id, schema.header.size + block.block_length)

    @settings(max_examples=5)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        message = data.draw(st.sampled_from(tables))
        fields = data.draw(messages(message))
        assert message.decode(message.encode(**fields)) == fields

    for message in tables:
        assert message.decode(message.encode()).keys() == {**message.fields, **message.tails}.keys()
    check()


def test_prices_times_and_dates_are_what_the_schema_means(schemas: Path) -> None:
    tables = load(schemas / "cme/Cme.Futures.Mdp3.Sbe.v1.13.xml", "tables")
    entry = tables["MDIncrementalRefreshBook46NoMDEntries"]
    assert (entry.fields["md_entry_px"].type.decimals, entry.fields["md_entry_px"].type.null) == (9, (1 << 63) - 1)
    assert entry.fields["md_update_action"].type.word(5) == "Overlay"
    future = tables["MDInstrumentDefinitionFuture54"]
    date = future.fields["maturity_month_year"]
    assert (date.type.table.fields["week"].offset, date.type.table.size) == (4, 5)
    assert future.decode(future.encode())["maturity_month_year"]["year"] is None


SMALL = """<?xml version="1.0"?>
<sbe:messageSchema xmlns:sbe="http://fixprotocol.io/2016/sbe" package="small" id="7" version="3" byteOrder="{order}">
  <types>
    <composite name="messageHeader">
      <type name="blockLength" primitiveType="uint16"/><type name="templateId" primitiveType="uint16"/>
      <type name="schemaId" primitiveType="uint16"/><type name="version" primitiveType="uint16"/>
    </composite>
    <composite name="groupSizeEncoding">
      <type name="blockLength" primitiveType="uint16"/><type name="numInGroup" primitiveType="uint16"/>
    </composite>
    <composite name="note"><type name="length" primitiveType="uint8"/>
      <type name="varData" primitiveType="char" length="0"/></composite>
    <composite name="Price"><type name="mantissa" primitiveType="int32"/>
      <type name="exponent" presence="constant" primitiveType="int8">-4</type></composite>
    <composite name="Any"><type name="mantissa" primitiveType="int64"/>
      <type name="exponent" primitiveType="int8"/></composite>
    <composite name="Nested"><ref name="price" type="Price"/><ref name="side" type="Side" offset="6"/></composite>
    <type name="Optional" primitiveType="uint16" presence="optional"/>
    <type name="Hidden" primitiveType="char" presence="constant">X</type>
    <enum name="Side" encodingType="char"><validValue name="Buy">B</validValue>
      <validValue name="Sell">S</validValue></enum>
    <enum name="State" encodingType="uint8"><validValue name="Open">1</validValue></enum>
    <set name="Flags" encodingType="uint8"><choice name="Last">0</choice><choice name="Implied">7</choice></set>
  </types>
  <sbe:message name="QuoteMSG" id="9" blockLength="48" description="A &quot;quote&quot;">
    <field name="securityID" id="1" type="uint32"/>
    <field name="bidPx" id="2" type="Price"/>
    <field name="wide" id="3" type="Any"/>
    <field name="both" id="4" type="Nested"/>
    <field name="state" id="5" type="State" presence="optional"/>
    <field name="flags" id="6" type="Flags"/>
    <field name="kind" id="7" type="Hidden"/>
    <field name="count" id="8" type="Optional"/>
    <field name="price" id="9" type="double" offset="32" presence="optional"/>
    <field name="length" id="10" type="int16" sinceVersion="2"/>
    <group name="Legs" id="20"><field name="ratio" id="1" type="uint8"/>
      <group name="Fills" id="21"><field name="qty" id="1" type="uint32"/></group>
      <data name="comment" id="22" type="note"/>
    </group>
    <group name="Late" id="30" sinceVersion="3"><field name="ratio" id="1" type="uint8"/></group>
  </sbe:message>
</sbe:messageSchema>
"""


def small(folder: Path, order: str = "littleEndian", change: tuple[str, str] = ("", "")) -> Path:
    file = folder / "small.xml"
    text = SMALL.replace("{order}", order)
    assert change[0] in text
    file.write_text(text.replace(*change) if change[0] else text)
    return file


@pytest.mark.parametrize("order", ["littleEndian", "bigEndian"])
def test_every_kind_of_element_has_its_place(tmp_path: Path, order: str) -> None:
    quote = load(small(tmp_path, order), "small")["QuoteMSG"]
    assert {name: field.offset - 8 for name, field in quote.fields.items()} == {
        "block_length": -8, "template_id": -6, "schema_id": -4, "version": -2,
        "security_id": 0, "bid_px": 4, "wide": 8, "both": 17, "state": 24, "flags": 25, "count": 26,
        "padding_at_36": 28, "price": 32, "length_": 40, "padding_at_50": 42,
    }  # fmt: skip
    assert quote.specification == "A 'quote' (small, template 9)."
    assert "kind X" in quote.__doc__
    values = {
        "security_id": 5, "bid_px": -12345, "wide": {"mantissa": 7, "exponent": -2}, "state": 1, "flags": 0x81,
        "both": {"price": 9, "padding_at_4": "", "side": "S"}, "price": 0.25, "length_": -3,
        "legs": [{"ratio": 1, "fills": [{"qty": 3}, {"qty": 4}], "comment": "ok"}], "late": [{"ratio": 2}],
    }  # fmt: skip
    data = quote.encode(**values)
    assert int.from_bytes(data[0:2], order.removesuffix("Endian")) == 48  # type: ignore[arg-type]
    assert int.from_bytes(data[12:16], order.removesuffix("Endian"), signed=True) == -12345  # type: ignore[arg-type]
    decoded = quote.decode(data)
    assert {name: decoded[name] for name in values} == values
    assert (decoded["schema_id"], decoded["version"], decoded["template_id"], decoded["count"]) == (7, 3, 9, None)
    assert quote.fields["bid_px"].type.decimals == 4
    assert quote.fields["flags"].type.word(0x81) == "Last, Implied"


def test_decimal_places_that_a_schema_only_describes_are_given_with_the_type(tmp_path: Path) -> None:
    """A type of its own, and a primitive; a null value stays what it is."""
    tables = load(small(tmp_path), "small", decimals={"Optional": 3, "uint32": 2})
    quote = tables["QuoteMSG"]
    assert {name: quote.fields[name].type.decimals for name in ("count", "security_id", "bid_px", "flags")} == {
        "count": 3, "security_id": 2, "bid_px": 4, "flags": 0,
    }  # fmt: skip
    assert (quote.fields["count"].type.null, quote.fields["count"].type.name) == (0xFFFF, "decimal3")
    assert quote.decode(quote.encode(count=1_500))["count"] == 1_500


def test_a_header_that_holds_the_message_s_own_length_is_filled_in(tmp_path: Path) -> None:
    framed = ('<composite name="messageHeader">', '<composite name="messageHeader">\n'
              '<type name="frameLength" primitiveType="uint16"/>')  # fmt: skip
    quote = load(small(tmp_path, change=framed), "small")["QuoteMSG"]
    data = quote.encode(legs=[{"ratio": 1}])
    assert quote.decode(data)["frame_length"] == len(data)
    assert quote.decode(data)["block_length"] == 48


def test_null_values_are_the_schema_s_or_the_type_s_own(tmp_path: Path) -> None:
    quote = load(small(tmp_path), "small")["QuoteMSG"]
    assert quote.fields["count"].type.null == 0xFFFF
    assert quote.fields["state"].type.null == 0xFF
    assert quote.fields["security_id"].type.null is None
    blank = quote.decode(quote.encode())
    assert (blank["count"], blank["state"], blank["price"]) == (None, None, None)


def test_messages_of_older_and_newer_versions_decode(tmp_path: Path) -> None:
    quote = load(small(tmp_path), "small")["QuoteMSG"]
    data = bytearray(quote.encode(security_id=5, length_=77, legs=[{"ratio": 1}], late=[{"ratio": 2}]))
    # Version 1 ended the block before `length` and had no group Late.
    legs_end = 8 + 48 + 4 + 1 + 4 + 1
    old = bytes(data[:6]) + b"\1\0" + bytes(data[8:48]) + bytes(data[56:legs_end])
    old = b"\x28\0" + old[2:]
    decoded = quote.decode(old)
    assert (decoded["security_id"], decoded["length_"], decoded["late"]) == (5, None, [])
    assert [leg["ratio"] for leg in decoded["legs"]] == [1]
    # Where version 1 had the same block with padding, the padding is not taken for the field.
    padded = bytes(data[:6]) + b"\1\0" + bytes(data[8:legs_end])
    assert quote.decode(padded)["length_"] is None
    # A newer version made the block longer, and put something behind the groups.
    new = b"\x33\0" + bytes(data[2:6]) + b"\x09\0" + bytes(data[8:56]) + b"new" + bytes(data[56:]) + b"behind"
    decoded = quote.decode(new)
    assert (decoded["length_"], decoded["late"]) == (77, [{"ratio": 2}])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('type="Optional"', 'type="Option"'), "field QuoteMSG.count has type 'Option', which the schema does not"),
        (('blockLength="48"', 'blockLength="20"'), "QuoteMSG has blockLength=20, but its fields end at 42"),
        (('offset="32"', 'offset="3"'), "QuoteMSG.price is at offset 3, but the field before ends at 28"),
        (('byteOrder="littleEndian"', 'byteOrder="pdp"'), "byteOrder='pdp', expected littleEndian or bigEndian"),
        (('name="numInGroup"', 'name="number"'), "composite groupSizeEncoding, the dimension of Fills, has no num"),
        (('name="templateId"', 'name="template"'), "composite messageHeader has no templateId"),
        (('type="uint32"', 'type="uint31"'), "has type 'uint31', which the schema does not declare"),
        (('encodingType="char"', 'encodingType="Price"'), "enum Side is encoded as Price, which is no simple type"),
        (('">1</validValue>', '">one</validValue>'), "enum State has the value 'one', which is no number"),
        (('">-4</type>', '">4</type>'), "Price has exponent 4; expected 0 or less"),
        (("<types>", "<types"), "cannot be read as XML"),
    ],
)  # fmt: skip
def test_a_schema_that_is_wrong_is_refused_by_name(
    tmp_path: Path, change: tuple[str, str], sentence: str
) -> None:
    with pytest.raises(SchemaError, match=sentence) as error:
        load(small(tmp_path, change=change), "small")
    assert "small.xml" in str(error.value)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"none\.xml: cannot be read as XML"):
        read_schema(tmp_path / "none.xml")


@pytest.mark.parametrize(
    ("name", "ours"),
    [("MDEntryPx", "md_entry_px"), ("securityID", "security_id"), ("NoMDEntries", "no_md_entries"), ("from", "from_"),
     ("length", "length_"), ("timestampMs", "timestamp_ms"), ("SymbolSfx", "symbol_sfx"), ("funding8h", "funding8h")],
)  # fmt: skip
def test_names_are_the_schema_s_in_snake_case(name: str, ours: str) -> None:
    assert snake(name) == ours


def test_the_tables_can_be_written_out_and_kept(tmp_path: Path) -> None:
    file = small(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-m", "feedhandler.wire.sbe", str(file), "--title", "Small."],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == table_source(read_schema(file), title="Small.")
    assert max(map(len, ran.stdout.splitlines())) <= 120
    ran = subprocess.run(
        [sys.executable, "-m", "feedhandler.wire.sbe", str(tmp_path / "none.xml")],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "cannot be read as XML" in ran.stderr


def test_a_field_may_bear_the_name_of_a_type(tmp_path: Path) -> None:
    # `price` is a field of the message in front of which a price is declared, `state` an enumeration that it hides.
    first = "".join(f'<field name="{name}" id="90" type="uint8"/>' for name in ("State", "price"))
    text = small(tmp_path, change=('<field name="bidPx"', f'{first}<field name="bidPx"')).read_text()
    file = tmp_path / "hiding.xml"
    file.write_text(text.replace('name="price" id="9"', 'name="last" id="9"').replace('name="state"', 'name="was"'))
    with_price = load(file, "small")["QuoteMSG"]
    assert (with_price.fields["price"].type.name, with_price.fields["was"].type.word(1)) == ("u8", "Open")


USER = """
import ctypes, sys
from feedhandler.pipeline.cache import load_module

SOURCE = '''
from feedhandler.core.jit import entry
from loaded_messages import QuoteMSG


@entry
def total(address, length):
    quote = QuoteMSG(address, length)
    found = quote.security_id
    for leg in quote.legs:
        for fill in leg.fills:
            found += fill.qty
    return found
'''
module = load_module("loaded", SOURCE, ["loaded_messages"])
from loaded_messages import QuoteMSG
data = QuoteMSG.encode(security_id=1000, legs=[{"fills": [{"qty": 20}, {"qty": 3}]}, {"fills": []}])
buffer = ctypes.create_string_buffer(data, len(data))
address = ctypes.addressof(buffer)
print(module.total(address, QuoteMSG.fit(address, len(data))), bool(module.compiled_seconds))
"""


def test_compiled_code_over_loaded_tables_is_found_on_disk_again(tmp_path: Path) -> None:
    file = small(tmp_path)
    (tmp_path / "loaded_messages.py").write_text(
        f"from feedhandler.wire.sbe import load\nglobals().update(load({str(file)!r}, __name__))\n"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
        "FEEDHANDLER_CACHE": str(tmp_path / "cache"),
    }
    interpreted = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
    for compiles in (not interpreted, False):
        ran = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(USER)],
            env=environment, capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert (ran.returncode, ran.stdout) == (0, f"1023 {compiles}\n"), ran.stderr


def test_loaded_tables_belong_to_the_module_that_loads_them(tmp_path: Path) -> None:
    quote = load(small(tmp_path), "some.module")["QuoteMSG"]
    assert (quote.__module__, quote.__name__) == ("some.module", "QuoteMSG")
    data = quote.encode(security_id=3)
    buffer = ctypes.create_string_buffer(data, len(data))
    assert quote(ctypes.addressof(buffer), 48).security_id == 3
