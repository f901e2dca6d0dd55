"""OPRA 6.2: the quotes and trades of all option markets of the United States, and their best bid and offer."""

from feedhandler.feed import BookKind, Feed
from feedhandler.sessions import transmission_blocks

from . import handler, messages

FEED = Feed(
    name="opra",
    title="OPRA 6.2",
    venues={"opra": "XXXX"},
    specification="OPRA Binary Data Recipient Interface Specification, version 6.2",
    version="6.2",
    sessions=(transmission_blocks.OPRA, transmission_blocks.OPRA_BLOCKS),
    variants={"opra": messages.MESSAGES},
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.ShortQuote: handler.short_quote,
        messages.LongQuote: handler.long_quote,
        messages.LastSale: handler.last_sale,
        messages.UnderlyingValue: handler.underlying_value,
        messages.OpenInterest: handler.open_interest,
        messages.EndOfDaySummary: handler.end_of_day_summary,
        messages.SeriesMapping: handler.series_mapping,
        messages.Control: handler.control,
    },
    ignored={messages.Administrative: "text for people"},
    book=BookKind.INSIDE,
    consolidated=True,
    price_unit=10,
)
