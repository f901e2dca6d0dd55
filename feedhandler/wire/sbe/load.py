"""Tables from a schema while the program starts.

    globals().update(load("/etc/feedhandler/templates_FixBinary.xml", __name__))

The classes belong to the module that loads them and can be imported from it by name, which is what the generated
pipeline does, and how compiled code that is kept on disk finds its types again. A schema of a few hundred kilobytes
takes some tens of milliseconds: numba's types are made when compiled code first asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .schema import read_schema
from .source import DOUBLE_DECIMALS, table_source


def load(
    file: str | Path,
    module: str,
    *,
    double_decimals: int = DOUBLE_DECIMALS,
    decimals: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """The classes of a schema by name, with `MESSAGES` in the schema's order and the header's family `Sbe`."""
    text = table_source(read_schema(file, decimals=decimals), double_decimals=double_decimals)
    namespace: dict[str, Any] = {"__name__": module}
    exec(compile(text, f"<tables of {file}>", "exec"), namespace)
    return {name: value for name, value in namespace.items() if not name.startswith("__")}
