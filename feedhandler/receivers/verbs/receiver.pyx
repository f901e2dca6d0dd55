# cython: language_level=3, cdivision=True
"""The `verbs` receiver: a raw-packet queue pair of an RDMA card, through libibverbs.

For each interface there is a queue pair into whose posted buffers the card writes whole frames, and a completion queue
in memory that says which. A poll is a load; frames are lent in their buffers, which are posted again, as one chain, when
they are released. Flow rules of the card let in the groups and ports of our lines; everything else reaches the kernel.

Completions come with the card's wall-clock time where it has one (`ibv_create_cq_ex`), which is `hardware_ns`.

An error ends a queue pair for good, so it ends the receiver, with the card's own word for it. Buffers are as long as the
interface's longest frame, so that a long datagram is none.

The library is opened when the receiver is. Not run on hardware: the tests drive it with a library that stands in.
"""

import errno
import os
import socket
import struct

from libc.errno cimport errno as last_errno
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from feedhandler.receivers.abi cimport frame
from feedhandler.receivers.clock cimport monotonic_ns
from feedhandler.receivers.frames.frame_receiver cimport (
    ARRIVALS, SLOTS, FrameReceiver, lender, lender_fail, lender_release, tap, tray, tray_add, tray_lend, turns, turns_poll,
)
from feedhandler.receivers.frames.line_table cimport line_table_close

from feedhandler.core.memory import Region
from feedhandler.receivers.endpoints import EndpointError, interface_mtu
from feedhandler.receivers.frames.trailers import TRAILER_BYTES
from feedhandler.receivers.options import VerbsOptions
from feedhandler.receivers.verbs.devices import port_of, why_no_device


cdef extern from *:
    """
    #include "api.h"
    """
    ctypedef struct ibv_cq_ex:
        pass
    ctypedef struct ibv_flow:
        pass
    ctypedef struct ibv_qp:
        pass
    enum: IBV_WC_SUCCESS
    ctypedef struct loaded "feedhandler_verbs":
        const char *(*ibv_wc_status_str_found)(int status) noexcept nogil
    ctypedef struct queue_pair "feedhandler_pair":
        void *stamped
    ctypedef struct completion "feedhandler_completion":
        uint64_t buffer
        int64_t time_ns
        uint32_t bytes
        int status
    const char *library_load "feedhandler_verbs_load" (loaded *library, const char *name)
    void library_unload "feedhandler_verbs_unload" (loaded *library)
    int pair_open "feedhandler_pair_open" (queue_pair *one, loaded *library, const char *device, int port)
    int pair_register "feedhandler_pair_register" (queue_pair *one, void *memory, size_t bytes)
    int pair_complete "feedhandler_pair_complete" (queue_pair *one, int entries, int stamped)
    int pair_make "feedhandler_pair_make" (queue_pair *one, int buffers)
    void *pair_steer "feedhandler_pair_steer" (queue_pair *one, uint32_t group, uint16_t port)
    int flow_end "feedhandler_flow_end" (void *flow)
    void pair_close "feedhandler_pair_close" (queue_pair *one)
    int pair_post "feedhandler_pair_post" (
        queue_pair *one, uint8_t *memory, uint32_t buffer_bytes, const uint32_t *buffers, int count
    ) noexcept nogil
    int pair_poll "feedhandler_pair_poll" (queue_pair *one, completion *found, int room) noexcept nogil


cdef enum:
    CHAIN = 64                   # buffers posted at once
    HEADERS_BYTES = 14 + 16 + 60 + 8
    LONGEST_MTU = 9_216          # of Ethernet with jumbo frames; a loopback says more

LIBRARY_MENDS = "the package libibverbs1 has it"


cdef struct card:
    tray tray
    queue_pair pair
    uint8_t *buffers
    uint32_t buffer_bytes
    uint32_t back[ARRIVALS]      # buffers to be posted with the next chain
    int back_count
    int64_t without_time

cdef struct verbs_state:
    lender lender
    loaded library
    card *cards
    turns turns


cdef int64_t verbs_poll(void *context, frame *frames, int64_t capacity) noexcept nogil:
    cdef verbs_state *state = <verbs_state *>context
    return turns_poll(&state.lender, &state.turns, card_take, frames, capacity)


cdef void verbs_release(void *context, int64_t count) noexcept nogil:
    cdef verbs_state *state = <verbs_state *>context
    cdef card *one = state.cards + state.turns.lending
    cdef int64_t number
    count = lender_release(&state.lender, count)
    if count <= 0:
        return
    for number in range(one.tray.lent_first, one.tray.lent_first + count):
        give(state, one, one.tray.lent[number])
    one.tray.lent_first += count
    if state.lender.lent == 0:
        given(state, one)


cdef inline void give(verbs_state *state, card *one, uint32_t buffer) noexcept nogil:
    """Let the card have a buffer again, with the chain that `given` posts."""
    one.back[one.back_count] = buffer
    one.back_count += 1
    if one.back_count == CHAIN:
        given(state, one)


