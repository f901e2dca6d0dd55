"""Nothing that a packet can contain crashes the compiled pipeline, makes it read out of bounds, or goes uncounted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from feedhandler.core.jit import INTERPRETED
from feedhandler.core.reasons import Reason

PACKETS = int(os.environ.get("FEEDHANDLER_FUZZ_PACKETS", "3000000"))
SEED = int(os.environ.get("FEEDHANDLER_FUZZ_SEED", "20231002"))
ROOT = Path(__file__).resolve().parents[1]
MUST_HAPPEN = {
    *(Reason.FRAME_TRUNCATED, Reason.PACKET_SHORT, Reason.PACKET_BLOCKS, Reason.PACKET_TRAILING),
    *(Reason.PACKET_SEQUENCE, Reason.SESSION_OLD, Reason.HOLD_OVERSIZE, Reason.MESSAGE_UNKNOWN, Reason.MESSAGE_LENGTH),
    *(Reason.MESSAGE_FIELD, Reason.INSTRUMENTS_FULL, Reason.ORDER_UNKNOWN, Reason.ORDER_DUPLICATE),
    *(Reason.SESSION_UNCONFIRMED, Reason.PACKET_JUMP, Reason.ORDER_INSTRUMENT),
    *(Reason.ORDER_BEFORE_START, Reason.ORDER_QUANTITY, Reason.ORDERS_FULL, Reason.LEVELS_FULL, Reason.LADDERS_FULL),
    Reason.INTENTIONS_FULL,
}
"""Every branch that refuses something is taken, or the fuzz proves less than it says."""

pytestmark = pytest.mark.skipif(INTERPRETED, reason="NUMBA_DISABLE_JIT=1: Python reads no byte too many")


def driver(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.fuzz", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=590, cwd=ROOT, check=False)


def test_mutated_packets_are_applied_or_refused_under_a_reason_and_never_read_past_their_end() -> None:
    done = driver(SEED, PACKETS)
    assert done.returncode == 0, done.stderr
    runs = json.loads(done.stdout)
    assert sum(run["lent"] for run in runs.values()) == PACKETS
    for name, run in runs.items():
        assert run["problems"] == [], name
        assert run["lent"] == run["seen"] == run["accounted"], name
        assert run["truncated"][0] == run["truncated"][1], name
        assert run["messages"] == run["events"] + run["refused_messages"], name
        assert min(run["gaps"], run["filled"], run["sessions"]) > 1, name
    happened = {Reason[reason] for run in runs.values() for reason in run["reasons"]}
    assert happened == MUST_HAPPEN


def test_the_guard_catches_a_read_of_what_is_not_there() -> None:
    assert driver("overread", 0).stdout.startswith("read")
    done = driver("overread", 1)
    assert done.returncode == -signal.SIGSEGV
    assert done.stdout == ""
