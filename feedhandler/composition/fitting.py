"""What fits to what: a deployment's names against the feed, the sessions and the sizes that there are."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from feedhandler import plugins
from feedhandler.composition.newer_schema import with_schema
from feedhandler.composition.versions import variant_of_day
from feedhandler.config import CapacitiesModel, ChannelModel, ConfigurationError, Deployment, LimitsModel, LineModel
from feedhandler.core.channel import Channel
from feedhandler.core.memory import Region
from feedhandler.feed import Feed, FeedError
from feedhandler.pipeline.state import Capacities, ChannelMemory, Limits
from feedhandler.sessions import Session


def lines_of(deployment: Deployment) -> list[tuple[ChannelModel, LineModel]]:
    """Every line with its channel, in the order of the lines' numbers."""
    return [(channel, line) for channel in deployment.channels for line in channel.lines]


def line_numbers(deployment: Deployment) -> dict[tuple[str, int] | tuple[str, int, str], int] | None:
    """(group, port) or (group, port, source) of each line to its number; None where lines are discovered."""
    numbers = {
        (line.group, line.port, line.source) if line.source else (line.group, line.port): number
        for number, (_, line) in enumerate(lines_of(deployment))
    }
    return numbers or None


def channels_by_core(deployment: Deployment) -> dict[int | None, list[int]]:
    """The channels of each core, by their place in the file: those of one core share a pipeline and its thread."""
    found: dict[int | None, list[int]] = {}
    for index, channel in enumerate(deployment.channels):
        found.setdefault(channel.core, []).append(index)
    return found


def feed_of(deployment: Deployment) -> Feed:
    """The feed that a deployment names, with the tables of its schema where it names one."""
    try:
        feed = plugins.feed(deployment.feed)
    except plugins.PluginError as error:
        raise ConfigurationError(f"{deployment.place('feed')}: {error}") from error
    if deployment.sbe_schema is None:
        return feed
    return with_schema(feed, deployment.beside(deployment.sbe_schema), deployment.place("schema"))


def variant_of(deployment: Deployment, feed: Feed) -> str:
    """The variant that a deployment names, by its own name or by the venue's; else that of the day, if it has one."""
    variant = deployment.variant
    if variant is not None:
        refuse_unknown(variant, feed.variants, deployment.place("variant"), f"feed {feed.name} has no variant")
    day = deployment.trading_date or datetime.datetime.now(datetime.UTC).date()
    of_day = variant_of_day(feed, day)
    if deployment.venue is None:
        return variant or of_day or feed.default_variant
    venue = deployment.venue
    known = list(dict.fromkeys(feed.venues.values()))
    refuse_unknown(venue, known, deployment.place("venue"), f"feed {feed.name} does not come from")
    theirs = feed.variants_from(venue)
    if variant is not None and variant not in theirs:
        raise ConfigurationError(
            f"{deployment.place('venue')}: {venue} is variant {' or '.join(theirs)}, "
            f"and the variant is given as {variant}; leave one of the two out"
        )
    return variant or (of_day if of_day in theirs else theirs[0])


def session_of(deployment: Deployment, feed: Feed, *, messages_only: bool) -> Session:
    """The session that a deployment names, or the feed's first of the kind that the source is."""
    if deployment.session is not None and not messages_only:
        place = deployment.place("session")
        known = [session.name for session in feed.sessions]
        refuse_unknown(deployment.session, known, place, f"feed {feed.name} has no session")
        return feed.session(deployment.session)
    for session in feed.sessions:
        if session.packets is not messages_only:
            return session
    kind = "files of messages (BinaryFILE)" if messages_only else "packets"
    raise FeedError(f"feed {feed.name} does not come in {kind}; its sessions are {_names(feed.sessions)}")


def capacities_from(model: CapacitiesModel) -> Capacities:
    """Configured capacities as the pipeline takes them."""
    return Capacities(
        instruments=model.instruments,
        orders=model.orders,
        levels=model.levels,
        events=model.events,
        hold_packets=model.hold_packets,
        hold_packet_bytes=model.hold_packet_bytes,
        prefault=model.prefault,
    )


def limits_from(model: LimitsModel) -> Limits:
    """Configured limits as the pipeline takes them."""
    return Limits(
        request_after_ns=model.request_after,
        give_up_after_ns=model.give_up_after,
        heartbeat_ns=model.heartbeat,
        start_window=model.start_window,
        jump_limit=model.jump_limit,
    )


def memory_bytes(deployment: Deployment, channel: ChannelModel | None, feed: Feed) -> int:
    """Address space that a channel would map; nothing of it is touched, and all of it is given back."""
    record = Region("channel", Channel.size, huge=False)
    return ChannelMemory(
        name=channel.name if channel else "",
        feed=feed,
        capacities=capacities_from(deployment.capacities_of(channel)),
        limits=limits_from(deployment.limits_of(channel)),
        channel=Channel(record.address),
        line_address=record.address,
        symbols=deployment.symbols,
    ).bytes


def refuse_unknown(name: str, known: Any, place: str, complaint: str) -> None:
    """Raise `ConfigurationError` where a name is none of the known ones."""
    if name not in known:
        guess = plugins.nearest(name, known)
        meant = f"did you mean {guess}? " if guess else ""
        raise ConfigurationError(f"{place}: {complaint} {name!r}; {meant}Known: {', '.join(known)}")


def _names(sessions: Sequence[Session]) -> str:
    return ", ".join(session.name for session in sessions)
