# cython: language_level=3, cdivision=True
"""The walk through all files of a receiver: packets merged by time, or BinaryFILE records bundled; without the GIL.

The files are a heap of their next packets, ordered by time, then by the order in which they were given; inside a file
its own order is kept, also where its time stamps step back. A burst ends where a file needs a refill, since the frames
lent so far point into its buffer.
"""

from libc.stdint cimport int32_t, int64_t, uint16_t, uint32_t
from libc.string cimport memset

from feedhandler.receivers.abi cimport FRAME_TIME_UNCERTAIN, FRAME_TRUNCATED, frame
from feedhandler.receivers.frames.datagram cimport DATAGRAM_NOT_UDP, DATAGRAM_UDP, datagram
from feedhandler.receivers.frames.line_table cimport LINE_TOO_MANY, line_table_find
from feedhandler.receivers.frames.trailer cimport TRAILER_ARISTA_7150, TRAILER_NONE, keyframe_read, trailer_read
from replay.binaryfile cimport bundle, bundle_find
from replay.datagram cimport LINK_ETHERNET, datagram_find
from replay.pacing cimport pace_deadline, pace_wait
from replay.records cimport RECORD_PACKET, record_next, record_reader

from replay.datagram import REASONS as DATAGRAM_REASON_NAMES

REASON_NAMES = (*DATAGRAM_REASON_NAMES, "unknown_interface", "outside_window", "unmatched", "too_many_lines")

cdef enum:
    NOT_DUE = -1                 # the packet stays the next one


cdef inline bint earlier(const capture_state *state, int32_t one, int32_t other) noexcept nogil:
    cdef int64_t one_ns = state.files[one].reader.time_ns
    cdef int64_t other_ns = state.files[other].reader.time_ns
    return one_ns < other_ns or (one_ns == other_ns and one < other)


cdef void heap_settle(capture_state *state) noexcept nogil:
    """The top may have become later: let it sink."""
    cdef int32_t at = 0
    cdef int32_t child = 1
    cdef int32_t top = state.heap[0]
    while child < state.heap_size:
        if child + 1 < state.heap_size and earlier(state, state.heap[child + 1], state.heap[child]):
            child += 1
        if not earlier(state, state.heap[child], top):
            break
        state.heap[at] = state.heap[child]
        at = child
        child = 2 * at + 1
    state.heap[at] = top


cdef void heap_add(capture_state *state, int32_t index) noexcept nogil:
    cdef int32_t at = state.heap_size
    cdef int32_t parent
    state.heap_size += 1
    while at > 0:
        parent = (at - 1) // 2
        if not earlier(state, index, state.heap[parent]):
            break
        state.heap[at] = state.heap[parent]
        at = parent
    state.heap[at] = index


cdef void heap_remove_top(capture_state *state) noexcept nogil:
    state.heap_size -= 1
    if state.heap_size != 0:
        state.heap[0] = state.heap[state.heap_size]
        heap_settle(state)


cdef inline int packet_lend(
    capture_state *state, int32_t index, frame *lent, origin *came, bint may_sleep
) noexcept nogil:
    """Describe the current packet of a file in `lent`; DATAGRAM_UDP, or why not."""
    cdef record_reader *reader = &state.files[index].reader
    cdef datagram found
    cdef int64_t line
    cdef int64_t deadline_ns
    cdef int64_t about_ns = reader.time_ns if reader.time_known else 0
    cdef int reason
    if reader.time_ns < state.start_ns or reader.time_ns > state.last_ns:
        return REASON_OUTSIDE_WINDOW
    if reader.link_type < 0:
        return REASON_UNKNOWN_INTERFACE
    reason = datagram_find(reader.link_type, reader.packet, reader.captured, &found)
    if reason != DATAGRAM_UDP:
        if state.trailer.kind == TRAILER_ARISTA_7150 and reason == DATAGRAM_NOT_UDP and reader.link_type == LINK_ETHERNET:
            keyframe_read(&state.trailer, reader.packet, reader.captured, about_ns)
        return reason
    line = line_table_find(&state.lines, found.destination, found.port, found.source)
    if line < 0:
        return REASON_TOO_MANY_LINES if line == LINE_TOO_MANY else REASON_UNMATCHED
    if state.pace.speed != 0 and reader.time_known:
        deadline_ns = pace_deadline(&state.pace, reader.time_ns)
        if deadline_ns > state.due_ns:
            if not pace_wait(&state.pace, deadline_ns, may_sleep):
                return NOT_DUE
            state.due_ns = deadline_ns
    lent.address = <int64_t>found.payload
    lent.length = found.length
    lent.line = <uint16_t>line
    lent.flags = 0
    if found.length < found.sent:
        lent.flags = FRAME_TRUNCATED
        state.truncated += 1
    if not reader.time_known:
        lent.flags |= FRAME_TIME_UNCERTAIN
        state.time_uncertain += 1
    lent.hardware_ns = 0
    lent.received_ns = reader.time_ns
    if state.trailer.kind != TRAILER_NONE and reader.link_type == LINK_ETHERNET:
        lent.hardware_ns = trailer_read(
            &state.trailer, reader.packet, reader.captured, reader.captured < reader.original, &found, about_ns,
            &lent.flags,
        )
    came.number = reader.packets
    came.file = index
    came.source = found.source
    came.destination = found.destination
    came.source_port = found.source_port
    came.port = found.port
    state.payload_bytes += found.length
    return DATAGRAM_UDP


cdef int64_t packets_lend(capture_state *state, frame *frames, int64_t capacity) noexcept nogil:
    cdef int64_t count = 0
    cdef int64_t examined = 0
    cdef int32_t index
    cdef int reason
    while count < capacity and examined < EXAMINED_MAXIMUM and state.heap_size != 0:
        index = state.heap[0]
        reason = packet_lend(state, index, &frames[count], &state.origins[count], count == 0)
        if reason == NOT_DUE:
            break
        state.counters[reason] += 1
        count += reason == DATAGRAM_UDP
        examined += 1
        if record_next(&state.files[index].reader) == RECORD_PACKET:
            if state.heap_size != 1:
                heap_settle(state)
        else:
            heap_remove_top(state)
            state.files[index].state = FILE_WAITING
            state.waiting += 1
            break
    state.packets += examined
    return count


cdef int64_t bundles_lend(capture_state *state, frame *frames, int64_t capacity) noexcept nogil:
    cdef int64_t count = 0
    cdef capture_file *file
    cdef record_reader *reader
    cdef bundle found
    if state.current == state.file_count:
        return 0
    file = &state.files[state.current]
    reader = &file.reader
    while count < capacity:
        bundle_find(reader.bytes + reader.position, reader.end - reader.position, &found)
        if found.length == 0 or (found.starved and not file.at_end):
            reader.needed = found.needed
            file.state = FILE_WAITING
            state.waiting = 1
            break
        frames[count].address = <int64_t>(reader.bytes + reader.position)
        frames[count].length = <uint32_t>found.length
        frames[count].line = 0
        frames[count].flags = 0
        frames[count].hardware_ns = 0
        frames[count].received_ns = 0
        memset(&state.origins[count], 0, sizeof(origin))
        state.origins[count].number = file.records + 1
        state.origins[count].file = state.current
        count += 1
        file.records += found.records
        reader.position += found.length
        state.counters[DATAGRAM_UDP] += 1
        state.payload_bytes += found.length
        if found.ended:
            file.session_ended = 1
            file.state = FILE_WAITING
            state.waiting = 1
            break
    return count
