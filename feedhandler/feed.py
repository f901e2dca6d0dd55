"""A feed: what a folder under `feeds/` exports, and everything the engine knows about a venue."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from feedhandler.core.orders import Scope
from feedhandler.sessions import Session
from feedhandler.wire.message import MessageLayout


class FeedError(TypeError):
    """A feed whose declaration contradicts itself; the text names feed and message."""


class BookKind(Enum):
    """What the venue sends of its book."""

    ORDERS = "orders"  #: every order (L3)
    LEVELS = "levels"  #: price levels (L2)
    BOTH = "levels and orders"  #: each in a book of its own
    INSIDE = "inside"  #: best bid and offer
    NONE = "none"


class QueueRule(Enum):
    """Where a new order stands in the queue of its price."""

    APPEND = "append"
    PRIORITY = "priority"  #: by the venue's own priority, the lower the earlier (core/ranked_orders.py)


@dataclass(frozen=True)
class LookAhead:
    """Which fields of a message say what its handler will touch, so that it can be fetched early.

    `reference` names the order that the message looks up. A message with a `price` and no `new_reference` adds that
    order; with a `new_reference` it replaces one by the other. `side` names the field that is `bid` for a bid.
    """

    instrument: str
    reference: str
    new_reference: str | None = None
    price: str | None = None
    side: str | None = None
    bid: int = 0


@dataclass(frozen=True)
class Edition:
    """When the layout of a variant is on the wire, for feeds whose variants are versions of one protocol.

    `versions` are the first and the last version of the SBE schema that the variant's tables read, both included;
    `since` and `until` are days at the venue, both included. None: open at that end.
    """

    versions: tuple[int | None, int | None] | None = None
    since: datetime.date | None = None
    until: datetime.date | None = None

    def covers_version(self, version: int) -> bool:
        """Whether a version on the wire is the variant's."""
        if self.versions is None:
            return False
        first, last = self.versions
        return (first is None or first <= version) and (last is None or version <= last)

    def covers_day(self, day: datetime.date) -> bool:
        """Whether the venue sent the variant on a day."""
        if self.since is None and self.until is None:
            return False
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True)
class Feed:
    """One feed of one venue (or several, where they share it).

    `variants` gives the messages of each version or venue, the first being the default; `handlers` one hot function a
    message, `ignored` the messages that are known and change nothing, each with the reason. `unhandled` are messages
    that a schema of a configuration brought and no handler knows: counted as unknown, and decoded all the same.
    `consolidated`: events say whose they are, with the values that `EVENT_MORE` names.
    `event_flags`: handlers say where the venue's events end (`channel.event_open`); else each packet is one.
    `editions` say which variant is on the wire when, where variants are versions of the protocol.
    `directory_codes` is the number of codes of a direct directory, 0 for a hashed one. `price_unit` and
    `quantity_step` are the worth of one step of the venue's integers in 1e-9; `quantity_steps` names the variants that
    have another. `time_zone` is set where the venue sends the time of day. `keeps_changes`: handlers keep changes of
    orders until a snapshot comes (core/kept_changes.py).
    """

    name: str
    title: str
    venues: Mapping[str, str]
    specification: str
    version: str
    sessions: Sequence[Session]
    variants: Mapping[str, Sequence[MessageLayout]]
    handlers: Mapping[MessageLayout, Callable[..., Any]]
    ignored: Mapping[MessageLayout, str] = field(default_factory=dict)
    book: BookKind = BookKind.ORDERS
    scope: Scope = Scope.CHANNEL
    queue: QueueRule = QueueRule.APPEND
    directory_codes: int = 0
    price_unit: int = 1
    quantity_step: int = 1_000_000_000
    quantity_steps: Mapping[str, int] = field(default_factory=dict)
    time_zone: str | None = None
    look_ahead: Mapping[MessageLayout, LookAhead] = field(default_factory=dict)
    event_flags: bool = False
    consolidated: bool = False
    keeps_changes: bool = False
    unhandled: frozenset[MessageLayout] = frozenset()
    editions: Mapping[str, Edition] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {message for messages in self.variants.values() for message in messages}
        of_variants: tuple[tuple[str, Iterable[str]], ...] = (
            ("a venue", self.venues),
            ("an edition", self.editions),
            ("a quantity step", self.quantity_steps),
        )
        for what, names in of_variants:
            for name in names:
                if name not in self.variants:
                    raise FeedError(f"feed {self.name}: there is {what} of {name!r}, which is none of its variants")
        for message in known - self.unhandled:
            if (message in self.handlers) == (message in self.ignored):
                state = "both handled and ignored" if message in self.handlers else "neither handled nor ignored"
                raise FeedError(f"feed {self.name}: {message.__name__} is {state}")
            if message.type_code is None:
                raise FeedError(f"feed {self.name}: {message.__name__} has no type")
        for message in (*self.handlers, *self.ignored):
            if message not in known:
                raise FeedError(f"feed {self.name}: {message.__name__} is handled but in no variant")
        for variant, messages in self.variants.items():
            codes: dict[int, MessageLayout] = {}
            for message in messages:
                other = codes.setdefault(int(message.type_code or 0), message)
                if other is not message:
                    raise FeedError(
                        f"feed {self.name}, variant {variant}: {message.__name__} and {other.__name__} share a type"
                    )

    @property
    def by_order(self) -> bool:
        """Whether there are books of orders, with queues."""
        return self.book in (BookKind.ORDERS, BookKind.BOTH)

    @property
    def package(self) -> str:
        """The package that declares the feed: where its README and its other files lie."""
        return str(next(iter(self.handlers.values())).__module__.rpartition(".")[0])

    @property
    def default_variant(self) -> str:
        """The variant that is used where none is named."""
        return next(iter(self.variants))

    def messages(self, variant: str | None = None) -> Sequence[MessageLayout]:
        """The messages of a variant; `KeyError` names the variants there are."""
        chosen = variant or self.default_variant
        if chosen not in self.variants:
            raise FeedError(f"feed {self.name} has no variant {chosen!r}; it has {', '.join(self.variants)}")
        return self.variants[chosen]

    def variants_from(self, venue: str) -> list[str]:
        """The variants that come from a venue (its MIC): several where they are versions of one protocol."""
        return [name for name in self.variants if self.venues.get(name) == venue]

    def session(self, name: str | None = None) -> Session:
        """A session by name, the first where none is named."""
        if name is None:
            return self.sessions[0]
        for session in self.sessions:
            if session.name == name:
                return session
        raise FeedError(f"feed {self.name} has no session {name!r}; it has {', '.join(s.name for s in self.sessions)}")
