"""Simple Binary Encoding: an exchange's XML schema becomes message tables like those written by hand.

    python -m feedhandler.wire.sbe SCHEMA.xml > feeds/venue_feed/messages.py    # once, for a feed that is kept
    globals().update(load("templates.xml", __name__))                           # at import, where the XML is at hand

Both are the same path: `table_source` writes the tables as Python text, and `load` executes that text. So whatever a
schema becomes can be read, checked against the exchange's document, and kept in a feed's folder without the XML itself,
whose licence may not allow that.
"""

from .load import load
from .schema import Schema, SchemaError, chosen, read_schema
from .source import table_source

__all__ = ["Schema", "SchemaError", "chosen", "load", "read_schema", "table_source"]
