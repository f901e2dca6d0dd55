"""Huge pages for as long as a test needs them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SETTING = Path("/proc/sys/vm/nr_hugepages")


@contextmanager
def huge_pages(count: int) -> Iterator[None]:
    """As many huge pages are there, and the setting is put back; skipped with the errno where that is not permitted."""
    before = SETTING.read_text()
    try:
        SETTING.write_text(str(count))
    except OSError as error:
        pytest.skip(f"huge pages cannot be reserved: errno {error.errno} ({error.strerror})")
    try:
        if int(SETTING.read_text()) < count:
            pytest.skip(f"the kernel found {SETTING.read_text().strip()} huge pages of {count} together")
        yield
    finally:
        SETTING.write_text(before)


def free_huge_pages() -> int:
    """How many are reserved and not in use."""
    for row in Path("/proc/meminfo").read_text().splitlines():
        if row.startswith("HugePages_Free:"):
            return int(row.split()[1])
    raise LookupError("HugePages_Free")
