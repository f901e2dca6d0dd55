"""Tables from a schema of T7 while the program starts; the counterpart of `feedhandler.wire.sbe.load`.

    globals().update(load("/etc/feedhandler/eobi.xml", __name__))
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .schema import read_schema
from .source import table_source


def load(file: str | Path, module: str) -> dict[str, Any]:
    """The classes of a schema by name, with `MESSAGES` in the schema's order and the header's family `Fbe`."""
    text = table_source(read_schema(file))
    namespace: dict[str, Any] = {"__name__": module}
    exec(compile(text, f"<tables of {file}>", "exec"), namespace)
    return {name: value for name, value in namespace.items() if not name.startswith("__")}
