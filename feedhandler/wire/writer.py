"""The writable twin of a message: `writer.price = 1_234_500` compiles to one swap and one store.

    class WriteAddOrder(Writer, message=AddOrder):
        \"\"\"Writes an Add Order.\"\"\"

    order = WriteAddOrder(address)
    order.price = 1_234_500

Messages themselves are read-only, since their bytes belong to the exchange; a twin is for bytes of our own: simulated
venues, requests. It has the message's fields at the message's offsets, so a table is still written once. Values are
those that a view of the message reads: raw integers, text of up to eight bytes as one integer, first byte highest.

The twin is a named class, and not the answer of a function, because compiled code that is kept on disk finds its types
again by their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feedhandler.core.views import Layout, View, slot_property

from .message import MessageLayout


class WriterLayout(Layout):
    """Takes the fields of a message and makes them assignable."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], *, message: MessageLayout | None = None
    ) -> WriterLayout:
        slots = dict(message.slots) if message is not None else {}
        for key, slot in slots.items():
            namespace[key] = slot_property(key, slot, writable=True, optional=False)
        namespace.setdefault("__slots__", ())
        size = message.size if message is not None else 0
        # Whoever writes gives the message all of its table's bytes: nothing of it is optional here.
        namespace.update(_slots=slots, _size=size, _minimum_size=size, _extensible=False, _writable=True)
        return super().__new__(mcs, name, bases, namespace)

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_options: Any) -> None:
        super().__init__(name, bases, namespace)


class Writer(View, metaclass=WriterLayout):
    """Base of all writers."""

    if TYPE_CHECKING:
        # The fields are made from the message's table while the program starts.
        def __getattr__(self, name: str) -> int: ...

        def __setattr__(self, name: str, value: int) -> None: ...
