"""The XML in which Deutsche Börse publishes the messages of T7 (EOBI, ETI), which its files call FBE; not SBE.

    python -m feedhandler.wire.fbe SCHEMA.xml > feeds/venue_feed/messages.py    # once, for a feed that is kept
    globals().update(load("eobi.xml", __name__))                                # at import, where the XML is at hand

As with `feedhandler.wire.sbe`, both are the same path; what the two share is in `feedhandler/wire/table_text.py`.
"""

from .load import load
from .schema import Schema, SchemaError, chosen, read_schema
from .source import table_source

__all__ = ["Schema", "SchemaError", "chosen", "load", "read_schema", "table_source"]
