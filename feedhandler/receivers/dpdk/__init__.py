"""The `dpdk` receiver: the process's one environment, its devices and ports, and frames lent out of their buffers.

Its extension is built only where its library is found. So it is looked for when it is asked for, and the rest of this
folder serves everywhere.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feedhandler.receivers.dpdk.receiver import DpdkReceiver

__all__ = ["DpdkReceiver"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(f"{__name__}.receiver"), name)
    raise AttributeError(f"{__name__} has no {name}")
