"""Which receivers this process could use now, and what would mend it where it could not: nothing is attached or joined.

A receiver kind may have a static method `probe()` that returns None where it could be opened, or a sentence that says
what is missing, and a static method `remarks()` that returns what else there is to know. What only opening can find out
(whether a card's driver has a mode, whether a queue is free) is left to opening.
"""

from __future__ import annotations

from dataclasses import dataclass

from feedhandler import plugins
from feedhandler.receivers.optional import OPTIONAL
from feedhandler.receivers.options import UNPROVED

BEST_FIRST = ("ef_vi", "verbs", "dpdk", "af_xdp", "af_packet", "socket")
"""The kinds that hear a network, in the order in which `auto` tries them; the first three only where they are named."""

NOT_BUILT = {
    "io_uring": (
        "sockets through io_uring",
        "left out: it costs what recvmmsg does, which `socket` uses (docs/decisions/0010-io-uring.md)",
    ),
}
"""Kinds that a trading firm would look for and that there are not: what they would be, and why there are none."""


@dataclass(frozen=True)
class Availability:
    """Whether a kind could be used, and why not."""

    kind: str
    available: bool
    summary: str
    reason: str | None = None
    remarks: tuple[str, ...] = ()
    """What else there is to know before it is used."""


def availabilities() -> list[Availability]:
    """Every installed receiver of lines, best first, and those that are not built."""
    found = {}
    for kind in plugins.installed(plugins.RECEIVERS):
        one = _availability(kind)
        if one is not None:
            found[kind] = one
    order = [kind for kind in BEST_FIRST if kind in found] + [kind for kind in found if kind not in BEST_FIRST]
    missing = [kind for kind in NOT_BUILT if kind not in found]
    return [found[kind] for kind in order] + [
        Availability(kind, False, *NOT_BUILT[kind]) for kind in missing
    ]


def _availability(kind: str) -> Availability | None:
    """Of one installed kind; None where it hears no lines."""
    try:
        implementation = plugins.receiver(kind)
    except plugins.NotBuiltError as error:
        (summary,) = (one.summary for one in OPTIONAL if one.kind == kind)
        return Availability(kind, False, summary, error.why)
    if not hasattr(implementation, "Options"):
        return None
    probe = getattr(implementation, "probe", None)
    reason = probe() if probe is not None else None
    summary = (implementation.Options.__doc__ or kind).strip().split("\n")[0]
    remarks = list(getattr(implementation, "remarks", list)())
    if kind in UNPROVED:
        remarks.append("auto takes it only where `kinds` or `options` name it: it has met no card yet")
    return Availability(kind, reason is None, summary, reason, tuple(remarks))
