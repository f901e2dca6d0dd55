"""The cold decoder gives what the tables give, for every message of every feed, and reads no byte too many."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedhandler import plugins
from feedhandler.core.reasons import Reason
from feedhandler.decoding import Decoder
from feedhandler.wire.testing import encoded

pytestmark = pytest.mark.interpreted

FEEDS = [plugins.feed(name) for name in plugins.installed(plugins.FEEDS)]
SESSIONS = [(feed, session) for feed in FEEDS for session in feed.sessions]
TABLES = [(feed, table) for feed in FEEDS for table in feed.messages()]


@pytest.mark.parametrize(("feed", "table"), TABLES, ids=lambda part: getattr(part, "__name__", ""))
def test_a_message_decodes_as_its_table_does(feed, table) -> None:
    decoder = Decoder(feed, feed.default_variant, feed.session())

    @settings(max_examples=20)
    @given(encoded(table))
    def check(body: bytes) -> None:
        found = decoder.message(body, 5)
        assert (found.message, found.sequence, found.error) == (table.__name__, 5, None)
        assert found.fields == table.decode(body)

    check()


@pytest.mark.parametrize(("feed", "session"), SESSIONS, ids=lambda part: part.name)
def test_any_bytes_are_listed_and_none_raises(feed, session) -> None:
    decoder = Decoder(feed, feed.default_variant, session)

    @settings(max_examples=200)
    @given(st.binary(max_size=80), st.integers(0, 40))
    def check(payload: bytes, plausible: int) -> None:
        for data in (payload, b"SESSION001" + bytes(7) + b"\x01\x00" + bytes([plausible]) + payload):
            for message in decoder.messages(data):
                assert message.error is not None or message.message is not None

    check()


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_an_empty_message_is_too_short_for_any_table(feed) -> None:
    assert Decoder(feed, feed.default_variant, feed.session()).message(b"", 1).error is Reason.MESSAGE_LENGTH


@pytest.mark.parametrize(
    ("name", "packet"),
    [
        ("eurex_eobi", struct.pack("<HHII20x", 32, 13004, 0, 5)),
        ("miax_onyx_tom", struct.pack("<QHBB4x", 5, 16, 3, 1)),
    ],
)
def test_packets_are_opened_where_the_session_hands_them_to_functions_of_its_own(name, packet) -> None:
    feed = plugins.feed(name)
    decoder = Decoder(feed, feed.default_variant, feed.session())
    assert [message.sequence for message in decoder.messages(packet)] == [5]
