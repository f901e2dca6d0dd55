"""Capabilities are given up in every thread of a process, and a run gives up what only opening needed."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
from pathlib import Path

import pytest

from feedhandler.composition.privileges import CAP_DAC_OVERRIDE, CAP_IPC_LOCK, kept_in_a_run, names_of
from tests.cli.builders import DAY, packets
from tests.cli.live import Lines, Process
from tests.receivers.privileges import only_capabilities

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root has capabilities to give up")

THREADS = """
import json, threading, time
import numpy
from feedhandler.composition.privileges import drop, permitted_of_threads

ended = threading.Event()
def sleeping():
    ended.wait(60)
def spinning():
    while not ended.is_set():
        sum(range(1_000))
def reading():
    while not ended.is_set():
        time.sleep(0.01)
threads = [threading.Thread(target=work) for work in (sleeping, spinning, reading) * 4]
for thread in threads:
    thread.start()
numpy.dot(numpy.ones((300, 300)), numpy.ones((300, 300)))  # a library's own threads
before = permitted_of_threads()
given_up, notes = drop(1 << 1)
later = threading.Thread(target=sleeping)
later.start()
after = permitted_of_threads()
again = drop(1 << 1)
ended.set()
for thread in [*threads, later]:
    thread.join()
no_way_back = open("/proc/self/status").read().partition("NoNewPrivs:")[2].split()[0]
print(json.dumps([len(before), sorted(set(before.values())), len(after), sorted(set(after.values())), given_up, notes,
                  again, no_way_back]))
"""


@ROOT_ONLY
def test_every_thread_gives_up_all_but_what_is_kept_and_there_is_no_way_back() -> None:
    told = only_capabilities(THREADS, "dac_override", "net_raw", "net_admin")
    count, before, count_after, after, given_up, notes, again, no_way_back = json.loads(told)
    assert count >= 13
    assert before == [1 << 1 | 1 << 12 | 1 << 13]
    assert (count_after, after) == (count + 1, [1 << 1])
    assert given_up == ["CAP_NET_ADMIN", "CAP_NET_RAW"]
    assert (notes, again, no_way_back) == ([], [[], []], "1")


DEAF = """
import json, signal, threading
from feedhandler.composition.privileges import drop, permitted_of_threads

blocked, ended = threading.Event(), threading.Event()
def deaf():
    signal.pthread_sigmask(signal.SIG_BLOCK, range(signal.SIGRTMIN, signal.SIGRTMAX + 1))
    blocked.set()
    ended.wait(60)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, range(signal.SIGRTMIN, signal.SIGRTMAX + 1))
thread = threading.Thread(target=deaf)
thread.start()
blocked.wait(60)
given_up, notes = drop(0)
left = sorted(permitted_of_threads().values())
ended.set()
thread.join()
print(json.dumps([given_up, notes, left]))
"""


@ROOT_ONLY
def test_a_thread_that_does_not_answer_is_named_and_the_process_lives_on() -> None:
    given_up, notes, left = json.loads(only_capabilities(DEAF, "net_raw"))
    assert given_up == ["CAP_NET_RAW"]
    assert re.fullmatch(r"capabilities are kept by threads, since they did not answer: \d+ \(.+\)", notes[0]), notes
    assert left[-1] == 1 << 13
    assert set(left[:-1]) == {0}


def test_locked_memory_keeps_its_capability_where_a_limit_would_refuse_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept_in_a_run(locks_memory=False) == 1 << CAP_DAC_OVERRIDE
    monkeypatch.setattr(resource, "getrlimit", lambda _: (8 << 20, 8 << 20))
    assert kept_in_a_run(locks_memory=True) == 1 << CAP_DAC_OVERRIDE | 1 << CAP_IPC_LOCK
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert kept_in_a_run(locks_memory=True) == 1 << CAP_DAC_OVERRIDE


def test_capabilities_are_named_those_too_that_came_later() -> None:
    assert names_of(1 | 1 << 21 | 1 << 40 | 1 << 41) == [
        "CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_CHECKPOINT_RESTORE", "capability 41",
    ]  # fmt: skip


def permitted_of(process: int) -> set[int]:
    found = set()
    for thread in Path(f"/proc/{process}/task").iterdir():
        found.add(int((thread / "status").read_text().partition("CapPrm:")[2].split()[0], 16))
    return found


@ROOT_ONLY
@pytest.mark.parametrize("keeps", [False, True])
def test_a_run_gives_up_in_every_thread_what_it_no_longer_needs(tmp_path: Path, keeps: bool) -> None:
    lines = Lines()
    configuration = tmp_path / "itch.yaml"
    status = tmp_path / "status.json"
    more = f"scheduling: {{keep_capabilities: {str(keeps).lower()}}}\nstatus: {{file: {status}, every: 100ms}}\n"
    configuration.write_text(lines.configuration("privileges", more))
    mine = permitted_of(os.getpid())
    # as plain Python: what is compiled is no matter here
    with Process("run", configuration, "--json", environment={"NUMBA_DISABLE_JIT": "1"}) as process:
        process.wait_until_ready()
        assert permitted_of(process.pid) == (mine if keeps else {1 << CAP_DAC_OVERRIDE})
        given_up = [entry["capabilities"] for entry in process.entries("privileges given up")]
        assert given_up == [] if keeps else "CAP_NET_ADMIN, CAP_NET_RAW" in given_up[0]
        lines.send_to_all(packets(DAY, 3))
        process.wait_for_sequence(status, len(DAY))
        process.signal(signal.SIGTERM)
        assert process.end() == 128 + signal.SIGTERM
    lines.close()
