"""The memory of a queue's frames, which the kernel and we share (UMEM of the kernel documentation, networking/af_xdp).

In huge pages where there are any: in those that were reserved (`vm.nr_hugepages`) if enough are free, so that it does
not depend on how the kernel's memory lies; else the kernel is asked for transparent ones, and small ones serve where it
has none. Fewer entries of the processor's table of pages are then needed for a burst, which touches many frames.
"""

from __future__ import annotations

import ctypes
import mmap
from pathlib import Path

from feedhandler.core.memory import Region

_MAP_HUGETLB = 0x4_0000  # <asm-generic/mman-common.h>; the module mmap has it from Python 3.13 on


class Umem:
    """Memory of at least `size` bytes, there from the start.

    huge: take huge pages where there are any.
    """

    def __init__(self, size: int, *, huge: bool) -> None:
        self.size = size
        self.pages = "small pages"
        """What was obtained: `reserved huge pages`, `transparent huge pages asked for`, or `small pages`."""
        self._memory: Region | mmap.mmap | None = _reserved(size) if huge else None
        if self._memory is not None:
            self.pages = "reserved huge pages"
            self.address = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
            return
        region = Region("frames of a queue", size, huge=huge, prefault=True)
        if huge and region.huge:
            self.pages = "transparent huge pages asked for"
        self._memory, self.address = region, region.address


def _reserved(size: int) -> mmap.mmap | None:
    """Of the pages that were reserved; None where too few of them are free."""
    page_bytes = _huge_page_bytes()
    if page_bytes == 0:
        return None
    whole = -(-size // page_bytes) * page_bytes
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_HUGETLB
    try:
        # All of them are set aside here, so none can be missing when it is touched.
        memory = mmap.mmap(-1, whole, flags=flags)
    except OSError:
        return None
    for place in range(0, whole, page_bytes):
        memory[place] = 0
    return memory


def _huge_page_bytes() -> int:
    """Of the size that a kernel takes where none is named; 0 where it has none."""
    for row in Path("/proc/meminfo").read_text().splitlines():
        if row.startswith("Hugepagesize:"):
            return int(row.split()[1]) << 10
    return 0
