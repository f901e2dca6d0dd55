# The C face of BinaryFILE: records bundled into frames.

from libc.stdint cimport int64_t, uint8_t


cdef enum:
    BUNDLE_RECORDS = 64
    BUNDLE_BYTES = 1400

cdef struct bundle:
    int64_t length               # bytes, prefixes included; 0 where no whole record is there
    int64_t records
    int64_t needed               # where `starved`: bytes of the record that is not there as a whole
    int starved                  # the bytes ended before the bundle was full
    int ended                    # the last record of the bundle is the empty one, which ends the session

cdef void bundle_find(const uint8_t *bytes, int64_t available, bundle *found) noexcept nogil
