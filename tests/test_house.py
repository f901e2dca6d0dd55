"""The house rules that a machine can check: who may import whom, in Python and in Cython, and links that hold.

import-linter reads Python only, so that Cython's `cimport`s, and the imports in a .pyx, are checked here by the same
direction: feeds -> feedhandler <- replay.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from feedhandler.core.jit import hot
from tests.import_contracts import OnlyContract

ROOT = Path(__file__).resolve().parents[1]

FORBIDDEN = {
    "feedhandler": {"feeds", "replay"},
    "feeds": {"replay"},
    "replay": {"feeds"},
}
"""Top-level package -> the packages of this house that it may not name."""

IMPORT = re.compile(r"^\s*(?:from\s+(?P<source>[\w.]+)\s+c?import\s|c?import\s+(?P<names>[\w., \t]+))", re.MULTILINE)


def imported_modules(text: str) -> set[str]:
    """Absolute modules that a Cython source names in any `import` or `cimport`; aliases dropped.

    >>> sorted(imported_modules("cimport a.b as c, d\\nfrom e.f cimport g\\n  import h\\nfrom . cimport i\\n"))
    ['a.b', 'd', 'e.f', 'h']
    """
    found = set()
    for match in IMPORT.finditer(text):
        if match["source"]:
            found.add(match["source"])
        else:
            found.update(name.split()[0] for name in match["names"].split(",") if name.strip())
    return {name for name in found if not name.startswith(".")}


def broken_cimports(package: str, text: str) -> set[str]:
    return {name for name in imported_modules(text) if name.split(".")[0] in FORBIDDEN[package]}


def cython_sources() -> list[Path]:
    return sorted(path.relative_to(ROOT) for package in FORBIDDEN for path in (ROOT / package).rglob("*.p[yx][xd]"))


def import_linter(root: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    command = [sys.executable, "-c", program, "--no-cache"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_import_contracts_are_kept() -> None:
    result = import_linter(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_broken_import_contract_is_found_and_named(tmp_path: Path) -> None:
    """The contracts bite: each is broken once in a house of empty modules."""
    sources = {
        "feedhandler/__init__.py": "import replay\n",
        "feedhandler/core/__init__.py": "import socket\nimport numpy\nimport numba\n",
        "feeds/__init__.py": "",
        "feeds/one/__init__.py": "import feeds.two\n",
        "feeds/two/__init__.py": "import replay\n",
        "replay/__init__.py": "",
        "replay/command.py": "import feeds.one\n",
    }
    for name, text in sources.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/import_contracts.py").write_text((ROOT / "tests/import_contracts.py").read_text())

    result = import_linter(tmp_path)

    assert result.returncode == 1, result.stdout + result.stderr
    assert re.findall(r"^(.+) BROKEN", result.stdout, re.MULTILINE) == [
        "The engine knows no venue and no replay",
        "Feeds never import each other",
        "Feeds never import replay",
        "replay imports no feed",
        "feedhandler.core imports only numpy, numba and itself",
    ]
    assert "feedhandler.core imports socket (line 1): import socket" in result.stdout


def test_only_contract_is_registered_under_its_own_name() -> None:
    assert f'"{OnlyContract.type_name}: ' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("source", cython_sources(), ids=str)
def test_cython_imports_follow_the_direction_of_the_house(source: Path) -> None:
    assert broken_cimports(source.parts[0], (ROOT / source).read_text()) == set()


def test_a_wrong_cimport_is_found() -> None:
    assert broken_cimports("feedhandler", "from replay.packets cimport walk\n") == {"replay.packets"}
    assert broken_cimports("replay", "cimport feeds.one.handler as handler\n") == {"feeds.one.handler"}
    assert broken_cimports("replay", "from feedhandler.receivers.abi cimport frame\n") == set()


@pytest.mark.interpreted
def test_hot_functions_run_as_this_run_says() -> None:
    """The interpreted run would prove nothing if it compiled."""

    @hot
    def one_more(count: int) -> int:
        return count + 1

    interpreted = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
    assert one_more(1) == 2
    assert isinstance(one_more, numba.core.registry.CPUDispatcher) is not interpreted


def test_plug_ins_are_declared_in_groups_of_the_house() -> None:
    """An entry point outside these groups would be installed and never found."""
    distribution = importlib.metadata.distribution("feedhandler")
    groups = {entry.group for entry in distribution.entry_points}
    plug_ins = {f"feedhandler.{kind}" for kind in ("feeds", "receivers", "strategies", "commands")}
    assert groups == {"console_scripts", *plug_ins}


@pytest.mark.parametrize(
    "document", sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *ROOT.glob("[!.]*/**/*.md")]), ids=str
)
def test_every_link_leads_somewhere(document: Path) -> None:
    """Relative links of the documents, pictures included; the web is not asked."""
    text = re.sub(r"```.*?```", "", (ROOT / document).read_text(), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href|srcset)="([^"]+)"', text)
    local = [target.split("#")[0] for target in targets if not re.match(r"[a-z]+:", target)]
    missing = [target for target in local if target and not (ROOT / document).parent.joinpath(target).exists()]
    assert missing == []
