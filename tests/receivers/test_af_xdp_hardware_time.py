"""The card's own times in af_xdp: the program that asks the driver for them, and what is told where there are none.

No card is here. A virtual card's driver answers the question, and has no time to give; what a card would tell is put
into a program that differs from ours in this alone.
"""

from __future__ import annotations

import errno
import struct
import subprocess
from typing import Any

import pytest

from feedhandler.receivers.af_xdp import AfXdpReceiver, bpf, btf
from feedhandler.receivers.af_xdp import hardware_program as xdp_hardware_program
from feedhandler.receivers.af_xdp import program as xdp_program
from feedhandler.receivers.af_xdp import sockets as xdp_socket
from feedhandler.receivers.endpoints import interface_index
from feedhandler.receivers.socket import udp
from tests.receivers import test_af_xdp
from tests.receivers.contract import LINES, of_line, payloads
from tests.receivers.namespaces import NEAR, CardsRig, cards, ip
from tests.receivers.polling import Poller
from tests.receivers.privileges import only_capabilities

STAMP = 1_234_567_890


def needs_the_function() -> None:
    """Skip where this kernel's drivers cannot be asked: the question came with Linux 6.3."""
    try:
        btf.function_number(xdp_hardware_program.FUNCTION)
    except btf.BtfError as error:
        pytest.skip(f"errno {error.errno}: {error}")


def rig_of(sending: Any, **options: Any) -> CardsRig:
    return CardsRig(AfXdpReceiver, LINES, sending, **{"frames": 1_024, "timestamps": "hardware", **options})


class TestAfXdpReceiverThatAsksForHardwareTime(test_af_xdp.TestNativeAfXdpReceiver):
    """The contract once more, with the program that asks the driver."""

    options = {"mode": "native", "timestamps": "hardware"}


@pytest.mark.namespace
def test_the_driver_is_asked_and_where_it_has_no_time_that_is_told_and_the_programs_own_is_used() -> None:
    needs_the_function()
    with cards() as sending:
        rig = rig_of(sending)
        with rig.receiver() as receiver:
            rig.send(LINES[0], payloads("x", 60))
            taken = Poller(receiver).receive(60)
            assert of_line(taken, LINES[0]) == payloads("x", 60)
            assert {one.hardware_ns for one in taken} == {0}
            assert len({one.received_ns for one in taken}) == 60, "of one burst, so the times are the program's"
            assert {one.flags for one in taken} == {0}
            (told,) = receiver.statistics["interfaces"]
            assert (told["mode"], told["timestamps"], told["not_hardware"]) == ("native", "hardware", None)
            assert (told["stamped"], told["unstamped"]) == (0, 60)
            assert told["unstamped_reason"] in ("the driver answered with 0", "No data available")
            assert "feed_stamped" in programs_loaded()
            # a virtual card cannot be told to stamp
            assert receiver.warnings == [
                f"{NEAR} does not stamp frames: Operation not supported; the kernel's stamps are used alone"
            ]


def programs_loaded() -> str:
    try:
        return subprocess.run(["bpftool", "prog", "show"], capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"everything but the program's name was compared; no bpftool: {error}")


def answering(stamp: int, error: int) -> Any:
    """The program with the answer of a driver in the place of its call."""
    whole = xdp_hardware_program.program

    def program(endpoints_map: int, sockets_map: int, function: int) -> bytes:
        code = whole(endpoints_map, sockets_map, function)
        call = bpf.assemble([bpf.Instruction(0x85, 0, 2, constant=function)])
        cleared = bpf.assemble([bpf.Instruction(0x7A, 10, offset=-16)])
        assert code.count(call) == code.count(cleared) == 1
        answer = bpf.assemble([bpf.Instruction(0xB7, 0, constant=-error)])
        return code.replace(call, answer).replace(cleared, cleared[:4] + struct.pack("=i", stamp))

    return program


@pytest.mark.namespace
def test_a_cards_time_is_the_frames_hardware_time(monkeypatch: pytest.MonkeyPatch) -> None:
    needs_the_function()
    monkeypatch.setattr(xdp_hardware_program, "program", answering(STAMP, 0))
    with cards() as sending:
        rig = rig_of(sending)
        with rig.receiver() as receiver:
            rig.send(LINES[1], payloads("x", 60))
            taken = Poller(receiver).receive(60)
            assert {one.hardware_ns for one in taken} == {STAMP}
            assert len({one.received_ns for one in taken}) == 60
            (told,) = receiver.statistics["interfaces"]
            assert (told["stamped"], told["unstamped"], told["unstamped_reason"]) == (60, 0, None)


