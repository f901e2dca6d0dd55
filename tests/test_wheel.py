"""`pip install .` gives the same program as a checkout: the wheel holds all of it, and works without a checkout.

The wheel is built from a copy, so that a build never touches the extensions that other tests have loaded, and with the
build tools of this environment, so that it needs no network.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from feedhandler.receivers.optional import OPTIONAL, flags_of

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("feedhandler", "feeds", "replay", "configs")
SHIPPED = ("*.py", "*.pxd", "*.pyi", "*.yaml", "README.md", "py.typed", "golden.*.txt")
EXTENSION_SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")


def run(*command: str | Path) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def extension_sources() -> list[Path]:
    """All of them but those whose library is not installed here."""
    absent = {
        ROOT / Path(*module.split(".")).with_suffix(".pyx")
        for receiver in OPTIONAL
        for module in receiver.modules
        if flags_of(receiver.library) is None
    }
    return [path for package in PACKAGES for path in (ROOT / package).rglob("*.pyx") if path not in absent]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "*.so", "*.c")
        shutil.copytree(ROOT / package, source / package, ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    shutil.copytree(ROOT / "LICENSES", source / "LICENSES")
    target = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", target, source)
    (built,) = target.glob("feedhandler-*.whl")
    return built


def test_wheel_holds_the_whole_program_and_no_source_of_an_extension(wheel: Path) -> None:
    sources = {
        path.relative_to(ROOT) for package in PACKAGES for shape in SHIPPED for path in (ROOT / package).rglob(shape)
    }
    extensions = {path.relative_to(ROOT) for path in extension_sources()}
    expected = {str(path) for path in sources} | {str(path.with_suffix(EXTENSION_SUFFIX)) for path in extensions}

    names = set(zipfile.ZipFile(wheel).namelist())

    assert {name for name in names if ".dist-info/" not in name} == expected


def test_extensions_and_configurations_of_the_wheel_are_found_without_a_checkout(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    extensions = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted(extension_sources())
    ]
    program = f"""
import importlib, importlib.metadata, importlib.resources, sys
sys.path[:0] = [{str(tmp_path)!r}]
for name in {extensions}:
    print(importlib.import_module(name).__file__)
print(importlib.resources.files("configs"))
print(importlib.metadata.distribution("feedhandler").locate_file(""))
"""
    # -I: neither the working folder nor PYTHONPATH, both of which may hold a checkout.
    places = run(sys.executable, "-I", "-c", program).splitlines()

    assert len(places) == len(extensions) + 2
    assert [place for place in places if not Path(place).is_relative_to(tmp_path)] == []
