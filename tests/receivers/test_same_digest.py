"""The same packets through every receiver that there is give the same books: one digest, written in one place."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from feedhandler import plugins
from feedhandler.core.loop import Exit
from feedhandler.receivers.af_packet import AfPacketReceiver
from feedhandler.receivers.af_xdp import AfXdpReceiver
from feedhandler.receivers.inbox import InboxReceiver
from feedhandler.receivers.socket import SocketReceiver
from tests.receivers.dpdk_devices import AF_PACKET, AF_XDP, BUILT, SMALL_PAGES
from tests.receivers.namespaces import FAR, CardsRig, cards, datagram
from tests.receivers.polling import WAIT_SECONDS
from tests.receivers.standing_in import INTERFACE, StandingInCard, StandingInRig, library
from tests.replay.builders import Record, pcap
from tests.stage import Stage
from tests.streams import bundled
from tests.test_digest import CAPACITIES, DAY, GOLDEN, LIMITS

KINDS: list[tuple[Any, dict[str, Any]]] = [
    (SocketReceiver, {}),
    (SocketReceiver, {"wait": "block"}),
    (AfPacketReceiver, {"ring": "frames"}),
    (AfPacketReceiver, {"ring": "blocks"}),
    (AfXdpReceiver, {"mode": "native", "frames": 1_024}),
    (AfXdpReceiver, {"mode": "generic", "frames": 1_024}),
    ("dpdk", {"device": AF_PACKET, **SMALL_PAGES}),
    ("dpdk", {"device": AF_XDP, **SMALL_PAGES}),
]
IDS = [
    "socket", "blocking socket", "af_packet frames", "af_packet blocks", "af_xdp native", "af_xdp generic",
    "dpdk net_af_packet", "dpdk net_af_xdp",
]  # fmt: skip
PACKETS = bundled(DAY, [1, 20, 2, 7] * len(DAY))
LINES = (0, 1)


def implementation(kind: Any) -> Any:
    """The receiver's class; skipped where it was not built."""
    if kind == "dpdk" and not BUILT:
        pytest.skip("the dpdk extension is not built: it needs dpdk-dev")
    return plugins.receiver(kind) if isinstance(kind, str) else kind


def run_until_all_came(stage: Stage, send: Callable[[], None]) -> str:
    """The digest, after `send` was called and every message of the day was applied."""
    send()
    limit = time.monotonic() + WAIT_SECONDS
    while stage.channel.message_count < len(DAY):
        assert stage.pipeline.run(idle_polls=2_000) is Exit.IDLE
        assert time.monotonic() < limit, f"{stage.channel.message_count} messages of {len(DAY)} came"
    assert stage.gaps() == []
    return stage.digest


def sent_on(line: int) -> list[bytes]:
    """What comes on a line: every third packet is missing on each, never the same."""
    return [payload for place, payload in enumerate(PACKETS) if place % 3 != line]


@pytest.mark.namespace
@pytest.mark.parametrize(("kind", "options"), KINDS, ids=IDS)
def test_live_packets_through_each_receiver_give_the_digest_of_the_day(kind: Any, options: dict[str, Any]) -> None:
    stage = Stage(capacities=CAPACITIES, limits=LIMITS, listen=False)
    with cards() as sending:
        rig = CardsRig(implementation(kind), LINES, sending, **options)
        with rig.receiver() as receiver:
            stage.pipeline.attach(receiver)

            def send() -> None:
                for line in LINES:
                    rig.send(line, sent_on(line))

            assert run_until_all_came(stage, send) == GOLDEN
            assert sum(receiver.statistics["dropped"].values()) == 0


def test_packets_of_the_program_itself_give_the_digest_of_the_day() -> None:
    stage = Stage(capacities=CAPACITIES, limits=LIMITS, listen=False)
    rig = CardsRig(InboxReceiver, LINES, None)
    with rig.receiver() as receiver:
        stage.pipeline.attach(receiver)

        def send() -> None:
            for line in LINES:
                for payload in sent_on(line):
                    assert receiver.put(line, payload)

        assert run_until_all_came(stage, send) == GOLDEN


@pytest.mark.parametrize(
    ("kind", "stands_in", "x3", "options"),
    [
        ("ef_vi", "fake_ciul", 0, {}),
        ("ef_vi", "fake_ciul", 0, {"merge": True}),
        ("ef_vi", "fake_ciul", 1, {}),
        ("verbs", "fake_verbs", 0, {"devices": {INTERFACE: "fake0"}}),
        ("verbs", "fake_verbs", 0, {"devices": {INTERFACE: "fake0"}, "timestamps": "none"}),
    ],
    ids=["ef_vi", "ef_vi merging", "ef_vi X3", "verbs", "verbs without times"],
)
def test_frames_out_of_cards_that_are_stood_in_for_give_the_digest_of_the_day(
    kind: str, stands_in: str, x3: int, options: dict[str, Any]
) -> None:
    card = StandingInCard(library(stands_in))
    card.calls.fake_reset(x3)
    try:
        made = plugins.receiver(kind)
    except plugins.NotBuiltError as error:
        pytest.skip(str(error))
    stage = Stage(capacities=CAPACITIES, limits=LIMITS, listen=False)
    rig = StandingInRig(made, card, LINES, library=str(card.path), **options)
    with rig.receiver() as receiver:
        stage.pipeline.attach(receiver)

        def send() -> None:
            for line in LINES:
                rig.send(line, sent_on(line))

        assert run_until_all_came(stage, send) == GOLDEN
        assert sum(receiver.statistics["dropped"].values()) == 0


@pytest.mark.namespace
@pytest.mark.parametrize(("kind", "options"), KINDS, ids=IDS)
def test_packets_that_tcpreplay_sends_give_the_digest_of_the_day(
    kind: Any, options: dict[str, Any], tmp_path: Path
) -> None:
    """A sender that is not ours, and frames as they stand in a capture."""
    if shutil.which("tcpreplay") is None:
        pytest.skip("no tcpreplay command: the package tcpreplay has it")
    stage = Stage(capacities=CAPACITIES, limits=LIMITS, listen=False)
    with cards() as sending:
        rig = CardsRig(implementation(kind), LINES, sending, **options)
        file = tmp_path / "day.pcap"
        frames = [datagram(payload, rig.groups[line]) for line in LINES for payload in sent_on(line)]
        file.write_bytes(pcap(records(frames)))
        with rig.receiver() as receiver:
            stage.pipeline.attach(receiver)

            def send() -> None:
                command = ["tcpreplay", "--intf1", FAR, "--pps", "5000", str(file)]
                result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=3 * WAIT_SECONDS)
                assert result.returncode == 0, result.stderr

            assert run_until_all_came(stage, send) == GOLDEN


def records(frames: Sequence[bytes]) -> list[Record]:
    return [Record(1_700_000_000_000_000_000 + 1_000 * place, frame) for place, frame in enumerate(frames)]
