# cython: language_level=3, cdivision=True
"""The `af_packet` receiver: frames lent straight out of a ring that the kernel fills (packet(7)).

The kernel copies each frame once, into memory that is mapped here as well: a poll is a load of a status word, no system
call. The frame is lent where it lies, and its slot goes back to the kernel when it is released. A filter in the kernel
keeps everything out that is for no line; the same traffic still reaches the kernel's own sockets.

Two rings. TPACKET_V2 ("frames") shows each frame as soon as it is there. TPACKET_V3 ("blocks") packs frames of any
length into blocks and shows a block when it is full or its time is over: fewer cache misses and better use of memory,
half a millisecond of latency; for recording.

A ring hears one interface; lines on several interfaces make several rings, polled in turn. Checksums are not looked at:
a card has checked them, and frames from the same machine do not have them yet.
"""

import os

from libc.errno cimport errno as last_errno
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset
from posix.mman cimport MAP_FAILED, MAP_SHARED, PROT_READ, PROT_WRITE, mmap, munmap
from posix.time cimport timespec

from feedhandler.receivers.abi cimport FRAME_TIME_UNCERTAIN, RECEIVER_ENDED, RECEIVER_FAILED, frame, receiver
from feedhandler.receivers.clock cimport monotonic_ns
from feedhandler.receivers.ethernet cimport NO_LINE, ethernet_lend_stamped, heard_line, unheard
from feedhandler.receivers.line_table cimport line_table, line_table_close, line_table_open, line_table_set
from feedhandler.receivers.replies cimport REPLY_POLLS, replies, replies_poll, replies_release
from feedhandler.receivers.stamps cimport anchored, clocks_read
from feedhandler.receivers.trailer cimport trailer_open, trailer_reader, trailer_told

from feedhandler.receivers import memberships
from feedhandler.receivers.availability import probe_af_packet
from feedhandler.receivers.clock import epoch_ns
from feedhandler.receivers.datagram_reasons import REASONS
from feedhandler.receivers.endpoints import EndpointError, check_endpoints
from feedhandler.receivers.options import PacketOptions, SocketOptions
from feedhandler.receivers.packet_ring import open_packet_ring
from feedhandler.receivers.socket import SocketReceiver
from feedhandler.receivers.trailers import TRAILERS


cdef extern from *:
    """
    #include <linux/if_packet.h>
    #include <poll.h>
    #include <sys/mman.h>

    static inline uint32_t feedhandler_status_load(const uint32_t *status)
    { return __atomic_load_n(status, __ATOMIC_ACQUIRE); }
    static inline void feedhandler_status_return(uint32_t *status)
    { __atomic_store_n(status, TP_STATUS_KERNEL, __ATOMIC_RELEASE); }
    """
    struct frame_header "tpacket2_hdr":
        uint32_t tp_status
        uint32_t tp_len
        uint32_t tp_snaplen
        uint16_t tp_mac
        uint32_t tp_sec
        uint32_t tp_nsec
    struct packed_header "tpacket3_hdr":
        uint32_t tp_next_offset
        uint32_t tp_status
        uint32_t tp_len
        uint32_t tp_snaplen
        uint16_t tp_mac
        uint32_t tp_sec
        uint32_t tp_nsec
    struct block_header "tpacket_hdr_v1":
        uint32_t block_status
        uint32_t num_pkts
        uint32_t offset_to_first_pkt
    union block_header_union "tpacket_bd_header_u":
        block_header bh1
    struct block "tpacket_block_desc":
        block_header_union hdr
    struct waited "pollfd":
        int fd
        short events
    enum: POLLIN
    enum: TP_STATUS_USER
    const uint32_t STAMP_OF_CARD "TP_STATUS_TS_RAW_HARDWARE"
    enum: MAP_POPULATE
    int ppoll(waited *descriptors, unsigned long count, const timespec *limit, const void *signals) nogil
    uint32_t status_load "feedhandler_status_load" (const uint32_t *status) nogil
    void status_return "feedhandler_status_return" (uint32_t *status) nogil


cdef enum:
    SLOTS = 64                   # frames of one poll
    WALK_MAXIMUM = 256           # frames looked at in one poll, whosever they are
    EMPTY_EVERY = 64             # the clock is read at one empty poll in so many

