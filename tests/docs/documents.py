"""Code blocks of documents, and tables that documents must agree with."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ROOT / "docs"


def files_in(document: str) -> dict[str, str]:
    """The fenced blocks of a document that open with the comment of a path, by that path."""
    text = (DOCUMENTS / document).read_text()
    blocks = re.findall(r"^```\w+\n(?:# |<!-- )(\S+/\S+\.\w+)(?: -->)?\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return dict(blocks)
