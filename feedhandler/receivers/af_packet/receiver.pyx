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

from feedhandler.receivers.abi cimport FRAME_TIME_UNCERTAIN, RECEIVER_ENDED, RECEIVER_FAILED, frame
from feedhandler.receivers.clock cimport monotonic_ns
from feedhandler.receivers.frames.ethernet cimport NO_LINE, ethernet_lend_stamped, heard_line
from feedhandler.receivers.frames.frame_receiver cimport (
    SLOTS, FrameReceiver, lender, lender_begin, lender_end, lender_release, lender_replies, lender_sleep, tap,
)
from feedhandler.receivers.frames.line_table cimport line_table_close
from feedhandler.receivers.frames.stamps cimport anchored, clocks_read

from feedhandler.receivers.af_packet.ring import attach_filter, open_packet_ring, probe
from feedhandler.receivers.endpoints import EndpointError
from feedhandler.receivers.options import PacketOptions


cdef extern from *:
    """
    #include <linux/if_packet.h>
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
    enum: TP_STATUS_USER
    const uint32_t STAMP_OF_CARD "TP_STATUS_TS_RAW_HARDWARE"
    enum: MAP_POPULATE
    uint32_t status_load "feedhandler_status_load" (const uint32_t *status) nogil
    void status_return "feedhandler_status_return" (uint32_t *status) nogil


cdef enum:
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
    tap tap

cdef struct packet_state:
    lender lender
    ring *rings
    int64_t ring_count
    int64_t next
    uint32_t *returns[SLOTS]     # by lent frame: the status word that goes back with it, or NULL
    int64_t places[SLOTS]        # of each frame's line
    int64_t first                # the oldest lent frame
    int blocks


cdef int64_t packet_poll(void *context, frame *frames, int64_t capacity) noexcept nogil:
    cdef packet_state *state = <packet_state *>context
    cdef int64_t count = lender_begin(&state.lender)
    if count != 0:
        return count
    if capacity > SLOTS:
        capacity = SLOTS
    count = take(state, frames, capacity)
    if count == 0 and state.lender.sleeps and not state.lender.failed:
        lender_sleep(&state.lender)
        if state.lender.stopping:
            return RECEIVER_ENDED
        count = take(state, frames, capacity)
    return lender_end(&state.lender, count)


cdef void packet_release(void *context, int64_t count) noexcept nogil:
    cdef packet_state *state = <packet_state *>context
    cdef int64_t number
    count = lender_release(&state.lender, count)
    for number in range(state.first, state.first + count):
        if state.returns[number] != NULL:
            status_return(state.returns[number])
    state.first += count


cdef int64_t take(packet_state *state, frame *frames, int64_t capacity) noexcept nogil:
    """The unicast endpoints' where it is their turn, else the next ring's that has any."""
    cdef int64_t count = lender_replies(&state.lender, frames, capacity)
    cdef int64_t turn
    cdef ring *one
    if count != 0:
        return count
    state.first = 0
    for turn in range(state.ring_count):
        one = state.rings + state.next
        state.next = state.next + 1 if state.next + 1 < state.ring_count else 0
        count = blocks_take(state, one, frames, capacity) if state.blocks else frames_take(state, one, frames, capacity)
        if count != 0:
            times_set(state, one, frames, count)
            return count
        if state.lender.polls % EMPTY_EVERY == 0:
            one.empty_ns = monotonic_ns() + state.lender.epoch_ns
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
            &one.tap.table, state.lender.lines, &one.tap.others, one.tap.stamps, <uint8_t *>header + header.tp_mac, header.tp_snaplen,
            header.tp_snaplen < header.tp_len, stamped_ns, <uint32_t>state.lender.packet_bytes, frames + count,
        )
        if place == NO_LINE:
            status_return(&header.tp_status)
            continue
        stamp_set(frames + count, stamped_ns, status & STAMP_OF_CARD, one.tap.stamps == NULL)
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
            &one.tap.table, state.lender.lines, &one.tap.others, one.tap.stamps, <uint8_t *>header + header.tp_mac, header.tp_snaplen,
            header.tp_snaplen < header.tp_len, stamped_ns, <uint32_t>state.lender.packet_bytes, frames + count,
        )
        if place == NO_LINE:
            continue
        stamp_set(frames + count, stamped_ns, header.tp_status & STAMP_OF_CARD, one.tap.stamps == NULL)
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
    cdef int64_t now_ns = clocks_read(&realtime) + state.lender.epoch_ns
    cdef int64_t age_ns = now_ns - realtime
    cdef int64_t stamp_ns
    cdef int64_t number
    cdef heard_line *line
    for number in range(count):
        line = state.lender.lines + state.places[number]
        stamp_ns = frames[number].received_ns
        frames[number].received_ns = anchored(
            stamp_ns + age_ns if stamp_ns != 0 else now_ns, now_ns, one.empty_ns, line.last_ns, &frames[number].flags
        )
        line.last_ns = frames[number].received_ns
        if frames[number].flags & FRAME_TIME_UNCERTAIN:
            line.uncertain += 1


cdef class AfPacketReceiver(FrameReceiver):
    """Lends the datagrams of lines out of the kernel's rings."""

    Options = PacketOptions
    CARDS = "rings"

    cdef packet_state state
    cdef list _rings

    def __cinit__(self, endpoints, options=None) -> None:
        memset(&self.state, 0, sizeof(packet_state))
        self.lender = &self.state.lender
        self.state.lender.face.context = &self.state
        self.state.lender.face.poll = packet_poll
        self.state.lender.face.release = packet_release
        self._rings = []

    def __dealloc__(self) -> None:
        self._unmap()
        free(self.state.rings)
        free(self.state.lender.lines)
        free(self.state.lender.waits)

    cdef void _unmap(self) noexcept:
        cdef int64_t number
        for number in range(self.state.ring_count):
            if self.state.rings[number].memory != NULL:
                munmap(self.state.rings[number].memory, self.state.rings[number].memory_bytes)
                self.state.rings[number].memory = NULL
            line_table_close(&self.state.rings[number].tap.table)

    cdef int open_cards(self) except -1:
        cdef int64_t number
        interfaces = self.joined.interfaces
        self._rings = []
        self._unmap()
        free(self.state.rings)
        self.state.first = self.state.next = self.state.ring_count = 0
        self.state.blocks = self.options.ring == "blocks"
        self.state.rings = <ring *>calloc(max(1, len(interfaces)), sizeof(ring))
        if self.state.rings == NULL:
            raise MemoryError
        self.make_waits(len(interfaces))
        for number, interface in enumerate(interfaces):
            self.state.ring_count = number + 1
            self._open_ring(&self.state.rings[number], interface)
        return 0

    cdef int _open_ring(self, ring *place, str interface) except -1:
        cdef void *memory
        heard = [endpoint for _, endpoint in self.joined.heard[interface]]
        opened = open_packet_ring(interface, heard, self.options)
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
        place.empty_ns = monotonic_ns() + self.state.lender.epoch_ns
        self.open_tap(&place.tap, interface)
        self.wait_for(opened.socket.fileno())
        return 0

    cdef tap *tap_of(self, int64_t number) except NULL:
        return &self.state.rings[number].tap

    cdef int hear(self, int64_t number, list heard) except -1:
        """Another filter takes the former one's place; the kernel does that in one step."""
        attach_filter(self._rings[number].socket, heard, self.options)
        return 0

    cdef int close_cards(self) except -1:
        """Unmap and close the rings."""
        for opened in self._rings:
            opened.count()
        self._unmap()
        for opened in self._rings:
            opened.socket.close()
        return 0

    @staticmethod
    def probe() -> str | None:
        """None where it could be opened, else what is missing; nothing is joined."""
        return probe()

    @property
    def mode(self) -> str:
        """The kernel's name of the ring."""
        return "TPACKET_V3" if self.options.ring == "blocks" else "TPACKET_V2"

    @property
    def warnings(self) -> list[str]:
        """What was not obtained as wished; known after `open`."""
        return [words for opened in self._rings for words in opened.warnings] + FrameReceiver.warnings.__get__(self)

    cdef list cards_told(self):
        cdef int64_t number
        told = []
        for number, opened in enumerate(self._rings):
            opened.count()
            told.append({
                "interface": opened.interface,
                "received": opened.received,
                "kernel_drops": opened.drops,
                "ring_bytes": opened.memory_bytes,
                **self.tap_told(&self.state.rings[number].tap),
            })
        return told
