# The C face of the table from (destination, port, source) to line number.

from libc.stdint cimport int64_t, uint16_t, uint32_t


cdef enum:
    LINE_UNMATCHED = -1
    LINE_TOO_MANY = -2
    LINES_MAXIMUM = 65536        # a frame's line is 16 bits

cdef struct line_entry:
    uint32_t destination
    uint32_t source
    uint16_t port
    uint16_t line
    uint32_t used                # 0 free, 1 any source, 2 this source only

cdef struct line_table:
    line_entry *entries
    uint32_t mask                # number of entries, a power of two, less 1
    int discovering              # unknown destinations are given the next number
    int by_source                # at least one entry names a source
    int64_t count                # lines discovered; written with release order
    uint32_t *destinations       # discovered, by line
    uint16_t *ports

cdef int line_table_open(line_table *table, int64_t lines, int discovering) noexcept nogil
cdef void line_table_close(line_table *table) noexcept nogil
cdef void line_table_set(
    line_table *table, uint32_t destination, uint16_t port, uint32_t source, int only_source, uint16_t line
) noexcept nogil
cdef int64_t line_table_find(line_table *table, uint32_t destination, uint16_t port, uint32_t source) noexcept nogil
cdef int64_t line_table_count(const line_table *table) noexcept nogil
