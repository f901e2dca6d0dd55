# cython: language_level=3, cdivision=True
"""The `capture` receiver: files of packets, merged by time and paced, lent as frames.

One buffer a file, filled with the GIL every megabyte or so and walked without it. Frames point into these buffers: nothing is copied, so a buffer is filled
only while nothing is lent, at the start of a poll. That is why a burst ends where one of the files has to be refilled.

Several files are one stream: a heap of their next packets, ordered by time, then by the order in which the files were given. Inside a file the order of the
file is kept, also where its time stamps step back. BinaryFILE files have no time: they follow one another as given.

What the walk meets, it counts; what ends a file early (a cut, damage) is told in a sentence in `problems`, and the other files go on. Only what makes the run
as such pointless raises: a file that cannot be opened or is no capture (`open`), an I/O error (`poll` returns RECEIVER_FAILED, `error` holds it).
"""

import os
import socket

from cpython.buffer cimport PyBUF_WRITE
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.memoryview cimport PyMemoryView_FromMemory
from libc.stdint cimport INT64_MAX, INT64_MIN, int32_t, int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memmove, memset

from feedhandler.receivers.abi cimport FRAME_TIME_UNCERTAIN, FRAME_TRUNCATED, RECEIVER_ENDED, RECEIVER_FAILED, frame, receiver
from replay.binaryfile cimport bundle, bundle_find
from replay.datagram cimport DATAGRAM_REASONS, DATAGRAM_UDP, DATAGRAM_UNSUPPORTED_LINK_TYPE, datagram, datagram_find, link_type_is_supported
from replay.line_table cimport LINE_TOO_MANY, line_table, line_table_close, line_table_count, line_table_find, line_table_open, line_table_set
from replay.pacing cimport Clock, pace, pace_deadline, pace_wait
from replay.records cimport (
    FORMAT_PCAP, FORMAT_PCAPNG, MAXIMUM_BLOCK, MAXIMUM_INTERFACES, RECORD_BROKEN, RECORD_PACKET,
    expectation_text, interface, problem_text, record_next, record_reader,
)

from replay.binaryfile import looks_like_binaryfile
from replay.datagram import REASONS as DATAGRAM_REASON_NAMES
from replay.errors import CaptureError
from replay.iteration import CapturedFrame
from replay.pacing import MonotonicClock
from replay.sources import CompressedBytes, DamagedSource, source_of

PACKETS = "packets"
BINARYFILE = "binaryfile"

cdef enum:
    BURST_MAXIMUM = 4096         # frames a poll
    EXAMINED_MAXIMUM = 16384     # packets a poll, lent or not: some tenths of a millisecond

cdef enum:                       # why a packet was not lent, after the reasons of a datagram
    REASON_UNKNOWN_INTERFACE = DATAGRAM_REASONS
    REASON_OUTSIDE_WINDOW
    REASON_UNMATCHED
    REASON_TOO_MANY_LINES
    REASONS
    NOT_DUE = -1                 # it stays the next one

REASON_NAMES = (*DATAGRAM_REASON_NAMES, "unknown_interface", "outside_window", "unmatched", "too_many_lines")

cdef enum:
    FILE_WAITING = 0             # has to be refilled, reported or closed, which takes the GIL
    FILE_READY = 1
    FILE_ENDED = 2

cdef struct capture_file:
    record_reader reader
    uint8_t *buffer
    int state
    int at_end                   # the source has nothing more than is in the buffer
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
    int64_t end_ns
    int64_t due_ns               # the latest deadline known to have passed
    int64_t counters[REASONS]
    int64_t packets
    int64_t payload_bytes
    int64_t truncated
    int64_t time_uncertain
    line_table lines
    pace pace
    origin *origins


# The walk: without the GIL.

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


cdef inline int packet_lend(capture_state *state, int32_t index, frame *lent, origin *came, bint may_sleep) noexcept nogil:
    """Describe the current packet of a file in `lent`; DATAGRAM_UDP, or why not."""
    cdef record_reader *reader = &state.files[index].reader
    cdef datagram found
    cdef int64_t line
    cdef int64_t deadline_ns
    cdef int reason
    if reader.time_ns < state.start_ns or reader.time_ns >= state.end_ns:
        return REASON_OUTSIDE_WINDOW
    if reader.link_type < 0:
        return REASON_UNKNOWN_INTERFACE
    reason = datagram_find(reader.link_type, reader.packet, reader.captured, &found)
    if reason != DATAGRAM_UDP:
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
            reader.started = 2
            file.state = FILE_WAITING
            state.waiting = 1
            break
    return count


