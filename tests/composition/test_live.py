"""What a live run is made of: threads, receivers, endpoints and the numbers of lines."""

from __future__ import annotations

import pytest

from feedhandler.composition.fitting import feed_of, session_of
from feedhandler.composition.live import live_receivers, thread_plans
from feedhandler.config import ConfigurationError, parse
from feedhandler.receivers.endpoints import Endpoint
from tests.receivers.dpdk_devices import needs_dpdk

pytestmark = pytest.mark.interpreted

HEAD = "name: x\nfeed: nasdaq_itch50\nreceiver: {interface: lo, wait: block}\n"
SERVERS = "retransmission: {servers: [{address: 127.0.0.1, port: 9}], reply_interface: lo, reply_port: 77}\n"


def channel(name: str, port: int, *keys: str) -> str:
    first, second = f"group: 239.0.0.1, port: {port}", f"group: 239.0.0.2, port: {port}, source: 10.0.0.1"
    lines = f"[{{name: A, {first}}}, {{name: B, {second}}}]"
    more = "".join(f"    {key}\n" for key in keys)
    return f"  - name: {name}\n    lines: {lines}\n{more}"


def plans(*channels: str, more: str = ""):
    deployment = parse(f"{HEAD}{more}channels:\n{''.join(channels)}", "a.yaml")
    return thread_plans(deployment, session_of(deployment, feed_of(deployment), messages_only=False))


def test_channels_without_a_core_share_a_thread_and_a_receiver_that_hears_all_their_lines() -> None:
    (thread,) = plans(channel("one", 1), channel("two", 2))
    assert (thread.core, [each.name for each in thread.channels]) == (None, ["one", "two"])
    (receiver,) = thread.receivers
    assert receiver.kind == "socket"
    assert receiver.endpoints == [
        Endpoint(0, "239.0.0.1", 1, None, "lo"), Endpoint(1, "239.0.0.2", 1, "10.0.0.1", "lo"),
        Endpoint(2, "239.0.0.1", 2, None, "lo"), Endpoint(3, "239.0.0.2", 2, "10.0.0.1", "lo"),
    ]  # fmt: skip


def test_each_core_has_a_thread_in_the_order_of_the_file() -> None:
    found = plans(channel("a", 1, "core: 3"), channel("b", 2), channel("c", 3, "core: 1"), channel("d", 4, "core: 3"))
    assert [(each.core, [channel.name for channel in each.channels]) for each in found] == [
        (3, ["a", "d"]), (None, ["b"]), (1, ["c"]),
    ]  # fmt: skip


def test_receivers_that_are_configured_alike_are_one_and_others_are_more() -> None:
    (thread,) = plans(
        channel("a", 1), channel("b", 2, "receiver: {receive_buffer: 1MiB}"), channel("c", 3, "receiver: {wait: block}")
    )
    first, second = thread.receivers
    assert [endpoint.line for endpoint in first.endpoints] == [0, 1, 4, 5]
    assert ([endpoint.line for endpoint in second.endpoints], second.options.receive_buffer) == ([2, 3], 1 << 20)


def test_replies_are_lines_behind_all_others_and_unicast() -> None:
    own = SERVERS.strip().replace("77", "78")
    (thread,) = plans(channel("a", 1), channel("b", 2, "retransmission: null"), channel("c", 3, own), more=SERVERS)
    replies = [endpoint for endpoint in thread.receivers[0].endpoints if not endpoint.multicast]
    assert replies == [Endpoint(6, "", 77, None, "lo"), Endpoint(8, "", 78, None, "lo")]


def test_one_port_cannot_bring_the_replies_of_two_channels() -> None:
    with pytest.raises(ConfigurationError) as refused:
        plans(channel("a", 1), channel("b", 2), more=SERVERS)
    assert str(refused.value) == (
        "a.yaml:4: retransmission.reply_port: replies of channel a come to port 77 already; expected 0, or a port of "
        "its own for channel b"
    )


def test_a_receiver_is_made_of_its_endpoints_and_options() -> None:
    (thread,) = plans(channel("a", 1))
    made = thread.receivers[0].make()
    assert made.endpoints == tuple(thread.receivers[0].endpoints)
    assert made.options.wait == "block"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (channel("a", 1, "receiver: {kind: sockt}"), "a.yaml:7: channels[0].receiver.kind: no receiver 'sockt'"),
        (channel("a", 1, "receiver: {kind: capture}"),
         "a.yaml:7: channels[0].receiver.kind: receiver capture hears no lines; installed ones that do: "),
        (channel("a", 1, "receiver: {burst: many}"), "a.yaml:7: channels[0].receiver.burst: found 'many'; expected"),
        (channel("a", 1, "receiver: {interface: lo8}"),
         "a.yaml:7: channels[0].receiver.interface: there is no interface lo8"),
        (channel("a", 1, "retransmission: {servers: [{address: 10.0.0.1, port: 1}], reply_interface: lo8}"),
         "a.yaml:7: channels[0].retransmission.reply_interface: there is no interface lo8"),
        (channel("a", 1, "receiver: {receive_buffer: '${BUFFER}'}"),
         "a.yaml:7: channels[0].receiver.receive_buffer: found ${BUFFER}; environment references are for secrets only"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_where_it_is_written(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        plans(text)
    assert str(refused.value).startswith(told)


def test_receivers_for_live_runs_are_those_with_options() -> None:
    found = live_receivers()
    assert "socket" in found
    assert "capture" not in found


@needs_dpdk
def test_a_line_may_be_on_an_interface_that_only_its_receiver_knows() -> None:
    """A card that DPDK has taken from the kernel has no interface there."""
    head = "name: x\nfeed: nasdaq_itch50\n"
    devices = "devices: {a: '0000:81:00.0'}, device: 'net_af_xdp,iface={interface}'"
    head += f"receiver: {{kind: dpdk, interface: lo, {devices}}}\n"
    lines = "{name: A, group: 239.0.0.1, port: 1, interface: a}, {name: B, group: 239.0.0.2, port: 1}"

    def heard(lines: str) -> list[str | None]:
        deployment = parse(f"{head}channels:\n  - name: one\n    lines: [{lines}]\n", "a.yaml")
        (thread,) = thread_plans(deployment, session_of(deployment, feed_of(deployment), messages_only=False))
        return [endpoint.interface for endpoint in thread.receivers[0].endpoints]

    assert heard(lines) == ["a", "lo"]
    with pytest.raises(ConfigurationError, match="there is no interface b"):
        heard(lines.replace("interface: a", "interface: b"))
