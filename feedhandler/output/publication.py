"""Files that appear when they are whole: written under other names in a working folder, then moved to their places.

A move within a file system is one step, so nobody ever finds half a file under its name. All files of a unit are moved
at its end, whole folders where nothing is in the way; a list of them is there before the first move, so that a unit
that was cut short there can be taken away again.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

WORKING = ".working"  #: the folder inside an output folder in which files are made
LISTS = ".units"  #: the folder with the lists of each unit's files


class Publication:
    """The files of one unit, on their way into `folder`."""

    def __init__(self, folder: Path, unit: str, *, go_on: bool = False) -> None:
        """Begin; `go_on` keeps what else is in the working folder of an earlier beginning."""
        self.folder = folder
        self.unit = unit
        self.working = folder / WORKING / unit
        self.bytes = 0
        self._tree = self.working / "tree"
        self._placed: list[str] = []
        self._folders: set[str] = set()
        shutil.rmtree(self._tree if go_on else self.working, ignore_errors=True)
        self._tree.mkdir(parents=True)

    @property
    def files(self) -> int:
        """How many files there are."""
        return len(self._placed)

    def place(self, relative: str) -> Path:
        """Where to write a file that will be `relative` in the output folder.

        The folder of the file is made. There can be tens of thousands of files, so paths are text where they can be."""
        self._placed.append(relative)
        made = f"{self._tree}/{relative}"
        folder = made.rpartition("/")[0]
        if folder not in self._folders:
            self._folders.add(folder)
            os.makedirs(folder, exist_ok=True)
        return Path(made)

    def publish(self) -> None:
        """Move every file to its place, and what the unit had there before away."""
        withdraw(self.folder, self.unit)
        listed = self.working / "list"
        listed.write_text("".join(f"{relative}\n" for relative in self._placed))
        (self.folder / LISTS).mkdir(exist_ok=True)
        os.replace(listed, _list_of(self.folder, self.unit))
        self.bytes = sum(os.stat(f"{self._tree}/{relative}").st_size for relative in self._placed)
        _move(self._tree, self.folder)
        self.abandon()

    def abandon(self) -> None:
        """Leave nothing behind of what was not published."""
        shutil.rmtree(self.working, ignore_errors=True)


def withdraw(folder: Path, unit: str) -> None:
    """Take away what a unit has published, if anything."""
    listed = _list_of(folder, unit)
    if not listed.exists():
        return
    for relative in listed.read_text().splitlines():
        (folder / relative).unlink(missing_ok=True)
    listed.unlink()


def _list_of(folder: Path, unit: str) -> Path:
    return folder / LISTS / f"{unit}.txt"


def _move(source: Path, target: Path) -> None:
    """Move what is in a folder into another, which may have some of its folders."""
    with os.scandir(source) as entries:
        found = [(entry.name, entry.is_dir()) for entry in entries]
    for name, folder in found:
        if folder and (target / name).exists():
            _move(source / name, target / name)
        else:
            os.replace(source / name, target / name)