cdef void given(verbs_state *state, card *one) noexcept nogil:
    cdef int count = one.back_count
    if count == 0:
        return
    one.back_count = 0
    if pair_post(&one.pair, one.buffers, one.buffer_bytes, one.back, count) != 0:
        lender_fail(&state.lender, "the card does not take its buffers back: its queue pair is in error")


cdef int64_t card_take(lender *of, int64_t turn, frame *frames, int64_t capacity) noexcept nogil:
    """Frames of one card: what arrived before and was not lent yet, else what its completion queue has."""
    cdef verbs_state *state = <verbs_state *>of
    cdef card *one = state.cards + turn
    cdef int64_t count
    cdef int64_t number
    if one.tray.count == 0:
        collect(state, one)
    count = tray_lend(&state.lender, &one.tray, frames, capacity)
    for number in range(one.tray.unwanted_count):
        give(state, one, one.tray.unwanted[number])
    if one.tray.unwanted_count != 0:
        given(state, one)
    return count


cdef void collect(verbs_state *state, card *one) noexcept nogil:
    """All that a look at the completion queue finds."""
    cdef completion found[SLOTS]
    cdef int count = pair_poll(&one.pair, found, SLOTS)
    cdef int number
    if count == 0:
        return
    if count < 0:
        lender_fail(&state.lender, "the card's completion queue cannot be read")
        return
    one.tray.now_ns = monotonic_ns() + state.lender.epoch_ns
    for number in range(count):
        if found[number].status != IBV_WC_SUCCESS:
            lender_fail(&state.lender, state.library.ibv_wc_status_str_found(found[number].status))
            return
        if one.pair.stamped != NULL and found[number].time_ns == 0:
            one.without_time += 1
        tray_add(
            &one.tray, one.buffers + <int64_t>found[number].buffer * one.buffer_bytes, found[number].bytes,
            <uint32_t>found[number].buffer, found[number].time_ns, 0,
        )


