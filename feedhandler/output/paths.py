"""Names of folders and files: symbols of any venue, safe on any file system, and readable back.

Percent-encoded, as Hive's partitions are: what is not a capital letter, a digit, `-` or `_` becomes `%` and two
hexadecimal digits. Small letters are encoded too, since some file systems take `BRKb` and `BRKB` for the same name.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

NULL = "__HIVE_DEFAULT_PARTITION__"  #: Hive's word for no value, which Arrow and DuckDB read as null
_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def segment(text: str) -> str:
    """A text as part of a path.

    >>> segment("BRK.B"), segment("ESZ5-ESH6"), segment("../etc"), segment("abc")
    ('BRK%2EB', 'ESZ5-ESH6', '%2E%2E%2F%65%74%63', '%61%62%63')
    """
    return "".join(chr(byte) if byte in _SAFE else f"%{byte:02X}" for byte in text.encode())


def segment_text(encoded: str) -> str:
    """The text of a part of a path.

    >>> segment_text("BRK%2EB")
    'BRK.B'
    """
    return unquote(encoded)


def file_stem(text: str) -> str:
    """A text as the name of a file that people recognise: what is not a letter, a digit, `.`, `-` or `_` becomes `_`.

    >>> file_stem("day 1/a.pcap.zst")
    'day_1_a.pcap.zst'
    """
    return re.sub(r"[^A-Za-z0-9._-]", "_", text).lstrip(".") or "_"
