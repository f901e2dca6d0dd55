# cython: language_level=3, cdivision=True
"""The `capture` receiver: files of packets, merged by time and paced, lent as frames.

One buffer a file, filled with the GIL every megabyte or so and walked without it. Frames point into these buffers:
nothing is copied, so a buffer is filled only while nothing is lent, at the start of a poll. That is why a burst ends
where one of the files has to be refilled.

What the walk meets, it counts; what ends a file early (a cut, damage) is told in a sentence in `problems`, and the
other files go on. Only what makes the run as such pointless raises: a file that cannot be opened or is no capture
(`open`), an I/O error (`poll` returns RECEIVER_FAILED, `error` holds it).
"""

import os

from cpython.buffer cimport PyBUF_WRITE
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.memoryview cimport PyMemoryView_FromMemory
from libc.stdint cimport INT64_MAX, INT64_MIN, int32_t, int64_t, uint8_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memmove, memset

from feedhandler.receivers.abi cimport RECEIVER_ENDED, RECEIVER_FAILED, frame
from feedhandler.receivers.frames.datagram cimport DATAGRAM_UDP
from feedhandler.receivers.frames.line_table cimport (
    LINES_MAXIMUM, line_table_close, line_table_count, line_table_open, line_table_set,
)
from feedhandler.receivers.frames.trailer cimport trailer_open, trailer_told
from replay.binaryfile cimport bundle, bundle_find
from replay.datagram cimport link_type_is_supported
from replay.pacing cimport Clock
from replay.records cimport (
    FORMAT_PCAP, FORMAT_PCAPNG, MAXIMUM_BLOCK, MAXIMUM_INTERFACES, RECORD_BROKEN, RECORD_PACKET,
    expectation_text, interface, problem_text, record_next, record_reader,
)
from replay.walk cimport (
    BURST_MAXIMUM, FILE_ENDED, FILE_READY, FILE_WAITING, REASONS,
    bundles_lend, capture_file, capture_state, heap_add, origin, packets_lend,
)

from feedhandler.receivers.frames.trailers import TRAILERS
from replay.addresses import address_text, line_entry
from replay.errors import CaptureError
from replay.iteration import CapturedFrame
from replay.pacing import MonotonicClock
from replay.recognition import BINARYFILE, KINDS, PACKETS, common_kind, is_pcapng, kind_of
from replay.sources import CompressedBytes, DamagedSource, source_of
from replay.walk import REASON_NAMES

TOO_SHORT = 4                    # bytes that a file must have to be anything


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
    if count == 0 and state.waiting == 0:
        if state.current == state.file_count if state.binary else state.heap_size == 0:
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
    owner.error = RuntimeError(
        f"poll was called while {state.lent} frames were lent: every burst is released before the next poll"
    )
    state.failed = 1


