"""The variant of captures, where nobody named it: what their packets say, else the day they were captured."""

from __future__ import annotations

import datetime
from itertools import islice

from feedhandler.config import Deployment
from feedhandler.feed import Feed
from feedhandler.observe.logs import log

LOOKED_AT = 64
"""Packets whose version is asked for: of the first file, from its start."""


def variant_chosen(deployment: Deployment, feed: Feed, files: list[str], date: datetime.date | None) -> Deployment:
    """The deployment with its variant named; as it was where the feed has no editions or somebody chose."""
    from feedhandler.composition.day import date_of
    from feedhandler.composition.fitting import session_of
    from feedhandler.composition.versions import variant_of_day, variant_on_wire
    from replay.iteration import frames

    theirs = list(feed.variants) if deployment.venue is None else feed.variants_from(deployment.venue)
    if not feed.editions or deployment.variant is not None or len(theirs) < 2 or files[0] == "-":
        return deployment
    first = list(islice(frames(files[0]), LOOKED_AT))
    session = session_of(deployment, feed, messages_only=False)
    found, why = variant_on_wire(feed, session, (frame.payload for frame in first)), "the version on the wire"
    if found is None:
        day = date or deployment.trading_date or date_of(first[0].received_ns if first else 0, feed.time_zone)
        found, why = variant_of_day(feed, day), f"the day, {day}"
    if found not in theirs:
        return deployment
    log().info("variant chosen", variant=found, by=why)
    return deployment.model_copy(update={"variant": found})
