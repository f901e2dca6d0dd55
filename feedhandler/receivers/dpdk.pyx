# cython: language_level=3, cdivision=True
"""The `dpdk` receiver: frames lent out of the buffers into which a driver in this process put them (rte_eth_rx_burst).

The driver polls the card, or what stands for one, in the thread that polls us; no kernel is between where the card is
DPDK's own. Each poll takes up to `burst` buffers from one queue; those of our lines are lent where they lie and given
back to their pool when they are released. Several cards' vector code returns nothing when it is asked for fewer than
four frames, so the driver is always asked for a whole burst, and what a smaller poll leaves is lent by the next ones.

Groups are joined by sockets that hold the membership only, where a kernel's interface is behind the port; unicast
endpoints stay with the kernel. Ports, the environment and its threads are in `dpdk_ports.pyx`.

`received_ns` is the time of the poll that brought the frame. Checksums are not looked at.
"""

from dataclasses import replace

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from feedhandler.receivers.abi cimport FRAME_TIME_UNCERTAIN, RECEIVER_ENDED, RECEIVER_FAILED, frame, receiver
from feedhandler.receivers.clock cimport monotonic_ns
from feedhandler.receivers.ethernet cimport NO_LINE, ethernet_lend_stamped, heard_line, unheard
from feedhandler.receivers.line_table cimport line_table, line_table_close, line_table_open, line_table_set
from feedhandler.receivers.replies cimport REPLY_POLLS, replies, replies_poll, replies_release
from feedhandler.receivers.trailer cimport trailer_open, trailer_reader, trailer_told

from feedhandler.receivers import dpdk_ports, memberships
from feedhandler.receivers.clock import epoch_ns
from feedhandler.receivers.datagram_reasons import REASONS
from feedhandler.receivers.dpdk_devices import devices_of, environment_of
from feedhandler.receivers.endpoints import check_endpoints
from feedhandler.receivers.options import DpdkOptions, SocketOptions
from feedhandler.receivers.socket import SocketReceiver
from feedhandler.receivers.trailers import TRAILERS
from feedhandler.receivers.udp import open_membership


cdef extern from *:
    """
    #include <rte_ethdev.h>
    #include <rte_mbuf.h>
    #include <rte_mbuf_dyn.h>

    static inline const uint8_t *feedhandler_buffer_bytes(const struct rte_mbuf *one)
    { return rte_pktmbuf_mtod(one, const uint8_t *); }
    static inline int64_t feedhandler_buffer_stamp(const struct rte_mbuf *one, int offset)
    { return (int64_t)*RTE_MBUF_DYNFIELD(one, offset, const rte_mbuf_timestamp_t *); }
    """
    struct buffer "rte_mbuf":
        uint16_t nb_segs
        uint16_t data_len
        uint64_t ol_flags
    const uint8_t *buffer_bytes "feedhandler_buffer_bytes" (const buffer *one) nogil
    int64_t buffer_stamp "feedhandler_buffer_stamp" (const buffer *one, int offset) nogil
    uint16_t rte_eth_rx_burst(uint16_t port, uint16_t queue, buffer **found, uint16_t count) nogil
    void rte_pktmbuf_free(buffer *one) nogil
    void rte_pktmbuf_free_bulk(buffer **several, unsigned int count) nogil


cdef enum:
    SLOTS = 64                   # frames of one poll

cdef struct tap:                 # of one port
    line_table table
    unheard others
    trailer_reader trailer
    trailer_reader *stamps       # the same, or NULL where no appliance's time is read
    int stamp_offset             # -1: the card has no time stamps
    uint64_t stamp_flag

cdef struct queue:
    tap *tap
    uint16_t port
    uint16_t number

