"""Frame memory of af_xdp in huge pages, reserved for the test and put back; and in small ones."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest

from feedhandler.receivers.af_xdp import AfXdpReceiver
from feedhandler.receivers.af_xdp.umem import Umem
from tests.receivers.contract import LINES, of_line, payloads
from tests.receivers.huge_pages import SETTING, free_huge_pages, huge_pages
from tests.receivers.namespaces import CardsRig, cards, wait_until
from tests.receivers.polling import Poller

FRAMES = 4_096
PAGES = 4
"""Of 2 MiB, for so many frames of 2 KiB."""


def page_bytes_at(address: int) -> int:
    """The size of the pages behind an address, as the kernel says (/proc/self/smaps)."""
    inside = False
    for row in Path("/proc/self/smaps").read_text().splitlines():
        bounds = row.split()[0].split("-")
        if len(bounds) == 2 and all(set(one) <= set("0123456789abcdef") for one in bounds):
            inside = int(bounds[0], 16) <= address < int(bounds[1], 16)
        elif inside and row.startswith("KernelPageSize:"):
            return int(row.split()[1]) << 10
    raise LookupError(hex(address))


def test_reserved_pages_are_taken_and_given_back() -> None:
    with huge_pages(PAGES):
        before = free_huge_pages()
        memory = Umem(PAGES * (2 << 20) - 4_096, huge=True)
        assert memory.pages == "reserved huge pages"
        assert page_bytes_at(memory.address) == 2 << 20
        assert memory.address % (2 << 20) == 0
        assert free_huge_pages() == before - PAGES
        del memory
        gc.collect()
        assert free_huge_pages() == before


def test_where_too_few_are_reserved_others_serve_and_none_is_held() -> None:
    with huge_pages(PAGES - 1):
        memory = Umem(PAGES * (2 << 20), huge=True)
        assert memory.pages in ("transparent huge pages asked for", "small pages")
        assert free_huge_pages() == PAGES - 1


def test_small_pages_where_no_huge_ones_are_wished() -> None:
    with huge_pages(PAGES):
        memory = Umem(PAGES * (2 << 20), huge=False)
        assert memory.pages == "small pages"
        assert page_bytes_at(memory.address) == 4_096
        assert free_huge_pages() == PAGES


@pytest.mark.namespace
@pytest.mark.parametrize("mode", ["native", "generic"])
@pytest.mark.parametrize("huge", [True, False])
def test_frames_come_out_of_the_memory_that_was_obtained_many_times_round_it(mode: str, huge: bool) -> None:
    setting = SETTING.read_text()
    with huge_pages(PAGES), cards() as sending:
        options: dict[str, Any] = {"mode": mode, "frames": FRAMES, "huge_pages": huge}
        rig = CardsRig(AfXdpReceiver, LINES, sending, **options)
        sent = payloads("x", 64, 1_300)
        with rig.receiver() as receiver:
            (told,) = receiver.statistics["interfaces"]
            assert told["pages"] == ("reserved huge pages" if huge else "small pages")
            assert free_huge_pages() == (0 if huge else PAGES)
            poller = Poller(receiver)
            for _ in range(3 * FRAMES // 64):
                rig.send(LINES[0], sent)
                assert of_line(poller.receive(64), LINES[0]) == sent
            assert receiver.statistics["dropped"] == {"receiver": 0, "kernel": 0, "device": 0}
        # the kernel lets go of the memory a moment after the socket is closed
        wait_until(lambda: free_huge_pages() == PAGES, "the pages are given back")
    assert SETTING.read_text() == setting
