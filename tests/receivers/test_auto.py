"""The auto receiver: takes the best that works, and says why no better one was taken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import ValidationError

from feedhandler import plugins
from feedhandler.receivers.auto import AutoReceiver
from feedhandler.receivers.availability import BEST_FIRST, NOT_BUILT, availabilities
from feedhandler.receivers.ef_vi import EfViReceiver
from feedhandler.receivers.endpoints import Endpoint, EndpointError
from tests.receivers.contract import LINES, ReceiverContract, Rig, of_line, payloads
from tests.receivers.dpdk_devices import AF_PACKET, SMALL_PAGES, needs_dpdk
from tests.receivers.loopback import LOOPBACK, LoopbackRig, free_group, free_port, sender
from tests.receivers.namespaces import NEAR, PORT, CardsRig, cards
from tests.receivers.polling import Poller
from tests.receivers.privileges import only_capabilities
from tests.receivers.standing_in import StandingInCard, library


class TestAutoReceiver(ReceiverContract):
    """The contract, where sockets are what works."""

    overload_options = {"options": {"socket": {"receive_buffer": "64KiB"}}}

    @contextmanager
    def rig(self) -> Iterator[Rig]:
        class Sockets(LoopbackRig):
            def receiver(self, **options: Any) -> AutoReceiver:
                return super().receiver(kinds=["socket"], **options)

        with sender() as sending:
            yield Sockets(AutoReceiver, LINES, sending)


def test_it_is_installed_under_its_name() -> None:
    assert plugins.receiver("auto") is AutoReceiver


@pytest.mark.namespace
def test_the_best_that_works_is_taken() -> None:
    with cards() as sending:
        rig = CardsRig(AutoReceiver, LINES, sending)
        with rig.receiver() as receiver:
            assert receiver.kind == "af_xdp"
            assert receiver.statistics["mode"] == "af_xdp native"
            assert receiver.tried == receiver.warnings == []
            rig.send(LINES[0], payloads("x", 10))
            assert of_line(Poller(receiver).receive(10), LINES[0]) == payloads("x", 10)


@needs_dpdk
@pytest.mark.namespace
def test_dpdk_goes_first_where_its_devices_are_named() -> None:
    with cards() as sending:
        options = {"dpdk": {"device": AF_PACKET, **SMALL_PAGES}}
        with CardsRig(AutoReceiver, LINES, sending, options=options).receiver() as receiver:
            assert receiver.kind == "dpdk"
            assert receiver.statistics["mode"] == "dpdk net_af_packet, small pages"
            assert receiver.tried == []
        options["dpdk"]["device"] = "net_af_packet,iface=no-such-one"
        with CardsRig(AutoReceiver, LINES, sending, options=options).receiver() as receiver:
            assert receiver.kind != "dpdk"
            assert receiver.tried[0].startswith("dpdk: net_af_packet")


@pytest.mark.namespace
def test_what_has_met_no_card_is_taken_only_where_it_is_named_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the library that stands in for the vendor's: as on a machine that has it."""
    card = StandingInCard(library("fake_ciul"))
    card.calls.fake_reset(0)
    monkeypatch.setattr(EfViReceiver.Options.model_fields["library"], "default", str(card.path))
    EfViReceiver.Options.model_rebuild(force=True)
    heard = [Endpoint(0, free_group(), free_port(), None, "lo")]
    try:
        with AutoReceiver(heard) as receiver:
            assert receiver.kind == "af_xdp"
            (words,) = (one for one in receiver.warnings if "ef_vi" in one)
            assert words.startswith("receiver af_xdp is used, since ef_vi: it is here, and was not tried: it has met ")
        for named in ({"kinds": ["ef_vi", "socket"]}, {"options": {"ef_vi": {"buffers": 512}}}):
            with AutoReceiver(heard, AutoReceiver.Options(**named)) as receiver:
                assert receiver.kind == "ef_vi"
                assert receiver.warnings == []
        with AutoReceiver(heard, AutoReceiver.Options(kinds=["socket"])) as receiver:
            assert receiver.warnings == [], "whoever names the kinds has decided"
    finally:
        monkeypatch.undo()
        EfViReceiver.Options.model_rebuild(force=True)
    (told,) = (one for one in availabilities() if one.kind == "ef_vi")
    assert told.remarks == ("auto takes it only where `kinds` or `options` name it: it has met no card yet",)


