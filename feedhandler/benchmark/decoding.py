"""The cost of decoding alone: a compiled loop that reads every field of every message and folds them into one number.

Generated from the feed's tables, in the order of the traffic, with the length check of the real pipeline. A field
longer than eight bytes is given by its address, as a handler gets it.
"""

from __future__ import annotations

import time
from types import ModuleType

from feedhandler.core.memory import Region
from feedhandler.core.packet import Packet
from feedhandler.feed import Feed
from feedhandler.pipeline.cache import load_module
from feedhandler.sessions import Session
from feedhandler.wire.groups import GroupPart
from feedhandler.wire.message import MessageLayout
from feedhandler.wire.walk import fit_source

_HEAD = '''"""Reads every field of every message of {title}. Generated, never edited."""

from feedhandler.core.frames import Frame
from feedhandler.core.jit import entry, hot, hot_call
from feedhandler.core.reasons import Reason
from feedhandler.core.packet import Packet
from feedhandler.wire.words import Big2, Big4, Byte, Little2, Little4
from {session_module} import {open}, {block_length}
'''
_LOOP = '''

@entry
def run(frames, count, scratch):
    """The fold of all fields, and the number of messages."""
    packet = Packet(scratch)
    folded = 0
    messages = 0
    for number in range(count):
        frame = Frame(frames + Frame.size * number)
        packet.checked = 0
        if {open}(packet, 0, frame.frame_address, frame.byte_count) != Reason.OK:
            continue
        position = packet.body
        end = packet.end
        for _ in range(packet.count):
            if end - position < {block_header}:
                break
            length = {block_length}(position)
            position += {block_header}
            if end - position < length:
                break
            folded ^= fold(position - {inside}, length + {inside})
            position += length
            messages += 1
    return folded, messages
'''


def decoding_source(feed: Feed, variant: str, session: Session) -> str:
    """The text of the module."""
    wanted = set(feed.messages(variant))
    messages = [message for message in (*feed.handlers, *feed.ignored) if message in wanted]
    imports: dict[str, list[str]] = {}
    for message in (*messages, _family(messages[0])):
        imports.setdefault(message.__module__, []).append(message.__name__)
    names = {
        "title": feed.title,
        "session_module": session.module,
        "open": session.open.__name__,
        "block_length": session.block_length.__name__,
        "block_header": session.block_header,
        "inside": session.block_inside,
    }
    lines = [_HEAD.format(**names).rstrip()]
    lines += [f"from {module} import {', '.join(sorted(found))}" for module, found in sorted(imports.items())]
    for message in messages:
        if message.walked:
            lines += ["", "", "@hot_call", *fit_source(message, f"{message.__name__}_fit")]
    lines += ["", "", "@hot", "def fold(address, length):", '    """All fields of one message."""']
    family = _family(messages[0])
    lines.append(f"    kind = {messages[0].selected(f'{family.__name__}(address)')}")
    for message in messages:
        if message.walked:
            lines += [
                f"    if kind == {message.type_code}:",
                f"        block = {message.__name__}_fit(address, length)",
                "        if block < 0:",
                "            return 0",
                f"        message = {message.__name__}(address, block)",
                f"        folded = {_fold('message', message)}",
                *_groups("message", message),
                "        return folded",
            ]
            continue
        comparison = f"length < {message.minimum_size}" if message.extensible else f"length != {message.size}"
        lines += [
            f"    if kind == {message.type_code}:",
            f"        if {comparison}:",
            "            return 0",
            f"        message = {message.__name__}(address{_length(message)})",
            f"        return {_fold('message', message)}",
        ]
    return "\n".join([*lines, "    return 0"]) + "\n" + _LOOP.format(**names)


def _family(message: MessageLayout) -> MessageLayout:
    """The base of all messages, which has the field that tells them apart."""
    return next(base for base in message.__mro__[1:] if isinstance(base, MessageLayout) and base.fields)


def _fold(view: str, table: MessageLayout) -> str:
    """All fields of a view in one number; blocks within it are left out."""
    return " ^ ".join(f"{view}.{name}" for name in table.slots) or "0"


def _groups(view: str, table: MessageLayout) -> list[str]:
    """The entries of every group of a message."""
    lines = []
    for name, tail in table.tails.items():
        if isinstance(tail, GroupPart) and not tail.conditional:
            lines += [f"        for entry in {view}.{name}:", f"            folded ^= {_fold('entry', tail.entry)}"]
    return lines


def _length(message: MessageLayout) -> str:
    return ", length" if message.extensible else ""


class Decoding:
    """The compiled loop over frames in memory."""

    def __init__(self, feed: Feed, variant: str, session: Session) -> None:
        packages = ["feedhandler.core", "feedhandler.wire", "feedhandler.sessions", feed_package(feed)]
        self._module: ModuleType = load_module("decoding", decoding_source(feed, variant, session), packages)
        self._scratch = Region("benchmark.packet", Packet.size, huge=False)
        self._module.run(0, 0, self._scratch.address)

    def run(self, frames: int, count: int) -> tuple[int, int, int]:
        """Nanoseconds, messages, and the fold, of the frames at an address."""
        started = time.perf_counter_ns()
        folded, messages = self._module.run(frames, count, self._scratch.address)
        return time.perf_counter_ns() - started, messages, folded


def feed_package(feed: Feed) -> str:
    """The package that a feed's handlers lie in."""
    handler = next(iter(feed.handlers.values()))
    return str(handler.__module__).rpartition(".")[0] or str(handler.__module__)
