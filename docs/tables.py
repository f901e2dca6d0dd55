"""Write the generated tables of docs/operations.md anew: `python docs/tables.py`.

The sentences live in the program, where they are printed; the document repeats them for people who look them up. A
test compares the two.
"""

from __future__ import annotations

from pathlib import Path

from feedhandler.cli.exit_codes import ExitCode
from feedhandler.core.reasons import Reason

DOCUMENT = Path(__file__).with_name("operations.md")


def exit_codes() -> str:
    """The table of exit codes."""
    return _table("Code", "Means", [(str(int(code)), code.sentence) for code in ExitCode])


def reasons() -> str:
    """The table of reasons, in the order of the pipeline."""
    return _table("Reason", "Means", [(f"`{reason.name}`", reason.sentence) for reason in Reason if reason])


def rewritten(text: str) -> str:
    """The document with its generated tables as the program has them now."""
    for name, table in {"exit codes": exit_codes(), "reasons": reasons()}.items():
        opening = f"<!-- {name}: generated -->"
        if opening not in text:
            raise ValueError(f"{DOCUMENT.name} has no line {opening!r}, behind which the table belongs")
        before, _, rest = text.partition(opening)
        _, closing, after = rest.partition("<!-- end -->")
        if not closing:
            raise ValueError(f"{DOCUMENT.name} has no line '<!-- end -->' behind {opening!r}, where the table ends")
        text = f"{before}{opening}\n{table}{closing}{after}"
    return text


def _table(first: str, second: str, rows: list[tuple[str, str]]) -> str:
    lines = [f"| {first} | {second} |", "|---|---|", *(f"| {one} | {other} |" for one, other in rows)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(rewritten(DOCUMENT.read_text()))
