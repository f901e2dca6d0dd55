"""MACH: packets of one message, several in a datagram; heartbeats without numbers; sessions that begin anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedhandler.core.channel import ChannelState
from feedhandler.core.reasons import Reason
from feedhandler.pipeline.pipeline import ChannelPlan, Pipeline
from feedhandler.pipeline.source import Route
from feedhandler.pipeline.state import Capacities, Limits
from feedhandler.sessions.mach import END_OF_SESSION, HEARTBEAT, START_OF_SESSION, control_encode, packet_encode
from feeds.miax_onyx_tom import FEED, messages
from replay import frames
from tests.stage import memory_receiver
from tests.streams import MILLISECOND, Sent

pytestmark = pytest.mark.interpreted

ROOM = Capacities(instruments=16, orders=16, levels=64, events=64, hold_packets=4)
LIMITS = Limits(give_up_after_ns=2 * MILLISECOND, heartbeat_ns=3_000 * MILLISECOND, start_window=1)
STATE = messages.SystemState.encode(system_status="S")


class Line:
    """A channel of one line, fed one datagram a millisecond."""

    def __init__(self, *payloads: bytes) -> None:
        plan = ChannelPlan("c", lines=(0,), capacities=ROOM, limits=LIMITS)
        self.pipeline = Pipeline("test", [Route(FEED, "miax", FEED.session())], channels=[plan])
        self.now = 0
        self.send(*payloads)

    def send(self, *payloads: bytes, after: int = MILLISECOND) -> Line:
        for payload in payloads:
            self.now += after
            receiver = memory_receiver([Sent(payload, 0, self.now)])
            self.pipeline.receivers.clear()
            self.pipeline.attach(receiver)
            self.pipeline.run()
            receiver.close()
        return self

    @property
    def figures(self) -> tuple[ChannelState, int, int, int]:
        """State, the next number, sessions, messages applied."""
        memory = self.pipeline.channels[0]
        return (
            ChannelState(int(memory.channel.state)), int(memory.sequencer.expected), int(memory.sequencer.sessions),
            int(memory.channel.message_count),
        )  # fmt: skip

    @property
    def reasons(self) -> dict[Reason, int]:
        counted = self.pipeline.channels[0].reasons()
        return {Reason(number): int(count) for number, count in enumerate(counted) if count}


def test_messages_of_one_datagram_are_numbered_one_by_one() -> None:
    line = Line(packet_encode(1, [STATE, STATE, STATE]), packet_encode(4, [STATE]))
    assert (line.figures, line.reasons) == ((ChannelState.SYNCHRONIZED, 5, 1, 4), {})


def test_heartbeats_begin_no_session_and_cost_no_trust() -> None:
    heartbeat = control_encode(HEARTBEAT)
    line = Line(heartbeat, heartbeat)
    assert line.figures == (ChannelState.UNKNOWN, 0, 0, 0)
    line.send(packet_encode(1, [STATE]), heartbeat, packet_encode(2, [STATE]))
    assert (line.figures, line.reasons) == ((ChannelState.SYNCHRONIZED, 3, 1, 2), {})


def test_heartbeats_keep_a_channel_from_being_silent() -> None:
    line = Line(packet_encode(1, [STATE]))
    line.send(*[control_encode(HEARTBEAT)] * 5, after=2_000 * MILLISECOND)
    assert int(line.pipeline.channels[0].channel.silent) == 0
    line.send(packet_encode(9, [STATE])[:5], after=4_000 * MILLISECOND)
    assert int(line.pipeline.channels[0].channel.silent) == 1
    line.send(control_encode(HEARTBEAT))
    assert int(line.pipeline.channels[0].channel.silent) == 0


def test_the_start_of_a_session_may_stand_in_front_of_its_messages() -> None:
    line = Line(control_encode(START_OF_SESSION, 0, 3) + packet_encode(1, [STATE, STATE], session=3))
    assert line.figures == (ChannelState.SYNCHRONIZED, 3, 1, 2)


def test_what_stands_behind_the_messages_and_bears_none_is_passed_over() -> None:
    line = Line(packet_encode(1, [STATE]) + control_encode(END_OF_SESSION))
    assert line.figures[:2] == (ChannelState.SYNCHRONIZED, 2)


def test_a_session_that_ends_with_a_number_has_ended() -> None:
    line = Line(packet_encode(1, [STATE]), control_encode(END_OF_SESSION, 2, 1))
    assert line.figures[0] is ChannelState.ENDED


def test_another_session_number_is_another_session() -> None:
    line = Line(packet_encode(1, [STATE, STATE]), packet_encode(1, [STATE], session=2))
    assert line.figures == (ChannelState.SYNCHRONIZED, 2, 2, 3)


def test_the_next_day_may_bear_the_same_number() -> None:
    line = Line(*(packet_encode(number, [STATE]) for number in range(1, 100)))
    line.send(packet_encode(1, [STATE]), packet_encode(2, [STATE]))
    assert line.figures == (ChannelState.SYNCHRONIZED, 3, 2, 101)


def whole(sequence: int, session: int = 1) -> bytes:
    return packet_encode(sequence, [STATE], session)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (whole(1)[:11], Reason.PACKET_SHORT),
        (whole(1)[:-1], Reason.PACKET_BLOCKS),
        (whole(1) + whole(3), Reason.PACKET_BLOCKS),
        (whole(1) + whole(2, session=2), Reason.PACKET_BLOCKS),
        (whole(1) + whole(2)[:-1], Reason.PACKET_BLOCKS),
        (control_encode(HEARTBEAT)[:8] + bytes([11, 0, 0, 0]), Reason.PACKET_BLOCKS),
        (whole(0), Reason.PACKET_SEQUENCE),
        (packet_encode(1, [b""]), Reason.PACKET_BLOCKS),
    ],
)
def test_a_datagram_that_contradicts_itself_is_refused_whole(payload: bytes, reason: Reason) -> None:
    line = Line(payload)
    assert (line.reasons, line.figures[3]) == ({reason: 1}, 0)


def test_bytes_behind_the_last_packet_cost_nothing_but_a_count() -> None:
    line = Line(whole(1) + b"\0\0\0")
    assert line.figures[3] == 1


def test_a_captured_heartbeat_has_neither_number_nor_session(captures: Path) -> None:
    (frame,) = frames(captures / "miax/OnyxFutures.ToM.v1.0/Heartbeat.pcap")
    assert frame.payload == control_encode(HEARTBEAT)
