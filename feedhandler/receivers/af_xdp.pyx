# cython: language_level=3, cdivision=True
"""The `af_xdp` receiver: frames out of the memory into which an XDP program put them, before the kernel's network stack.

For each receive queue of the card there is a socket with two rings in shared memory. The kernel writes a frame into one
of our chunks and its descriptor into the receive ring; the frame is lent where it lies; on release its chunk goes back
through the fill ring. A poll is a load and no system call, unless the driver says that it has to be woken.

What is not for a line the program passes on to the kernel (`xdp_program.py`); frames of our groups the kernel does not see
any more, on that interface. So groups are joined by sockets that hold the membership only, and unicast endpoints stay
with the kernel.

`received_ns` is the time at which the program ran, which it leaves in front of the frame: CLOCK_MONOTONIC, so no clock
that can be set is in it. Where a driver has no room there, it is the time of the poll. Checksums are not looked at.
"""

import os

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset
from posix.time cimport timespec

from feedhandler.receivers.abi cimport FRAME_TIME_UNCERTAIN, RECEIVER_ENDED, RECEIVER_FAILED, frame, receiver
from feedhandler.receivers.clock cimport monotonic_ns
from feedhandler.receivers.ethernet cimport NO_LINE, ethernet_lend_stamped, heard_line, unheard
from feedhandler.receivers.line_table cimport line_table, line_table_close, line_table_open, line_table_set
from feedhandler.receivers.replies cimport REPLY_POLLS, replies, replies_poll, replies_release
from feedhandler.receivers.stamps cimport anchored
from feedhandler.receivers.trailer cimport trailer_open, trailer_reader, trailer_told

from feedhandler.receivers import memberships
from feedhandler.receivers.availability import probe_af_xdp
from feedhandler.receivers.clock import epoch_ns
from feedhandler.receivers.datagram_reasons import REASONS
from feedhandler.receivers.endpoints import check_endpoints
from feedhandler.receivers.options import SocketOptions, XdpOptions
from feedhandler.receivers.socket import SocketReceiver
from feedhandler.receivers.trailers import TRAILERS
from feedhandler.receivers.xdp_program import METADATA_BYTES as METADATA_BYTES_OF_PROGRAM
from feedhandler.receivers.xdp_program import METADATA_WORD as METADATA_WORD_OF_PROGRAM
from feedhandler.receivers.xdp_socket import open_interface


cdef extern from *:
    """
    #include <linux/if_xdp.h>
    #include <poll.h>
    #include <sys/socket.h>

    #define FEEDHANDLER_METADATA_WORD 0x666565647374616DULL
    static inline uint32_t feedhandler_index_load(const uint32_t *index)
    { return __atomic_load_n(index, __ATOMIC_ACQUIRE); }
    static inline void feedhandler_index_store(uint32_t *index, uint32_t value)
    { __atomic_store_n(index, value, __ATOMIC_RELEASE); }
    """
    struct descriptor "xdp_desc":
        uint64_t addr
        uint32_t len
    struct waited "pollfd":
        int fd
        short events
    enum: POLLIN
    enum: MSG_DONTWAIT
    enum: XDP_RING_NEED_WAKEUP
    const uint64_t METADATA_WORD "FEEDHANDLER_METADATA_WORD"
    int ppoll(waited *descriptors, unsigned long count, const timespec *limit, const void *signals) nogil
    ssize_t recvfrom(int descriptor, void *buffer, size_t size, int flags, void *address, void *address_bytes) nogil
    uint32_t index_load "feedhandler_index_load" (const uint32_t *index) nogil
    void index_store "feedhandler_index_store" (uint32_t *index, uint32_t value) nogil


cdef enum:
    SLOTS = 64                   # frames of one poll
    WALK_MAXIMUM = 256           # frames looked at in one poll, whosever they are
    EMPTY_EVERY = 64             # the clock is read at one empty poll in so many
    METADATA_BYTES = 16

if METADATA_BYTES != METADATA_BYTES_OF_PROGRAM or METADATA_WORD != METADATA_WORD_OF_PROGRAM:
    raise ImportError("the af_xdp receiver and its program have different ideas of the metadata before a frame")


