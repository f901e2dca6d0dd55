# cython: language_level=3, cdivision=True
"""The `af_xdp` receiver: frames out of the memory into which an XDP program put them, before the kernel's network stack.

For each receive queue of the card there is a socket with two rings in shared memory. The kernel writes a frame into one
of our chunks and its descriptor into the receive ring; the frame is lent where it lies; on release its chunk goes back
through the fill ring. A poll is a load and no system call, unless the driver says that it has to be woken.

What is not for a line the program passes on to the kernel (`program.py`); frames of our groups the kernel does not see
any more, on that interface. So groups are joined by sockets that hold the membership only, and unicast endpoints stay
with the kernel.

`received_ns` is the time at which the program ran, which it leaves in front of the frame: CLOCK_MONOTONIC, so no clock
that can be set is in it. Where a driver has no room there, it is the time of the poll. Where the card stamps frames, a
second program leaves its time too (`hardware_program.py`), which is `hardware_ns`. Checksums are not looked at.
"""

import os

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from feedhandler.receivers.abi cimport FRAME_TIME_UNCERTAIN, RECEIVER_ENDED, frame
from feedhandler.receivers.clock cimport monotonic_ns
from feedhandler.receivers.frames.ethernet cimport NO_LINE, ethernet_lend_stamped, heard_line
from feedhandler.receivers.frames.frame_receiver cimport (
    SLOTS, FrameReceiver, lender, lender_begin, lender_end, lender_release, lender_replies, lender_sleep, tap,
)
from feedhandler.receivers.frames.line_table cimport line_table_close
from feedhandler.receivers.frames.stamps cimport anchored

from feedhandler.receivers.af_xdp import hardware_program, program, sockets
from feedhandler.receivers.options import XdpOptions


cdef extern from *:
    """
    #include <linux/if_xdp.h>
    #include <sys/socket.h>

    #define FEEDHANDLER_METADATA_WORD 0x666565647374616DULL
    #define FEEDHANDLER_HARDWARE_WORD 0x6665656468617264ULL
    static inline uint32_t feedhandler_index_load(const uint32_t *index)
    { return __atomic_load_n(index, __ATOMIC_ACQUIRE); }
    static inline void feedhandler_index_store(uint32_t *index, uint32_t value)
    { __atomic_store_n(index, value, __ATOMIC_RELEASE); }
    """
    struct descriptor "xdp_desc":
        uint64_t addr
        uint32_t len
    enum: MSG_DONTWAIT
    enum: XDP_RING_NEED_WAKEUP
    const uint64_t METADATA_WORD "FEEDHANDLER_METADATA_WORD"
    const uint64_t HARDWARE_WORD "FEEDHANDLER_HARDWARE_WORD"
    ssize_t recvfrom(int descriptor, void *buffer, size_t size, int flags, void *address, void *address_bytes) nogil
    uint32_t index_load "feedhandler_index_load" (const uint32_t *index) nogil
    void index_store "feedhandler_index_store" (uint32_t *index, uint32_t value) nogil


cdef enum:
    WALK_MAXIMUM = 256           # frames looked at in one poll, whosever they are
    EMPTY_EVERY = 64             # the clock is read at one empty poll in so many
    METADATA_BYTES = 16          # the word that says what is there, and the program's time
    HARDWARE_BYTES = 24          # and before them the card's

if (
    (METADATA_BYTES, METADATA_WORD) != (program.METADATA_BYTES, program.METADATA_WORD)
    or (HARDWARE_BYTES, HARDWARE_WORD) != (hardware_program.METADATA_BYTES, hardware_program.METADATA_WORD)
):
    raise ImportError("the af_xdp receiver and its programs have different ideas of the metadata before a frame")


cdef struct queue:
    int socket
    tap *tap
    uint8_t *chunks
    uint32_t *receive_producer
    uint32_t *receive_consumer
    descriptor *received
    uint32_t *fill_producer
    uint32_t *fill_flags
    uint64_t *filled
    uint32_t mask                # entries of each ring, a power of two, less 1
    uint32_t taken               # our place in the receive ring
    uint32_t given               # our place in the fill ring
    int64_t empty_ns             # when it was last seen empty, anchored
    int64_t stamped              # frames of which the card told its time
    int64_t unstamped            # frames of which it was asked and told none
    int64_t unstamped_errno      # with what, last

cdef struct xdp_state:
    lender lender
    tap *taps
    int64_t tap_count
    queue *queues
    int64_t queue_count
    int64_t next
    queue *lending               # of the lent frames
    uint64_t chunks[SLOTS]       # of the lent frames
    int64_t first                # the oldest of them
    int64_t wakes
    int drives                   # busy poll: an empty poll enters the kernel


cdef int64_t xdp_poll(void *context, frame *frames, int64_t capacity) noexcept nogil:
    cdef xdp_state *state = <xdp_state *>context
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


cdef void xdp_release(void *context, int64_t count) noexcept nogil:
    cdef xdp_state *state = <xdp_state *>context
    cdef int64_t number
    count = lender_release(&state.lender, count)
    if count > 0:
        for number in range(state.first, state.first + count):
            give(state.lending, state.chunks[number])
        state.first += count
        index_store(state.lending.fill_producer, state.lending.given)