OPENING = f"""
import json
from feedhandler.receivers.auto import AutoReceiver
from feedhandler.receivers.endpoints import Endpoint
with AutoReceiver([Endpoint(3, "239.7.0.5", {PORT}, None, {NEAR!r})]) as receiver:
    print(json.dumps([receiver.kind, receiver.warnings]))
"""


@pytest.mark.namespace
def test_without_a_privilege_the_next_one_is_taken_and_the_reason_says_what_would_mend_it() -> None:
    with cards():
        kind, warnings = json.loads(only_capabilities(OPENING, "net_raw"))
        assert kind == "af_packet"
        (warning,) = (words for words in warnings if words.startswith("receiver af_packet is used, since af_xdp: "))
        assert "CAP_BPF" in warning
        kind, warnings = json.loads(only_capabilities(OPENING, "chown"))
        assert kind == "socket"
        assert [words for words in warnings if "since af_xdp: " in words and "CAP_BPF" in words]
        assert [words for words in warnings if "since af_packet: " in words and "CAP_NET_RAW" in words]


def test_a_line_without_interface_is_left_to_sockets() -> None:
    with AutoReceiver([Endpoint(0, "", 0)]) as receiver:
        assert receiver.address_of(0)[1] > 0
        assert receiver.fileno(0) > 0


def test_a_packet_too_long_for_a_kind_is_a_reason_too() -> None:
    heard = Endpoint(0, free_group(), free_port(), None, LOOPBACK)
    with AutoReceiver([heard], AutoReceiver.Options(kinds=["af_xdp", "socket"], packet_bytes=9_000)) as receiver:
        assert receiver.kind == "socket"
        assert receiver.tried[0].startswith("af_xdp: packet_bytes 9000: ")


def test_where_nothing_works_every_reason_is_told() -> None:
    receiver = AutoReceiver([Endpoint(0, "239.7.0.5", PORT, None, "no-such-one")])
    with pytest.raises(EndpointError, match=r"no receiver could be opened: .*af_xdp: .*; af_packet: .*; socket: .*"):
        receiver.open()


def test_a_mistake_in_a_kinds_own_options_is_no_reason_to_take_another() -> None:
    with pytest.raises(ValidationError, match="socket: receive_buffers: Extra inputs are not permitted"):
        AutoReceiver.Options(options={"socket": {"receive_buffers": "1MiB"}})
    with pytest.raises(ValidationError, match="did you mean socket"):
        AutoReceiver.Options(options={"sockets": {}})


@pytest.mark.parametrize("kinds", ["socket", [], ["auto"]])
def test_options_are_validated(kinds: object) -> None:
    with pytest.raises(ValidationError):
        AutoReceiver.Options(kinds=kinds)


def test_every_kind_is_told_of_best_first() -> None:
    found = availabilities()
    kinds = [one.kind for one in found]
    assert [kind for kind in kinds if kind in BEST_FIRST] == list(BEST_FIRST)
    assert {"auto", "memory"} <= set(kinds)
    assert kinds[-len(NOT_BUILT) :] == list(NOT_BUILT)
    by_kind = {one.kind: one for one in found}
    assert by_kind["socket"].available
    assert "docs/decisions/0010-io-uring.md" in (by_kind["io_uring"].reason or "")


def test_what_is_missing_is_told_with_what_would_mend_it() -> None:
    program = """
from feedhandler.receivers.availability import availabilities
for one in availabilities():
    print(one.kind, one.available, one.reason)
"""
    told = only_capabilities(program, "net_raw")
    assert "af_packet True None" in told
    assert "af_xdp False" in told
    assert "CAP_BPF" in told
    told = only_capabilities(program, "chown")
    assert "af_packet False" in told
    assert "CAP_NET_RAW" in told
    assert "socket True None" in told