cdef struct tap:                 # of one interface
    line_table table
    unheard others
    trailer_reader trailer
    trailer_reader *stamps       # the same, or NULL where no appliance's time is read

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

cdef struct xdp_state:
    receiver face
    tap *taps
    int64_t tap_count
    queue *queues
    int64_t queue_count
    int64_t next
    queue *lender                # of the lent frames
    uint64_t chunks[SLOTS]       # of the lent frames
    int64_t first                # the oldest of them
    int64_t lent
    heard_line *lines
    int64_t line_count
    int64_t packet_bytes
    int64_t epoch_ns
    int64_t polls
    int64_t empty_polls
    int64_t wakes
    replies replies
    waited *waits
    int64_t wait_count
    timespec wait_limit
    int sleeps
    int drives                   # busy poll: an empty poll enters the kernel
    int failed
    int opened
    int stopping
    void *owner


cdef int64_t xdp_poll(void *context, frame *frames, int64_t capacity) noexcept nogil:
    cdef xdp_state *state = <xdp_state *>context
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


cdef void xdp_release(void *context, int64_t count) noexcept nogil:
    cdef xdp_state *state = <xdp_state *>context
    cdef int64_t number
    if count > state.lent:
        count = state.lent
    state.lent -= count
    count -= replies_release(&state.replies, count)
    if count != 0:
        for number in range(state.first, state.first + count):
            give(state.lender, state.chunks[number])
        state.first += count
        index_store(state.lender.fill_producer, state.lender.given)


cdef inline void give(queue *one, uint64_t chunk) noexcept nogil:
    """Put a chunk into the fill ring, which has room for all of them; the kernel sees it with the next store."""
    one.filled[one.given & one.mask] = chunk
    one.given += 1


cdef int64_t take(xdp_state *state, frame *frames, int64_t capacity) noexcept nogil:
    """The unicast endpoints' where it is their turn, else the next queue's that has any."""
    cdef int64_t count = replies_poll(&state.replies, frames, capacity)
    cdef int64_t turn
    cdef queue *one
    if count < 0:
        fail_replies(state)
        return 0
    if count > 0:
        return count
    state.first = 0
    for turn in range(state.queue_count):
        one = state.queues + state.next
        state.next = state.next + 1 if state.next + 1 < state.queue_count else 0
        count = queue_take(state, one, frames, capacity)
        if count != 0:
            state.lender = one
            return count
        if state.polls % EMPTY_EVERY == 0:
            one.empty_ns = monotonic_ns() + state.epoch_ns
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
    now_ns = monotonic_ns() + state.epoch_ns     # after the last of these frames had come
    for step in range(available):
        if count == capacity:
            break
        current = one.received + (one.taken & one.mask)
        one.taken += 1
        packet = one.chunks + current.addr
        place = ethernet_lend_stamped(
            &one.tap.table, state.lines, &one.tap.others, one.tap.stamps, packet, current.len, 0, now_ns,
            <uint32_t>state.packet_bytes, frames + count,
        )
        if place == NO_LINE:
            give(one, current.addr)
            continue
        time_set(state, one, packet, state.lines + place, frames + count, now_ns)
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
    if word == METADATA_WORD:
        memset(packet - METADATA_BYTES, 0, sizeof(uint64_t))
        memcpy(&stamp, packet - METADATA_BYTES + sizeof(uint64_t), sizeof(int64_t))
        lent.received_ns = anchored(stamp + state.epoch_ns, now_ns, one.empty_ns, line.last_ns, &lent.flags)
        if lent.flags & FRAME_TIME_UNCERTAIN:
            line.uncertain += 1
    else:
        lent.received_ns = now_ns
    line.last_ns = lent.received_ns


cdef void fail_unreleased(xdp_state *state) noexcept with gil:
    owner = <AfXdpReceiver>state.owner
    owner.error = RuntimeError(
        f"poll was called while {state.lent} frames were lent: every burst is released before the next poll"
    )
    state.failed = 1


cdef void fail_replies(xdp_state *state) noexcept with gil:
    owner = <AfXdpReceiver>state.owner
    owner.error = owner._unicast.error
    state.failed = 1


