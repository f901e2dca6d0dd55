"""Every feed of this project keeps what a feed promises: complete tables, no packet that faults, one meaning."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedhandler import plugins
from feedhandler.core.jit import INTERPRETED
from feedhandler.feed import Feed
from feedhandler.wire.testing import messages

ROOT = Path(__file__).parents[2]
FEEDS = sorted(plugins.installed(plugins.FEEDS))
VARIANTS = [(name, variant) for name in FEEDS for variant in plugins.feed(name).variants]


def survived(name: str, variant: str, packets: int, *, interpreted: bool = False) -> dict[str, Any]:
    """What the conformance process says of a feed."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1" if interpreted else "0"}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.feeds.conformance", name, variant, "7", str(packets)],
        env=environment, capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert ran.returncode == 0, f"{name} {variant}: exit {ran.returncode}\n{ran.stderr}"
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.skipif(INTERPRETED, reason="compares what is compiled with what is not")
@pytest.mark.parametrize("name", FEEDS)
def test_no_packet_faults_and_compiled_and_interpreted_agree(name: str) -> None:
    variant = plugins.feed(name).default_variant
    compiled = survived(name, variant, 300)
    assert compiled["clean"] == {}, "a message as its table has it was refused"
    assert compiled["problems"] == []
    assert compiled["reasons"].get("MESSAGE_LENGTH", 0) + compiled["reasons"]["PACKET_BLOCKS"] > 0
    interpreted = survived(name, variant, 300, interpreted=True)
    del compiled["compiled_seconds"], interpreted["compiled_seconds"]
    assert compiled == interpreted


@pytest.mark.skipif(INTERPRETED, reason="hundreds of packets a message are too many for plain Python")
@pytest.mark.parametrize("name", FEEDS)
def test_many_mutated_packets_do_not_fault(name: str) -> None:
    found = survived(name, plugins.feed(name).default_variant, 10_000)
    assert found["problems"] == []


@pytest.mark.interpreted
@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_every_message_survives_the_round_trip(name: str, variant: str) -> None:
    tables = list(plugins.feed(name).messages(variant))

    @settings(max_examples=30)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        message = data.draw(st.sampled_from(tables))
        fields = data.draw(messages(message))
        assert message.decode(message.encode(**fields)) == fields

    check()


@pytest.mark.interpreted
@pytest.mark.parametrize("name", FEEDS)
def test_every_message_says_what_it_is_and_where_it_is_specified(name: str) -> None:
    feed: Feed = plugins.feed(name)
    for variant in feed.variants:
        for message in feed.messages(variant):
            assert message.specification.endswith(")."), f"{message.__name__}: {message.specification!r}"


@pytest.mark.interpreted
@pytest.mark.parametrize("name", FEEDS)
def test_every_feed_has_a_readme_with_specification_and_proof(name: str) -> None:
    feed: Feed = plugins.feed(name)
    module = next(iter(feed.handlers.values())).__module__
    text = (ROOT / module.replace(".", "/")).parent.joinpath("README.md").read_text()
    for part in ("| Carried by |", "| Byte order |", "| Time |", "| Prices |", "## Deviations"):
        assert part in text, f"{name}: README has no {part}"
