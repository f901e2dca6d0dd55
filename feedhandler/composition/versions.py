"""Which layout packets have, where nobody named it: by the version on the wire, else by the day.

A feed whose variants are versions of one protocol says in its `editions` when each is sent. `--variant` comes first,
then the configuration's variant or venue; then the packets themselves, where a capture can be asked before the pipeline
is made; then the day of the capture, or today in a live run; at last the feed's default. Tables that honour block
length and version of each message need none of it: they read old and new messages side by side.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from feedhandler.decoding import Decoder
from feedhandler.feed import Feed
from feedhandler.sessions import Session


def variant_on_wire(feed: Feed, session: Session, payloads: Iterable[bytes]) -> str | None:
    """The variant whose edition has the version that the first readable message states."""
    if not any(edition.versions for edition in feed.editions.values()):
        return None
    decoder = Decoder(feed, feed.default_variant, session)
    for payload in payloads:
        version = decoder.version(payload)
        if version is not None:
            return next((name for name, edition in feed.editions.items() if edition.covers_version(version)), None)
    return None


def variant_of_day(feed: Feed, day: datetime.date | None) -> str | None:
    """The variant that the venue sent on a day."""
    if day is None:
        return None
    return next((name for name, edition in feed.editions.items() if edition.covers_day(day)), None)
