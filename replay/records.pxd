# The C face of the walk from packet record to packet record through a pcap or pcapng file.

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t


cdef enum:
    FORMAT_PCAP = 1
    FORMAT_PCAPNG = 2

cdef enum:                       # what record_next found
    RECORD_PACKET = 0
    RECORD_STARVED = 1           # `needed` bytes must be present from `position` on
    RECORD_BROKEN = 2            # `problem` says why; nothing more can be read

cdef enum:
    MAXIMUM_CAPTURED = 262144    # the largest snapshot length that libpcap and Wireshark know: more is taken for damage
    MAXIMUM_BLOCK = 524288       # the largest pcapng block looked into: a packet and as many bytes of options
    MAXIMUM_INTERFACES = 4096    # of one pcapng section

cdef enum:                       # `problem`
    PROBLEM_NONE = 0
    PROBLEM_MODIFIED_PCAP = 1
    PROBLEM_PCAP_VERSION = 2
    PROBLEM_CAPTURED_LENGTH = 3
    PROBLEM_NO_SECTION = 4
    PROBLEM_BYTE_ORDER_MAGIC = 5
    PROBLEM_PCAPNG_VERSION = 6
    PROBLEM_BLOCK_LENGTH = 7
    PROBLEM_BLOCK_TOO_LONG = 8
    PROBLEM_BLOCK_TOO_SHORT = 9
    PROBLEM_BLOCK_TRAILER = 10
    PROBLEM_PACKET_PAST_BLOCK = 11
    PROBLEM_INTERFACES = 12
    PROBLEM_OPTIONS = 13

cdef struct interface:
    int32_t link_type
    uint32_t snapshot_length     # 0 means no limit
    uint8_t resolution           # if_tsresol
    int64_t multiplier           # nanoseconds a tick; 0 where a tick is not a whole number of them
    uint64_t fast_ticks          # up to which the multiplication does not overflow
    int64_t offset_s             # if_tsoffset

cdef struct record_reader:
    const uint8_t *bytes
    int64_t position             # in `bytes`, of the next unread one
    int64_t end                  # of the valid bytes
    int64_t offset               # in the file (uncompressed) of bytes[0]
    int64_t needed
    int64_t skipping             # bytes still to be passed over, of a block larger than the buffer
    uint32_t trailer             # of such a block, to be compared; 0 where none is due
    int32_t format
    int32_t big_endian
    int32_t started              # the header of the file was read
    int32_t interface_count
    interface *interfaces        # MAXIMUM_INTERFACES of them; for pcap only the first is used

    int64_t packets              # records seen, so the 1-based number of the current one, as Wireshark counts
    const uint8_t *packet
    uint32_t captured
    uint32_t original
    int32_t link_type            # -1 where the record names an interface that was not described
    int32_t time_known
    int64_t time_ns

    int32_t problem
    int64_t problem_value
    int64_t problem_offset       # in the file

cdef int record_next(record_reader *reader) noexcept nogil
cdef str problem_text(const record_reader *reader)
cdef str expectation_text(const record_reader *reader)
