"""Nothing that a file can contain crashes the reader, makes it read out of bounds, or goes uncounted."""

import json
import signal
import subprocess
import sys
from pathlib import Path

SEED = 20231002
PACKETS, FILES, RECEIVED = 300_000, 30_000, 4_000
ROOT = Path(__file__).resolve().parents[2]


def fuzz(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.replay.fuzz", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT, check=False)


def test_mutated_packets_and_files_are_lent_or_refused_and_never_read_past_their_end(tmp_path: Path) -> None:
    done = fuzz(SEED, PACKETS, FILES, RECEIVED, tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {kind: sum(counts.values()) for kind, counts in found.items()} == {
        "packets": PACKETS,
        "stamps": PACKETS,
        "files": FILES,
        "received": RECEIVED,
    }
    assert set(found["packets"]) == {
        "udp",
        "unsupported_link_type",
        "not_ip",
        "ipv6",
        "not_udp",
        "fragment",
        "headers_cut",
        "bad_ip_length",
        "bad_udp_length",
    }
    assert set(found["stamps"]) == {"no datagram", "no time", "time"}
    assert set(found["files"]) == {"whole", "cut off", "damaged"}
    assert set(found["received"]) == {"refused", "with problems", "without"}


def test_the_guard_catches_a_read_of_what_is_not_there() -> None:
    assert fuzz("overread", 10).returncode == -signal.SIGSEGV
