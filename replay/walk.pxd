# The C face of the walk through all files of a receiver: what it keeps, and what lends from it.

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

from feedhandler.receivers.abi cimport frame, receiver
from feedhandler.receivers.frames.datagram cimport DATAGRAM_REASONS
from feedhandler.receivers.frames.line_table cimport line_table
from feedhandler.receivers.frames.trailer cimport trailer_reader
from replay.pacing cimport pace
from replay.records cimport record_reader


cdef enum:                       # why a packet was not lent, after the reasons of a datagram
    REASON_UNKNOWN_INTERFACE = DATAGRAM_REASONS
    REASON_OUTSIDE_WINDOW
    REASON_UNMATCHED
    REASON_TOO_MANY_LINES
    REASONS

cdef enum:
    BURST_MAXIMUM = 4096         # frames a poll
    EXAMINED_MAXIMUM = 16384     # packets a poll, lent or not: some tenths of a millisecond

cdef enum:
    FILE_WAITING = 0             # has to be refilled, reported or closed, which takes the GIL
    FILE_READY = 1
    FILE_ENDED = 2

cdef struct capture_file:
    record_reader reader         # of a BinaryFILE only the window is used
    uint8_t *buffer
    int state
    int at_end                   # the source has nothing more than is in the buffer
    int session_ended            # a BinaryFILE's empty record was seen
    int64_t records              # of a BinaryFILE

cdef struct origin:              # where a lent frame came from
    int64_t number               # 1-based, in its file
    int32_t file
    uint32_t source
    uint32_t destination
    uint16_t source_port
    uint16_t port

cdef struct capture_state:
    receiver face
    void *owner                  # the CaptureReceiver
    capture_file *files
    int32_t file_count
    int32_t waiting              # files in FILE_WAITING; for BinaryFILE 1 while the current file is
    int32_t *heap                # files whose next packet is known
    int32_t heap_size
    int32_t current              # the BinaryFILE that is being read
    int opened
    int failed
    int stopping
    int binary
    int64_t lent
    int64_t start_ns
    int64_t last_ns
    int64_t due_ns               # the latest deadline known to have passed
    int64_t counters[REASONS]
    int64_t packets
    int64_t payload_bytes
    int64_t truncated
    int64_t time_uncertain
    line_table lines
    trailer_reader trailer       # of the appliance that wrote times into the frames
    pace pace
    origin *origins              # BURST_MAXIMUM of them, parallel to the burst

cdef void heap_add(capture_state *state, int32_t index) noexcept nogil
cdef int64_t packets_lend(capture_state *state, frame *frames, int64_t capacity) noexcept nogil
cdef int64_t bundles_lend(capture_state *state, frame *frames, int64_t capacity) noexcept nogil
