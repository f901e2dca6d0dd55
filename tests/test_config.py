"""Configurations: what is read, what is refused, and in which words."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from feedhandler import config
from feedhandler.config import ConfigurationError, Deployment, load, parse
from feedhandler.configuration.words import key_of, models_of
from feedhandler.units import duration_text, parse_duration, parse_size, size_text
from tests.conftest import ROOT

pytestmark = pytest.mark.interpreted

WHOLE = """
name: everything
feed: nasdaq_itch50
variant: nasdaq
venue: XNAS
session: moldudp64
trading_date: 2026-03-02
symbols: [AAPL, "ON"]
capacities: {orders: 1_000, hold_packet_bytes: 4KiB}
limits: {request_after: 500us, give_up_after: 1s}
channels:
  - name: first
    lines:
      - {name: A, group: 233.54.12.111, port: 26477, source: 206.200.43.72, interface: eth1}
      - {name: B, group: 233.49.196.111, port: 26477}
    capacities: {levels: 77}
    limits: {give_up_after: 1.5s}
  - name: second
    lines: [{name: A, group: 233.54.12.40, port: 25475}]
    core: 3
    receiver: {interface: 10.0.0.9, wait: spin}
receiver: {kind: socket, interface: eth0, wait: block, receive_buffer: 4MiB}
scheduling: {fifo: 10, lock_memory: true}
strategies:
  - name: watcher
    class: some.package:Watcher
    home: thread
    symbols: [AAPL, "MS*"]
    channels: [first]
    timer: 1s
    slow_consumer: latest
    parameters: {depth: 5, nested: {list: [1, x]}}
