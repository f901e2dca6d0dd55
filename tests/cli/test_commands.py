"""The other commands, and what all have in common: help, examples, exit codes, JSON, plug-ins."""

from __future__ import annotations

import ast
import importlib.metadata
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from feedhandler import plugins
from feedhandler.cli import main
from feedhandler.cli.exit_codes import ExitCode
from tests.cli.builders import CONFIGURATION
from tests.cli.conftest import Run
from tests.conftest import INTERPRETED, ROOT

COMMANDS = (
    "bench", "check", "compile", "decode", "demo", "describe", "explain", "feeds", "generate", "health", "receivers",
    "replay", "run", "schema",
)  # fmt: skip
CONFIGURATIONS = sorted((ROOT / "configs").glob("*.yaml"))


def test_every_command_is_there(run: Run) -> None:
    ran = run("--help")
    assert ran.code == 0
    listed = [line.split()[0] for line in ran.out.split("Commands:")[1].splitlines() if line.strip()]
    assert set(COMMANDS) <= set(listed)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_has_an_example_and_the_exit_codes(run: Run, name: str) -> None:
    ran = run(name, "--help")
    words = " ".join(ran.out.split())
    assert ran.code == 0
    assert f"Example: feedhandler {name}" in words
    assert "Exit codes: 0 " in words


def test_an_unknown_command_is_a_usage_error(run: Run) -> None:
    assert run("replya").code == ExitCode.USAGE


def test_the_version_is_the_packages(run: Run) -> None:
    assert run("--version").out == f"feedhandler {importlib.metadata.version('feedhandler')}\n"


def test_feeds_lists_what_is_installed(run: Run) -> None:
    found = {feed["name"]: feed for feed in run("feeds", "--json").data}
    assert found["nasdaq_itch50"]["variants"] == {"nasdaq": "XNAS", "bx": "XBOS", "psx": "XPSX"}
    assert found["nasdaq_itch50"]["sessions"] == ["moldudp64", "binaryfile"]
    assert "Nasdaq TotalView-ITCH 5.0" in run("feeds").out


def test_describe_finds_a_message_by_name_or_type_and_the_nearest_of_a_wrong_one(run: Run) -> None:
    by_name = run("describe", "nasdaq_itch50", "AddOrder", "--json")
    assert by_name.data == run("describe", "nasdaq_itch50", "A", "--json").data
    assert [message["message"] for message in by_name.data] == ["AddOrder"]
    wrong = run("describe", "nasdaq_itch50", "AddOrders")
    assert wrong.code == ExitCode.USAGE
    assert "did you mean AddOrder?" in wrong.events[-1]
    assert len(run("describe", "nasdaq_itch50", "--json").data) == 23


def test_explain_prints_a_module_that_depends_on_the_routes_alone(run: Run, tmp_path: Path) -> None:
    configuration = tmp_path / "some.yaml"
    configuration.write_text(CONFIGURATION)
    by_configuration = run("explain", configuration).out
    assert by_configuration == run("explain", "--feed", "nasdaq_itch50").out
    defined = {node.name for node in ast.walk(ast.parse(by_configuration)) if isinstance(node, ast.FunctionDef)}
    assert {"run", "finish", "process", "nasdaq_itch50_moldudp64_decode"} <= defined
    assert run("explain", "--feed", "nasdaq_itch50", "--variant", "bx", "--json").data["routes"] == [
        {"feed": "nasdaq_itch50", "variant": "bx", "session": "moldudp64"}
    ]


