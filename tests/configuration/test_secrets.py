"""Secrets: named in the file, kept in the environment, shown nowhere; and nothing else may come from there."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from feedhandler.config import ConfigurationError, Deployment, Model, Secret, parse
from feedhandler.configuration.reading import read_text
from feedhandler.configuration.values import secrets_in
from feedhandler.configuration.words import mistakes, path_text

pytestmark = pytest.mark.interpreted


class Login(Model):
    """What a session with a login takes."""

    user: str = "anyone"
    """Who."""
    password: Secret
    """What only we know."""


def login(text: str) -> Login:
    return Login.model_validate(read_text(text, "a.yaml")[0])


def complaint(text: str) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        login(text)
    return list(mistakes(refused.value, Login, path_text))


def test_a_secret_is_revealed_from_the_environment_alone() -> None:
    secret = login("password: ${VENUE_PASSWORD}").password
    assert secret.reveal({"VENUE_PASSWORD": "hunter2"}) == "hunter2"
    for environment in ({}, {"VENUE_PASSWORD": ""}):
        with pytest.raises(ConfigurationError, match="the environment variable VENUE_PASSWORD is not set"):
            secret.reveal(environment)


def test_whatever_prints_a_secret_prints_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENUE_PASSWORD", "hunter2")
    model = login("password: ${VENUE_PASSWORD}")
    shown = [str(model), repr(model), model.model_dump_json(), f"{model.password}", str(model.model_dump())]
    assert all("${VENUE_PASSWORD}" in text and "hunter2" not in text for text in shown)


def test_a_secret_in_the_file_is_refused_and_not_repeated() -> None:
    (told,) = complaint("password: hunter2")
    assert told == (
        "password: expected a reference to an environment variable, such as ${PASSWORD}: "
        "a secret is never written in the file"
    )


@pytest.mark.parametrize("written", ["x${PASSWORD}", "${PASSWORD}${PASSWORD}", "${PASS WORD}", "${}"])
def test_a_secret_is_one_whole_reference(written: str) -> None:
    (told,) = complaint(f'password: "{written}"')
    assert told.startswith(f"password: found {written}; expected a reference to an environment variable")


def test_no_other_key_takes_a_reference() -> None:
    (told,) = complaint("user: ${USER}\npassword: ${PASSWORD}")
    assert told == "user: found ${USER}; environment references are for secrets only: write the value itself"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name: ${NAME}\nfeed: y", "1: name"),
        ("name: x\nfeed: feeds.${VENUE}", "2: feed"),
        ("name: x\nfeed: y\nlimits: {heartbeat: '${HEARTBEAT}'}", "3: limits.heartbeat"),
        ("name: x\nfeed: y\nsymbols: ['${SYMBOL}']", "3: symbols"),
        ("name: x\nfeed: y\nchannels: [{name: a, lines: [{name: A, group: '${GROUP}', port: 1}]}]",
         "3: channels[0].lines[0].group"),
        ("name: x\nfeed: y\ntrading_date: ${DATE}", "3: trading_date"),
    ],
)  # fmt: skip
def test_no_key_of_a_configuration_takes_a_reference(text: str, place: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse(text, "a.yaml")
    assert str(refused.value).startswith(f"a.yaml:{place}: ")
    assert "environment references are for secrets only" in str(refused.value)


def test_secrets_are_found_at_any_depth() -> None:
    class Sessions(Model):
        logins: tuple[Login, ...]
        by_name: dict[str, Login]

    one, two = Login(password=Secret("ONE")), Login(password=Secret("TWO"))
    assert secrets_in(Sessions(logins=(one,), by_name={"x": two})) == [Secret("ONE"), Secret("TWO")]
    assert secrets_in(Deployment(name="x", feed="y")) == []
