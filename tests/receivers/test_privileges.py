"""Opening needs capabilities, exactly those that are documented; polling, telling and closing need none."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from feedhandler.receivers.endpoints import Endpoint
from tests.receivers.namespaces import NEAR, PORT, cards, datagram, send_frames
from tests.receivers.privileges import only_capabilities, without_capabilities

NEEDED = {
    "socket": (),
    "af_packet": ("net_raw",),
    "af_xdp": ("net_admin", "net_raw", "bpf"),
}
"""As docs/running-live.md says. The memory of `af_xdp` counts as locked: here it fits into the limit."""

HEARD = Endpoint(3, "239.7.0.5", PORT, None, NEAR)

POLLING = f"""
import json
from feedhandler import plugins
from feedhandler.composition.privileges import drop, permitted_of_threads
from feedhandler.receivers.endpoints import Endpoint
from tests.receivers.polling import Poller

kind = plugins.receiver(%r)
options = {{"frames": 64}} if "frames" in kind.Options.model_fields and %r == "af_xdp" else {{}}
receiver = kind([{HEARD!r}], kind.Options(**options))
try:
    receiver.open()
except OSError as error:
    print(json.dumps(["refused", str(error)]))
else:
    given_up, notes = drop(0)
    left = sorted(set(permitted_of_threads().values()))
    taken = Poller(receiver).receive(5)
    told = receiver.statistics["frames"]
    receiver.leave(receiver.endpoints[0])
    receiver.close()
    print(json.dumps([given_up, notes, left, sorted({{one.payload.decode() for one in taken}}), told >= 5]))
"""


@contextmanager
def sent_all_the_time(sending: object) -> Iterator[None]:
    """A datagram every few milliseconds, until the end."""
    ended = threading.Event()

    def send() -> None:
        while not ended.wait(0.005):
            send_frames(sending, [datagram(b"still heard", HEARD.group)])  # type: ignore[arg-type]

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        ended.set()
        sender.join()


@pytest.mark.parametrize("kind", NEEDED)
@pytest.mark.namespace
def test_with_the_documented_capabilities_it_opens_and_then_needs_none_of_them(kind: str) -> None:
    with cards() as sending, sent_all_the_time(sending):
        told = json.loads(only_capabilities(POLLING % (kind, kind), *(NEEDED[kind] or ("chown",))))
    given_up, notes, left, payloads, counted = told
    assert given_up == sorted(given_up, key=["CAP_CHOWN", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_BPF"].index)
    assert {name.removeprefix("CAP_").lower() for name in given_up} == set(NEEDED[kind] or ("chown",))
    assert (notes, left, payloads, counted) == ([], [0], ["still heard"], True)


@pytest.mark.parametrize(
    ("kind", "missing"), [(kind, name) for kind, names in NEEDED.items() for name in names]
)
@pytest.mark.namespace
def test_without_any_one_of_them_it_is_refused_with_all_that_it_needs(kind: str, missing: str) -> None:
    with cards() as sending, sent_all_the_time(sending):
        others = [name for name in NEEDED[kind] if name != missing]
        refused, words = json.loads(only_capabilities(POLLING % (kind, kind), *(others or ["chown"])))
    assert refused == "refused"
    assert all(f"CAP_{name.upper()}" in words for name in NEEDED[kind]), words


@pytest.mark.parametrize("kind", ["ef_vi", "verbs"])
def test_asking_whether_a_vendors_library_is_there_needs_no_capability(kind: str) -> None:
    program = f"""
from feedhandler import plugins
try:
    print(plugins.receiver({kind!r}).probe())
except plugins.NotBuiltError as error:
    print(error)
"""
    assert without_capabilities(program, "net_raw", "net_admin", "bpf").strip()
