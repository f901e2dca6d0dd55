"""Generated modules on disk, and with them numba's compiled code.

numba finds compiled code again only for functions of a file at its old place and age, and does not notice edits in
other modules. So a generated file lies in a folder named by a digest of everything that its code depends on: its own
text, the sources of the engine and of every package it imports from, the versions of Python, numba, llvmlite and
numpy, the options of numba, and the processor. What changes gets a new folder, what stays is found.

Compilation happens in a child process (`compiler.py`); the parent loads what it left.

The folder is executed, so it must be its user's own and closed to others; files are put there by renaming.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import llvmlite
import numba
import numpy
from llvmlite import binding

from feedhandler.core.jit import INTERPRETED, compile_entries

ENVIRONMENT_VARIABLE = "FEEDHANDLER_CACHE"
WRITTEN = 1_000_000_000  #: the time of every generated file, in seconds since the epoch


HOW_COMPILED = "feedhandler.pipeline.whole_program"  #: the module that says how; no generated module imports it


class CacheError(RuntimeError):
    """A cache folder that must not be used; the text says why and what would be right."""


def cache_folder() -> Path:
    """Where compiled pipelines are kept: $FEEDHANDLER_CACHE, else `feedhandler` in the user's cache folder."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "feedhandler"


def private_folder(path: Path) -> Path:
    """Make a folder that is the user's own and closed to others' writing; `CacheError` where it is not."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.stat()
    if status.st_uid != os.geteuid():
        raise CacheError(
            f"cache folder {path} belongs to user {status.st_uid}, not to us ({os.geteuid()}); "
            f"its code would be executed: set {ENVIRONMENT_VARIABLE} to a folder of your own"
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise CacheError(f"cache folder {path} can be written by others; its code would be executed: chmod 700 {path}")
    return path


_OPTIONS_WITHOUT_EFFECT = ("NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS", "NUMBA_DISABLE_JIT")
"""Options of numba that change nothing of the machine code; the last one leaves none."""


@lru_cache(maxsize=1)
def machine_identity() -> str:
    """The versions and the processor that compiled code is good for."""
    config = numba.config
    options = sorted(
        f"{name}={value}"
        for name, value in os.environ.items()
        if name.startswith("NUMBA_") and name not in _OPTIONS_WITHOUT_EFFECT
    )
    return "\n".join(
        [
            platform.python_implementation(),
            platform.python_version(),
            platform.machine(),
            numba.__version__,
            llvmlite.__version__,
            numpy.__version__,
            config.CPU_NAME or binding.get_host_cpu_name(),
            config.CPU_FEATURES if config.CPU_FEATURES is not None else binding.get_host_cpu_features().flatten(),
            *options,
        ]
    )


def package_of(module: str) -> str:
    """The package whose sources a module's code may depend on; the module itself where it is in none."""
    package = module.rpartition(".")[0]
    spec = importlib.util.find_spec(package) if package else None
    return package if spec is not None and spec.origin is not None else module


@lru_cache(maxsize=64)
def package_digest(package: str) -> str:
    """A digest of all Python sources of a package, or of a module that is a single file."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise CacheError(f"the source of {package} cannot be found, so compiled code could not be trusted")
    origin = Path(spec.origin)
    files = sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]
    digest = hashlib.blake2b(digest_size=16)
    for file in files:
        digest.update(str(file.relative_to(origin.parent)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def module_digest(source: str, packages: Iterable[str]) -> str:
    """The name of everything that a generated module's machine code depends on."""
    digest = hashlib.blake2b(source.encode(), digest_size=12)
    digest.update(machine_identity().encode())
    for package in (HOW_COMPILED, *sorted(set(packages))):
        digest.update(package.encode())
        digest.update(package_digest(package).encode())
    return digest.hexdigest()


def load_module(name: str, source: str, packages: Iterable[str]) -> ModuleType:
    """Import a generated module with its entrances compiled; what the cache lacks is put there first.

    `packages` are those whose sources its compiled code depends on. The module gets an attribute `compiled_seconds`:
    how long its compilation took, 0.0 where the cache had it.

    Compilation happens in a process of its own: it needs several hundred MB that a trading process should not keep, and
    what it leaves on disk is the code that every later start runs, too.
    """
    digest = module_digest(source, packages)
    module_name = f"{name}_{digest}"
    loaded = sys.modules.get(module_name)
    if loaded is not None:
        return loaded
    folder = private_folder(private_folder(cache_folder()) / digest)
    file = folder / f"{module_name}.py"
    if not file.exists() or file.read_text() != source:
        handle, temporary = tempfile.mkstemp(dir=folder, suffix=".py.part")
        with os.fdopen(handle, "w") as stream:
            stream.write(source)
        # Releases of numba before 0.68 compare the file's time with that of the one they compiled. It says nothing
        # here, where the name is a digest of the text, so it is the same for all: a container's image stays warm,
        # though its layers keep whole seconds only.
        os.utime(temporary, (WRITTEN, WRITTEN))
        os.replace(temporary, file)
    seconds = 0.0 if INTERPRETED else _compile_apart(file, folder / f"{module_name}.compiled")
    module = import_file(file)
    compile_entries(module)
    module.__dict__["compiled_seconds"] = seconds
    return module


def import_file(file: Path) -> ModuleType:
    """Import a module from its file, outside the packages."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise CacheError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    # numba looks a function's module up by name, when it compiles and when it loads.
    sys.modules[file.stem] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[file.stem]
        raise
    return module


def _compile_apart(file: Path, done: Path) -> float:
    """Compile a generated file's entrances in a child process unless `done` says it was; returns the seconds."""
    if done.exists():
        return 0.0
    started = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
    child = subprocess.run(
        [sys.executable, "-m", "feedhandler.pipeline.compiler", str(file)],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if child.returncode:
        raise CacheError(f"{file} does not compile (exit {child.returncode}):\n{child.stderr.strip()}")
    done.touch()
    return time.perf_counter() - started