cdef int64_t capture_poll(void *context, frame *frames, int64_t capacity) noexcept nogil:
    cdef capture_state *state = <capture_state *>context
    cdef int64_t count = 0
    cdef int attempt
    if state.lent != 0:
        fail_unreleased(state)
    if state.failed:
        return RECEIVER_FAILED
    if not state.opened or state.stopping:
        return RECEIVER_ENDED
    if capacity > BURST_MAXIMUM:
        capacity = BURST_MAXIMUM
    for attempt in range(2):     # a file that ends at once is refilled at once, where nothing has been lent yet
        if state.waiting != 0:
            attend(state)
            if state.failed:
                return RECEIVER_FAILED
            if state.waiting != 0:
                return 0
        if state.binary:
            count = bundles_lend(state, frames, capacity)
        else:
            count = packets_lend(state, frames, capacity)
        if count != 0 or state.waiting == 0:
            break
    if count == 0 and state.waiting == 0 and (state.current == state.file_count if state.binary else state.heap_size == 0):
        return RECEIVER_ENDED
    state.lent = count
    return count


cdef void capture_release(void *context, int64_t count) noexcept nogil:
    cdef capture_state *state = <capture_state *>context
    state.lent = state.lent - count if count < state.lent else 0


# What takes the GIL.

cdef void attend(capture_state *state) noexcept with gil:
    owner = <CaptureReceiver>state.owner
    try:
        owner._attend()
    except BaseException as error:   # there is nobody to raise to: the caller finds it in `error`
        owner.error = error
        state.failed = 1


cdef void fail_unreleased(capture_state *state) noexcept with gil:
    owner = <CaptureReceiver>state.owner
    owner.error = RuntimeError(f"poll was called while {state.lent} frames were lent: every burst is released before the next poll")
    state.failed = 1


