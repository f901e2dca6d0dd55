# cython: language_level=3, cdivision=True
"""The `dpdk` receiver: frames lent out of the buffers into which a driver in this process put them (rte_eth_rx_burst).

The driver polls the card, or what stands for one, in the thread that polls us; no kernel is between where the card is
DPDK's own. Each poll takes up to `burst` buffers from one queue; those of our lines are lent where they lie and given
back to their pool when they are released. Several cards' vector code returns nothing when it is asked for fewer than
four frames, so the driver is always asked for a whole burst, and what a smaller poll leaves is lent by the next ones.

Groups are joined by sockets that hold the membership only, where a kernel's interface is behind the port; unicast
endpoints stay with the kernel. Ports, the environment and its threads are in `ports.pyx`.

`received_ns` is the time of the poll that brought the frame. Checksums are not looked at.
"""

from dataclasses import replace

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from feedhandler.receivers.abi cimport FRAME_TIME_UNCERTAIN, RECEIVER_FAILED, frame
from feedhandler.receivers.clock cimport monotonic_ns
from feedhandler.receivers.frames.ethernet cimport NO_LINE, ethernet_lend_stamped
from feedhandler.receivers.frames.frame_receiver cimport (
    SLOTS, FrameReceiver, lender, lender_begin, lender_end, lender_release, lender_replies, tap,
)
from feedhandler.receivers.frames.line_table cimport line_entry, line_table, line_table_close

from feedhandler.receivers.dpdk import ports as dpdk_ports
from feedhandler.receivers.dpdk.devices import devices_of, environment_of
from feedhandler.receivers.frames import memberships
from feedhandler.receivers.options import DpdkOptions
from feedhandler.receivers.socket.udp import open_membership


cdef extern from *:
    """
    #include <rte_ethdev.h>
    #include <rte_mbuf.h>
    #include <rte_mbuf_dyn.h>

    static inline const uint8_t *feedhandler_buffer_bytes(const struct rte_mbuf *one)
    { return rte_pktmbuf_mtod(one, const uint8_t *); }
    static inline void feedhandler_word_store(uint32_t *word, uint32_t value)
    { __atomic_store_n(word, value, __ATOMIC_RELEASE); }
    static inline int64_t feedhandler_buffer_stamp(const struct rte_mbuf *one, int offset)
    { return (int64_t)*RTE_MBUF_DYNFIELD(one, offset, const rte_mbuf_timestamp_t *); }
    """
    struct buffer "rte_mbuf":
        uint16_t nb_segs
        uint16_t data_len
        uint64_t ol_flags
    const uint8_t *buffer_bytes "feedhandler_buffer_bytes" (const buffer *one) nogil
    void word_store "feedhandler_word_store" (uint32_t *word, uint32_t value) nogil
    int64_t buffer_stamp "feedhandler_buffer_stamp" (const buffer *one, int offset) nogil
    uint16_t rte_eth_rx_burst(uint16_t port, uint16_t queue, buffer **found, uint16_t count) nogil
    void rte_pktmbuf_free(buffer *one) nogil
    void rte_pktmbuf_free_bulk(buffer **several, unsigned int count) nogil


cdef enum:
    LEFT = 2                     # added to an entry's `used`: nothing finds it, and probes go on behind it

cdef struct port_tap:            # of one port
    tap tap
    int stamp_offset             # -1: the card has no time stamps
    uint64_t stamp_flag

cdef struct queue:
    port_tap *tap
    uint16_t port
    uint16_t number

cdef struct dpdk_state:
    lender lender
    port_tap *taps
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
    int64_t first                # the oldest lent frame of these
    int64_t borrowed_count       # up to the newest
    uint16_t burst


cdef int64_t dpdk_poll(void *context, frame *frames, int64_t capacity) noexcept nogil:
    cdef dpdk_state *state = <dpdk_state *>context
    cdef int64_t count = lender_begin(&state.lender)
    if count != 0:
        return count
    if capacity > SLOTS:
        capacity = SLOTS
    return lender_end(&state.lender, take(state, frames, capacity))


cdef void dpdk_release(void *context, int64_t count) noexcept nogil:
    cdef dpdk_state *state = <dpdk_state *>context
    count = lender_release(&state.lender, count)
    if count > 0:
        rte_pktmbuf_free_bulk(state.borrowed + state.first, <unsigned int>count)
        state.first += count


cdef int64_t take(dpdk_state *state, frame *frames, int64_t capacity) noexcept nogil:
    """What was fetched and not looked at; else the unicast endpoints' where it is their turn, else the next queue's."""
    cdef int64_t count
    cdef int64_t turn
    state.first = state.borrowed_count = 0
    if state.looked_at < state.fetched_count:
        count = fetched_take(state, frames, capacity)
        if count != 0:
            return count
    count = lender_replies(&state.lender, frames, capacity)
    if count != 0:
        return count
    for turn in range(state.queue_count):
        state.source = state.queues + state.next
        state.next = state.next + 1 if state.next + 1 < state.queue_count else 0
        state.looked_at = 0
        state.fetched_count = rte_eth_rx_burst(
            state.source.port, state.source.number, state.fetched, state.burst
        )
        if state.fetched_count != 0:
            state.fetched_ns = monotonic_ns() + state.lender.epoch_ns
            count = fetched_take(state, frames, capacity)
            if count != 0:
                return count
    return 0


