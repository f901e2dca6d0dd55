"""The formats of output by name, and what makes their files."""

from __future__ import annotations

import importlib
from collections.abc import Collection
from typing import Any

from .batches import Origin, Writer
from .publication import Publication
from .schemas import TABLES

FORMATS: dict[str, str] = {
    "parquet": "feedhandler.output.parquet:ParquetTables",
    "arrow": "feedhandler.output.arrow:ArrowTables",
    "csv": "feedhandler.output.csv_files:CsvTables",
    "dbn": "feedhandler.output.dbn_files:DbnFiles",
}
"""A class for each format, imported when it is asked for: `class(publication, origin, tables, **options)`."""


class UnknownFormatError(ValueError):
    """A format, a table or a division that there is not; the text names those there are."""


def writer_class(name: str) -> Any:
    """The class that writes a format. Raises `UnknownFormatError`, and `MissingExtraError` where a library lacks."""
    if name not in FORMATS:
        raise UnknownFormatError(f"there is no format {name!r}; there are {', '.join(FORMATS)}")
    module, _, attribute = FORMATS[name].partition(":")
    found = getattr(importlib.import_module(module), attribute)
    found.check()
    return found


def make_writer(
    name: str, publication: Publication, origin: Origin, tables: Collection[str], **options: Any
) -> Writer:
    """A writer of a format."""
    writer: Writer = writer_class(name)(publication, origin, tables, **options)
    return writer


def division_options(name: str, divide_by: str | None) -> dict[str, str]:
    """The writer's options for dividing its files by symbol or by date; none where that is what it does anyway."""
    if divide_by is None:
        return {}
    divisions = writer_class(name).divisions
    if not divisions:
        raise UnknownFormatError(f"only parquet is divided into files by symbol or date, {name} has one for each table")
    if divide_by not in divisions:
        raise UnknownFormatError(f"files cannot be divided by {divide_by!r}, but by {' or '.join(divisions)}")
    return {} if divide_by == divisions[0] else {"divide_by": divide_by}


def depth_levels_of(name: str, wanted: int) -> int:
    """How many levels of depth batches need for a format: what it always has, or what is wanted."""
    return int(writer_class(name).depth_levels) or wanted


def tables_from(text: str | None) -> list[str]:
    """Tables by their names, as in `orders,trades`; all where none is named."""
    if text is None:
        return list(TABLES)
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in TABLES:
            raise UnknownFormatError(f"there is no table {name!r}; there are {', '.join(TABLES)}")
    return [name for name in TABLES if name in names]
