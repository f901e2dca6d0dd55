"""What counts as a difference between two decoders, and what a map may excuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feedhandler.agreement.comparison import Comparison
from feedhandler.agreement.oracle import OracleError, oracle_packets
from feedhandler.agreement.rules import Rules, rules_of, rules_text
from feedhandler.configuration.values import ConfigurationError
from feedhandler.decoding import Decoder
from feeds.nasdaq_itch50 import FEED
from tests.cli.builders import add, packet

pytestmark = pytest.mark.interpreted

PACKET = packet(1, [add(1, 11, "B", 100, "AAPL", 1_850_000)])
FIELDS = {
    "messageindex": "1", "messagetype": "A", "stocklocate": "1", "trackingnumber": "0", "timestamp": "34200000000000",
    "orderreferencenumber": "11", "buysellindicator": "B", "shares": "100", "stock": "AAPL    ", "price": "185.0",
}  # fmt: skip
RULES = Rules(not_compared={"messageindex": "counted"})


def compared(fields: dict[str, str], rules: Rules = RULES, payload: bytes = PACKET) -> Comparison:
    comparison = Comparison(FEED, "nasdaq", rules)
    decoder = Decoder(FEED, "nasdaq", FEED.session())
    comparison.packet("here", list(decoder.messages(payload)), list(fields.items()))
    return comparison


def differences(comparison: Comparison) -> list[tuple[str, Any, str | None]]:
    return [(one.field, one.decoded, one.oracle) for one in comparison.agreement.types["AddOrder"].examples]


def test_equal_fields_are_counted() -> None:
    found = compared(FIELDS)
    assert found.agreement.agrees
    assert (found.agreement.types["AddOrder"].equal, found.agreement.types["AddOrder"].different) == (9, 0)
    assert found.agreement.not_compared == {("messageindex", "counted"): 1}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"shares": "101"}, ("shares", 100, "101")),
        ({"price": "185.0001"}, ("price", 1_850_000, "185.0001")),
        ({"stock": "AAPLX"}, ("stock", "AAPL", "AAPLX")),
        ({"shares": "many"}, ("shares", 100, "many")),
        ({"unheardof": "5"}, ("unheardof", None, "5")),
        ({"shares": None}, ("shares", "(present)", None)),
    ],
    ids=["number", "price", "text", "no number", "only theirs", "only ours"],
)
def test_a_difference_is_told_with_both_readings(change: dict[str, str | None], expected: tuple[Any, ...]) -> None:
    fields = {name: text for name, text in {**FIELDS, **change}.items() if text is not None}
    found = compared(fields)
    assert differences(found) == [expected]
    assert not found.agreement.agrees


def test_names_and_excuses_are_the_map_s_and_needless_ones_are_found() -> None:
    rules = rules_text(
        "names: {AddOrder.shares: howmany}\n"
        "not_given: {AddOrder.price: the decoder has no prices, stock: never needed}\n"
        "not_compared: {messageindex: counted}\n",
        "map.yaml",
    )
    fields = {**FIELDS, "howmany": "100"}
    del fields["shares"], fields["price"]
    found = compared(fields, rules)
    assert found.agreement.agrees
    assert found.agreement.types["AddOrder"].not_comparable == {("price", "the decoder has no prices"): 1}
    assert found.needless() == {("not_given", "stock")}


def test_a_decoder_may_divide_a_field_and_cut_texts_at_their_first_blank() -> None:
    rules = rules_text("{divided: {shares: 8}, texts_cut: true, not_compared: {messageindex: counted}}", "map.yaml")
    assert compared({**FIELDS, "shares": "12.5"}, rules).agreement.agrees
    assert differences(compared({**FIELDS, "shares": "12"}, rules)) == [("shares", 100, "12")]
    assert differences(compared({**FIELDS, "shares": "?"}, rules)) == [("shares", 100, "?")]
    fields = {**FIELDS, "shares": "12.5", "stock": "AA"}
    assert differences(compared(fields, rules)) == [("stock", "AAPL", "AA")]
    assert compared(fields, rules, packet(1, [add(1, 11, "B", 100, "AA PL", 1_850_000)])).agreement.agrees


def test_a_packet_of_another_number_of_messages_is_a_problem_and_is_not_compared() -> None:
    found = compared({**FIELDS, "message_index": "2"})
    assert found.agreement.problems == ["here: 1 messages decoded, the oracle has 2"]
    assert found.agreement.types == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nam: {}", "map.yaml:1: nam"),
        ("lists: {A.b: {name: x, text: '{a.b}'}}", "is no field of an entry"),
        ("readings: {a: hours}", "map.yaml:1: readings.a"),
        ("divided: {a: 0}", "map.yaml:1: divided.a"),
    ],
)
def test_a_wrong_map_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=r"map\.yaml") as refused:
        rules_text(text, "map.yaml")
    assert words in str(refused.value)


def test_a_feed_without_rules_is_compared_by_its_own_names() -> None:
    assert rules_of(FEED, "bx") == rules_of(FEED, "nasdaq") != Rules()


def test_repeated_keys_and_subtrees_of_tshark_are_read_in_order(tmp_path: Path) -> None:
    file = tmp_path / "tshark.json"
    file.write_text(
        """
        [{"_source": {"layers": {
            "frame": {"frame.number": "7"}, "eth": {"eth.type": "0x0800"}, "udp": {"udp.port": "1"},
            "venue.itch": {"venue.itch.session": "1",
                           "Message 1": {"venue.itch.type": "A", "venue.itch.type_raw": ["41", 0]},
                           "Message 1": {"venue.itch.type": "B", "venue.itch.list": ["1", "2"]}}}}}]
        """
    )
    (only,) = oracle_packets(file)
    assert (only.file, only.frame) == (None, 7)
    assert only.pairs == (("session", "1"), ("type", "A"), ("type", "B"), ("list", "1"), ("list", "2"))


@pytest.mark.parametrize("text", ['{"frame": 1}\n', "words\n", "[{]", '[{"_source": 1}]'])
def test_a_file_that_is_no_oracle_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "oracle"
    file.write_text(text)
    with pytest.raises(OracleError, match="oracle"):
        list(oracle_packets(file))
