"""`python -m feedhandler.wire.sbe SCHEMA.xml`: print the tables of a schema as the text of a module."""

from __future__ import annotations

import argparse
import sys

from .schema import SchemaError, chosen, read_schema
from .source import DOUBLE_DECIMALS, table_source


def places(text: str) -> tuple[str, int]:
    """`Price=9` as a type's name and its decimal places."""
    name, _, number = text.partition("=")
    if not name or not number.isdecimal():
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a type and its decimal places: Price=9")
    return name, int(number)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m feedhandler.wire.sbe", description=__doc__)
    parser.add_argument("schema", help="the exchange's XML")
    parser.add_argument("--title", help="the first line of the module's docstring")
    parser.add_argument("--double-decimals", type=int, default=DOUBLE_DECIMALS, help="places of doubles")
    parser.add_argument(
        "--decimals", type=places, action="append", default=[], metavar="TYPE=PLACES",
        help="places of an integer type that the schema only describes: Price=9; more than once for several",
    )  # fmt: skip
    parser.add_argument("--templates", help="only these templates: 46,47,48")
    options = parser.parse_args()
    try:
        schema = read_schema(options.schema, decimals=dict(options.decimals))
        if options.templates:
            schema = chosen(schema, [int(number) for number in options.templates.split(",")])
        print(table_source(schema, title=options.title, double_decimals=options.double_decimals), end="")
    except SchemaError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
