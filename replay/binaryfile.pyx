# cython: language_level=3, cdivision=True
"""Nasdaq BinaryFILE 1.0: `[u16 length, big endian][message]` again and again; a length of 0 ends the session.

The file has no packets and no clock of its own. Whole records, prefix included, are bundled into frames that look
like packets: 64 records and 1,400 bytes at most, or one record that is longer. The bundles depend on the file alone,
never on how it was read.

There is no magic number, so a file is recognised by its first records: a chain of believable lengths, as far as it
can be seen. Nasdaq's messages are 12 to some 50 bytes; the bound leaves room for those of other venues, and rules out
text (two printable characters make a length above 8,000) and the magic numbers of compressed and capture files.
"""

from libc.stdint cimport int64_t, uint8_t

from replay.byte_order cimport load_be16

PLAUSIBLE_LENGTH = 512
PLAUSIBLE_RECORDS = 64


def looks_like_binaryfile(start: bytes) -> bool:
    """Whether the records at the start of a file chain believably; `start` may end anywhere."""
    position = 0
    for _ in range(PLAUSIBLE_RECORDS):
        if position + 2 > len(start):
            break
        length = int.from_bytes(start[position : position + 2], "big")
        if length == 0:
            return position > 0
        if length > PLAUSIBLE_LENGTH:
            return False
        position += 2 + length
    return position > 0


cdef void bundle_find(const uint8_t *bytes, int64_t available, bundle *found) noexcept nogil:
    """The bundle at the start of `available` bytes. Where it is `starved`, it tells of the records that are whole."""
    cdef int64_t size
    found.length = 0
    found.records = 0
    found.needed = 0
    found.starved = 0
    found.ended = 0
    while found.records < BUNDLE_RECORDS:
        if available - found.length < 2:
            found.needed = 2
            found.starved = 1
            return
        size = 2 + <int64_t>load_be16(bytes + found.length)
        if found.records != 0 and found.length + size > BUNDLE_BYTES:
            return
        if available - found.length < size:
            found.needed = size
            found.starved = 1
            return
        found.length += size
        found.records += 1
        if size == 2:
            found.ended = 1
            return
