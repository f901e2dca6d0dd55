"""What an output folder holds: which units of input are in it, made with which options.

A file `feedhandler.json` that is replaced in one step each time a unit is complete. Whoever runs again with the same
options goes on where the last run ended, killed or not; other options are refused, since a folder has one kind of
files. One process at a time works in a folder.
"""

from __future__ import annotations

import fcntl
import json
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .paths import file_stem
from .publication import WORKING

NAME = "feedhandler.json"
LAYOUT = 1  #: of the tables and folders; another one is not continued
_LOCK = ".lock"


class OutputError(Exception):
    """An output folder that cannot be used; the text says why and what would be right."""


class Manifest:
    """The manifest of a folder, which is made if it is not there, and locked until `close`."""

    def __init__(self, folder: Path, options: dict[str, Any]) -> None:
        self.folder = folder
        self._options = json.loads(json.dumps(options))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = (folder / _LOCK).open("w")
        except OSError as error:
            raise OutputError(f"{folder}: cannot be written ({error.strerror})") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise OutputError(f"{folder}: another process is writing into it") from error
        try:
            self._data = self._read()
        except OutputError:
            self.close()
            raise

    def close(self) -> None:
        """Let others work in the folder."""
        self._lock.close()

    @property
    def units(self) -> dict[str, dict[str, Any]]:
        """What is known of each complete unit."""
        found: dict[str, dict[str, Any]] = self._data["units"]
        return found

    def unit_name(self, files: Sequence[str]) -> str:
        """What the files of a unit are called: as its (first) input, told apart from another input of that name."""
        first = files[0]
        name = "stdin" if first == "-" else file_stem(Path(first).name)
        known = self.units.get(name)
        if known is not None and [one["path"] for one in known["inputs"]] != [_absolute(file) for file in files]:
            name += f"-{zlib.crc32(chr(10).join(map(_absolute, files)).encode()):08x}"
        return name

    def complete(self, name: str, files: Sequence[str]) -> bool:
        """Whether a unit is there, made of these files as they are now. Standard input is never what it was."""
        known = self.units.get(name)
        return known is not None and "-" not in files and known["inputs"] == inputs_of(files)

    def add(self, name: str, files: Sequence[str], facts: dict[str, Any]) -> None:
        """A unit is complete."""
        self.units[name] = {"inputs": inputs_of(files), **facts}
        self.write()

    def _read(self) -> dict[str, Any]:
        path = self.folder / NAME
        fresh = {"layout": LAYOUT, "options": self._options, "units": {}}
        if not path.exists():
            others = sorted(entry.name for entry in self.folder.iterdir() if entry.name not in (_LOCK, WORKING))
            if others:
                raise OutputError(
                    f"{self.folder}: holds {others[0]!r} and no {NAME}, so it is no output folder of ours; "
                    "expected a new or empty folder"
                )
            return fresh
        try:
            data: dict[str, Any] = json.loads(path.read_text())
            layout, options = data["layout"], data["options"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise OutputError(f"{path}: is no manifest ({error}); expected a new or empty folder") from error
        if layout != LAYOUT:
            raise OutputError(f"{path}: was written with layout {layout}, and this is {LAYOUT}; expected a new folder")
        different = [
            f"{name} is {json.dumps(options.get(name))} there and {json.dumps(self._options.get(name))} now"
            for name in options | self._options
            if options.get(name) != self._options.get(name)
        ]
        if different:
            raise OutputError(
                f"{self.folder}: was written with other options: {'; '.join(different)}; expected the same options, or "
                "another folder"
            )
        return data

    def write(self) -> None:
        """Keep what is known."""
        made = self.folder / WORKING / NAME
        made.parent.mkdir(exist_ok=True)
        with made.open("w") as file:
            json.dump(self._data, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, self.folder / NAME)


def inputs_of(files: Sequence[str]) -> list[dict[str, Any]]:
    """What identifies input files: path, size and time of the last change."""
    found = []
    for file in files:
        if file == "-":
            found.append({"path": file, "size": 0, "changed_ns": 0})
        else:
            status = os.stat(file)
            found.append({"path": _absolute(file), "size": status.st_size, "changed_ns": status.st_mtime_ns})
    return found


def _absolute(file: str) -> str:
    return file if file == "-" else str(Path(file).absolute())