watchdog: {limit: 100ms, action: stop}
logging: {level: debug, format: json, file: run.log}
report: {every: 1min}
status: {file: /run/x.json, every: 500ms}
"""


def complaint(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        parse(text, "a.yaml")
    return str(refused.value).splitlines()


def test_every_key_is_read() -> None:
    found = parse(WHOLE, "a.yaml")
    assert (found.name, found.feed, found.variant, found.venue) == ("everything", "nasdaq_itch50", "nasdaq", "XNAS")
    assert (found.trading_date, found.symbols) == (datetime.date(2026, 3, 2), ("AAPL", "ON"))
    first, second = found.channels
    assert [(line.name, line.group, line.port, line.source, line.interface) for line in first.lines] == [
        ("A", "233.54.12.111", 26477, "206.200.43.72", "eth1"),
        ("B", "233.49.196.111", 26477, None, None),
    ]
    limits = [found.limits_of(channel) for channel in (first, second)]
    assert [(each.request_after, each.give_up_after) for each in limits] == [
        (500_000, 1_500_000_000), (500_000, 1_000_000_000),
    ]  # fmt: skip
    capacities = found.capacities_of(first)
    assert (capacities.orders, capacities.levels, capacities.hold_packet_bytes) == (1_000, 77, 4_096)


def test_every_key_of_a_live_run_is_read() -> None:
    found = parse(WHOLE, "a.yaml")
    assert [channel.core for channel in found.channels] == [None, 3]
    assert (found.scheduling.fifo, found.scheduling.lock_memory) == (10, True)
    (strategy,) = found.strategies
    assert strategy.model_dump(by_alias=True) == {
        "name": "watcher", "class": "some.package:Watcher", "home": "thread", "symbols": ("AAPL", "MS*"),
        "channels": ("first",), "timer": 1_000_000_000, "slow_consumer": "latest",
        "parameters": {"depth": 5, "nested": {"list": [1, "x"]}},
    }  # fmt: skip
    assert (found.watchdog.limit, found.watchdog.action) == (100_000_000, "stop")
    assert (found.logging.level, found.logging.format, found.logging.file) == ("debug", "json", "run.log")
    assert (found.report.every, found.status.every, found.status.file) == (
        60_000_000_000, 500_000_000, "/run/x.json",
    )  # fmt: skip


def test_a_channels_receiver_is_the_deployments_with_what_the_channel_says_otherwise() -> None:
    found = parse(WHOLE, "a.yaml")
    first, second = (found.receiver_of(channel) for channel in found.channels)
    assert (first.kind, first.interface, first.options) == (
        "socket", "eth0", {"wait": "block", "receive_buffer": "4MiB"},
    )  # fmt: skip
    assert (second.kind, second.interface, second.options) == (
        "socket", "10.0.0.9", {"wait": "spin", "receive_buffer": "4MiB"},
    )  # fmt: skip


def test_a_channel_with_another_kind_of_receiver_takes_no_options_over() -> None:
    found = parse(WHOLE.replace("{interface: 10.0.0.9, wait: spin}", "{kind: other, speed: 3}"), "a.yaml")
    other = found.receiver_of(found.channels[1])
    assert (other.kind, other.interface, other.options) == ("other", "eth0", {"speed": 3})


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse(WHOLE, "a.yaml").name = "other"  # type: ignore[misc]


def test_places_are_those_of_the_file() -> None:
    found = parse(WHOLE, "a.yaml")
    assert found.place("venue") == "a.yaml:5: venue"
    assert found.place("channels", 1, "name") == "a.yaml:18: channels[1].name"
    assert Deployment(name="x", feed="y").place("feed") == "feed"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "a.yaml:1: holds nothing; expected keys such as name, feed and channels"),
        ("- a", "a.yaml:1: holds a list; expected keys such as name, feed and channels"),
        ("name: [", "a.yaml:1: is not YAML: expected the node content, but found '<stream end>'"),
        ("name: x\nfeed: y\nname: z", "a.yaml:3: is not YAML: the key 'name' is written twice"),
        ("name: x\nfeed: y\nlimits: {heartbeat: 1s, heartbeat: 2s}",
         "a.yaml:3: is not YAML: the key 'heartbeat' is written twice"),
        ("? [a]\n: 1", "a.yaml:1: is not YAML: a key is not a plain word"),
        ("name: x",
         "a.yaml:1: feed: is missing; expected the feed: an installed one (`feedhandler feeds` lists them) or "
         "package.module:object"),
        ("name: 5\nfeed: y", "a.yaml:1: name: found 5; expected a valid string"),
        ("name: x\nfeed: y\nchannels: 3", "a.yaml:3: channels: found 3; expected a list"),
        ("name: x\nfeed: y\nchannels:\n- {name: a, lines: []}",
         "a.yaml:4: channels[0].lines: found 0 entries; expected at least 1"),
        ("name: x\nfeed: y\nvenue: nasdaq",
         "a.yaml:3: venue: found 'nasdaq'; expected text that should match pattern '^[A-Z0-9]{4}$'"),
        ("name: x\nfeed: y\ntrading_date: 2026-02-30",
         "a.yaml:3: trading_date: found '2026-02-30'; expected a date such as 2026-03-02; "
         "day is out of range for month"),
        ("name: x\nfeed: y\nsymbols: [AAPL, ON]",
         "a.yaml:3: symbols: YAML reads one symbol as True: put it in quotes, as in ['ON', 'TRUE']"),
        ("name: x\nfeed: y\nsymbols: [FARTOOLONG]",
         "a.yaml:3: symbols: expected symbols of 1 to 8 letters; 'FARTOOLONG' is none"),
        ("name: x\nfeed: y\nsymbols: AAPL",
         "a.yaml:3: symbols: found 'AAPL'; expected a list of symbols such as [AAPL, MSFT]"),
        ("name: x\nfeed: y\nlimits:\n  request_after: 2",
         "a.yaml:4: limits.request_after: found 2; expected a duration with its unit, such as 200us, 2ms or 1s"),
        ("name: x\nfeed: y\nlimits:\n  request_after: 2 parsecs",
         "a.yaml:4: limits.request_after: found '2 parsecs'; expected a duration with its unit, such as 200us, 2ms or "
         "1s; the units are ns, us, µs, ms, s, min, h"),
        ("name: x\nfeed: y\nlimits: {request_after: no}",
         "a.yaml:3: limits.request_after: found False; expected a duration with its unit, such as 200us, 2ms or 1s"),
        ("name: x\nfeed: y\ncapacities:\n\n  orders: 0",
         "a.yaml:5: capacities.orders: found 0; expected at least 1"),
        ("name: x\nfeed: y\ncapacities: {orders: '5'}",
         "a.yaml:3: capacities.orders: found '5'; expected a valid integer"),
    ],
)  # fmt: skip
def test_every_refusal_names_file_line_place_and_expectation(text: str, expected: str) -> None:
    assert complaint(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("scheduling: {fifo: 100}", "a.yaml:3: scheduling.fifo: found 100; expected at most 99"),
        ("strategies: [{name: s, class: 'a:B', home: fast}]",
         "a.yaml:3: strategies[0].home: found 'fast'; expected 'inline' or 'thread'"),
        ("strategies: [{name: s, home: inline}]",
         "a.yaml:3: strategies[0].class: is missing; expected the strategy: an installed one or package.module:Class"),
        ("strategies: [{name: s, clas: 'a:B', class: 'a:B', home: inline}]",
         "a.yaml:3: strategies[0].clas: unknown key; did you mean class? Known here: name, class, home, symbols, "
         "channels, timer, slow_consumer, parameters"),
        ("strategies: [{name: s, class: 'a:B', home: inline, parameters: [1]}]",
         "a.yaml:3: strategies[0].parameters: expected keys and values"),
        ("strategies: [{name: s, class: 'a:B', home: inline, channels: [nowhere]}]",
         "a.yaml:3: strategies[0].channels: there is no channel 'nowhere'; known: none"),
        ("watchdog: {action: panic}", "a.yaml:3: watchdog.action: found 'panic'; expected 'report' or 'stop'"),
        ("logging: {level: loud}",
         "a.yaml:3: logging.level: found 'loud'; expected 'debug', 'info', 'warning' or 'error'"),
        ("status: {every: 1ms}",
         "a.yaml:3: status.every: found 1ms; expected at least 100ms"),
        ("receiver: {kind: 3}", "a.yaml:3: receiver.kind: found 3; expected a valid string"),
    ],
)  # fmt: skip
def test_mistakes_of_a_live_run_are_placed(text: str, expected: str) -> None:
    assert complaint(f"name: x\nfeed: y\n{text}\n") == [expected]


def channel(*lines: str, name: str = "a") -> str:
    written = "".join(f"    - {{{line}}}\n" for line in lines)
    return f"name: x\nfeed: y\nchannels:\n- name: {name}\n  lines:\n{written}"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("name: A, group: 1.2.3, port: 1", "group: found '1.2.3'; expected an IPv4 address such as 233.54.12.111"),
        ("name: A, group: 7, port: 1", "group: found 7; expected an IPv4 address such as 233.54.12.111"),
        ("name: A, group: 1.2.3.4, port: 65536", "port: found 65536; expected at most 65535"),
        ("name: A, group: 1.2.3.4", "port: is missing; expected the destination port"),
        ("name: A, group: 1.2.3.4, port: 1, sorce: 1.1.1.1",
         "sorce: unknown key; did you mean source? Known here: name, group, port, source, interface, loop"),
        ("name: A, group: 1.2.3.4, port: 1, zzz: 1",
         "zzz: unknown key; Known here: name, group, port, source, interface, loop"),
    ],
)  # fmt: skip
def test_mistakes_in_a_line_are_placed_in_it(line: str, words: str) -> None:
    assert complaint(channel(line)) == [f"a.yaml:6: channels[0].lines[0].{words}"]


def test_all_mistakes_are_told_at_once() -> None:
    text = channel("name: A, group: x, port: 1") + "limits: {heartbeet: 1s}\n"
    assert [line.split(": ")[1] for line in complaint(text)] == ["channels[0].lines[0].group", "limits.heartbeet"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (channel("name: A, group: 1.1.1.1, port: 1", "name: B, group: 1.1.1.1, port: 1"),
         "7: channels[0].lines[1]: two lines are 1.1.1.1:1; expected each at one place only"),
        (channel("name: A, group: 1.1.1.1, port: 1", "name: A, group: 1.1.1.2, port: 1"),
         "7: channels[0].lines[1].name: two lines have the name 'A'; expected each to have its own"),
        (channel("name: A, group: 1.1.1.1, port: 1") + "- {name: a, lines: [{name: A, group: 1.1.1.2, port: 1}]}",
         "7: channels[1].name: two channels have the name 'a'; expected each to have its own"),
        (channel("name: A, group: 1.1.1.1, port: 1") + "limits: {request_after: 1s, give_up_after: 2ms}",
         "7: limits: channel a: request_after is longer than give_up_after; expected a hole to be asked for before it "
         "is given up"),
    ],
)  # fmt: skip
def test_parts_that_contradict_each_other_are_refused(text: str, words: str) -> None:
    (told,) = complaint(text)
    assert told == f"a.yaml:{words}"


def test_one_group_from_two_sources_is_two_lines() -> None:
    lines = [f"name: {name}, group: 1.1.1.1, port: 1, source: 2.2.2.{name}" for name in (2, 3)]
    text = channel(*(line.replace("name: ", "name: L") for line in lines))
    assert len(parse(text, "a.yaml").channels[0].lines) == 2


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"^{re.escape(str(tmp_path))}: cannot be read: Is a directory$"):
        load(tmp_path)
    file = tmp_path / "latin.yaml"
    file.write_bytes("name: Zürich".encode("latin-1"))
    with pytest.raises(ConfigurationError, match="is not UTF-8 text, from byte 7 on"):
        load(file)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["name", "feed", "channels", "lines", "limits", "symbols", "group", "x"]) | st.text(max_size=3),
        inner, max_size=4,
    ),
    max_leaves=12,
))  # fmt: skip
def test_whatever_a_file_holds_is_read_or_refused_in_our_words(content: object) -> None:
    text = yaml.safe_dump(content)
    told = "a.yaml"
    try:
        parse(text, "a.yaml")
    except ConfigurationError as refused:
        told = str(refused)
    assert all(line.startswith("a.yaml") for line in told.splitlines())


def keys_of(model: type[BaseModel]) -> set[str]:
    fields = model.model_fields
    inner = [keys_of(part) for field in fields.values() for part in models_of(field.annotation)]
    return {key_of(name, field) for name, field in fields.items()}.union(*inner)


def test_the_readme_of_the_configurations_explains_exactly_the_keys_there_are() -> None:
    text = (ROOT / "configs/README.md").read_text()
    explained = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert explained == keys_of(Deployment)


@pytest.mark.parametrize("file", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda file: file.stem)
def test_an_example_is_right_with_what_stands_behind_a_hash_too(file: Path) -> None:
    text = file.read_text()
    assert parse(text, file.name).receiver.kind == "socket"
    whole = parse(re.sub(r"^( *)#(?=\S|  )", r"\1", text, flags=re.MULTILINE), file.name)
    assert (whole.retransmission is not None) is ("retransmission:" in text)


def test_defaults_in_the_readme_are_the_models() -> None:
    text = (ROOT / "configs/README.md").read_text()
    for name, field in config.CapacitiesModel.model_fields.items():
        counted = size_text(field.default) if name.endswith("bytes") else f"{field.default:,}"
        shown = str(field.default).lower() if field.annotation is bool else counted
        assert f"| `{name}` | {shown} |" in text
    for name, field in config.LimitsModel.model_fields.items():
        counts = name in ("start_window", "jump_limit")
        shown = f"{field.default:,}" if counts else duration_text(field.default)
        assert f"| `{name}` | {shown} |" in text


@given(st.integers(0, 10**18))
def test_a_duration_survives_being_written_and_read(nanoseconds: int) -> None:
    assert parse_duration(duration_text(nanoseconds)) == nanoseconds


@given(st.integers(0, 10**15))
def test_a_size_survives_being_written_and_read(byte_count: int) -> None:
    assert parse_size(size_text(byte_count)) == byte_count


@pytest.mark.parametrize("value", [None, 5, True, 1.5, "5", "1.5ns", "-1s", "s", "1 s s", "1e3s", ""])
def test_an_amount_without_unit_or_sense_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected a duration with its unit"):
        parse_duration(value)