cdef inline void give(queue *one, uint64_t chunk) noexcept nogil:
    """Put a chunk into the fill ring, which has room for all of them; the kernel sees it with the next store."""
    one.filled[one.given & one.mask] = chunk
    one.given += 1


cdef int64_t take(xdp_state *state, frame *frames, int64_t capacity) noexcept nogil:
    """The unicast endpoints' where it is their turn, else the next queue's that has any."""
    cdef int64_t count = lender_replies(&state.lender, frames, capacity)
    cdef int64_t turn
    cdef queue *one
    if count != 0:
        return count
    state.first = 0
    for turn in range(state.queue_count):
        one = state.queues + state.next
        state.next = state.next + 1 if state.next + 1 < state.queue_count else 0
        count = queue_take(state, one, frames, capacity)
        if count != 0:
            state.lending = one
            return count
        if state.lender.polls % EMPTY_EVERY == 0:
            one.empty_ns = monotonic_ns() + state.lender.epoch_ns
        if state.drives or index_load(one.fill_flags) & XDP_RING_NEED_WAKEUP:
            state.wakes += 1
            recvfrom(one.socket, NULL, 0, MSG_DONTWAIT, NULL, NULL)
    return 0


cdef int64_t queue_take(xdp_state *state, queue *one, frame *frames, int64_t capacity) noexcept nogil:
    """Frames of one queue; what is for no line goes back at once."""
    cdef int64_t count = 0
    cdef int64_t now_ns = 0
    cdef int64_t place
    cdef uint32_t available = index_load(one.receive_producer) - one.taken
    cdef uint32_t given = one.given
    cdef uint32_t step
    cdef uint8_t *packet
    cdef descriptor *current
    if available == 0:
        return 0
    if available > WALK_MAXIMUM:
        available = WALK_MAXIMUM
    now_ns = monotonic_ns() + state.lender.epoch_ns     # after the last of these frames had come
    for step in range(available):
        if count == capacity:
            break
        current = one.received + (one.taken & one.mask)
        one.taken += 1
        packet = one.chunks + current.addr
        place = ethernet_lend_stamped(
            &one.tap.table, state.lender.lines, &one.tap.others, one.tap.stamps, packet, current.len, 0, now_ns,
            <uint32_t>state.lender.packet_bytes, frames + count,
        )
        if place == NO_LINE:
            give(one, current.addr)
            continue
        time_set(state, one, packet, state.lender.lines + place, frames + count, now_ns)
        state.chunks[count] = current.addr
        count += 1
    index_store(one.receive_consumer, one.taken)
    if given != one.given:
        index_store(one.fill_producer, one.given)
    return count


cdef inline void time_set(
    xdp_state *state, queue *one, uint8_t *packet, heard_line *line, frame *lent, int64_t now_ns
) noexcept nogil:
    """The program's time, where it left one; the word that says so is taken away, since chunks are used again."""
    cdef uint64_t word
    cdef int64_t stamp
    memcpy(&word, packet - METADATA_BYTES, sizeof(uint64_t))
    if word == HARDWARE_WORD:
        memcpy(&stamp, packet - HARDWARE_BYTES, sizeof(int64_t))
        if stamp > 0:
            one.stamped += 1
            if one.tap.stamps == NULL:
                lent.hardware_ns = stamp
        else:
            one.unstamped += 1
            one.unstamped_errno = -stamp
    if word == METADATA_WORD or word == HARDWARE_WORD:
        memset(packet - METADATA_BYTES, 0, sizeof(uint64_t))
        memcpy(&stamp, packet - METADATA_BYTES + sizeof(uint64_t), sizeof(int64_t))
        lent.received_ns = anchored(stamp + state.lender.epoch_ns, now_ns, one.empty_ns, line.last_ns, &lent.flags)
        if lent.flags & FRAME_TIME_UNCERTAIN:
            line.uncertain += 1
    else:
        lent.received_ns = now_ns
    line.last_ns = lent.received_ns