cdef struct ring:
    uint8_t *memory
    int64_t memory_bytes
    int64_t frame_bytes
    int64_t frame_count
    int64_t block_bytes
    int64_t block_count
    int64_t head                 # the next frame, or block
    int64_t left                 # frames of the block that were not looked at
    uint8_t *at                  # the next of them
    int64_t empty_ns             # when it was last seen empty, anchored
    line_table table
    unheard others
    trailer_reader trailer
    trailer_reader *stamps       # the same, or NULL where no appliance's time is read

cdef struct packet_state:
    receiver face
    ring *rings
    int64_t ring_count
    int64_t next
    heard_line *lines
    int64_t line_count
    uint32_t *returns[SLOTS]     # by lent frame: the status word that goes back with it, or NULL
    int64_t places[SLOTS]        # of each frame's line
    int64_t first                # the oldest lent frame
    int64_t lent
    int64_t packet_bytes
    int64_t epoch_ns
    int64_t polls
    int64_t empty_polls
    replies replies
    waited *waits
    int64_t wait_count
    timespec wait_limit
    int sleeps
    int blocks
    int failed
    int opened
    int stopping
    void *owner


cdef int64_t packet_poll(void *context, frame *frames, int64_t capacity) noexcept nogil:
    cdef packet_state *state = <packet_state *>context
    cdef int64_t count
    if state.lent != 0:
        fail_unreleased(state)
    if state.failed:
        return RECEIVER_FAILED
    if not state.opened or state.stopping:
        return RECEIVER_ENDED
    if capacity > SLOTS:
        capacity = SLOTS
    state.polls += 1
    count = take(state, frames, capacity)
    if count == 0 and state.sleeps and not state.failed:
        ppoll(state.waits, state.wait_count, &state.wait_limit, NULL)
        if state.stopping:
            return RECEIVER_ENDED
        count = take(state, frames, capacity)
    if count == 0:
        if state.failed:
            return RECEIVER_FAILED
        state.empty_polls += 1
    state.lent = count
    return count


cdef void packet_release(void *context, int64_t count) noexcept nogil:
    cdef packet_state *state = <packet_state *>context
    cdef int64_t number
    if count > state.lent:
        count = state.lent
    state.lent -= count
    count -= replies_release(&state.replies, count)
    for number in range(state.first, state.first + count):
        if state.returns[number] != NULL:
            status_return(state.returns[number])
    state.first += count


cdef int64_t take(packet_state *state, frame *frames, int64_t capacity) noexcept nogil:
    """The unicast endpoints' where it is their turn, else the next ring's that has any."""
    cdef int64_t count = replies_poll(&state.replies, frames, capacity)
    cdef int64_t turn
    cdef ring *one
    if count < 0:
        fail_replies(state)
        return 0
    if count > 0:
        return count
    state.first = 0
    for turn in range(state.ring_count):
        one = state.rings + state.next
        state.next = state.next + 1 if state.next + 1 < state.ring_count else 0
        count = blocks_take(state, one, frames, capacity) if state.blocks else frames_take(state, one, frames, capacity)
        if count != 0:
            times_set(state, one, frames, count)
            return count
        if state.polls % EMPTY_EVERY == 0:
            one.empty_ns = monotonic_ns() + state.epoch_ns
    return 0


cdef int64_t frames_take(packet_state *state, ring *one, frame *frames, int64_t capacity) noexcept nogil:
    """TPACKET_V2: frames from the head on, as long as they are ours."""
    cdef int64_t count = 0
    cdef int64_t place
    cdef int64_t stamped_ns
    cdef int64_t step
    cdef uint32_t status
    cdef frame_header *header
    for step in range(WALK_MAXIMUM):
        if count == capacity:
            break
        header = <frame_header *>(one.memory + one.head * one.frame_bytes)
        status = status_load(&header.tp_status)
        if not status & TP_STATUS_USER:
            break
        one.head = one.head + 1 if one.head + 1 < one.frame_count else 0
        stamped_ns = <int64_t>header.tp_sec * 1_000_000_000 + header.tp_nsec
        place = ethernet_lend_stamped(
            &one.table, state.lines, &one.others, one.stamps, <uint8_t *>header + header.tp_mac, header.tp_snaplen,
            header.tp_snaplen < header.tp_len, stamped_ns, <uint32_t>state.packet_bytes, frames + count,
        )
        if place == NO_LINE:
            status_return(&header.tp_status)
            continue
        stamp_set(frames + count, stamped_ns, status & STAMP_OF_CARD, one.stamps == NULL)
        state.places[count] = place
        state.returns[count] = &header.tp_status
        count += 1
    return count


