# Loads of either byte order from unaligned bytes.
#
# Captures carry the byte order of the machine that wrote them, so the order is a run-time flag of the
# file; protocols inside are always big endian.

from libc.stdint cimport uint8_t, uint16_t, uint32_t


cdef extern from *:
    """
    #include <endian.h>
    #include <stdint.h>
    #include <string.h>
    #ifndef REPLAY_BYTE_ORDER
    #define REPLAY_BYTE_ORDER 1
    static inline uint16_t replay_load_be16(const uint8_t *bytes)
    { uint16_t value; memcpy(&value, bytes, 2); return be16toh(value); }
    static inline uint32_t replay_load_be32(const uint8_t *bytes)
    { uint32_t value; memcpy(&value, bytes, 4); return be32toh(value); }
    static inline uint16_t replay_load_16(const uint8_t *bytes, int big_endian)
    { uint16_t value; memcpy(&value, bytes, 2); return big_endian ? be16toh(value) : le16toh(value); }
    static inline uint32_t replay_load_32(const uint8_t *bytes, int big_endian)
    { uint32_t value; memcpy(&value, bytes, 4); return big_endian ? be32toh(value) : le32toh(value); }
    #endif
    """
    uint16_t load_be16 "replay_load_be16" (const uint8_t *bytes) noexcept nogil
    uint32_t load_be32 "replay_load_be32" (const uint8_t *bytes) noexcept nogil
    uint16_t load_16 "replay_load_16" (const uint8_t *bytes, int big_endian) noexcept nogil
    uint32_t load_32 "replay_load_32" (const uint8_t *bytes, int big_endian) noexcept nogil