cdef class AfXdpReceiver(FrameReceiver):
    """Lends the datagrams of lines out of memory that is shared with the card's driver."""

    Options = XdpOptions

    cdef xdp_state state
    cdef list _interfaces

    def __cinit__(self, endpoints, options=None) -> None:
        memset(&self.state, 0, sizeof(xdp_state))
        self.lender = &self.state.lender
        self.state.lender.face.context = &self.state
        self.state.lender.face.poll = xdp_poll
        self.state.lender.face.release = xdp_release
        self._interfaces = []

    def __dealloc__(self) -> None:
        self._free()
        free(self.state.lender.lines)
        free(self.state.lender.waits)

    cdef void _free(self) noexcept:
        cdef int64_t number
        for number in range(self.state.tap_count):
            line_table_close(&self.state.taps[number].table)
        free(self.state.taps)
        free(self.state.queues)
        self.state.taps = NULL
        self.state.queues = NULL
        self.state.tap_count = self.state.queue_count = 0

    cdef int open_cards(self) except -1:
        """Attach the program and make the sockets."""
        cdef int64_t number
        cdef int64_t place = 0
        self._free()
        self._interfaces = []
        self.state.first = self.state.next = self.state.wakes = 0
        self.state.drives = self.options.busy_poll != 0
        for interface in self.joined.interfaces:
            heard = [endpoint for _, endpoint in self.joined.heard[interface]]
            self._interfaces.append(sockets.open_interface(interface, heard, self.options))
        queue_count = sum(len(opened.queues) for opened in self._interfaces)
        self.state.taps = <tap *>calloc(max(1, len(self._interfaces)), sizeof(tap))
        self.state.queues = <queue *>calloc(max(1, queue_count), sizeof(queue))
        if self.state.taps == NULL or self.state.queues == NULL:
            raise MemoryError
        self.make_waits(queue_count)
        for number, opened in enumerate(self._interfaces):
            self.state.tap_count = number + 1
            self.open_tap(&self.state.taps[number], opened.interface)
            for made in opened.queues:
                self._open_queue(&self.state.queues[place], made)
                self.state.queues[place].tap = &self.state.taps[number]
                place += 1
        self.state.queue_count = place
        return 0

    cdef int _open_queue(self, queue *place, object made) except -1:
        """Take over the rings, and give the kernel all chunks."""
        cdef int64_t number
        cdef int64_t chunk_bytes = made.chunk_bytes
        place.socket = made.socket.fileno()
        place.chunks = <uint8_t *><size_t>made.memory.address
        place.receive_producer = <uint32_t *><size_t>made.receive.producer
        place.receive_consumer = <uint32_t *><size_t>made.receive.consumer
        place.received = <descriptor *><size_t>made.receive.entries
        place.fill_producer = <uint32_t *><size_t>made.fill.producer
        place.fill_flags = <uint32_t *><size_t>made.fill.flags
        place.filled = <uint64_t *><size_t>made.fill.entries
        place.mask = made.fill.count - 1
        place.taken = index_load(place.receive_consumer)
        place.given = index_load(place.fill_producer)
        place.empty_ns = monotonic_ns() + self.state.lender.epoch_ns
        for number in range(self.options.frames):
            give(place, <uint64_t>(number * chunk_bytes))
        index_store(place.fill_producer, place.given)
        self.wait_for(place.socket)
        return 0

    cdef tap *tap_of(self, int64_t number) except NULL:
        return &self.state.taps[number]

    cdef int hear(self, int64_t number, list heard) except -1:
        """The program's map of endpoints, an entry at a time."""
        self._interfaces[number].hear(heard)
        return 0

    cdef int close_cards(self) except -1:
        """Detach the program and give the memory back."""
        for opened in self._interfaces:
            opened.statistics()
        for opened in self._interfaces:
            opened.close()
        return 0

    @staticmethod
    def probe() -> str | None:
        """None where it could be opened, else what is missing; nothing is attached."""
        return sockets.probe()

    @staticmethod
    def remarks() -> list[str]:
        """What else there is to know before it is opened."""
        return sockets.remarks()

    @property
    def mode(self) -> str:
        """What was obtained: zero_copy, native or generic; of several interfaces each."""
        return ", ".join(sorted({opened.mode for opened in self._interfaces})) or self.options.mode

    @property
    def warnings(self) -> list[str]:
        """What was not obtained as wished; known after `open`."""
        return [words for opened in self._interfaces for words in opened.warnings] + FrameReceiver.warnings.__get__(self)

    cdef dict more_told(self):
        return {"wakes": self.state.wakes}

    cdef list cards_told(self):
        cdef int64_t number
        told = []
        for number, opened in enumerate(self._interfaces[: self.state.tap_count]):
            dropped, ring_full, fill_empty = opened.statistics()
            told.append({
                "interface": opened.interface,
                "mode": opened.mode,
                "queues": list(opened.numbers),
                "pages": opened.pages,
                "tried": list(opened.tried),
                **self._times_told(number, opened),
                "kernel_drops": dropped + ring_full,
                "fill_ring_empty": fill_empty,
                **self.tap_told(&self.state.taps[number]),
            })
        return told

    cdef dict _times_told(self, int64_t number, object opened):
        """Whose times the program leaves, and of how many frames the card told its own."""
        cdef int64_t place
        cdef int64_t stamped = 0
        cdef int64_t unstamped = 0
        cdef int64_t last_errno = 0
        for place in range(self.state.queue_count):
            if self.state.queues[place].tap == &self.state.taps[number]:
                stamped += self.state.queues[place].stamped
                unstamped += self.state.queues[place].unstamped
                last_errno = self.state.queues[place].unstamped_errno or last_errno
        reason = os.strerror(last_errno) if last_errno else "the driver answered with 0"
        return {
            "timestamps": opened.timestamps,
            "not_hardware": opened.program_refusal or None,
            "stamped": stamped,
            "unstamped": unstamped,
            "unstamped_reason": reason if unstamped else None,
        }