cdef class AfXdpReceiver:
    """Lends the datagrams of lines out of memory that is shared with the card's driver.

    endpoints: the lines; those with a group must name their interface.
    options: `AfXdpReceiver.Options`; None: the defaults.

    `open`, `poll` and `close` belong in the thread that polls. `stop`, `statistics`, `warnings`, `fileno` and
    `address_of` may be called from any thread; what `fileno` returned is good until `close`.
    """

    Options = XdpOptions

    cdef xdp_state state
    cdef readonly object error
    cdef readonly tuple endpoints
    cdef readonly object options
    cdef list _multicast, _interfaces
    cdef object _unicast, _memberships

    def __cinit__(self, endpoints, options=None) -> None:
        memset(&self.state, 0, sizeof(xdp_state))
        self.state.face.context = &self.state
        self.state.face.poll = xdp_poll
        self.state.face.release = xdp_release
        self.state.owner = <void *>self
        self.error = None
        self.endpoints = check_endpoints(endpoints)
        self.options = XdpOptions() if options is None else options
        self._multicast, unicast = memberships.split(self.endpoints)
        self._interfaces = []
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
        cdef int64_t number
        for number in range(self.state.tap_count):
            line_table_close(&self.state.taps[number].table)
        free(self.state.taps)
        free(self.state.queues)
        free(self.state.waits)
        self.state.taps = NULL
        self.state.queues = NULL
        self.state.waits = NULL
        self.state.tap_count = self.state.queue_count = self.state.wait_count = 0

    # Opening and closing.

    def open(self) -> None:
        """Join the groups, attach the program, make the sockets. Raises `EndpointError`; nothing stays open then."""
        cdef int64_t number
        if self.state.opened:
            raise RuntimeError("the receiver is open already")
        self.error = None
        self._interfaces = []
        self.state.failed = self.state.stopping = 0
        self.state.lent = self.state.first = self.state.next = 0
        self.state.polls = self.state.empty_polls = self.state.wakes = 0
        self._free()
        self.state.packet_bytes = self.options.packet_bytes
        self.state.sleeps = self.options.wait == "block"
        self.state.drives = self.options.busy_poll != 0
        self.state.wait_limit.tv_sec = self.options.wait_limit // 1_000_000_000
        self.state.wait_limit.tv_nsec = self.options.wait_limit % 1_000_000_000
        self.state.epoch_ns = epoch_ns()
        memset(self.state.lines, 0, self.state.line_count * sizeof(heard_line))
        for number, endpoint in enumerate(self._multicast):
            self.state.lines[number].line = endpoint.line
        try:
            self._memberships = memberships.join(self._multicast)
            self._open_interfaces()
            self._open_unicast()
        except BaseException:
            self.close()
            raise
        self.state.opened = 1

    cdef int _open_interfaces(self) except -1:
        cdef int64_t number
        cdef int64_t place = 0
        for interface in self._memberships.interfaces:
            heard = [endpoint for _, endpoint in self._memberships.heard[interface]]
            self._interfaces.append(open_interface(interface, heard, self.options))
        queue_count = sum(len(opened.queues) for opened in self._interfaces)
        self.state.taps = <tap *>calloc(max(1, len(self._interfaces)), sizeof(tap))
        self.state.queues = <queue *>calloc(max(1, queue_count), sizeof(queue))
        self.state.waits = <waited *>calloc(queue_count + len(self.endpoints), sizeof(waited))
        if self.state.taps == NULL or self.state.queues == NULL or self.state.waits == NULL:
            raise MemoryError
        for number, opened in enumerate(self._interfaces):
            self.state.tap_count = number + 1
            self._open_tap(&self.state.taps[number], opened.interface)
            for made in opened.queues:
                self._open_queue(&self.state.queues[place], made)
                self.state.queues[place].tap = &self.state.taps[number]
                place += 1
        self.state.queue_count = place
        return 0

    cdef int _open_tap(self, tap *place, str interface) except -1:
        heard = self._memberships.heard[interface]
        trailer_open(&place.trailer, TRAILERS.index(self.options.trailer), self.options.frame_check)
        place.stamps = &place.trailer if place.trailer.kind != 0 else NULL
        if line_table_open(&place.table, len(heard), 0) != 0:
            raise MemoryError
        for index, endpoint in heard:
            line_table_set(
                &place.table, memberships.address_number(endpoint.group), endpoint.port,
                memberships.address_number(endpoint.source) if endpoint.source else 0, endpoint.source is not None, index,
            )
        return 0

    cdef int _open_queue(self, queue *place, object made) except -1:
        """Take over the rings, and give the kernel all chunks."""
        cdef int64_t number
        cdef int64_t chunk_bytes = made.chunk_bytes
        place.socket = made.socket.fileno()
        place.chunks = <uint8_t *><size_t>made.region.address
        place.receive_producer = <uint32_t *><size_t>made.receive.producer
        place.receive_consumer = <uint32_t *><size_t>made.receive.consumer
        place.received = <descriptor *><size_t>made.receive.entries
        place.fill_producer = <uint32_t *><size_t>made.fill.producer
        place.fill_flags = <uint32_t *><size_t>made.fill.flags
        place.filled = <uint64_t *><size_t>made.fill.entries
        place.mask = made.fill.count - 1
        place.taken = index_load(place.receive_consumer)
        place.given = index_load(place.fill_producer)
        place.empty_ns = monotonic_ns() + self.state.epoch_ns
        for number in range(self.options.frames):
            give(place, <uint64_t>(number * chunk_bytes))
        index_store(place.fill_producer, place.given)
        self._wait_for(place.socket)
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
        """Detach the program, leave the groups, give the memory back: lent frames are no longer valid. Statistics stay."""
        for opened in self._interfaces:
            opened.statistics()
        self.state.opened = 0
        self.state.lent = 0
        self.state.replies.face = NULL
        if self._unicast is not None:
            self._unicast.close()
        for opened in self._interfaces:
            opened.close()
        self._memberships.close()

    def stop(self) -> None:
        """The next poll returns RECEIVER_ENDED; one that sleeps ends within `wait_limit`. From any thread."""
        self.state.stopping = 1

    def __enter__(self) -> AfXdpReceiver:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @staticmethod
    def probe() -> str | None:
        """None where it could be opened, else what is missing; nothing is attached."""
        return probe_af_xdp()

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
        found = list(self._memberships.warnings)
        return found if self._unicast is None else found + self._unicast.warnings

    @property
    def mode(self) -> str:
        """What was obtained: zero_copy, native or generic; of several interfaces each."""
        return ", ".join(sorted({opened.mode for opened in self._interfaces})) or self.options.mode

    @property
    def statistics(self) -> dict[str, object]:
        """What was lent since `open`, what was lost where, and how it is obtained."""
        cdef int64_t number
        cdef int reason
        cdef heard_line *line
        cdef tap *place
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
        interfaces = []
        for number, opened in enumerate(self._interfaces):
            dropped, ring_full, fill_empty = opened.statistics()
            place = self.state.taps + number
            interfaces.append({
                "interface": opened.interface,
                "mode": opened.mode,
                "queues": list(opened.numbers),
                "tried": list(opened.tried),
                "kernel_drops": dropped + ring_full,
                "fill_ring_empty": fill_empty,
                "unmatched": place.others.unmatched,
                "skipped": {REASONS[reason]: place.others.skipped[reason] for reason in range(1, len(REASONS))},
                "trailer": trailer_told(&place.trailer),
            })
        inner = {"frames": 0, "bytes": 0, "dropped": {"receiver": 0, "kernel": 0, "device": 0}, "endpoints": []}
        if self._unicast is not None:
            inner = self._unicast.statistics
        return {
            "mode": self.mode,
            "accelerated": None,
            "frames": sum(one["frames"] for one in told) + inner["frames"],
            "bytes": sum(one["bytes"] for one in told) + inner["bytes"],
            "polls": self.state.polls,
            "empty_polls": self.state.empty_polls,
            "wakes": self.state.wakes,
            "dropped": {
                "receiver": inner["dropped"]["receiver"],
                "kernel": sum(one["kernel_drops"] for one in interfaces) + inner["dropped"]["kernel"],
                "device": 0,
            },
            "endpoints": sorted(told + inner["endpoints"], key=lambda one: one["line"]),
            "interfaces": interfaces,
        }