@pytest.mark.namespace
@pytest.mark.parametrize("number", [errno.ENODATA, errno.EOPNOTSUPP])
def test_a_drivers_error_is_no_time_and_is_told(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    needs_the_function()
    monkeypatch.setattr(xdp_hardware_program, "program", answering(STAMP, number))
    with cards() as sending:
        rig = rig_of(sending)
        with rig.receiver() as receiver:
            rig.send(LINES[1], payloads("x", 5))
            assert {one.hardware_ns for one in Poller(receiver).receive(5)} == {0}
            (told,) = receiver.statistics["interfaces"]
            words = {errno.ENODATA: "No data available", errno.EOPNOTSUPP: "Operation not supported"}
            assert (told["stamped"], told["unstamped"], told["unstamped_reason"]) == (0, 5, words[number])


@pytest.mark.namespace
def test_where_the_program_is_refused_the_other_one_serves_and_the_kernels_words_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needs_the_function()
    monkeypatch.setattr(xdp_hardware_program, "LICENSE", xdp_program.LICENSE)
    with cards() as sending:
        rig = rig_of(sending)
        with rig.receiver() as receiver:
            rig.send(LINES[0], payloads("x", 5))
            assert of_line(Poller(receiver).receive(5), LINES[0]) == payloads("x", 5)
            (told,) = receiver.statistics["interfaces"]
            why = (
                f"errno {errno.EINVAL}: the kernel refused the XDP program: "
                "cannot call kernel function from non-GPL compatible program"
            )
            assert (told["mode"], told["timestamps"], told["not_hardware"]) == ("native", "software", why)
            assert (told["stamped"], told["unstamped"]) == (0, 0)
            assert f"{NEAR}: the card's times are not read: {why}" in receiver.warnings


@pytest.mark.namespace
def test_a_kernel_without_the_function_or_its_information_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value, why in (
        (xdp_hardware_program, ("FUNCTION", "no_such_function"), "this kernel has no function no_such_function"),
        (btf, ("KERNEL", btf.KERNEL / "absent"), "CONFIG_DEBUG_INFO_BTF"),
    ):
        with cards() as sending, monkeypatch.context() as patched:
            patched.setattr(name, *value)
            with rig_of(sending).receiver() as receiver:
                (told,) = receiver.statistics["interfaces"]
                assert told["timestamps"] == "software"
                assert why in told["not_hardware"]


@pytest.mark.namespace
def test_the_generic_mode_has_no_hardware_time_and_says_so() -> None:
    with cards() as sending, rig_of(sending, mode="generic").receiver() as receiver:
        (told,) = receiver.statistics["interfaces"]
        assert (told["timestamps"], told["not_hardware"]) == (
            "software", f"errno {errno.EOPNOTSUPP}: the generic mode does not ask the driver",
        )  # fmt: skip


@pytest.mark.namespace
def test_a_device_that_cannot_have_such_a_program_refuses_it() -> None:
    needs_the_function()
    endpoints_map = bpf.map_create(bpf.MAP_HASH, xdp_program.KEY_BYTES, xdp_program.VALUE_BYTES, 8, "test")
    sockets_map = bpf.map_create(bpf.MAP_XSK, 4, 4, 1, "test")
    function = btf.function_number(xdp_hardware_program.FUNCTION)
    code = xdp_hardware_program.program(endpoints_map, sockets_map, function)
    with pytest.raises(OSError, match="Operation not supported, without a reason") as refused:
        bpf.program_load(code, xdp_hardware_program.LICENSE, "test", interface_index("lo"))
    assert refused.value.errno == errno.EOPNOTSUPP


@pytest.mark.namespace
def test_auto_asks_the_driver_only_where_the_card_stamps_already_and_never_tells_it_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needs_the_function()
    told_to_stamp: list[str] = []
    monkeypatch.setattr(xdp_socket, "stamp_in_hardware", told_to_stamp.append)
    assert AfXdpReceiver.Options().timestamps == "auto"
    with cards() as sending:
        assert not udp.stamps_in_hardware(NEAR), "a virtual card stamps nothing"
        for stamps, expected in ((False, "software"), (True, "hardware")):
            monkeypatch.setattr(xdp_socket, "stamps_in_hardware", lambda _, stamps=stamps: stamps)
            with rig_of(sending, timestamps="auto").receiver() as receiver:
                assert receiver.statistics["interfaces"][0]["timestamps"] == expected
                assert receiver.warnings == []
    assert told_to_stamp == []


@pytest.mark.namespace
@pytest.mark.parametrize("options", [{"timestamps": "software"}, {"trailer": "metamako"}])
def test_nothing_is_asked_where_the_time_is_not_wished_or_an_appliances_is(options: dict[str, str]) -> None:
    with cards() as sending, rig_of(sending, **options).receiver() as receiver:
        (told,) = receiver.statistics["interfaces"]
        assert (told["timestamps"], told["not_hardware"]) == ("software", None)
        assert receiver.warnings == []


@pytest.mark.namespace
def test_the_capabilities_of_the_ordinary_program_are_enough() -> None:
    needs_the_function()
    asking = test_af_xdp.OPENING.replace("frames=1_024", 'frames=1_024, timestamps="hardware"').replace(
        "print(receiver.mode)", 'print(receiver.statistics["interfaces"][0]["timestamps"])'
    )
    with cards():
        assert only_capabilities(asking, "net_admin", "net_raw", "bpf") == "hardware\n"


@pytest.mark.namespace
def test_closed_the_interface_has_no_program() -> None:
    with cards() as sending:
        receiver = rig_of(sending).receiver()
        receiver.open()
        assert "xdp" in ip("link", "show", NEAR)
        receiver.close()
        assert "xdp" not in ip("link", "show", NEAR)
