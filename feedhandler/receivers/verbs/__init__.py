"""The `verbs` receiver: raw-packet queue pairs of RDMA cards.

Its extension is built only where its library is found. So it is looked for when it is asked for, and the rest of this
folder serves everywhere.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feedhandler.receivers.verbs.receiver import VerbsReceiver

__all__ = ["VerbsReceiver"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(f"{__name__}.receiver"), name)
    raise AttributeError(f"{__name__} has no {name}")