cdef class VerbsReceiver(FrameReceiver):
    """Lends the datagrams of lines out of the buffers of an RDMA card's raw-packet queue pair."""

    Options = VerbsOptions

    cdef verbs_state state
    cdef list _regions, _names, _ports, _notes, _flows, _dropped_before, _dropped

    def __cinit__(self, endpoints, options=None) -> None:
        memset(&self.state, 0, sizeof(verbs_state))
        self.lender = &self.state.lender
        self.state.lender.face.context = &self.state
        self.state.lender.face.poll = verbs_poll
        self.state.lender.face.release = verbs_release
        self._regions, self._names, self._ports, self._notes, self._flows = [], [], [], [], []
        self._dropped_before, self._dropped = [], []

    def __dealloc__(self) -> None:
        free(self.state.cards)
        free(self.state.lender.lines)
        free(self.state.lender.waits)
        library_unload(&self.state.library)

    cdef int open_cards(self) except -1:
        cdef int64_t number
        interfaces = self.joined.interfaces
        self._names, self._ports, self._notes, self._regions = list(interfaces), [], [], []
        self._flows = [{} for _ in interfaces]
        self._dropped_before, self._dropped = [], []
        free(self.state.cards)
        memset(&self.state.turns, 0, sizeof(turns))
        self.state.cards = <card *>calloc(max(1, len(interfaces)), sizeof(card))
        if self.state.cards == NULL:
            raise MemoryError
        library_unload(&self.state.library)
        _open_library(&self.state.library, self.options.library)
        for interface in interfaces:
            self._ports.append(port_of(interface, self.options.devices))
        for number, interface in enumerate(interfaces):
            self.state.turns.count = number + 1
            self.open_tray(&self.state.cards[number].tray, interface)
            self._open_card(&self.state.cards[number], interface, self._ports[number])
            self._steer(number, [endpoint for _, endpoint in self.joined.heard[interface]])
            self._dropped_before.append(self._ports[number].out_of_buffer())
            self._dropped.append(0)
        return 0

    cdef int _open_card(self, card *one, str interface, object port) except -1:
        cdef int64_t number
        cdef int stamped = self.options.timestamps == "hardware"
        cdef int buffers = self.options.buffers
        name = port.device.encode()
        _check(pair_open(&one.pair, &self.state.library, name, port.port), interface, f"no device {port.device}")
        longest = max(self.options.packet_bytes, min(interface_mtu(interface), LONGEST_MTU))
        one.buffer_bytes = (longest + HEADERS_BYTES + TRAILER_BYTES + 63) // 64 * 64
        region = Region("buffers of a card", buffers * one.buffer_bytes, huge=True, prefault=True)
        self._regions.append(region)
        one.buffers = <uint8_t *><size_t>region.address
        _check(pair_register(&one.pair, one.buffers, region.size), interface, "its memory cannot be registered")
        _check(pair_complete(&one.pair, buffers, stamped), interface, "no completion queue")
        if stamped and one.pair.stamped == NULL:
            self._notes.append(f"{interface} has no wall-clock time stamps: the card or its driver has none")
        _check(pair_make(&one.pair, buffers), interface, f"no raw-packet queue pair on {port.text}")
        for number in range(buffers):
            give(&self.state, one, <uint32_t>number)
        given(&self.state, one)
        if self.state.lender.failed:
            self.state.lender.failed = 0
            raise EndpointError(errno.EIO, f"{interface}: {self.error}")
        return 0

    cdef int _steer(self, int64_t number, list heard) except -1:
        """Let in these endpoints and no others. Rules are the card's affair, so the queue pair goes on meanwhile."""
        cdef card *one = self.state.cards + number
        cdef void *flow
        cdef uint32_t group
        interface = self._names[number]
        flows = self._flows[number]
        wished = {(endpoint.group, endpoint.port) for endpoint in heard}
        for wanted in sorted(wished - flows.keys()):
            (group,) = struct.unpack("=I", socket.inet_aton(wanted[0]))
            flow = pair_steer(&one.pair, group, socket.htons(wanted[1]))
            if flow == NULL:
                _check(last_errno or errno.EIO, interface, f"no flow rule for {wanted[0]}:{wanted[1]}")
            flows[wanted] = <size_t>flow
        for unwanted in sorted(flows.keys() - wished):
            what = f"the flow rule for {unwanted[0]}:{unwanted[1]} cannot be taken away"
            _check(flow_end(<void *><size_t>flows[unwanted]), interface, what)
            del flows[unwanted]
        return 0

    cdef tap *tap_of(self, int64_t number) except NULL:
        return &self.state.cards[number].tray.tap

    cdef int hear(self, int64_t number, list heard) except -1:
        return self._steer(number, heard)

    cdef int close_cards(self) except -1:
        cdef int64_t number
        self._count_drops()
        for flows in self._flows:
            for address in flows.values():
                flow_end(<void *><size_t>address)
        self._flows = []
        for number in range(self.state.turns.count):
            pair_close(&self.state.cards[number].pair)
            self.state.cards[number].tray.count = self.state.cards[number].tray.next = 0
            self.state.cards[number].back_count = 0
            line_table_close(&self.state.cards[number].tray.tap.table)
        self._regions = []
        return 0

    def _count_drops(self) -> None:
        """What the ports dropped since `open`; the last figures stay once the cards are closed."""
        if not self._regions:
            return
        for number, before in enumerate(self._dropped_before):
            now = self._ports[number].out_of_buffer()
            self._dropped[number] = 0 if before is None or now is None else max(0, now - before)

    cdef list cards_told(self):
        cdef int64_t number
        self._count_drops()
        return [
            {
                "interface": self._names[number],
                "device": self._ports[number].text,
                "receiver_drops": 0,
                "device_drops": self._dropped[number],
                "drops_known": self._dropped_before[number] is not None,
                "without_time": self.state.cards[number].without_time,
                **self.tap_told(&self.state.cards[number].tray.tap),
            }
            for number in range(len(self._dropped))
        ]

    @staticmethod
    def probe() -> str | None:
        """None where the library and a device are there, else what is missing; no device is opened."""
        cdef loaded library
        memset(&library, 0, sizeof(loaded))
        try:
            _open_library(&library, VerbsOptions().library)
        except EndpointError as error:
            return error.strerror
        finally:
            library_unload(&library)
        return why_no_device()

    @property
    def mode(self) -> str:
        """The ports that are heard."""
        return ", ".join(port.text for port in self._ports) or "raw packets"

    @property
    def warnings(self) -> list[str]:
        """What was not obtained as wished; known after `open`."""
        return self._notes + FrameReceiver.warnings.__get__(self)


cdef int _open_library(loaded *library, str name) except -1:
    cdef const char *wrong = library_load(library, name.encode())
    if wrong != NULL:
        raise EndpointError(errno.ENOSYS, f"{(<bytes>wrong).decode()}; {LIBRARY_MENDS}")
    return 0


cdef int _check(int error, str interface, str what) except -1:
    """Positive results are errors of errno.h."""
    mends = {
        errno.EPERM: "; raw packets need the capability CAP_NET_RAW",
        errno.EACCES: "; /dev/infiniband/uverbs0 must be readable and writable for this user",
        errno.ENODEV: "; rdma link show says which devices there are",
        errno.ENOMEM: "; memory is locked: ulimit -l, LimitMEMLOCK= in a systemd unit",
        errno.EOPNOTSUPP: "; the card or its driver cannot do it",
        errno.EINVAL: "; the card or its driver cannot do it so",
    }
    if error != 0:
        raise EndpointError(error, f"{interface}: {what}: {os.strerror(error)}{mends.get(error, '')}")
    return 0