cdef int64_t blocks_take(packet_state *state, ring *one, frame *frames, int64_t capacity) noexcept nogil:
    """TPACKET_V3: frames of one block; the block goes back with the last of them that was lent."""
    cdef int64_t count = 0
    cdef int64_t place
    cdef int64_t stamped_ns
    cdef block *current = <block *>(one.memory + one.head * one.block_bytes)
    cdef packed_header *header
    if one.left == 0:
        if not status_load(&current.hdr.bh1.block_status) & TP_STATUS_USER:
            return 0
        one.left = current.hdr.bh1.num_pkts
        one.at = <uint8_t *>current + current.hdr.bh1.offset_to_first_pkt
    while one.left != 0 and count < capacity:
        header = <packed_header *>one.at
        one.left -= 1
        one.at += header.tp_next_offset
        stamped_ns = <int64_t>header.tp_sec * 1_000_000_000 + header.tp_nsec
        place = ethernet_lend_stamped(
            &one.table, state.lines, &one.others, one.stamps, <uint8_t *>header + header.tp_mac, header.tp_snaplen,
            header.tp_snaplen < header.tp_len, stamped_ns, <uint32_t>state.packet_bytes, frames + count,
        )
        if place == NO_LINE:
            continue
        stamp_set(frames + count, stamped_ns, header.tp_status & STAMP_OF_CARD, one.stamps == NULL)
        state.places[count] = place
        state.returns[count] = NULL
        count += 1
    if one.left == 0:
        one.head = one.head + 1 if one.head + 1 < one.block_count else 0
        if count != 0:
            state.returns[count - 1] = &current.hdr.bh1.block_status
        else:
            status_return(&current.hdr.bh1.block_status)
    return count


cdef inline void stamp_set(frame *one, int64_t stamped_ns, uint32_t of_card, int card_is_wanted) noexcept nogil:
    """The one stamp that the ring has of a frame: the kernel's, or the card's, with 0 for the kernel's then."""
    if of_card == 0:
        one.received_ns = stamped_ns
        return
    one.received_ns = 0
    if card_is_wanted:
        one.hardware_ns = stamped_ns


cdef void times_set(packet_state *state, ring *one, frame *frames, int64_t count) noexcept nogil:
    """From the kernel's stamps to anchored times, by clocks that are read after the last frame was seen."""
    cdef int64_t realtime
    cdef int64_t now_ns = clocks_read(&realtime) + state.epoch_ns
    cdef int64_t age_ns = now_ns - realtime
    cdef int64_t stamp_ns
    cdef int64_t number
    cdef heard_line *line
    for number in range(count):
        line = state.lines + state.places[number]
        stamp_ns = frames[number].received_ns
        frames[number].received_ns = anchored(
            stamp_ns + age_ns if stamp_ns != 0 else now_ns, now_ns, one.empty_ns, line.last_ns, &frames[number].flags
        )
        line.last_ns = frames[number].received_ns
        if frames[number].flags & FRAME_TIME_UNCERTAIN:
            line.uncertain += 1


cdef void fail_unreleased(packet_state *state) noexcept with gil:
    owner = <AfPacketReceiver>state.owner
    owner.error = RuntimeError(
        f"poll was called while {state.lent} frames were lent: every burst is released before the next poll"
    )
    state.failed = 1


cdef void fail_replies(packet_state *state) noexcept with gil:
    owner = <AfPacketReceiver>state.owner
    owner.error = owner._unicast.error
    state.failed = 1


