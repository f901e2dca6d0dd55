"""Extensions that are built only where their library is found, and what to say where they were not.

One table for both who need it: `setup.py` runs this file on its own to know what it may leave out, so it imports
nothing but the standard library; `plugins.py` and `feedhandler receivers` say from it what would mend a receiver that
is missing.
"""

from __future__ import annotations

import ctypes
import shlex
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class OptionalReceiver:
    """A receiver whose extensions need the headers of a library."""

    kind: str
    summary: str
    modules: tuple[str, ...]
    library: str
    """The library's name for pkg-config."""
    package: str
    """The package of Debian and Ubuntu that has the headers."""
    options: str
    """The model in `options.py`, which is there in any case."""
    linked: bool = True
    """Whether the extension names the library; one that looks it up when it is opened does not."""

    @property
    def mend(self) -> str:
        """What would make it be there."""
        return (
            f"it needs {self.library} (apt-get install {self.package}), and the extensions must then be built again "
            "(make clean setup in a checkout, else pip install --force-reinstall)"
        )


OPTIONAL = (
    OptionalReceiver(
        "dpdk",
        "The `dpdk` receiver: cards and virtual devices that DPDK drives in this process.",
        ("feedhandler.receivers.dpdk.receiver", "feedhandler.receivers.dpdk.ports"),
        "libdpdk",
        "dpdk-dev",
        "DpdkOptions",
    ),
    OptionalReceiver(
        "verbs",
        "The `verbs` receiver: RDMA cards that write frames into our memory, through a raw-packet queue pair.",
        ("feedhandler.receivers.verbs.receiver",),
        "libibverbs",
        "libibverbs-dev",
        "VerbsOptions",
        linked=False,
    ),
)


@dataclass(frozen=True)
class Flags:
    """What the compiler and the linker are told."""

    compile: list[str]
    link: list[str]


def flags_of(library: str) -> Flags | None:
    """As pkg-config answers for a library; None where it does not know it, or is not there."""
    found = []
    for question in ("--cflags", "--libs"):
        try:
            answer = subprocess.run(
                ["pkg-config", question, library], capture_output=True, text=True, check=False, timeout=60
            )
        except FileNotFoundError:
            return None
        if answer.returncode != 0:
            return None
        found.append(shlex.split(answer.stdout))
    return Flags(*found)


def ef_vi_interface() -> str | None:
    """What the ef_vi library of this machine says that its interface is; None where there is no such library.

    The receiver that is built beside it works with that interface and no other (`ef_vi/api.h`).
    """
    try:
        asked = ctypes.CDLL("libciul.so.1").ef_vi_driver_interface_str
    except (OSError, AttributeError):
        return None
    asked.restype = ctypes.c_char_p
    answer: bytes = asked()
    return answer.decode()


def why_missing(kind: str, error: ImportError) -> str | None:
    """Why a receiver's extensions cannot be imported, and what would mend it; None where it is not optional."""
    for receiver in OPTIONAL:
        if receiver.kind == kind:
            if isinstance(error, ModuleNotFoundError):
                return f"not built here: {receiver.mend}"
            return f"built, and it cannot be loaded ({error}): {receiver.mend}"
    return None
