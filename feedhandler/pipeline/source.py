"""The text of a deployment's pipeline.

A pipeline is an ordinary module of a page or two that calls the session's, the feeds' and the engine's functions by
name, so that LLVM inlines the lot. `feedhandler explain` prints it. Everything that could be an `if` at run time but is
known before start (which feed, which messages, which session) is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from feedhandler.feed import Feed, FeedError
from feedhandler.sessions import Session
from feedhandler.strategies.strategy import StrategyLayout
from feedhandler.wire.message import MessageLayout
from feedhandler.wire.walk import fit_source, words_of_fit

from .strategy_source import needs_settling, strategy_functions


@dataclass(frozen=True)
class Route:
    """One way through the pipeline: a feed in one variant over one session. Channels name theirs by its number."""

    feed: Feed
    variant: str
    session: Session

    @property
    def name(self) -> str:
        """The prefix of the generated functions."""
        return f"{self.feed.name}_{self.session.name}"


_OWN_NAMES = (
    "book_changed", "boundary", "burst_look", "drain", "events_tell", "finish", "frame_look", "happened", "process",
    "quality_tell", "run", "settle", "strategies_tick", "tell", "tick",
)  # fmt: skip
"""What the generated module defines itself."""


class Imports:
    """Collects the names that the module needs and prints them as import lines."""

    def __init__(self) -> None:
        self._modules: dict[str, dict[str, str]] = {}
        # A feed's handler may be called as a function of the module is: it then gets another name here.
        self._used: dict[str, tuple[str, str]] = {name: ("", name) for name in _OWN_NAMES}

    def name(self, thing: Any, alias: str | None = None) -> str:
        """Import a function or class by the name of its definition; returns the name to call it by."""
        module, original = thing.__module__, thing.__name__
        used = alias or original
        if self._used.setdefault(used, (module, original)) != (module, original):
            # Two modules mean different things by one name.
            used = f"{module.rpartition('.')[2]}_{used}"
            self._used[used] = (module, original)
        self._modules.setdefault(module, {})[original] = used
        return used

    def engine(self, module: str, *names: str) -> None:
        """Import names of a module of the engine's core."""
        for name in names:
            self._used[name] = (f"feedhandler.core.{module}", name)
            self._modules.setdefault(f"feedhandler.core.{module}", {})[name] = name

    def lines(self) -> Iterable[str]:
        """The import lines, sorted."""
        for module, names in sorted(self._modules.items()):
            words = [name if name == used else f"{name} as {used}" for name, used in sorted(names.items())]
            line = f"from {module} import {', '.join(words)}"
            if len(line) <= 120:
                yield line
                continue
            yield f"from {module} import ("
            yield from (f"    {word}," for word in words)
            yield ")"


def generate(
    name: str, routes: Sequence[Route], strategies: Sequence[StrategyLayout] = (), *, depth: bool = False
) -> str:
    """The pipeline module for these routes and inline strategies; with `depth` it writes rings of depth.

    Raises `FeedError` where two routes would have the same name.
    """
    if len({route.name for route in routes}) != len(routes):
        raise FeedError(f"deployment {name}: two routes are the same feed over the same session")
    imports = Imports()
    for module, names in _ENGINE_IMPORTS.items():
        imports.engine(module, *names)
    body: list[str] = ["", "", *strategy_functions(strategies, imports, depth=depth)]
    for route in routes:
        body += ["", "", *_decode(route, imports), "", "", *_look(route, imports), "", "", *_deliver(route, imports)]
    body += ["", "", *_dispatch(routes)]
    for route in routes:
        body += ["", "", *_open(route, imports, settling=needs_settling(strategies))]
    body += ["", "", *_burst_look(routes, imports), "", "", *_process(routes), "", "", *_entries(bool(strategies))]
    messages = sum(len(route.feed.messages(route.variant)) for route in routes)
    head = [
        '"""A pipeline: generated, readable, never edited. Deployments with the same routes share it.',
        "",
        *(f"Route {number}: {_title(route)}." for number, route in enumerate(routes)),
        f"{messages} message types in all.",
        '"""',
        "",
        *imports.lines(),
    ]
    return "\n".join([*head, *body]) + "\n"