cdef struct dpdk_state:
    receiver face
    tap *taps
    int64_t tap_count
    queue *queues
    int64_t queue_count
    int64_t next
    queue *source                # of the fetched buffers
    buffer *fetched[SLOTS]
    int64_t looked_at            # of the fetched ones
    int64_t fetched_count
    int64_t fetched_ns
    buffer *borrowed[SLOTS]      # by lent frame
    int64_t first                # the oldest lent frame
    int64_t lent
    heard_line *lines
    int64_t line_count
    uint16_t burst
    int64_t packet_bytes
    int64_t epoch_ns
    int64_t polls
    int64_t empty_polls
    replies replies
    int failed
    int opened
    int stopping
    void *owner


cdef int64_t dpdk_poll(void *context, frame *frames, int64_t capacity) noexcept nogil:
    cdef dpdk_state *state = <dpdk_state *>context
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
    if count == 0:
        if state.failed:
            return RECEIVER_FAILED
        state.empty_polls += 1
    state.lent = count
    return count


cdef void dpdk_release(void *context, int64_t count) noexcept nogil:
    cdef dpdk_state *state = <dpdk_state *>context
    if count > state.lent:
        count = state.lent
    state.lent -= count
    count -= replies_release(&state.replies, count)
    if count != 0:
        rte_pktmbuf_free_bulk(state.borrowed + state.first, <unsigned int>count)
        state.first += count


cdef int64_t take(dpdk_state *state, frame *frames, int64_t capacity) noexcept nogil:
    """What was fetched and not looked at; else the unicast endpoints' where it is their turn, else the next queue's."""
    cdef int64_t count
    cdef int64_t turn
    state.first = 0
    if state.looked_at < state.fetched_count:
        count = fetched_take(state, frames, capacity)
        if count != 0:
            return count
    count = replies_poll(&state.replies, frames, capacity)
    if count < 0:
        fail_replies(state)
        return 0
    if count > 0:
        return count
    for turn in range(state.queue_count):
        state.source = state.queues + state.next
        state.next = state.next + 1 if state.next + 1 < state.queue_count else 0
        state.looked_at = 0
        state.fetched_count = rte_eth_rx_burst(
            state.source.port, state.source.number, state.fetched, state.burst
        )
        if state.fetched_count != 0:
            state.fetched_ns = monotonic_ns() + state.epoch_ns
            count = fetched_take(state, frames, capacity)
            if count != 0:
                return count
    return 0


cdef int64_t fetched_take(dpdk_state *state, frame *frames, int64_t capacity) noexcept nogil:
    """Frames of what was fetched; buffers that are for no line go back at once."""
    cdef tap *heard = state.source.tap
    cdef int64_t count = 0
    cdef int64_t place
    cdef buffer *current
    while state.looked_at < state.fetched_count and count < capacity:
        current = state.fetched[state.looked_at]
        state.looked_at += 1
        # A frame that lies in several buffers is cut at the end of the first.
        place = ethernet_lend_stamped(
            &heard.table, state.lines, &heard.others, heard.stamps, buffer_bytes(current), current.data_len,
            current.nb_segs != 1, state.fetched_ns, <uint32_t>state.packet_bytes, frames + count,
        )
        if place == NO_LINE:
            rte_pktmbuf_free(current)
            continue
        if heard.stamps == NULL and heard.stamp_offset >= 0 and current.ol_flags & heard.stamp_flag:
            frames[count].hardware_ns = buffer_stamp(current, heard.stamp_offset)
        frames[count].received_ns = state.fetched_ns
        if frames[count].flags & FRAME_TIME_UNCERTAIN:
            state.lines[place].uncertain += 1
        state.borrowed[count] = current
        count += 1
    return count


cdef void fail_unreleased(dpdk_state *state) noexcept with gil:
    owner = <DpdkReceiver>state.owner
    owner.error = RuntimeError(
        f"poll was called while {state.lent} frames were lent: every burst is released before the next poll"
    )
    state.failed = 1


cdef void fail_replies(dpdk_state *state) noexcept with gil:
    owner = <DpdkReceiver>state.owner
    owner.error = owner._unicast.error
    state.failed = 1


