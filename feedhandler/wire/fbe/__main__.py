"""`python -m feedhandler.wire.fbe SCHEMA.xml`: print the tables of a schema of T7 as the text of a module."""

from __future__ import annotations

import argparse
import sys

from .schema import SchemaError, chosen, read_schema
from .source import table_source


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m feedhandler.wire.fbe", description=__doc__)
    parser.add_argument("schema", help="the exchange's XML")
    parser.add_argument("--title", help="the first line of the module's docstring")
    parser.add_argument("--templates", help="only these templates: 13100,13101,13102")
    options = parser.parse_args()
    try:
        schema = read_schema(options.schema)
        if options.templates:
            schema = chosen(schema, [int(number) for number in options.templates.split(",")])
        print(table_source(schema, title=options.title), end="")
    except SchemaError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
