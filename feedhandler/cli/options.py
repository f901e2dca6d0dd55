"""What several commands have in common: CONFIG or --feed, and the texts of shared options."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from feedhandler.cli.exit_codes import CommandError, ExitCode

if TYPE_CHECKING:
    from feedhandler.config import Deployment

CONFIG_SUFFIXES = (".yaml", ".yml")

FEED_HELP = "The feed, where there is no configuration: an installed one or package.module:object."
VARIANT_HELP = "The feed's variant; without it the default one."
DATE_HELP = "The trading date, as in 2026-03-02; without it the configuration's, or that of the first packet."
JSON_HELP = "JSON on stdout; the log stays on stderr."


def is_configuration(name: str) -> bool:
    """Whether an argument names a configuration rather than a capture."""
    return name.endswith(CONFIG_SUFFIXES)


def split_configuration(arguments: list[str], feed: str | None) -> tuple[str | None, list[str]]:
    """The configuration among a command's arguments, if there is one, and the rest."""
    named = [argument for argument in arguments if is_configuration(argument)]
    rest = [argument for argument in arguments if not is_configuration(argument)]
    if len(named) > 1:
        raise CommandError(f"{len(named)} configurations were given: {', '.join(named)}; expected one", ExitCode.USAGE)
    if named and feed is not None:
        raise CommandError(f"{named[0]} names the feed; leave --feed {feed} out", ExitCode.USAGE)
    if not named and feed is None:
        raise CommandError(
            "what is the feed? Expected a configuration (a .yaml file) or --feed NAME; `feedhandler feeds` lists them",
            ExitCode.USAGE,
        )
    return (named[0] if named else None), rest


def named_configuration(configuration: str | None, feed: str | None) -> str | None:
    """The configuration of a command that takes either one or --feed."""
    found, rest = split_configuration([configuration] if configuration is not None else [], feed)
    if rest:
        raise CommandError(f"{rest[0]}: expected a configuration, a .yaml file", ExitCode.USAGE)
    return found


def deployment_from(configuration: str | None, feed: str | None, variant: str | None) -> Deployment:
    """The deployment of a configuration file, or the one that a feed's name alone makes."""
    from feedhandler.config import Deployment, load

    if configuration is None:
        return Deployment(name=str(feed), feed=str(feed), variant=variant)
    if not Path(configuration).exists():
        example = Path("configs") / Path(configuration).name
        hint = f"; there is {example}" if example.exists() else ""
        raise CommandError(f"{configuration}: no such file{hint}", ExitCode.USAGE)
    deployment = load(configuration)
    if variant is not None:
        deployment = deployment.model_copy(update={"variant": variant, "venue": None})
    return deployment


def date_from(text: str | None) -> datetime.date | None:
    """A date option's value."""
    if text is None:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--date {text}: expected a date such as 2026-03-02 ({error})", ExitCode.USAGE) from error