@pytest.mark.parametrize("arguments", [(), ("day.pcap",), ("a.yaml", "--feed", "nasdaq_itch50")])
def test_a_pipeline_is_of_a_configuration_or_of_a_feed(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("explain", *arguments).code == ExitCode.USAGE


@pytest.mark.parametrize("file", CONFIGURATIONS, ids=lambda file: file.stem)
def test_every_example_configuration_is_right(run: Run, file: Path) -> None:
    data = run("check", file, "--json").data
    feed = plugins.feed(data["feed"])
    assert data["deployment"] == file.stem
    assert data["session"] in [session.name for session in feed.sessions]
    assert data["memory_bytes"] == sum(channel["memory_bytes"] for channel in data["channels"]) > 0
    assert f"{file.stem}: {feed.title}" in run("check", file).out


def test_check_names_every_mistake_with_file_and_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("name: x\nfeed: nasdaq_itch50\nlimits:\n  give_up_afer: 1s\n  request_after: 2\n")
    ran = run("check", file)
    assert ran.code == ExitCode.USAGE
    assert [event.split(": ")[:2] for event in ran.events] == [
        [f"{file}:5", "limits.request_after"],
        [f"{file}:4", "limits.give_up_afer"],
    ]
    assert "did you mean give_up_after?" in ran.events[1]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("feed", "nasdaq_itch", "did you mean nasdaq_itch50?"),
        ("variant", "nasdac", "did you mean nasdaq?"),
        ("venue", "XNSA", "did you mean XNAS?"),
        ("session", "mold", "Known: moldudp64, binaryfile"),
    ],
)
def test_names_that_nothing_installed_has_are_placed_in_the_file(
    run: Run, tmp_path: Path, key: str, value: str, words: str
) -> None:
    file = tmp_path / "wrong.yaml"
    keys = {"name": "x", "feed": "nasdaq_itch50"} | {key: value}
    file.write_text("".join(f"{name}: {text}\n" for name, text in keys.items()))
    ran = run("check", file)
    assert ran.code == ExitCode.USAGE
    assert ran.events[-1].startswith(f"{file}:{list(keys).index(key) + 1}: {key}: ")
    assert words in ran.events[-1]


def test_a_variant_and_a_venue_that_contradict_each_other_are_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("name: x\nfeed: nasdaq_itch50\nvariant: bx\nvenue: XNAS\n")
    ran = run("check", file)
    assert ran.code == ExitCode.USAGE
    assert "XNAS is variant nasdaq, and the variant is given as bx" in ran.events[-1]


def test_the_schema_knows_every_key_of_the_example_configurations(run: Run) -> None:
    schema = run("schema").data
    assert schema["additionalProperties"] is False
    assert {"name", "feed", "channels", "limits", "capacities", "trading_date"} <= set(schema["properties"])
    assert schema["required"] == ["name", "feed"]


@pytest.mark.skipif(INTERPRETED, reason="interpreted code is not compiled")
def test_compile_finds_in_the_cache_what_it_put_there(run: Run) -> None:
    arguments = ("compile", "--feed", "nasdaq_itch50", "--packets-only", "--json")
    assert run(*arguments).code == 0
    second = subprocess.run(
        [sys.executable, "-m", "feedhandler.cli.main", *arguments], capture_output=True, text=True, check=True
    )
    assert '"session": "moldudp64"' in second.stdout
    assert '"from_cache": true' in second.stdout


# ------------------------------------------------------------------------------------------------------------- plug-ins


def entry(name: str, value: str) -> importlib.metadata.EntryPoint:
    return importlib.metadata.EntryPoint(name, value, "feedhandler.commands")


def invoke(monkeypatch: pytest.MonkeyPatch, entries: list[importlib.metadata.EntryPoint], *arguments: str) -> Any:
    monkeypatch.setattr(main.plugins, "installed", lambda _group: {entry.name: entry for entry in entries})
    return CliRunner().invoke(main.build(), arguments)


def greeting(app: typer.Typer) -> None:
    app.command("greet", help="Greets.")(lambda: print("hello"))


def test_a_command_of_another_package_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "greetings", sys.modules[__name__])
    result = invoke(monkeypatch, [entry("greet", "greetings:greeting")], "greet")
    assert (result.exit_code, result.stdout) == (0, "hello\n")


def test_a_command_that_cannot_be_imported_says_so_when_called_and_harms_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = [entry("broken", "no_such_package:command")]
    result = invoke(monkeypatch, broken, "broken", "--option", "argument")
    assert result.exit_code == ExitCode.USAGE
    assert "command broken (no_such_package:command) cannot be loaded: No module named" in result.stderr
    assert invoke(monkeypatch, broken, "schema").exit_code == 0


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    result = invoke(monkeypatch, [entry("broken", "zstandard.backend:command")], "broken")
    assert "pip install 'feedhandler[compress]' brings zstandard" in result.stderr


def test_a_plugin_cannot_take_the_name_of_a_built_in_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "greetings", sys.modules[__name__])
    result = invoke(monkeypatch, [entry("schema", "greetings:greeting")], "schema")
    assert '"title": "Deployment"' in result.stdout


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(app: typer.Typer) -> None:
        @app.command("fails")
        def command() -> None:
            raise ZeroDivisionError("a bug")

    monkeypatch.setattr(sys.modules[__name__], "fails", fails, raising=False)
    monkeypatch.setitem(sys.modules, "greetings", sys.modules[__name__])
    result = invoke(monkeypatch, [entry("fails", "greetings:fails")], "fails")
    assert isinstance(result.exception, ZeroDivisionError)