_ENGINE_IMPORTS = {
    "channel": ("reason_sample",),
    "jit": ("entry", "hot", "hot_call"),
    "look_ahead": ("look_add", "look_order", "look_replace"),
    "loop": (
        "Exit", "Run", "UNKNOWN_LINE", "channel_of", "channels_tick", "deadline_note", "frame_open", "packet_of",
        "run_finish", "run_loop", "stream_channel",
    ),
    "burst": ("frames_look", "packet_look"),
    "packets": ("held_drain", "messages_look", "packet_contradicts", "packet_deliver", "packet_process"),
    "reasons": ("Reason",),
    "sequencer": ("Sequencer",),
}  # fmt: skip
"""What every pipeline imports from `feedhandler.core`."""


def _title(route: Route) -> str:
    return f"{route.feed.title}, variant {route.variant}, over {route.session.name}"


def _family(feed: Feed, messages: Sequence[MessageLayout]) -> MessageLayout:
    """The family's base class, which has the field that tells messages apart."""
    for base in messages[0].__mro__[1:]:
        if isinstance(base, MessageLayout) and base.fields:
            return base
    raise FeedError(f"feed {feed.name}: {messages[0].__name__} has no family whose first field is the message's type")


FREQUENT = 5
"""Message types that the pipeline asks for first; the others are behind one more call."""


def _decode(route: Route, imports: Imports) -> list[str]:
    """One message by its type, in the order in which the feed names its handlers.

    Handlers are calls, and the rare ones stand behind a call of their own: numba clears the room for each call's result
    when a function is entered, and inlined all in one that cost more than the calls (measured: 8 % of a message).
    """
    feed = route.feed
    variant = set(feed.messages(route.variant))
    messages = [message for message in (*feed.handlers, *feed.ignored) if message in variant]
    family = _family(feed, messages)
    arguments = "channel, address, length, kind"
    lines: list[str] = _fits(route, messages, imports)
    rest = messages[FREQUENT:]
    if rest:
        lines += ["@hot_call", f"def {route.name}_decode_rare({arguments}):"]
        lines += [f'    """{_title(route)}: the rarer messages."""', *_cases(route, rest, imports)]
        lines += ["    return Reason.MESSAGE_UNKNOWN", "", ""]
    lines += [
        "@hot",
        f"def {route.name}_decode(channel, address, length):",
        f'    """{_title(route)}: one message, by its type."""',
        *_inside(route.session),
        *_guards(messages[0], family, imports, "return Reason.MESSAGE_LENGTH"),
        f"    kind = {messages[0].selected(f'{imports.name(family)}(address)')}",
        *_constants(family, imports),
        *_cases(route, messages[:FREQUENT], imports),
    ]
    last = f"{route.name}_decode_rare({arguments})" if rest else "Reason.MESSAGE_UNKNOWN"
    return [*lines, f"    return {last}"]


def _inside(session: Session) -> list[str]:
    """A message that opens with its own length begins before the end of its block's header."""
    if not session.block_inside:
        return []
    return [f"    address -= {session.block_inside}", f"    length += {session.block_inside}"]


def _guards(message: MessageLayout, family: MessageLayout, imports: Imports, otherwise: str) -> list[str]:
    """A message is at least one byte long; one that is shorter than its family's fields has no type to read."""
    end = max(family.fields[name].end for name in (*message.selectors, *family.family.constants))
    return [f"    if length < {end}:", f"        {otherwise}"] if end > 1 else []