cdef int64_t fetched_take(dpdk_state *state, frame *frames, int64_t capacity) noexcept nogil:
    """Frames of what was fetched; buffers that are for no line go back at once."""
    cdef port_tap *heard = state.source.tap
    cdef int64_t count = 0
    cdef int64_t place
    cdef buffer *current
    while state.looked_at < state.fetched_count and count < capacity:
        current = state.fetched[state.looked_at]
        state.looked_at += 1
        # A frame that lies in several buffers is cut at the end of the first.
        place = ethernet_lend_stamped(
            &heard.tap.table, state.lender.lines, &heard.tap.others, heard.tap.stamps, buffer_bytes(current),
            current.data_len, current.nb_segs != 1, state.fetched_ns, <uint32_t>state.lender.packet_bytes,
            frames + count,
        )
        if place == NO_LINE:
            rte_pktmbuf_free(current)
            continue
        if heard.tap.stamps == NULL and heard.stamp_offset >= 0 and current.ol_flags & heard.stamp_flag:
            frames[count].hardware_ns = buffer_stamp(current, heard.stamp_offset)
        frames[count].received_ns = state.fetched_ns
        if frames[count].flags & FRAME_TIME_UNCERTAIN:
            state.lender.lines[place].uncertain += 1
        state.lender.lines[place].last_ns = state.fetched_ns
        state.borrowed[count] = current
        count += 1
    state.borrowed_count = count
    return count


cdef void entry_mark(line_table *table, object endpoint, bint left):
    """Let no frame find a line's entry, or let them find it again; another thread may be looking."""
    cdef uint32_t destination = memberships.address_number(endpoint.group)
    cdef uint32_t source = memberships.address_number(endpoint.source) if endpoint.source else 0
    cdef uint16_t port = endpoint.port
    cdef uint32_t heard = 2 if endpoint.source else 1
    cdef uint32_t at
    cdef line_entry *entry
    for at in range(table.mask + 1):
        entry = table.entries + at
        if entry.destination == destination and entry.port == port and entry.source == source:
            if entry.used == (heard if left else heard + LEFT):
                word_store(&entry.used, heard + LEFT if left else heard)


