"""What a configuration may say of retransmission."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from feedhandler.recovery.options import RetransmissionModel

SERVER = {"address": "10.1.2.3", "port": 26_400}


def test_servers_are_all_that_must_be_said() -> None:
    options = RetransmissionModel.model_validate({"servers": [SERVER]})
    assert [(server.address, server.port) for server in options.servers] == [("10.1.2.3", 26_400)]
    assert options.model_dump(exclude={"servers"}) == {
        "attempts": 5,
        "retry_after": 20_000_000,
        "requests_per_second": 100,
        "messages_per_request": 65_534,
        "reply_interface": None,
        "reply_port": 0,
    }


def test_durations_have_a_unit() -> None:
    assert RetransmissionModel.model_validate({"servers": [SERVER], "retry_after": "5ms"}).retry_after == 5_000_000


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"servers": []}, ("servers",)),
        ({}, ("servers",)),
        ({"servers": [{"address": "239.1.1.1", "port": 1}]}, ("servers", 0, "address")),
        ({"servers": [{"address": "0.0.0.0", "port": 1}]}, ("servers", 0, "address")),
        ({"servers": [{"address": "server", "port": 1}]}, ("servers", 0, "address")),
        ({"servers": [{"address": 5, "port": 1}]}, ("servers", 0, "address")),
        ({"servers": [{"address": "10.1.2.3", "port": 0}]}, ("servers", 0, "port")),
        ({"servers": [SERVER], "attempts": 0}, ("attempts",)),
        ({"servers": [SERVER], "retry_after": 5}, ("retry_after",)),
        ({"servers": [SERVER], "retry_after": "1us"}, ("retry_after",)),
        ({"servers": [SERVER], "requests_per_second": 0}, ("requests_per_second",)),
        ({"servers": [SERVER], "messages_per_request": 65_535}, ("messages_per_request",)),
        ({"servers": [SERVER], "atempts": 3}, ("atempts",)),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(wrong: dict[str, Any], place: tuple[str | int, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        RetransmissionModel.model_validate(wrong)
    # A list whose items are wrong is called too short as well, since wrong items are not counted.
    assert refused.value.errors()[0]["loc"] == place


def test_every_key_has_a_sentence() -> None:
    models = [RetransmissionModel, RetransmissionModel.model_fields["servers"].annotation.__args__[0]]
    missing = [name for model in models for name, field in model.model_fields.items() if not field.description]
    assert missing == []