def _constants(family: MessageLayout, imports: Imports) -> list[str]:
    """A message of another schema is none of ours, whatever its type."""
    lines = []
    for name, value in family.family.constants.items():
        lines += [f"    if {imports.name(family)}(address).{name} != {value}:", "        return Reason.MESSAGE_UNKNOWN"]
    return lines


def _fits(route: Route, messages: Sequence[MessageLayout], imports: Imports) -> list[str]:
    """For each message with groups, runs or a length of its own: the function that checks all of them."""
    lines: list[str] = []
    for message in messages:
        if message.walked and message not in route.feed.ignored:
            text = fit_source(message, f"{route.name}_{message.__name__}_fit")
            for word, view in words_of_fit().items():
                if any(f"{word}(" in line for line in text):
                    imports.name(view)
            lines += ["@hot_call" if message.tails else "@hot", *text, "", ""]
    return lines


def _cases(route: Route, messages: Sequence[MessageLayout], imports: Imports) -> list[str]:
    """One `if` a message: its length is checked before its handler sees it."""
    feed = route.feed
    lines = []
    for message in messages:
        code = int(message.type_code or 0)
        shown = f"{message.type!r} " if isinstance(message.type, str) else ""
        lines.append(f"    if kind == {code}:  # {shown}{message.__name__}")
        if message.walked and message not in feed.ignored:
            lines += [
                f"        block = {route.name}_{message.__name__}_fit(address, length)",
                "        if block < 0:",
                "            return Reason.MESSAGE_LENGTH",
            ]
            handler = imports.name(feed.handlers[message])
            lines.append(f"        return {handler}(channel, {imports.name(message)}(address, block))")
            continue
        comparison = f"length < {message.minimum_size}" if message.extensible else f"length != {message.size}"
        lines += [f"        if {comparison}:", "            return Reason.MESSAGE_LENGTH"]
        if message in feed.ignored:
            lines += [f"        return Reason.OK  # ignored: {feed.ignored[message]}"]
            continue
        arguments = "address, length" if message.extensible else "address"
        handler = imports.name(feed.handlers[message])
        lines.append(f"        return {handler}(channel, {imports.name(message)}({arguments}))")
    return lines


def _look(route: Route, imports: Imports) -> list[str]:
    """What a message will touch, from the fields that the feed named."""
    feed = route.feed
    variant = set(feed.messages(route.variant))
    messages = [message for message in feed.handlers if message in variant]
    family = _family(feed, messages)
    lines = [
        "@hot",
        f"def {route.name}_look(channel, hint, address, length):",
        '    """What one message will touch."""',
        *_inside(route.session),
        *_guards(messages[0], family, imports, "return"),
        f"    kind = {messages[0].selected(f'{imports.name(family)}(address)')}",
    ]
    keyword = "if"
    for message in messages:
        look = feed.look_ahead.get(message)
        if look is None:
            continue
        side = "0" if look.side is None else f"(0 if message.{look.side} == {look.bid} else 1)"
        common = f"channel, hint, message.{look.instrument}, message.{look.reference}, {side}"
        if look.price is None:
            call = f"look_order({common})"
        elif look.new_reference is None:
            call = f"look_add({common}, message.{look.price})"
        else:
            call = f"look_replace({common}, message.{look.new_reference}, message.{look.price})"
        bound = f"length >= {message.minimum_size}" if message.extensible else f"length == {message.size}"
        arguments = "address, length" if message.extensible else "address"
        lines += [
            f"    {keyword} kind == {message.type_code} and {bound}:",
            f"        message = {imports.name(message)}({arguments})",
            f"        {call}",
        ]
        keyword = "elif"
    return lines


