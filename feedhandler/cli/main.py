"""`feedhandler`: finds the commands and turns what they raise into an exit code and one clear text on stderr."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import pkgutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from feedhandler import cli, plugins
from feedhandler.cli.exit_codes import CommandError, ExitCode

EXPECTED: dict[str, ExitCode] = {
    "feedhandler.configuration.values.ConfigurationError": ExitCode.USAGE,
    "feedhandler.plugins.PluginError": ExitCode.USAGE,
    "feedhandler.feed.FeedError": ExitCode.USAGE,
    "feedhandler.simulation.population.SimulationError": ExitCode.USAGE,
    "feedhandler.pipeline.cache.CacheError": ExitCode.FAILED,
    "feedhandler.composition.threads.PipelineStuckError": ExitCode.STUCK,
    "feedhandler.pipeline.pipeline.PipelineError": ExitCode.FAILED,
}
"""Errors whose text is meant for people, by name, so that nothing heavy is imported to recognise them. All others are
bugs and keep their traceback."""

EXTRAS = {"lz4": "compress", "zstandard": "compress", "Cython": "development", "hypothesis": "development"}
"""Which extra of the package brings a module that may be missing."""


class EndedBySignal(BaseException):
    """SIGINT or SIGTERM came where no run attends to it: while a configuration is read or a pipeline compiled."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Commands(TyperGroup):
    """The group of all commands: expected errors end in their exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except EndedBySignal as end:
            from feedhandler.observe.logs import report_error

            signalled = ExitCode(128 + end.number)
            report_error(f"ended by {signal.Signals(end.number).name} before there was anything to sum up", signalled)
            raise typer.Exit(int(signalled)) from end
        except Exception as error:
            code = exit_code_of(error)
            if code is None:
                raise
            from feedhandler.observe.logs import report_error

            report_error(str(error), code)
            raise typer.Exit(int(code)) from error


def exit_code_of(error: BaseException) -> ExitCode | None:
    """The code that an error ends the program with, or None where it is a bug. A plug-in's error names its own."""
    own = getattr(error, "exit_code", None)
    if isinstance(own, ExitCode):
        return own
    for kind in type(error).__mro__:
        code = EXPECTED.get(f"{kind.__module__}.{kind.__qualname__}")
        if code is not None:
            return code
    return None


def _version(wanted: bool) -> None:
    if wanted:
        print(f"feedhandler {importlib.metadata.version('feedhandler')}")
        raise typer.Exit


def build() -> typer.Typer:
    """The application with every command that is installed, in alphabetical order."""
    app = typer.Typer(
        name="feedhandler",
        cls=Commands,
        help="Exchange packets to order books in one compiled pass. Each command's --help has an example.",
        no_args_is_help=True,
        add_completion=False,
        # Plain text: help is read through pipes and pagers, and imports quickly.
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def options(
        version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
    ) -> None:
        """Options of the program itself."""

    for _name, add in sorted(_commands(), key=lambda command: command[0]):
        add(app)
    return app


def _commands() -> Iterator[tuple[str, Callable[[typer.Typer], None]]]:
    """Every command by name: those of this package, then those of plug-ins, which may not take a name that is taken."""
    taken = set()
    for found in pkgutil.iter_modules(cli.__path__):
        module = importlib.import_module(f"{cli.__name__}.{found.name}")
        if hasattr(module, "command"):
            taken.add(found.name)
            yield found.name, module.command
    for name, entry in plugins.installed(plugins.COMMANDS).items():
        if name not in taken:
            yield name, _plugin_command(name, entry)


def _plugin_command(name: str, entry: importlib.metadata.EntryPoint) -> Callable[[typer.Typer], None]:
    """A plug-in's command. One that cannot be imported says so when it is called, and leaves the others alone."""
    try:
        add: Callable[[typer.Typer], None] = entry.load()
    except (ImportError, AttributeError) as error:
        return _broken(name, entry, error)
    return add


def _broken(name: str, entry: importlib.metadata.EntryPoint, error: Exception) -> Callable[[typer.Typer], None]:
    missing = (getattr(error, "name", None) or "").partition(".")[0]
    advice = f"; pip install 'feedhandler[{EXTRAS[missing]}]' brings {missing}" if missing in EXTRAS else ""
    text = f"command {name} ({entry.value}) cannot be loaded: {error}{advice}"

    def add(app: typer.Typer) -> None:
        @app.command(name, help=f"(Not available: {text}.)", context_settings={"ignore_unknown_options": True})
        def unavailable(arguments: list[str] = typer.Argument(None, hidden=True)) -> None:
            raise CommandError(text, ExitCode.USAGE) from error

    return add


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise EndedBySignal(number)


def main() -> None:
    """The entrance of the program."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    # The name does not depend on how it was started: examples and errors say `feedhandler`.
    try:
        sys.exit(build()(prog_name="feedhandler"))
    except SystemExit as end:
        if any(thread.name.startswith("pipeline ") for thread in threading.enumerate()):
            # It is stuck in compiled code and still uses memory that an orderly exit would take away.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(end.code if isinstance(end.code, int) else ExitCode.FAILED)
        raise


if __name__ == "__main__":
    main()
