# cython: language_level=3, cdivision=True
"""Which line a datagram belongs to: a small open-addressing table, found in C.

A quarter full at most, linear probing, a multiplicative hash; entries are never removed, so a probe ends at the first
free entry. The table is allocated once for all lines that there can be (65,536, since a frame's line is 16 bits):
while lines are being discovered that is 4 MiB of address space, of which only the pages that are touched become
memory.
"""

from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free


cdef extern from *:
    """
    #include <stdint.h>
    static inline void feedhandler_store_release(int64_t *target, int64_t value)
    { __atomic_store_n(target, value, __ATOMIC_RELEASE); }
    static inline int64_t feedhandler_load_acquire(const int64_t *source)
    { return __atomic_load_n(source, __ATOMIC_ACQUIRE); }
    static inline uint32_t feedhandler_used(const uint32_t *used)
    { return __atomic_load_n(used, __ATOMIC_ACQUIRE); }
    static inline void feedhandler_use(uint32_t *used, uint32_t value)
    { __atomic_store_n(used, value, __ATOMIC_RELEASE); }
    """
    void store_release "feedhandler_store_release" (int64_t *target, int64_t value) noexcept nogil
    int64_t load_acquire "feedhandler_load_acquire" (const int64_t *source) noexcept nogil
    uint32_t used_of "feedhandler_used" (const uint32_t *used) noexcept nogil
    void use "feedhandler_use" (uint32_t *used, uint32_t value) noexcept nogil


cdef enum:
    ANY_SOURCE = 1
    ONLY_SOURCE = 2


cdef int line_table_open(line_table *table, int64_t lines, int discovering) noexcept nogil:
    """Room for `lines` entries; 0, or -1 where there is no memory."""
    cdef int64_t size = 64
    while size < lines * 4:
        size *= 2
    table.entries = <line_entry *>calloc(size, sizeof(line_entry))
    table.mask = <uint32_t>(size - 1)
    table.discovering = discovering
    table.by_source = 0
    table.count = 0
    table.destinations = NULL
    table.ports = NULL
    if discovering:
        table.destinations = <uint32_t *>calloc(LINES_MAXIMUM, sizeof(uint32_t))
        table.ports = <uint16_t *>calloc(LINES_MAXIMUM, sizeof(uint16_t))
    if table.entries == NULL or (discovering and (table.destinations == NULL or table.ports == NULL)):
        line_table_close(table)
        return -1
    return 0


cdef void line_table_close(line_table *table) noexcept nogil:
    free(table.entries)
    free(table.destinations)
    free(table.ports)
    table.entries = NULL
    table.destinations = NULL
    table.ports = NULL
    table.count = 0


cdef inline uint32_t line_home(uint32_t destination, uint16_t port, uint32_t mask) noexcept nogil:
    cdef uint64_t key = <uint64_t>destination << 16 | port
    return <uint32_t>((key * <uint64_t>0x9E3779B97F4A7C15) >> 40) & mask


cdef inline line_entry *line_entry_find(
    line_table *table, uint32_t destination, uint16_t port, uint32_t source, uint32_t used
) noexcept nogil:
    """The entry of that key, or the free one where it would be."""
    cdef uint32_t at = line_home(destination, port, table.mask)
    cdef line_entry *entry = &table.entries[at]
    while used_of(&entry.used) != 0:
        if (
            entry.destination == destination and entry.port == port and entry.used == used
            and (used == ANY_SOURCE or entry.source == source)
        ):
            return entry
        at = (at + 1) & table.mask
        entry = &table.entries[at]
    return entry


cdef void line_table_set(
    line_table *table, uint32_t destination, uint16_t port, uint32_t source, int only_source, uint16_t line
) noexcept nogil:
    """Add an entry, or give one that is there another line. Another thread may be finding: it sees all of it or nothing."""
    cdef uint32_t used = ONLY_SOURCE if only_source else ANY_SOURCE
    cdef line_entry *entry = line_entry_find(table, destination, port, source, used)
    entry.destination = destination
    entry.source = source
    entry.port = port
    entry.line = line
    use(&entry.used, used)
    if only_source:
        table.by_source = 1


cdef int64_t line_table_find(line_table *table, uint32_t destination, uint16_t port, uint32_t source) noexcept nogil:
    """The line, or LINE_UNMATCHED, or LINE_TOO_MANY. An entry that names the source goes before one that does not."""
    cdef line_entry *entry
    cdef int64_t line
    if table.by_source:
        entry = line_entry_find(table, destination, port, source, ONLY_SOURCE)
        if entry.used != 0:
            return entry.line
    entry = line_entry_find(table, destination, port, source, ANY_SOURCE)
    if entry.used != 0:
        return entry.line
    if not table.discovering:
        return LINE_UNMATCHED
    line = table.count
    if line == LINES_MAXIMUM:
        return LINE_TOO_MANY
    entry.destination = destination
    entry.port = port
    entry.line = <uint16_t>line
    entry.used = ANY_SOURCE
    table.destinations[line] = destination
    table.ports[line] = port
    store_release(&table.count, line + 1)
    return line


cdef int64_t line_table_count(const line_table *table) noexcept nogil:
    """Lines discovered so far; what is below it may be read from any thread."""
    return load_acquire(&table.count)