def _deliver(route: Route, imports: Imports) -> list[str]:
    session, name = route.session, route.name
    length = imports.name(session.block_length, f"{session.name}_block_length")
    decode, boundary = f"{name}_decode", "boundary"
    timed: list[str] = []
    if session.sent is not None:
        imports.engine("channel", "message_time")
        sent = imports.name(session.sent, f"{session.name}_sent")
        timed = [f"    message_time(channel, {sent}(packet.packet_address))"]
    lines: list[str] = []
    if route.feed.event_flags:
        imports.engine("boundary", "event_endless")
        lines = _events(name)
        decode, boundary = f"{name}_decode_event", f"{name}_boundary"
    return [
        *lines,
        "@hot_call",
        f"def {route.name}_messages_look(channel, position, end, count, used):",
        '    """Look over messages that may not have been checked yet."""',
        f"    return messages_look(channel, position, end, count, used, {session.block_header}, {length}, {name}_look)",
        "",
        "",
        "@hot_call",
        f"def {route.name}_deliver(channel, packet):",
        '    """Apply the messages of one packet."""',
        *timed,
        "    packet_deliver(",
        f"        channel, packet, {session.block_header}, {length}, {name}_messages_look, {decode}, {boundary}",
        "    )",
        "",
        "",
        "@hot_call",
        f"def {route.name}_drain(channel, packet):",
        '    """Apply the packets that waited and whose turn has come."""',
        f"    held_drain(channel, packet, {route.name}_deliver)",
    ]


def _events(name: str) -> list[str]:
    """Where the venue flags the ends of its events: a boundary in the midst of a packet, none at the end of some."""
    return [
        "@hot",
        f"def {name}_decode_event(channel, address, length):",
        '    """One message; where it ends the venue\'s event, that is a boundary."""',
        f"    reason = {name}_decode(channel, address, length)",
        "    if channel.event_open == 0:",
        "        boundary(channel)",
        "    elif channel.boundary_sequence >= channel.sequence:",
        "        channel.boundary_sequence = channel.sequence - 1",
        "    return reason",
        "",
        "",
        "@hot",
        f"def {name}_boundary(channel):",
        '    """The end of a packet: a boundary unless the venue\'s event goes on in the next one."""',
        "    if channel.event_open == 0 or event_endless(channel):",
        "        boundary(channel)",
        "",
        "",
    ]


def _dispatch(routes: Sequence[Route]) -> list[str]:
    lines = ["@hot", "def drain(channel, packet):", '    """Apply what waited, by the channel\'s route."""']
    if len(routes) == 1:
        return [*lines, f"    {routes[0].name}_drain(channel, packet)"]
    for number, route in enumerate(routes):
        lines += [f"    {'if' if number == 0 else 'elif'} channel.feed == {number}:"]
        lines += [f"        {route.name}_drain(channel, packet)"]
    return lines


def _open(route: Route, imports: Imports, *, settling: bool) -> list[str]:
    session, name = route.session, route.name
    opener = imports.name(session.open, f"{session.name}_open")
    length = imports.name(session.block_length, f"{session.name}_block_length")
    streams = (
        [
            "        number = stream_channel(run, packet)",
            "        if number < 0:",
            "            return Exit.NEW_STREAM if number == UNKNOWN_LINE else Exit.CONTINUE",
            "        channel = channel_of(run, number)",
        ]
        if session.streams
        else []
    )
    contradictions = (
        ["        if packet_contradicts(channel, packet):", "            return Exit.CONTINUE"]
        if session.steady
        else []
    )
    return [
        "@hot",
        f"def {route.name}_packet(run, channel, packet, now):",
        f'    """One packet of {session.specification}."""',
        "    expected = Sequencer(channel.sequencer).expected",
        f"    reason = {opener}(packet, expected, packet.packet_address, packet.byte_count)",
        "    if reason == Reason.OK:",
        *streams,
        *contradictions,
        f"        packet_process(channel, packet, now, {session.block_header}, {length}, {name}_deliver, {name}_drain)",
        *(["        settle(channel)"] if settling else []),
        "        deadline_note(run, channel)",
        "    else:",
        "        reason_sample(channel, reason, packet.packet_address, packet.byte_count)",
        "    return Exit.CONTINUE",
    ]