cdef class AfPacketReceiver:
    """Lends the datagrams of lines out of the kernel's rings.

    endpoints: the lines; those with a group must name their interface.
    options: `AfPacketReceiver.Options`; None: the defaults.

    `open`, `poll` and `close` belong in the thread that polls. `stop`, `statistics`, `warnings`, `fileno` and
    `address_of` may be called from any thread; what `fileno` returned is good until `close`.
    """

    Options = PacketOptions

    cdef packet_state state
    cdef readonly object error
    cdef readonly tuple endpoints
    cdef readonly object options
    cdef list _multicast, _rings
    cdef object _unicast, _memberships

    def __cinit__(self, endpoints, options=None) -> None:
        memset(&self.state, 0, sizeof(packet_state))
        self.state.face.context = &self.state
        self.state.face.poll = packet_poll
        self.state.face.release = packet_release
        self.state.owner = <void *>self
        self.error = None
        self.endpoints = check_endpoints(endpoints)
        self.options = PacketOptions() if options is None else options
        self._multicast, unicast = memberships.split(self.endpoints)
        self._rings = []
        self._memberships = memberships.Memberships()
        self._unicast = None
        if unicast:
            self._unicast = SocketReceiver(unicast, SocketOptions(packet_bytes=self.options.packet_bytes))
        self.state.line_count = len(self._multicast)
        self.state.lines = <heard_line *>calloc(max(1, len(self._multicast)), sizeof(heard_line))
        if self.state.lines == NULL:
            raise MemoryError

    def __dealloc__(self) -> None:
        self._free()
        free(self.state.lines)

    cdef void _free(self) noexcept:
        self._unmap()
        free(self.state.rings)
        free(self.state.waits)
        self.state.rings = NULL
        self.state.waits = NULL
        self.state.ring_count = self.state.wait_count = 0

    cdef void _unmap(self) noexcept:
        cdef int64_t number
        for number in range(self.state.ring_count):
            if self.state.rings[number].memory != NULL:
                munmap(self.state.rings[number].memory, self.state.rings[number].memory_bytes)
                self.state.rings[number].memory = NULL
            line_table_close(&self.state.rings[number].table)

    # Opening and closing.

    def open(self) -> None:
        """Join the groups, make and map the rings. Raises `EndpointError`; nothing stays open then."""
        cdef int64_t number
        if self.state.opened:
            raise RuntimeError("the receiver is open already")
        self.error = None
        self._rings = []
        self.state.failed = self.state.stopping = 0
        self.state.lent = self.state.first = self.state.next = self.state.polls = self.state.empty_polls = 0
        self._free()
        self.state.packet_bytes = self.options.packet_bytes
        self.state.blocks = self.options.ring == "blocks"
        self.state.sleeps = self.options.wait == "block"
        self.state.wait_limit.tv_sec = self.options.wait_limit // 1_000_000_000
        self.state.wait_limit.tv_nsec = self.options.wait_limit % 1_000_000_000
        self.state.epoch_ns = epoch_ns()
        memset(self.state.lines, 0, self.state.line_count * sizeof(heard_line))
        for number, endpoint in enumerate(self._multicast):
            self.state.lines[number].line = endpoint.line
        try:
            self._memberships = memberships.join(self._multicast)
            self._open_rings()
            self._open_unicast()
        except BaseException:
            self.close()
            raise
        self.state.opened = 1

    cdef int _open_rings(self) except -1:
        cdef int64_t number
        interfaces = self._memberships.interfaces
        self.state.rings = <ring *>calloc(max(1, len(interfaces)), sizeof(ring))
        self.state.waits = <waited *>calloc(len(interfaces) + len(self.endpoints), sizeof(waited))
        if self.state.rings == NULL or self.state.waits == NULL:
            raise MemoryError
        for number, interface in enumerate(interfaces):
            self.state.ring_count = number + 1
            self._open_ring(&self.state.rings[number], interface)
        return 0

    cdef int _open_ring(self, ring *place, str interface) except -1:
        cdef void *memory
        heard = self._memberships.heard[interface]
        opened = open_packet_ring(interface, [endpoint for _, endpoint in heard], self.options)
        self._rings.append(opened)
        memory = mmap(
            NULL, opened.memory_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, opened.socket.fileno(), 0
        )
        if memory == MAP_FAILED:
            raise EndpointError(last_errno, f"{interface}: the ring cannot be mapped: {os.strerror(last_errno)}")
        place.memory = <uint8_t *>memory
        place.memory_bytes = opened.memory_bytes
        place.frame_bytes = opened.frame_bytes
        place.frame_count = opened.frame_count
        place.block_bytes = opened.block_bytes
        place.block_count = opened.block_count
        place.empty_ns = monotonic_ns() + self.state.epoch_ns
        trailer_open(&place.trailer, TRAILERS.index(self.options.trailer), self.options.frame_check)
        place.stamps = &place.trailer if place.trailer.kind != 0 else NULL
        if line_table_open(&place.table, len(heard), 0) != 0:
            raise MemoryError
        for index, endpoint in heard:
            line_table_set(
                &place.table, memberships.address_number(endpoint.group), endpoint.port,
                memberships.address_number(endpoint.source) if endpoint.source else 0, endpoint.source is not None, index,
            )
        self._wait_for(opened.socket.fileno())
        return 0

    cdef int _open_unicast(self) except -1:
        self.state.replies.face = NULL
        self.state.replies.lent = self.state.replies.polls = 0
        self.state.replies.every = 1 if self.state.sleeps else REPLY_POLLS
        if self._unicast is None:
            return 0
        self._unicast.open()
        self.state.replies.face = <receiver *><size_t>self._unicast.address
        for endpoint in self._unicast.endpoints:
            self._wait_for(self._unicast.fileno(endpoint.line))
        return 0

    cdef void _wait_for(self, int descriptor) noexcept:
        self.state.waits[self.state.wait_count].fd = descriptor
        self.state.waits[self.state.wait_count].events = POLLIN
        self.state.wait_count += 1

    def close(self) -> None:
        """Leave the groups, unmap and close the rings: lent frames are no longer valid. Statistics stay."""
        for opened in self._rings:
            opened.count()
        self.state.opened = 0
        self.state.lent = 0
        self.state.replies.face = NULL
        if self._unicast is not None:
            self._unicast.close()
        self._unmap()
        for opened in self._rings:
            opened.socket.close()
        self._memberships.close()

    def stop(self) -> None:
        """The next poll returns RECEIVER_ENDED; one that sleeps ends within `wait_limit`. From any thread."""
        self.state.stopping = 1

    def __enter__(self) -> AfPacketReceiver:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @staticmethod
    def probe() -> str | None:
        """None where it could be opened, else what is missing; nothing is joined."""
        return probe_af_packet()

    # What is told.

    @property
    def address(self) -> int:
        """Of the C struct that the pipeline calls; valid as long as this object."""
        return <size_t>&self.state.face

    def fileno(self, line: int) -> int:
        """The socket of a unicast line, to send requests from: replies come to the poll. Good until `close`."""
        return self._sockets_of(line).fileno(line)

    def address_of(self, line: int) -> tuple[str, int]:
        """Address and port that a unicast line's socket is bound to."""
        return self._sockets_of(line).address_of(line)

    def _sockets_of(self, line: int) -> SocketReceiver:
        if self._unicast is None:
            raise LookupError(f"line {line} has no socket: none of the endpoints is unicast")
        return self._unicast

    @property
    def warnings(self) -> list[str]:
        """What was not obtained as wished; known after `open`."""
        found = [*self._memberships.warnings, *(words for opened in self._rings for words in opened.warnings)]
        return found if self._unicast is None else found + self._unicast.warnings

    @property
    def statistics(self) -> dict[str, object]:
        """What was lent since `open`, what was lost where, and how it is obtained."""
        cdef int64_t number
        cdef int reason
        cdef heard_line *line
        cdef ring *place
        told = []
        for number, endpoint in enumerate(self._multicast):
            line = self.state.lines + number
            told.append({
                "line": endpoint.line,
                "group": endpoint.group,
                "port": endpoint.port,
                "interface": endpoint.interface,
                "source": endpoint.source,
                "frames": line.frames,
                "bytes": line.bytes,
                "truncated": line.truncated,
                "time_uncertain": line.uncertain,
            })
        rings = []
        for number, opened in enumerate(self._rings):
            opened.count()
            place = self.state.rings + number
            rings.append({
                "interface": opened.interface,
                "received": opened.received,
                "kernel_drops": opened.drops,
                "ring_bytes": opened.memory_bytes,
                "unmatched": place.others.unmatched,
                "skipped": {REASONS[reason]: place.others.skipped[reason] for reason in range(1, len(REASONS))},
                "trailer": trailer_told(&place.trailer),
            })
        inner = {"frames": 0, "bytes": 0, "dropped": {"receiver": 0, "kernel": 0, "device": 0}, "endpoints": []}
        if self._unicast is not None:
            inner = self._unicast.statistics
        return {
            "mode": "TPACKET_V3" if self.state.blocks else "TPACKET_V2",
            "accelerated": None,
            "frames": sum(one["frames"] for one in told) + inner["frames"],
            "bytes": sum(one["bytes"] for one in told) + inner["bytes"],
            "polls": self.state.polls,
            "empty_polls": self.state.empty_polls,
            "dropped": {
                "receiver": inner["dropped"]["receiver"],
                "kernel": sum(one["kernel_drops"] for one in rings) + inner["dropped"]["kernel"],
                "device": 0,
            },
            "endpoints": sorted(told + inner["endpoints"], key=lambda one: one["line"]),
            "rings": rings,
        }
