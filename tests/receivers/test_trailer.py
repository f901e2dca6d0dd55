"""Times of capture appliances in frames that come over a card: every receiver of whole frames reads them alike."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from feedhandler import plugins
from feedhandler.core.frames import FrameFlag
from feedhandler.receivers.af_packet import AfPacketReceiver
from feedhandler.receivers.af_xdp import AfXdpReceiver
from feedhandler.receivers.auto import AutoReceiver
from tests.appliances import (
    arista_header,
    arista_source,
    counter,
    cpacket,
    exablaze,
    keyframe,
    metamako,
    sequence_extension,
    with_header,
    with_source,
)
from tests.receivers.contract import LINES
from tests.receivers.dpdk_devices import AF_PACKET, SMALL_PAGES, needs_dpdk
from tests.receivers.namespaces import CardsRig, cards, datagram, send_frames
from tests.receivers.polling import Poller

UNCERTAIN = FrameFlag.TIME_UNCERTAIN.value
KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "af_packet frames": (AfPacketReceiver, {"ring": "frames"}),
    "af_packet blocks": (AfPacketReceiver, {"ring": "blocks"}),
    "af_xdp native": (AfXdpReceiver, {"mode": "native", "frames": 256}),
    "af_xdp generic": (AfXdpReceiver, {"mode": "generic", "frames": 256}),
    "dpdk": ("dpdk", {"device": AF_PACKET, **SMALL_PAGES}),
}
EVERY_KIND = pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=needs_dpdk if kind == "dpdk" else ()) for kind in KINDS]
)


@contextmanager
def stamped_rig(kind: str, trailer: str, **options: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Cards, and an open receiver of one kind that reads one appliance's times."""
    implementation, own = KINDS[kind]
    implementation = plugins.receiver(implementation) if isinstance(implementation, str) else implementation
    with cards() as sending:
        rig = CardsRig(implementation, LINES, sending, **own)
        with rig.receiver(trailer=trailer, **options) as receiver:
            yield rig, sending, receiver


def trailer_of(receiver: Any) -> Any:
    told = receiver.statistics
    (one,) = next(told[name] for name in ("rings", "interfaces", "ports") if name in told)
    return one["trailer"]


@EVERY_KIND
@pytest.mark.parametrize(
    "trailer", ["metamako", "cpacket", "exablaze", "arista_7280", "arista_7280_source", "arista_7280_source_tai"]
)
@pytest.mark.namespace
def test_the_appliances_time_is_the_frames_hardware_time(kind: str, trailer: str) -> None:
    now = time.time_ns()
    with stamped_rig(kind, trailer) as (rig, sending, receiver):
        plain = datagram(b"payload", rig.groups[LINES[0]])
        tagged = datagram(b"tagged", rig.groups[LINES[0]], tags=(0x8100,))
        sent = {
            "metamako": [plain + metamako(now), tagged + metamako(now, extensions=sequence_extension(1))],
            "cpacket": [plain + cpacket(now), tagged + cpacket(now)],
            "exablaze": [plain + exablaze(now), tagged + exablaze(now)],
            "arista_7280": [
                with_header(frame, arista_header(now, bits=bits, tai=tai))
                for frame, bits, tai in ((plain, 64, True), (tagged, 48, False))
            ],
            "arista_7280_source": [with_source(frame, arista_source(now)) for frame in (plain, tagged)],
            "arista_7280_source_tai": [with_source(frame, arista_source(now, tai=True)) for frame in (plain, tagged)],
        }[trailer]
        send_frames(sending, sent)
        taken = Poller(receiver).receive(2)
        assert [(one.payload, one.hardware_ns) for one in taken] == [(b"payload", now), (b"tagged", now)]
        assert trailer_of(receiver) == {"read": 2, "missing": 0, "impossible": 0, "keyframes": 0}


@EVERY_KIND
@pytest.mark.namespace
def test_the_longest_datagram_leaves_room_for_a_trailer(kind: str) -> None:
    now = time.time_ns()
    with stamped_rig(kind, "metamako", packet_bytes=1_400) as (rig, sending, receiver):
        payload = bytes(range(200)) * 7
        send_frames(sending, [datagram(payload, rig.groups[LINES[0]]) + metamako(now)])
        (taken,) = Poller(receiver).receive(1)
        assert (taken.payload, taken.hardware_ns) == (payload, now)


@EVERY_KIND
@pytest.mark.namespace
def test_what_has_no_time_or_an_impossible_one_is_flagged(kind: str) -> None:
    with stamped_rig(kind, "exablaze") as (rig, sending, receiver):
        plain = datagram(b"payload", rig.groups[LINES[0]])
        send_frames(sending, [plain, plain + exablaze(1_000_000_000)])
        taken = Poller(receiver).receive(2)
        assert [(one.payload, one.hardware_ns) for one in taken] == [(b"payload", 0)] * 2
        assert all(one.flags & UNCERTAIN for one in taken)
        assert trailer_of(receiver) == {"read": 0, "missing": 1, "impossible": 1, "keyframes": 0}


@EVERY_KIND
@pytest.mark.namespace
def test_keyframes_come_through_the_kernels_filters_and_give_counts_their_time(kind: str) -> None:
    now = time.time_ns()
    with stamped_rig(kind, "arista_7150") as (rig, sending, receiver):
        group = rig.groups[LINES[0]]
        key = datagram(keyframe(70_000_000, now)[8:], "239.9.9.9", protocol=253)
        # the helper writes eight bytes of UDP header; a keyframe has none, so its first field takes their place
        key = key.replace(key[34:42], keyframe(70_000_000, now)[:8], 1)
        plain = datagram(b"payload", group)
        send_frames(sending, [key, plain + counter(70_000_000 + 350), plain + counter(70_000_000 + 3_500)])
        taken = Poller(receiver).receive(2)
        assert [one.hardware_ns - now for one in taken] == [1_000, 10_000]
        assert trailer_of(receiver) == {"read": 2, "missing": 0, "impossible": 0, "keyframes": 1}


@EVERY_KIND
@pytest.mark.namespace
def test_a_switchs_header_is_passed_over_where_nobody_asked_for_its_time(kind: str) -> None:
    with stamped_rig(kind, "none") as (rig, sending, receiver):
        plain = datagram(b"payload", rig.groups[LINES[0]])
        send_frames(sending, [with_header(plain, arista_header(time.time_ns(), bits=bits)) for bits in (48, 64)])
        taken = Poller(receiver).receive(2)
        assert [(one.payload, one.hardware_ns) for one in taken] == [(b"payload", 0)] * 2
        assert trailer_of(receiver) is None


@pytest.mark.namespace
def test_auto_hands_the_appliance_on_and_warns_where_what_it_took_has_no_whole_frames() -> None:
    with cards() as sending:
        rig = CardsRig(AutoReceiver, LINES, sending)
        now = time.time_ns()
        with rig.receiver(kinds=("af_packet",), trailer="metamako") as receiver:
            send_frames(sending, [datagram(b"payload", rig.groups[LINES[0]]) + metamako(now)])
            (taken,) = Poller(receiver).receive(1)
            assert taken.hardware_ns == now
        with rig.receiver(kinds=("socket",), trailer="metamako") as receiver:
            assert "receiver socket has no whole frames, so the times of metamako are not read" in receiver.warnings