def _burst_look(routes: Sequence[Route], imports: Imports) -> list[str]:
    """How the frames of a burst are looked over, each by its route."""
    lines = ["@hot", "def frame_look(channel, packet, used):", '    """Look over one frame of a burst."""']
    for number, route in enumerate(routes):
        session, name = route.session, route.name
        if session.streams or not session.packets:
            continue
        opener = imports.name(session.open, f"{session.name}_open")
        lines += [
            f"    if channel.feed == {number}:",
            "        expected = Sequencer(channel.sequencer).expected",
            f"        if {opener}(packet, expected, packet.packet_address, packet.byte_count) == Reason.OK:",
            f"            return packet_look(channel, packet, used, {name}_messages_look)",
        ]
    return [
        *lines,
        "    return used",
        "",
        "",
        "@hot_call",
        "def burst_look(run):",
        '    """Look ahead over the next frames of the burst."""',
        "    frames_look(run, frame_look)",
    ]


def _process(routes: Sequence[Route]) -> list[str]:
    lines = [
        "@hot",
        "def process(run, frame, now):",
        '    """One frame, to completion."""',
        "    number = frame_open(run, frame)",
        "    if number < 0:",
        "        return Exit.NEW_LINE if number == UNKNOWN_LINE else Exit.CONTINUE",
        "    channel = channel_of(run, number)",
        "    packet = packet_of(run, frame, now)",
    ]
    for number, route in enumerate(routes[:-1]):
        lines += [
            f"    if channel.feed == {number}:",
            f"        return {route.name}_packet(run, channel, packet, now)",
        ]
    return [*lines, f"    return {routes[-1].name}_packet(run, channel, packet, now)"]


def _entries(strategies: bool) -> list[str]:
    return [
        "@hot_call",
        "def tick(run, now):",
        '    """Only time passed."""',
        "    channels_tick(run, now, drain)",
        *(["    strategies_tick(run, now)"] if strategies else []),
        "",
        "",
        "@hot_call",
        "def finish(run):",
        '    """The input has ended: give up what is missing and deliver what waited."""',
        "    run_finish(run, drain)",
        *(["    strategies_tick(run, run.now_ns)"] if strategies else []),
        "",
        "",
        "@entry",
        "def run(address, finishing):",
        '    """Poll and process until there is a reason to leave (`Exit`); `finishing`: settle what is open."""',
        "    if finishing != 0:",
        "        finish(Run(address))",
        "        return Exit.ENDED",
        "    return run_loop(Run(address), burst_look, process, tick)",
    ]


def generate_readers() -> str:
    """The module through which Python reads books: the same for every deployment."""
    return _READERS


_READERS = '''"""How Python reads books: the engine's readers, with plain numbers as arguments. Never edited."""

from feedhandler.core.channel import Channel
from feedhandler.core.depths import DepthRing, depths_copy
from feedhandler.core.draining import rings_drain
from feedhandler.core.events import EventRing, events_copy
from feedhandler.core.jit import entry
from feedhandler.core.reading import BookHead, depth_read, queue_ahead_read, queue_read


@entry
def read_depth(channel, session, instrument, room, head, bids, asks):
    return depth_read(Channel(channel), session, instrument, room, BookHead(head), bids, asks)


@entry
def read_queue(channel, session, instrument, side, price, room, head, orders):
    return queue_read(Channel(channel), session, instrument, side, price, room, BookHead(head), orders)


@entry
def read_events(ring, position, room, destination):
    return events_copy(EventRing(ring), position, room, destination)


@entry
def read_depths(ring, position, room, destination):
    return depths_copy(DepthRing(ring), position, room, destination)


@entry
def drain_rings(rings, count, begin, destination, room):
    return rings_drain(rings, count, begin, destination, room)


@entry
def read_queue_ahead(channel, session, instrument, side, reference, head):
    return queue_ahead_read(Channel(channel), session, instrument, side, reference, BookHead(head))
'''
