"""NYSE Pillar: the Integrated feed (orders) and the BBO feed of the equities markets, the top feed of options markets.

One folder for the three, because they share their control messages; each is a feed of its own.
"""

from collections.abc import Callable
from typing import Any

from feedhandler.core.orders import Scope
from feedhandler.feed import BookKind, Feed, LookAhead
from feedhandler.sessions import pillar
from feedhandler.wire.message import MessageLayout

from . import handler, messages, options_messages

Handlers = dict[MessageLayout, Callable[..., Any]]

EQUITIES = {"nyse": "XNYS", "arca": "ARCX", "american": "XASE", "national": "XCIS", "chicago": "XCHI"}

REFRESH = "a refresh comes on a channel of its own, which is not joined"

CONTROL: Handlers = {
    messages.SourceTimeReference: handler.source_time_reference,
    messages.SecurityStatus: handler.security_status,
    messages.SymbolIndexMapping: handler.symbol_index_mapping,
    messages.SymbolClear: handler.symbol_clear,
    messages.SequenceNumberReset: handler.sequence_number_reset,
}

IGNORED: dict[MessageLayout, str] = {
    messages.RefreshHeader: REFRESH,
    messages.MessageUnavailable: "answers a request for retransmission that this feed does not make",
}

TAKES = LookAhead("symbol_index", "order_id")

INTEGRATED = Feed(
    name="nyse_pillar",
    title="NYSE Pillar Integrated 2.5",
    venues=EQUITIES,
    specification="NYSE Pillar Integrated Feed Client Specification, version 2.5.a of 30 November 2022",
    version="2.5",
    sessions=(pillar.SESSION,),
    variants=dict.fromkeys(EQUITIES, messages.INTEGRATED),
    # The order is that of the traffic: the pipeline asks in this order.
    handlers={
        messages.AddOrder: handler.add_order,
        messages.DeleteOrder: handler.delete_order,
        messages.ReplaceOrder: handler.replace_order,
        messages.ModifyOrder: handler.modify_order,
        messages.OrderExecution: handler.order_execution,
        **CONTROL,
        messages.NonDisplayedTrade: handler.non_displayed_trade,
        messages.Imbalance: handler.imbalance,
        messages.CrossTrade: handler.cross_trade,
        messages.TradeCancel: handler.trade_cancel,
        messages.CrossCorrection: handler.cross_correction,
        messages.RetailPriceImprovement: handler.retail_price_improvement,
        messages.StockSummary: handler.stock_summary,
    },
    ignored={**IGNORED, messages.AddOrderRefresh: REFRESH},
    scope=Scope.INSTRUMENT,
    directory_codes=65536 * 2,
    price_unit=1_000,
    look_ahead={
        messages.AddOrder: LookAhead("symbol_index", "order_id", price="price", side="side", bid=handler.BUY),
        messages.DeleteOrder: TAKES,
        messages.ReplaceOrder: LookAhead("symbol_index", "order_id", new_reference="new_order_id", price="price"),
        messages.ModifyOrder: TAKES,
        messages.OrderExecution: TAKES,
    },
)

BBO = Feed(
    name="nyse_bbo",
    title="NYSE Pillar BBO 2.5",
    venues=EQUITIES,
    specification="NYSE Pillar BBO Feed Client Specification, version 2.5",
    version="2.5",
    sessions=(pillar.SESSION,),
    variants=dict.fromkeys(EQUITIES, messages.BBO),
    handlers={messages.Quote: handler.quote, **CONTROL},
    ignored=IGNORED,
    book=BookKind.INSIDE,
    directory_codes=65536 * 2,
    price_unit=1_000,
)

ARCA_OPTIONS_TOP = Feed(
    name="arca_options_top",
    title="NYSE Options Pillar Top 1.2",
    venues={"arca": "ARCO", "american": "AMXO"},
    specification="NYSE Options Pillar Top Feed Client Specification, version 1.2.c",
    version="1.2",
    sessions=(pillar.SESSION,),
    variants=dict.fromkeys(("arca", "american"), options_messages.OPTIONS_TOP),
    handlers={
        options_messages.OptionsQuote: handler.options_quote,
        options_messages.OptionsTrade: handler.options_trade,
        **CONTROL,
        options_messages.OptionsStatus: handler.options_status,
        options_messages.OutrightSeriesIndexMapping: handler.outright_series_index_mapping,
        options_messages.OptionsImbalance: handler.options_imbalance,
        options_messages.OptionsTradeCancel: handler.options_trade_cancel,
        options_messages.OptionsTradeCorrection: handler.options_trade_correction,
        options_messages.OutrightSeriesSummary: handler.outright_series_summary,
    },
    ignored={**IGNORED, options_messages.SeriesRfq: "the auction takes place beside the book"},
    book=BookKind.INSIDE,
    price_unit=100_000,
)