cdef class DpdkReceiver:
    """Lends the datagrams of lines out of buffers of DPDK.

    endpoints: the lines; each interface of theirs has its own device.
    options: `DpdkReceiver.Options`; None: the defaults, which name no device.

    `open`, `poll` and `close` belong in the thread that polls. `stop`, `statistics`, `warnings`, `fileno` and
    `address_of` may be called from any thread; what `fileno` returned is good until `close`.
    """

    Options = DpdkOptions

    cdef dpdk_state state
    cdef readonly object error
    cdef readonly tuple endpoints
    cdef readonly object options
    cdef list _multicast, _ports, _notes
    cdef object _unicast, _memberships
    cdef bint _registered

    def __cinit__(self, endpoints, options=None) -> None:
        memset(&self.state, 0, sizeof(dpdk_state))
        self.state.face.context = &self.state
        self.state.face.poll = dpdk_poll
        self.state.face.release = dpdk_release
        self.state.owner = <void *>self
        self.error = None
        self.endpoints = check_endpoints(endpoints)
        self.options = DpdkOptions() if options is None else options
        self._multicast, unicast = memberships.split(self.endpoints)
        self._ports, self._notes = [], []
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
        self.state.taps = NULL
        self.state.queues = NULL
        self.state.tap_count = self.state.queue_count = 0

    # Opening and closing.

    def open(self) -> None:
        """Start DPDK where it does not run yet, plug the ports in, join the groups. Raises `EndpointError`."""
        cdef int64_t number
        if self.state.opened:
            raise RuntimeError("the receiver is open already")
        self.error = None
        self._ports, self._notes = [], []
        self.state.failed = self.state.stopping = 0
        self.state.lent = self.state.first = self.state.next = self.state.polls = self.state.empty_polls = 0
        self.state.looked_at = self.state.fetched_count = 0
        self._free()
        self.state.burst = self.options.burst
        self.state.packet_bytes = self.options.packet_bytes
        self.state.epoch_ns = epoch_ns()
        memset(self.state.lines, 0, self.state.line_count * sizeof(heard_line))
        for number, endpoint in enumerate(self._multicast):
            self.state.lines[number].line = endpoint.line
        try:
            self._open_ports()
            self._open_unicast()
        except BaseException:
            self.close()
            raise
        self.state.opened = 1

    cdef int _open_ports(self) except -1:
        cdef int64_t number
        cdef int64_t place = 0
        devices = devices_of(self._multicast, self.options)
        if not devices:
            return 0
        arguments, self._notes = environment_of(self.options, any(one.bus == "pci" for one, _ in devices.values()))
        dpdk_ports.environment_open(arguments, self.options.eal is not None)
        dpdk_ports.thread_register()
        self._registered = True
        self.state.taps = <tap *>calloc(len(devices), sizeof(tap))
        self.state.queues = <queue *>calloc(len(devices) * self.options.queues, sizeof(queue))
        if self.state.taps == NULL or self.state.queues == NULL:
            raise MemoryError
        for number, (device, heard) in enumerate(devices.values()):
            port = dpdk_ports.Port(device)
            port.open(
                sorted({endpoint.group for endpoint in heard}), self.options.queues, self.options.descriptors,
                self.options.packet_bytes,
            )
            self._ports.append(port)
            self.state.tap_count = number + 1
            self._open_tap(&self.state.taps[number], port, heard)
            for queue_number in range(self.options.queues):
                self.state.queues[place].tap = &self.state.taps[number]
                self.state.queues[place].port = port.number
                self.state.queues[place].number = queue_number
                place += 1
            self._join(port, heard)
        self.state.queue_count = place
        return 0

    cdef int _open_tap(self, tap *place, object port, list heard) except -1:
        place.stamp_offset = port.stamp_offset
        place.stamp_flag = port.stamp_flag
        trailer_open(&place.trailer, TRAILERS.index(self.options.trailer), self.options.frame_check)
        place.stamps = &place.trailer if place.trailer.kind != 0 else NULL
        if line_table_open(&place.table, len(heard), 0) != 0:
            raise MemoryError
        for endpoint in heard:
            line_table_set(
                &place.table, memberships.address_number(endpoint.group), endpoint.port,
                memberships.address_number(endpoint.source) if endpoint.source else 0, endpoint.source is not None,
                self._multicast.index(endpoint),
            )
        return 0

    cdef int _join(self, object port, list heard) except -1:
        """Where the kernel knows the port; where it does not, nobody asks the network for the group."""
        for endpoint in heard:
            if port.interface is not None:
                held = self._memberships.sockets
                held[len(held)] = open_membership(replace(endpoint, interface=port.interface))
            elif port.device.bus == "pci":
                self._notes.append(
                    f"{endpoint.text}: the kernel has no interface for {port.device.name}, so nobody joins the group: "
                    "the switch must send it unasked"
                )
        return 0

    cdef int _open_unicast(self) except -1:
        self.state.replies.face = NULL
        self.state.replies.lent = self.state.replies.polls = 0
        self.state.replies.every = REPLY_POLLS
        if self._unicast is None:
            return 0
        self._unicast.open()
        self.state.replies.face = <receiver *><size_t>self._unicast.address
        return 0

    def close(self) -> None:
        """Leave the groups, plug the ports out: lent frames are no longer valid. Statistics stay."""
        cdef int64_t lent = self.state.lent - self.state.replies.lent
        self.state.opened = 0
        if lent > 0:
            rte_pktmbuf_free_bulk(self.state.borrowed + self.state.first, <unsigned int>lent)
        if self.state.looked_at < self.state.fetched_count:
            rte_pktmbuf_free_bulk(
                self.state.fetched + self.state.looked_at, <unsigned int>(self.state.fetched_count - self.state.looked_at)
            )
        self.state.lent = self.state.looked_at = self.state.fetched_count = 0
        self.state.replies.face = NULL
        self.state.replies.lent = 0
        if self._unicast is not None:
            self._unicast.close()
        self._memberships.close()
        for port in self._ports:
            port.close()
        if self._registered:
            dpdk_ports.thread_forget()
            self._registered = False

    def stop(self) -> None:
        """The next poll returns RECEIVER_ENDED. From any thread."""
        self.state.stopping = 1

    def __enter__(self) -> DpdkReceiver:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @staticmethod
    def probe() -> str | None:
        """None where it could be opened, else what is missing; DPDK is not started for it."""
        return dpdk_ports.environment_failure()

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
        found = self._notes + self._memberships.warnings
        return found if self._unicast is None else found + self._unicast.warnings

    @property
    def mode(self) -> str:
        """The drivers, and the pages of their memory."""
        if not self._ports:
            return "not open"
        pages = "huge pages" if dpdk_ports.has_huge_pages() else "small pages"
        return f"{', '.join(sorted({port.driver for port in self._ports}))}, {pages}"

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
        ports = []
        for number, port in enumerate(self._ports):
            place = self.state.taps + number
            ports.append({
                "device": port.device.text,
                "driver": port.driver,
                "interface": port.interface,
                "queues": port.queues,
                "descriptors": port.queue_length,
                **port.figures(),
                "unmatched": place.others.unmatched,
                "trailer": trailer_told(&place.trailer),
                "skipped": {REASONS[reason]: place.others.skipped[reason] for reason in range(1, len(REASONS))},
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
            "dropped": {
                "receiver": sum(one["no_buffer"] for one in ports) + inner["dropped"]["receiver"],
                "kernel": sum(one["kernel_drops"] for one in ports) + inner["dropped"]["kernel"],
                "device": sum(one["missed"] + one["errors"] for one in ports) + inner["dropped"]["device"],
            },
            "endpoints": sorted(told + inner["endpoints"], key=lambda one: one["line"]),
            "ports": ports,
        }
