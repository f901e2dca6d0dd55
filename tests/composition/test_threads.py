"""Threads of pipelines: pinned in themselves, with what is not permitted told, and their end kept."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from feedhandler.composition.threads import (
    PipelineStuckError,
    PipelineThread,
    cores_text,
    join_all,
    pin,
)
from feedhandler.core.loop import Exit
from feedhandler.pipeline.pipeline import PipelineError
from tests.conftest import ROOT

pytestmark = pytest.mark.interpreted

WAIT_S = 30.0


class StandInPipeline:
    """Runs until it is told to stop, and notes where."""

    def __init__(self, fails: BaseException | None = None) -> None:
        self.name = "stand-in"
        self.fails = fails
        self.attached: list[Any] = []
        self.ran_on: set[int] = set()
        self.finished = False
        self.running = threading.Event()
        self._told = threading.Event()

    def attach(self, receiver: Any) -> None:
        self.attached.append(receiver)

    def run(self, **_: Any) -> Exit:
        self.ran_on = os.sched_getaffinity(0)
        self.running.set()
        if self.fails is not None:
            raise self.fails
        assert self._told.wait(WAIT_S)
        return Exit.STOPPED

    def finish(self) -> None:
        self.finished = True

    def stop(self) -> None:
        self._told.set()


class StandInReceiver:
    """Notes the thread in which it was opened and closed."""

    def __init__(self, refuses: OSError | None = None) -> None:
        self.refuses = refuses
        self.threads: list[str] = []
        self.warnings = ["the buffer is small"]

    @property
    def statistics(self) -> dict[str, Any]:
        return {"mode": "stand-in", "frames": len(self.threads)}

    def open(self) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.threads.append(threading.current_thread().name)

    def close(self) -> None:
        self.threads.append(threading.current_thread().name)


def started(pipeline: StandInPipeline, *receivers: StandInReceiver, **named: Any) -> tuple[PipelineThread, Any]:
    ended = threading.Event()
    thread = PipelineThread(pipeline, [("kind", receiver) for receiver in receivers], **named)  # type: ignore[arg-type]
    thread.start(ended.set)
    return thread, ended


def test_receivers_are_opened_polled_and_closed_in_the_pipelines_own_thread() -> None:
    pipeline, receiver = StandInPipeline(), StandInReceiver()
    thread, ended = started(pipeline, receiver)
    assert pipeline.running.wait(WAIT_S)
    assert thread.opened.is_set()
    assert pipeline.attached == [receiver]
    assert thread.statistics() == [{"kind": "kind", "mode": "stand-in", "frames": 1}]
    assert thread.warnings == ["the buffer is small"]
    thread.stop()
    assert ended.wait(WAIT_S)
    join_all([thread])
    assert receiver.threads == ["pipeline stand-in", "pipeline stand-in"]
    assert (thread.outcome, pipeline.finished) == (Exit.STOPPED, False)
    # Figures are those of the moment before it was closed.
    assert thread.statistics()[0]["frames"] == 1


def test_a_thread_pins_itself_and_nobody_else() -> None:
    before = os.sched_getaffinity(0)
    core = min(before)
    pipeline = StandInPipeline()
    thread, _ = started(pipeline, core=core)
    assert pipeline.running.wait(WAIT_S)
    assert pipeline.ran_on == {core}
    assert os.sched_getaffinity(0) == before
    thread.stop()
    join_all([thread])


def test_a_core_that_is_not_there_ends_the_thread_in_words() -> None:
    thread, ended = started(StandInPipeline(), core=4095)
    assert ended.wait(WAIT_S)
    assert isinstance(thread.outcome, PipelineError)
    assert "core 4095 cannot be used" in str(thread.outcome)
    assert "this process may use" in str(thread.outcome)


def test_a_receiver_that_cannot_be_opened_ends_the_thread_and_those_that_were_are_closed() -> None:
    first, second = StandInReceiver(), StandInReceiver(OSError(19, "line 0 (239.0.0.1:7 on eth9): no such interface"))
    thread, ended = started(StandInPipeline(), first, second)
    assert ended.wait(WAIT_S)
    assert str(thread.outcome) == "receiver kind cannot be opened: line 0 (239.0.0.1:7 on eth9): no such interface"
    assert len(first.threads) == 2
    assert not thread.opened.is_set()


def test_what_a_pipeline_raises_is_kept_for_whoever_waits() -> None:
    error = PipelineError("no more")
    receiver = StandInReceiver()
    thread, ended = started(StandInPipeline(error), receiver)
    assert ended.wait(WAIT_S)
    assert thread.outcome is error
    assert len(receiver.threads) == 2


def test_a_thread_that_does_not_end_is_told_after_a_bounded_wait() -> None:
    pipeline = StandInPipeline()
    thread, ended = started(pipeline)
    assert pipeline.running.wait(WAIT_S)
    with pytest.raises(PipelineStuckError, match="pipeline stand-in was told to stop and did not within 0 s"):
        join_all([thread], timeout_s=0.05)
    pipeline.stop()
    assert ended.wait(WAIT_S)


def in_a_process(program: str, *limits: str) -> str:
    """What a program prints, in a process of its own with resource limits and without capabilities."""
    return subprocess.run(
        ["bash", "-c", f"{' && '.join([*limits, 'exec'])} {sys.executable} -c '{program}'"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True, timeout=120,
    ).stdout.strip()  # fmt: skip


DROP = "import ctypes; [ctypes.CDLL(None).prctl(24, number, 0, 0, 0) for number in range(41)]; import os"
"""Takes all capabilities out of the bounding set, so that a change of user keeps none."""

UNPRIVILEGED = "os.setgid(65534); os.setuid(65534)"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_what_the_kernel_does_not_permit_is_told_with_what_would_mend_it() -> None:
    told = in_a_process(
        f"{DROP}; from feedhandler.composition.threads import lock_memory, set_fifo; {UNPRIVILEGED}; "
        "print(set_fifo(7)); print(lock_memory())",
        "ulimit -r 0", "ulimit -l 64",
    ).splitlines()  # fmt: skip
    assert told[0].startswith("(False, [")
    assert "CAP_SYS_NICE, or ulimit -r 7 (LimitRTPRIO=7 in a systemd unit)" in told[0]
    assert "CAP_IPC_LOCK, or ulimit -l unlimited (LimitMEMLOCK=infinity in a systemd unit)" in told[1]


def test_memory_is_locked_where_it_may_be() -> None:
    program = (
        "from feedhandler.composition.threads import lock_memory; import re; notes = lock_memory(); "
        'locked = int(re.search(r"VmLck:\\s+(\\d+)", open("/proc/self/status").read())[1]); print(notes, locked > 0)'
    )
    told = in_a_process(program)
    if not told.startswith("[]"):
        pytest.skip(f"this process may not lock memory: {told}")
    assert told == "[] True"


def test_a_core_in_words() -> None:
    assert cores_text(set()) == "cores "
    assert [cores_text({5}), cores_text({0, 1}), cores_text({0, 2, 3, 9})] == ["core 5", "cores 0-1", "cores 0,2-3,9"]


def test_the_calling_thread_is_the_one_that_is_pinned() -> None:
    core = min(os.sched_getaffinity(0))
    found = SimpleNamespace(cores=None)

    def work() -> None:
        pin(core)
        found.cores = os.sched_getaffinity(0)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(WAIT_S)
    assert found.cores == {core}