cdef class CaptureReceiver:
    """Lends the UDP payloads of captures, or the records of BinaryFILE files.

    files: one path or several; `-` is standard input.
    lines: {(destination, port) or (destination, port, source): line}: only that traffic is lent.
        None: all of it, lines numbered in order of appearance.
    speed: None as fast as they are taken, 1 as captured, 10 ten times faster.
    start, end: the window of capture times, Unix nanoseconds, `end` not included.
    kind: "packets" or "binaryfile" where the content must not decide.
    clock: what pacing waits on (`replay.pacing`).
    trailer: the appliance that wrote times into the frames (`feedhandler.receivers.frames.trailers`), read as `hardware_ns`.
    frame_check: the frames were captured with their check sequence, which lies behind a trailer.
    buffer_bytes: for each file.

    `open`, `poll` and `close` may be called in different threads, never at the same time. `stop`, `statistics`,
    `discovered`, `bytes_read` and `bytes_total` may be called at any time from any thread.
    """

    cdef capture_state state
    cdef readonly list files
    cdef readonly object lines
    cdef readonly object error
    cdef readonly list problems
    cdef readonly object speed
    cdef readonly object trailer
    cdef readonly object frame_check
    cdef readonly int64_t buffer_bytes
    cdef Clock _clock
    cdef object _forced_kind
    cdef list _line_entries, _discovered, _raws, _sources, _views, _kinds, _damages
    cdef set _told_link_types
    cdef bint _peeked

    def __cinit__(
        self, files, *, lines=None, speed=None, start=None, end=None, kind=None, clock=None, buffer_bytes=1 << 20,
        trailer="none", frame_check=False,
    ) -> None:
        memset(&self.state, 0, sizeof(capture_state))
        self.state.face.context = &self.state
        self.state.face.poll = capture_poll
        self.state.face.release = capture_release
        self.state.owner = <void *>self
        one = isinstance(files, (str, os.PathLike))
        self.files = [os.fspath(file) for file in ([files] if one else files)]
        if not self.files:
            raise CaptureError("no capture file was given; at least one path, or - for standard input, is expected")
        if self.files.count("-") > 1:
            raise CaptureError("standard input (-) was given more than once; it can be read only once")
        if speed is not None and not 0 < speed < float("inf"):
            raise CaptureError(f"speed is {speed}; None (unpaced) or a positive factor is expected: 1 is as captured")
        if start is not None and end is not None and start >= end:
            raise CaptureError(f"the window starts at {start} and ends at {end}; the end must be later")
        if kind is not None and kind not in KINDS:
            raise CaptureError(f"kind is {kind!r}; None or one of {', '.join(KINDS)} is expected")
        if buffer_bytes < MAXIMUM_BLOCK:
            raise CaptureError(f"buffer_bytes is {buffer_bytes}; the largest record needs {MAXIMUM_BLOCK}")
        if trailer not in TRAILERS:
            raise CaptureError(f"trailer is {trailer!r}; one of {', '.join(TRAILERS)} is expected")
        self.trailer = trailer
        self.frame_check = bool(frame_check)
        self.lines = None if lines is None else dict(lines)
        self._line_entries = [line_entry(key, line) for key, line in (lines or {}).items()]
        self.speed = speed
        self.state.start_ns = INT64_MIN if start is None else start
        self.state.last_ns = INT64_MAX if end is None else end - 1
        self.buffer_bytes = buffer_bytes
        self._forced_kind = kind
        self._clock = MonotonicClock() if clock is None else clock
        self._forget()

    def _forget(self) -> None:
        self.error = None
        self.problems = []
        self._raws, self._sources, self._views, self._kinds = [], [], [], []
        self._discovered = []
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
                self._kinds.append(self._open_file(index))
        except BaseException:
            self.close()
            self._kinds = []
            raise
        self._peeked = True

    cdef object _open_file(self, int32_t index):
        """The kind of a file, its buffer filled; None where it is too short to tell."""
        cdef capture_file *file = &self.state.files[index]
        raw = CompressedBytes(self.files[index])
        self._raws.append(raw)
        self._sources.append(source_of(raw))
        file.buffer = <uint8_t *>malloc(self.buffer_bytes)
        if file.buffer == NULL:
            raise MemoryError
        self._views.append(PyMemoryView_FromMemory(<char *>file.buffer, self.buffer_bytes, PyBUF_WRITE))
        file.reader.bytes = file.buffer
        file.reader.needed = TOO_SHORT
        while file.reader.end < TOO_SHORT and not file.at_end:
            self._fill(index)
        start = PyBytes_FromStringAndSize(<char *>file.buffer, min(file.reader.end, 1 << 16))
        kind = kind_of(start, self._forced_kind, raw.name)
        if kind == PACKETS:
            file.reader.format = FORMAT_PCAPNG if is_pcapng(start) else FORMAT_PCAP
            file.reader.interfaces = <interface *>calloc(MAXIMUM_INTERFACES, sizeof(interface))
            if file.reader.interfaces == NULL:
                raise MemoryError
        return kind

    def _prepare(self) -> None:
        cdef int32_t index
        windowed = self.state.start_ns != INT64_MIN or self.state.last_ns != INT64_MAX
        kind = common_kind(self.files, self._kinds, paced=self.speed is not None, windowed=windowed)
        self.state.binary = kind == BINARYFILE
        self.state.heap = <int32_t *>calloc(len(self.files), sizeof(int32_t))
        self.state.origins = <origin *>calloc(BURST_MAXIMUM, sizeof(origin))
        if self.state.heap == NULL or self.state.origins == NULL:
            raise MemoryError
        self._open_lines()
        trailer_open(&self.state.trailer, TRAILERS.index(self.trailer), self.frame_check)
        self.state.pace.clock = self._clock.face
        self.state.pace.speed = 0 if self.speed is None else self.speed
        self.state.pace.started = 0
        memset(self.state.counters, 0, sizeof(self.state.counters))
        self.state.packets = self.state.payload_bytes = self.state.truncated = self.state.time_uncertain = 0
        self.state.lent = self.state.failed = self.state.stopping = self.state.current = 0
        self.state.due_ns = INT64_MIN
        self.state.waiting = 1 if self.state.binary else self.state.file_count
        for index in range(self.state.file_count):
            self.state.files[index].state = FILE_WAITING

    def _open_lines(self) -> None:
        discovering = self.lines is None
        room = LINES_MAXIMUM if discovering else len(self._line_entries)
        if line_table_open(&self.state.lines, room, discovering) != 0:
            raise MemoryError
        for destination, port, source, line in self._line_entries:
            line_table_set(&self.state.lines, destination, port, source or 0, source is not None, line)

    def close(self) -> None:
        """Close the files and free the buffers: lent frames are no longer valid. Statistics stay."""
        self._discovered = self.discovered
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
                because = f" ({self._damages[index]})" if self._damages[index] else ""
                self._end_file(index, f"only {file.reader.end} bytes, too short to be a capture{because}")
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
                inside = file.reader.skipping != 0 or file.reader.trailer != 0
                self._end_file(index, self._cut_text(index, expectation_text(&file.reader), inside))
                return True
            if not self._fill(index):
                return False

    cdef bint _attend_bundles(self, int32_t index) except -1:
        """Whether the BinaryFILE has a bundle to lend, or has ended."""
        cdef capture_file *file = &self.state.files[index]
        cdef bundle found
        while True:
            bundle_find(file.reader.bytes + file.reader.position, file.reader.end - file.reader.position, &found)
            if file.session_ended:
                if file.reader.end == file.reader.position and not file.at_end and not self._fill(index):
                    return False
                if file.reader.end == file.reader.position:
                    self._end_file(index, self._cut_text(index, "", False))
                else:
                    where = file.reader.offset + file.reader.position
                    self._end_file(
                        index, f"bytes follow the empty record that ends the session, from byte {where:,} on"
                    )
                return True
            if found.length != 0 and (not found.starved or file.at_end):
                file.state = FILE_READY
                return True
            if file.at_end:
                expected = f"record {file.records + 1}, {found.needed:,} bytes with its length"
                self._end_file(index, self._cut_text(index, expected, file.records == 0))
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
        if damage:
            return f"ends at byte {reader.offset + reader.position:,}, after a whole record, but {damage}"
        return None

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
                f"{self._raws[index].name}: packets of link type {link_type} are not read; Ethernet (1), "
                "Linux cooked (113, 276), raw IP (12, 14, 101, 228) and BSD loopback (0, 108) are"
            )
        return 0

    # What is told.

    @property
    def address(self) -> int:
        """Of the receiver structure of feedhandler/receivers/abi.pxd; valid as long as this object."""
        return <int64_t>&self.state.face

    @property
    def kind(self) -> str:
        """"packets" or "binaryfile", known before the first poll: opens the files where they are not open yet."""
        return BINARYFILE if BINARYFILE in self.kinds else PACKETS

    @property
    def kinds(self) -> list[str | None]:
        """The kind of each file; None for one that is too short to tell."""
        if not self._kinds:
            self._peek()
        return list(self._kinds)

    @property
    def discovered(self) -> list[tuple[str, int]]:
        """(destination, port) by line, where lines were not given; the one line of BinaryFILE is ("0.0.0.0", 0)."""
        cdef int64_t line
        if self.state.lines.destinations == NULL:
            return list(self._discovered)
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
            "trailer": trailer_told(&self.state.trailer),
            "skipped": {REASON_NAMES[reason]: self.state.counters[reason] for reason in range(1, REASONS)},
            "problems": list(self.problems),
            "bytes_read": self.bytes_read,
            "bytes_total": self.bytes_total,
            "buffer_bytes": self.buffer_bytes * len(self.files),
        }

    def origins(self, count: int) -> list[tuple[str, int]]:
        """(file as given, 1-based number in it) of the first `count` frames that are lent, until they are released.

        The number is that of the packet, as Wireshark counts; for BinaryFILE that of the frame's first record.
        """
        cdef int64_t index
        if not 0 <= count <= self.state.lent:
            raise ValueError(f"origins of {count} frames, while {self.state.lent} are lent")
        return [
            (self.files[self.state.origins[index].file], self.state.origins[index].number) for index in range(count)
        ]

    def take(self, capacity: int = 256) -> list[CapturedFrame] | None:
        """Poll once from Python, with copies: an empty list where nothing is due, None at the end.

        Raises what made the receiver fail.
        """
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
                        payload=PyBytes_FromStringAndSize(<char *>lent[index].address, lent[index].length),
                        line=lent[index].line,
                        flags=lent[index].flags,
                        received_ns=lent[index].received_ns,
                        hardware_ns=lent[index].hardware_ns,
                        file=self.files[came.file],
                        number=came.number,
                        destination=address_text(came.destination),
                        port=came.port,
                        source=address_text(came.source),
                        source_port=came.source_port,
                    )
                )
            capture_release(&self.state, count)
            return burst
        finally:
            free(lent)