cdef class DpdkReceiver(FrameReceiver):
    """Lends the datagrams of lines out of buffers of DPDK.

    endpoints: the lines; each interface of theirs has its own device.
    options: `DpdkReceiver.Options`; None: the defaults, which name no device.
    """

    Options = DpdkOptions
    CARDS = "ports"

    cdef dpdk_state state
    cdef list _ports, _notes
    cdef dict _devices
    cdef bint _registered

    def __cinit__(self, endpoints, options=None) -> None:
        memset(&self.state, 0, sizeof(dpdk_state))
        self.state.lender.face.context = &self.state
        self.state.lender.face.poll = dpdk_poll
        self.state.lender.face.release = dpdk_release
        self.lender = &self.state.lender
        self._ports, self._notes, self._devices = [], [], {}

    def __dealloc__(self) -> None:
        self._free()
        free(self.state.lender.lines)

    cdef void _free(self) noexcept:
        cdef int64_t number
        for number in range(self.state.tap_count):
            line_table_close(&self.state.taps[number].tap.table)
        free(self.state.taps)
        free(self.state.queues)
        self.state.taps = NULL
        self.state.queues = NULL
        self.state.tap_count = self.state.queue_count = 0

    cdef object join_groups(self):
        """Which interface hears what. Groups are joined when the ports are there, since some make their interface."""
        self._devices = devices_of(self.multicast, self.options)
        found = memberships.Memberships(list(self._devices))
        for place, endpoint in enumerate(self.multicast):
            found.heard.setdefault(endpoint.interface or "", []).append((place, endpoint))
        return found

    cdef int open_cards(self) except -1:
        """Start DPDK where it does not run yet, plug the ports in, join the groups."""
        cdef int64_t number
        cdef int64_t place = 0
        self._ports, self._notes = [], []
        self._free()
        self.state.next = self.state.first = self.state.borrowed_count = 0
        self.state.looked_at = self.state.fetched_count = 0
        self.state.burst = self.options.burst
        if not self._devices:
            return 0
        cards = any(one.bus == "pci" for one, _ in self._devices.values())
        arguments, self._notes = environment_of(self.options, cards)
        dpdk_ports.environment_open(arguments, self.options.eal is not None)
        dpdk_ports.thread_register()
        self._registered = True
        self.state.taps = <port_tap *>calloc(len(self._devices), sizeof(port_tap))
        self.state.queues = <queue *>calloc(len(self._devices) * self.options.queues, sizeof(queue))
        if self.state.taps == NULL or self.state.queues == NULL:
            raise MemoryError
        for number, (interface, (device, heard)) in enumerate(self._devices.items()):
            port = dpdk_ports.Port(device)
            port.open(
                sorted({endpoint.group for endpoint in heard}), self.options.queues, self.options.descriptors,
                self.options.packet_bytes,
            )
            self._ports.append(port)
            if port.note is not None:
                self._notes.append(port.note)
            self.state.tap_count = number + 1
            self.open_tap(&self.state.taps[number].tap, interface)
            self.state.taps[number].stamp_offset = port.stamp_offset
            self.state.taps[number].stamp_flag = port.stamp_flag
            for queue_number in range(self.options.queues):
                self.state.queues[place].tap = &self.state.taps[number]
                self.state.queues[place].port = port.number
                self.state.queues[place].number = queue_number
                place += 1
            self._join_behind(port, heard)
        self.state.queue_count = place
        return 0

    cdef int _join_behind(self, object port, list heard) except -1:
        for endpoint in heard:
            self._join_at(port, self.multicast.index(endpoint), endpoint)
        return 0

    cdef int _join_at(self, object port, int64_t place, object endpoint) except -1:
        """Where the kernel knows the port; where it does not, nobody asks the network for the group."""
        self.joined.sockets[place] = None
        if port.interface is not None:
            self.joined.sockets[place] = open_membership(replace(endpoint, interface=port.interface))
        elif port.device.bus == "pci":
            self._notes.append(
                f"{endpoint.text}: the kernel has no interface for {port.device.name}, so nobody joins the group: "
                "the switch must send it unasked"
            )
        return 0

    cdef object interface_of(self, endpoint):
        """As the lines of the start have named it, which the kernel need not know."""
        given = endpoint.interface or ""
        return given if given in self.joined.interfaces else memberships.interface_named(endpoint)

    cdef int join_group(self, int64_t place, endpoint) except -1:
        cdef int64_t number
        interface = self.interface_of(endpoint)
        number = self.joined.interfaces.index(interface)
        self._join_at(self._ports[number], place, endpoint)
        entry_mark(&self.state.taps[number].tap.table, endpoint, False)
        if (place, endpoint) not in self.joined.heard[interface]:
            self.joined.heard[interface].append((place, endpoint))
        return 0

    cdef tap *tap_of(self, int64_t number) except NULL:
        return &self.state.taps[number].tap

    cdef int hear(self, int64_t number, list heard) except -1:
        """A card's own filter. Virtual devices hand over whatever comes, so lines that were left are marked besides."""
        self._ports[number].let_in(sorted({endpoint.group for endpoint in heard}))
        for _, endpoint in self.joined.heard[self.joined.interfaces[number]]:
            if endpoint not in heard:
                entry_mark(&self.state.taps[number].tap.table, endpoint, True)
        return 0

    cdef int close_cards(self) except -1:
        """Give all buffers back, plug the ports out."""
        if self.state.first < self.state.borrowed_count:
            rte_pktmbuf_free_bulk(
                self.state.borrowed + self.state.first, <unsigned int>(self.state.borrowed_count - self.state.first)
            )
        if self.state.looked_at < self.state.fetched_count:
            rte_pktmbuf_free_bulk(
                self.state.fetched + self.state.looked_at, <unsigned int>(self.state.fetched_count - self.state.looked_at)
            )
        self.state.first = self.state.borrowed_count = self.state.looked_at = self.state.fetched_count = 0
        for port in self._ports:
            port.close()
        if self._registered:
            dpdk_ports.thread_forget()
            self._registered = False
        return 0

    @staticmethod
    def probe() -> str | None:
        """None where it could be opened, else what is missing; DPDK is not started for it."""
        return dpdk_ports.environment_failure()

    @property
    def warnings(self) -> list[str]:
        """What was not obtained as wished; known after `open`."""
        return self._notes + FrameReceiver.warnings.__get__(self)

    @property
    def mode(self) -> str:
        """The drivers, and the pages of their memory."""
        if not self._ports:
            return "not open"
        pages = "huge pages" if dpdk_ports.has_huge_pages() else "small pages"
        return f"{', '.join(sorted({port.driver for port in self._ports}))}, {pages}"

    cdef list cards_told(self):
        cdef int64_t number
        told = []
        for number, port in enumerate(self._ports[: self.state.tap_count]):
            figures = port.figures()
            told.append({
                "interface": port.interface,
                "device": port.device.text,
                "driver": port.driver,
                "queues": port.queues,
                "descriptors": port.queue_length,
                **figures,
                "receiver_drops": figures["no_buffer"],
                "device_drops": figures["missed"] + figures["errors"],
                **self.tap_told(&self.state.taps[number].tap),
            })
        return told