cdef class CaptureReceiver:
    """Lends the UDP payloads of captures, or the records of BinaryFILE files.

    files: one path or several; `-` is standard input.
    lines: {(destination, port) or (destination, port, source): line}: only that traffic is lent. None: all of it, lines numbered in order of appearance.
    speed: None as fast as they are taken, 1 as captured, 10 ten times faster.
    start, end: the window of capture times, Unix nanoseconds, `end` not included.
    kind: "packets" or "binaryfile" where the content must not decide.
    clock: what pacing waits on (`replay.pacing`).
    buffer_bytes: for each file.

    `open`, `poll` and `close` may be called in different threads, never at the same time. `stop`, `statistics`, `discovered`, `bytes_read` and `bytes_total`
    may be called at any time from any thread.
    """

    cdef capture_state state
    cdef readonly list files
    cdef readonly object lines
    cdef readonly object error
    cdef readonly list problems
    cdef readonly object speed
    cdef readonly int64_t buffer_bytes
    cdef Clock _clock
    cdef object _forced_kind
    cdef list _raws, _sources, _views, _kinds, _damages
    cdef set _told_link_types
    cdef bint _peeked

    def __cinit__(self, files, *, lines=None, speed=None, start=None, end=None, kind=None, clock=None, buffer_bytes=1 << 20) -> None:
        memset(&self.state, 0, sizeof(capture_state))
        self.state.face.context = &self.state
        self.state.face.poll = capture_poll
        self.state.face.release = capture_release
        self.state.owner = <void *>self
        self.files = [os.fspath(files)] if isinstance(files, (str, os.PathLike)) else [os.fspath(file) for file in files]
        if not self.files:
            raise CaptureError("no capture file was given; at least one path, or - for standard input, is expected")
        if self.files.count("-") > 1:
            raise CaptureError("standard input (-) was given more than once; it can be read only once")
        if speed is not None and not 0 < speed < float("inf"):
            raise CaptureError(f"speed is {speed}; None (unpaced) or a positive factor is expected: 1 as captured, 10 ten times faster")
        if start is not None and end is not None and start >= end:
            raise CaptureError(f"the window starts at {start} and ends at {end}; the end must be later")
        if kind not in (None, PACKETS, BINARYFILE):
            raise CaptureError(f"kind is {kind!r}; None, {PACKETS!r} or {BINARYFILE!r} is expected")
        if buffer_bytes < MAXIMUM_BLOCK:
            raise CaptureError(f"buffer_bytes is {buffer_bytes}; at least {MAXIMUM_BLOCK} are needed to hold the largest record")
        self.lines = None if lines is None else {checked_line(key, line): line for key, line in lines.items()}
        self.speed = speed
        self.state.start_ns = INT64_MIN if start is None else start
        self.state.end_ns = INT64_MAX if end is None else end
        self.buffer_bytes = buffer_bytes
        self._forced_kind = kind
        self._clock = MonotonicClock() if clock is None else clock
        self._forget()

    def _forget(self) -> None:
        self.error = None
        self.problems = []
        self._raws, self._sources, self._views, self._kinds = [], [], [], []
        self._damages = [None] * len(self.files)
        self._told_link_types = set()
        self._peeked = False

    def __dealloc__(self) -> None:
        self._free()

    cdef void _free(self) noexcept:
        cdef int32_t index
        if self.state.files != NULL:
            for index in range(self.state.file_count):
                free(self.state.files[index].buffer)
                free(self.state.files[index].reader.interfaces)
        free(self.state.files)
        free(self.state.heap)
        free(self.state.origins)
        self.state.files = NULL
        self.state.heap = NULL
        self.state.origins = NULL
        self.state.heap_size = 0
        line_table_close(&self.state.lines)

    # Opening and closing.

    def open(self) -> None:
        """Open every file, recognise it, make the tables. Raises CaptureError."""
        if self.state.opened:
            raise CaptureError("the receiver is open already")
        self._peek()
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise
        self.state.opened = 1

    def _peek(self) -> None:
        """Open the files and fill the buffers once: enough to tell the kinds, before the first poll."""
        cdef int32_t index
        if self._peeked:
            return
        self._forget()
        try:
            self.state.file_count = <int32_t>len(self.files)
            self.state.files = <capture_file *>calloc(len(self.files), sizeof(capture_file))
            if self.state.files == NULL:
                raise MemoryError
            for index in range(self.state.file_count):
                raw = CompressedBytes(self.files[index])
                self._raws.append(raw)
                self._sources.append(source_of(raw))
                self.state.files[index].buffer = <uint8_t *>malloc(self.buffer_bytes)
                if self.state.files[index].buffer == NULL:
                    raise MemoryError
                self._views.append(PyMemoryView_FromMemory(<char *>self.state.files[index].buffer, self.buffer_bytes, PyBUF_WRITE))
                self.state.files[index].reader.bytes = self.state.files[index].buffer
                self.state.files[index].reader.needed = 4
                while self.state.files[index].reader.end < 4 and not self.state.files[index].at_end:
                    self._fill(index)
                self._kinds.append(self._recognise(index))
        except BaseException:
            self.close()
            raise
        self._peeked = True

    def _recognise(self, index: int) -> str | None:
        """The kind of a file by its first bytes; None for one that is too short to tell."""
        cdef capture_file *file = &self.state.files[<int32_t>index]
        start = PyBytes_FromStringAndSize(<char *>file.buffer, min(file.reader.end, 1 << 16))
        magic = start[:4]
        packets = True
        if magic == b"\x0a\x0d\x0d\x0a":
            file.reader.format = FORMAT_PCAPNG
        elif magic in PCAP_MAGICS:
            file.reader.format = FORMAT_PCAP
        else:
            packets = False
        if self._forced_kind == BINARYFILE or (not packets and self._forced_kind is None and looks_like_binaryfile(start)):
            return BINARYFILE
        if packets:
            file.reader.interfaces = <interface *>calloc(MAXIMUM_INTERFACES, sizeof(interface))
            if file.reader.interfaces == NULL:
                raise MemoryError
            return PACKETS
        if len(start) < 4:
            return None
        raise CaptureError(
            f"{self._raws[index].name}: starts with {magic.hex(' ')}; expected pcap (a1b2c3d4 or a1b23c4d, in either byte order), pcapng (0a0d0d0a)"
            f"{' or BinaryFILE (a chain of 2-byte lengths and messages)' if self._forced_kind is None else ''}, plain or compressed with gzip, zstd or lz4"
        )

    def _prepare(self) -> None:
        cdef int32_t index
        cdef pace *paced = &self.state.pace
        kinds = set(self._kinds) - {None}
        if len(kinds) > 1:
            one, other = self._kinds.index(PACKETS), self._kinds.index(BINARYFILE)
            raise CaptureError(f"{self.files[one]} is a packet capture and {self.files[other]} is BinaryFILE; the two cannot be merged, since BinaryFILE has no times")
        self.state.binary = BINARYFILE in kinds
        if self.state.binary and self.speed is not None:
            raise CaptureError(f"{self.files[self._kinds.index(BINARYFILE)]} is BinaryFILE, which has no capture times: it cannot be paced (speed must be None)")
        if self.state.binary and (self.state.start_ns != INT64_MIN or self.state.end_ns != INT64_MAX):
            raise CaptureError(f"{self.files[self._kinds.index(BINARYFILE)]} is BinaryFILE, which has no capture times: a time window needs a packet capture")
        self.state.heap = <int32_t *>calloc(len(self.files), sizeof(int32_t))
        self.state.origins = <origin *>calloc(BURST_MAXIMUM, sizeof(origin))
        if self.state.heap == NULL or self.state.origins == NULL:
            raise MemoryError
        self._open_lines()
        paced.clock = self._clock.face
        paced.speed = 0 if self.speed is None else self.speed
        paced.started = 0
        memset(self.state.counters, 0, sizeof(self.state.counters))
        self.state.packets = self.state.payload_bytes = self.state.truncated = self.state.time_uncertain = 0
        self.state.lent = 0
        self.state.failed = self.state.stopping = 0
        self.state.current = 0
        self.state.due_ns = INT64_MIN
        self.state.waiting = 1 if self.state.binary else <int32_t>len(self.files)
        for index in range(self.state.file_count):
            self.state.files[index].state = FILE_WAITING

    def _open_lines(self) -> None:
        if line_table_open(&self.state.lines, 65536 if self.lines is None else len(self.lines), self.lines is None) != 0:
            raise MemoryError
        for key, line in (self.lines or {}).items():
            destination, port, source = (*key, None)[:3]
            line_table_set(&self.state.lines, address_number(destination), port, 0 if source is None else address_number(source), source is not None, line)

    def close(self) -> None:
        """Close the files and free the buffers: lent frames are no longer valid. Statistics stay."""
        self.state.opened = 0
        self._peeked = False
        for view in self._views:
            view.release()
        self._views = []
        for raw in self._raws:
            raw.close()
        self._free()
        self.state.lent = 0

    def stop(self) -> None:
        """The next poll returns RECEIVER_ENDED. May be called from any thread."""
        self.state.stopping = 1

    def __enter__(self) -> CaptureReceiver:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Refilling: called by `poll` with the GIL while nothing is lent.

    def _attend(self) -> None:
        """Bring every waiting file to its next packet, or to its end."""
        cdef int32_t index
        if self.state.binary:
            while self.state.current < self.state.file_count:
                if not self._attend_bundles(self.state.current):
                    return
                if self.state.files[self.state.current].state == FILE_READY:
                    break
                self.state.current += 1
            self.state.waiting = 0
            return
        for index in range(self.state.file_count):
            if self.state.files[index].state == FILE_WAITING and self._attend_packets(index):
                self.state.waiting -= 1

    cdef bint _attend_packets(self, int32_t index) except -1:
        """Whether the file waits no longer."""
        cdef capture_file *file = &self.state.files[index]
        cdef int status
        while True:
            if self._kinds[index] is None:
                self._end_file(index, f"only {file.reader.end} bytes: too short to be a capture" if file.reader.end else "the file is empty")
                return True
            status = record_next(&file.reader)
            if status == RECORD_PACKET:
                self._tell_link_type(index)
                file.state = FILE_READY
                heap_add(&self.state, index)
                return True
            if status == RECORD_BROKEN:
                self._end_file(index, problem_text(&file.reader))
                return True
            if file.at_end:
                self._end_file(index, self._cut_text(index, expectation_text(&file.reader), file.reader.skipping or file.reader.trailer))
                return True
            if not self._fill(index):
                return False

    cdef bint _attend_bundles(self, int32_t index) except -1:
        """Whether the BinaryFILE has a bundle to lend, or has ended."""
        cdef capture_file *file = &self.state.files[index]
        cdef bundle found
        while True:
            bundle_find(file.reader.bytes + file.reader.position, file.reader.end - file.reader.position, &found)
            if file.reader.started == 2:
                rest = file.reader.end - file.reader.position
                self._end_file(index, f"{'at least ' * (not file.at_end)}{rest:,} bytes follow the empty record that ends the session" if rest else None)
                return True
            if found.length != 0 and (not found.starved or file.at_end):
                file.state = FILE_READY
                return True
            if file.at_end:
                what = "the file is empty" if file.reader.end == 0 and file.reader.offset == 0 else None
                self._end_file(index, what or self._cut_text(index, f"record {file.records + 1}, {found.needed:,} bytes with its length", False))
                return True
            file.reader.needed = found.needed
            if not self._fill(index):
                return False

    cdef bint _fill(self, int32_t index) except -1:
        """Move what is unread to the front and read as much as fits. False where a pipe has nothing now."""
        cdef capture_file *file = &self.state.files[index]
        cdef record_reader *reader = &file.reader
        cdef int64_t before
        if reader.position != 0:
            memmove(file.buffer, file.buffer + reader.position, reader.end - reader.position)
            reader.offset += reader.position
            reader.end -= reader.position
            reader.position = 0
        before = reader.end
        view = self._views[index]
        source = self._sources[index]
        pipe = not self._raws[index].regular
        while reader.end < self.buffer_bytes:
            try:
                size = source.readinto(view[reader.end :])
            except DamagedSource as damage:
                self._damages[index] = str(damage)
                file.at_end = 1
                return True
            if size is None:
                break
            if size == 0:
                self._damages[index] = source.unfinished or None
                file.at_end = 1
                return True
            reader.end += size
            if pipe and reader.end >= reader.needed:
                break
        return reader.end != before

    cdef object _cut_text(self, int32_t index, str expected, bint inside):
        """What is wrong with a file that has ended, if anything."""
        cdef record_reader *reader = &self.state.files[index].reader
        rest = reader.end - reader.position
        damage = self._damages[index]
        because = f" ({damage})" if damage else ""
        if rest or inside or (not reader.started and self._kinds[index] == PACKETS):
            return f"cut off at byte {reader.offset + reader.position:,}: expected {expected}, found {rest:,}{because}"
        return f"ends at byte {reader.offset + reader.position:,}, after a whole record, but {damage}" if damage else None

    cdef int _end_file(self, int32_t index, object problem) except -1:
        if problem is not None:
            self.problems.append(f"{self._raws[index].name}: {problem}")
        self.state.files[index].state = FILE_ENDED
        self._raws[index].close()
        return 0

    cdef int _tell_link_type(self, int32_t index) except -1:
        """Say once a file that its packets are of a kind that is not read."""
        cdef int32_t link_type = self.state.files[index].reader.link_type
        if link_type >= 0 and not link_type_is_supported(link_type) and (index, link_type) not in self._told_link_types:
            self._told_link_types.add((index, link_type))
            self.problems.append(
                f"{self._raws[index].name}: packets of link type {link_type} are not read; Ethernet (1), Linux cooked (113, 276), raw IP (12, 14, 101, 228) "
                "and BSD loopback (0, 108) are"
            )
        return 0

    # What is told.

    @property
    def address(self) -> int:
        """Of the receiver structure of feedhandler/receivers/abi.pxd; valid as long as this object."""
        return <int64_t>&self.state.face

    @property
    def kind(self) -> str:
        """"packets" or "binaryfile". Opens the files where they are not open yet, so that it is known before the first poll."""
        return BINARYFILE if BINARYFILE in self.kinds else PACKETS

    @property
    def kinds(self) -> list[str | None]:
        """The kind of each file; None for one that is too short to tell."""
        if not self._kinds:
            self._peek()
        return list(self._kinds)

    @property
    def discovered(self) -> list[tuple[str, int]]:
        """(destination, port) of each line, where lines were not given; the one line of BinaryFILE is ("0.0.0.0", 0)."""
        cdef int64_t line
        if self.state.lines.destinations == NULL:
            return []
        if self.state.binary:
            return [("0.0.0.0", 0)]
        return [
            (address_text(self.state.lines.destinations[line]), self.state.lines.ports[line])
            for line in range(line_table_count(&self.state.lines))
        ]

    @property
    def bytes_read(self) -> int:
        """Of the files as they lie on the disk, so compressed where they are."""
        return sum(raw.bytes_read for raw in self._raws)

    @property
    def bytes_total(self) -> int | None:
        """As `bytes_read`; None where it cannot be known (standard input)."""
        totals = [raw.bytes_total for raw in self._raws]
        return None if None in totals else sum(totals)

    @property
    def statistics(self) -> dict[str, object]:
        cdef int32_t index
        cdef int reason
        return {
            "mode": "unpaced" if self.speed is None else f"paced {self.speed:g}",
            "frames": self.state.counters[DATAGRAM_UDP],
            "payload_bytes": self.state.payload_bytes,
            "packets": self.state.packets,
            "truncated": self.state.truncated,
            "time_uncertain": self.state.time_uncertain,
            "skipped": {REASON_NAMES[reason]: self.state.counters[reason] for reason in range(1, REASONS)},
            "problems": list(self.problems),
            "bytes_read": self.bytes_read,
            "bytes_total": self.bytes_total,
            "buffer_bytes": self.buffer_bytes * len(self.files),
        }

    def origins(self, count: int) -> list[tuple[str, int]]:
        """(file as given, 1-based number in it) of the `count` frames lent last, in order; valid until they are released.

        The number is that of the packet, as Wireshark counts; for BinaryFILE that of the frame's first record.
        """
        cdef int64_t index
        if not 0 <= count <= self.state.lent:
            raise ValueError(f"origins of {count} frames, while {self.state.lent} are lent")
        return [(self.files[self.state.origins[index].file], self.state.origins[index].number) for index in range(count)]

    def take(self, capacity: int = 256) -> list[CapturedFrame] | None:
        """Poll once from Python, with copies: an empty list where nothing is due, None at the end. Raises what made the receiver fail."""
        cdef frame *lent
        cdef origin *came
        cdef int64_t count
        cdef int64_t index
        cdef int64_t room = max(1, min(capacity, BURST_MAXIMUM))
        lent = <frame *>malloc(room * sizeof(frame))
        if lent == NULL:
            raise MemoryError
        try:
            with nogil:
                count = capture_poll(&self.state, lent, room)
            if count == RECEIVER_FAILED:
                raise self.error
            if count == RECEIVER_ENDED:
                return None
            burst = []
            for index in range(count):
                came = &self.state.origins[index]
                burst.append(
                    CapturedFrame(
                        PyBytes_FromStringAndSize(<char *>lent[index].address, lent[index].length), lent[index].line, lent[index].flags,
                        lent[index].received_ns, self.files[came.file], came.number, address_text(came.destination), came.port,
                        address_text(came.source), came.source_port,
                    )
                )
            capture_release(&self.state, count)
            return burst
        finally:
            free(lent)


PCAP_MAGICS = tuple(
    number.to_bytes(4, order) for number in (0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34) for order in ("big", "little")
)


def address_number(text: str) -> int:
    return int.from_bytes(socket.inet_aton(text), "big")


def address_text(number: int) -> str:
    return socket.inet_ntoa(number.to_bytes(4, "big"))


def checked_line(key: tuple, line: int) -> tuple:
    """A key of `lines`, or CaptureError."""
    if len(key) not in (2, 3) or not 0 <= key[1] <= 0xFFFF or not 0 <= line <= 0xFFFF:
        raise CaptureError(f"lines: {key!r}: {line!r} is not (destination, port) or (destination, port, source) with a port and a line number up to 65535")
    for text in (key[0], *key[2:]):
        try:
            socket.inet_pton(socket.AF_INET, text)
        except OSError as error:
            raise CaptureError(f"lines: {key!r}: {text!r} is not an IPv4 address such as 233.54.12.111") from error
    return key
