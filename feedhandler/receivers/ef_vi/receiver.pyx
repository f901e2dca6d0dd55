# cython: language_level=3, cdivision=True
"""The `ef_vi` receiver: a queue of a Solarflare or AMD card in this process, through the vendor's ef_vi library.

For each interface there is a virtual interface with a receive ring and an event queue, both in memory that the card
writes. A poll is a load; frames are lent in the buffers into which the card wrote them, and a buffer is posted again when
its frame is released. On X3 cards the memory is the card's driver's: an event refers to a packet in it (RX_REF), which is
given back instead.

The card's filters let in the groups and ports of our lines and nothing else; all other traffic reaches the kernel as
ever. The card's own time stamps are `hardware_ns`; a card whose clock was set and is not in step says so, and so do its
frames.

The library is opened when the receiver is (`api.h`). Never compiled against the vendor's headers, never run on
hardware: the tests drive it with a library that stands in for the vendor's.
"""

import errno
import os
import socket
import struct

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from feedhandler.receivers.abi cimport FRAME_TIME_UNCERTAIN, RECEIVER_FAILED, frame
from feedhandler.receivers.clock cimport monotonic_ns
from feedhandler.receivers.frames.frame_receiver cimport (
    ARRIVALS, SLOTS, FrameReceiver, lender, lender_begin, lender_end, lender_fail, lender_fail_replies, lender_release,
    tray, tray_add, tray_lend,
)
from feedhandler.receivers.frames.line_table cimport line_table_close
from feedhandler.receivers.frames.replies cimport replies_poll

from feedhandler.core.memory import Region
from feedhandler.receivers.endpoints import EndpointError
from feedhandler.receivers.options import EfViOptions


cdef extern from *:
    """
    #include "api.h"
    """
    const char *OUR_INTERFACE "FEEDHANDLER_EF_VI_INTERFACE"
    ctypedef int ef_driver_handle
    ctypedef int ef_request_id
    ctypedef uint64_t ef_addr
    ctypedef struct ef_timespec:
        int64_t tv_sec
        long tv_nsec
    ctypedef struct ef_vi:
        pass
    ctypedef struct ef_event:
        pass
    ctypedef struct ef_pd:
        pass
    ctypedef struct ef_memreg:
        pass
    ctypedef struct ef_filter_spec:
        pass
    ctypedef struct ef_filter_cookie:
        pass
    ctypedef enum ef_vi_flags "enum ef_vi_flags":
        EF_VI_FLAGS_DEFAULT
        EF_VI_RX_TIMESTAMPS
        EF_VI_RX_EVENT_MERGE
    ctypedef enum ef_pd_flags "enum ef_pd_flags":
        EF_PD_DEFAULT
    ctypedef enum ef_filter_flags "enum ef_filter_flags":
        EF_FILTER_FLAG_NONE
    enum:
        EF_VI_RECEIVE_BATCH
        EF_EVENT_TYPE_RX
        EF_EVENT_TYPE_RX_DISCARD
        EF_EVENT_TYPE_RX_NO_DESC_TRUNC
        EF_EVENT_TYPE_OFLOW
        EF_EVENT_TYPE_RX_MULTI
        EF_EVENT_TYPE_RX_MULTI_DISCARD
        EF_EVENT_TYPE_RESET
        EF_EVENT_TYPE_RX_REF
        EF_EVENT_TYPE_RX_REF_DISCARD
        EF_VI_SYNC_FLAG_CLOCK_SET
        EF_VI_SYNC_FLAG_CLOCK_IN_SYNC
    ctypedef struct calls "feedhandler_ef_vi_calls":
        const char *(*ef_vi_version_str)() nogil
        const char *(*ef_vi_driver_interface_str)() nogil
        int (*ef_driver_open)(ef_driver_handle *) nogil
        int (*ef_driver_close)(ef_driver_handle) nogil
        int (*ef_pd_alloc_by_name)(ef_pd *, ef_driver_handle, const char *, ef_pd_flags) nogil
        int (*ef_pd_free)(ef_pd *, ef_driver_handle) nogil
        int (*ef_vi_alloc_from_pd)(
            ef_vi *, ef_driver_handle, ef_pd *, ef_driver_handle, int, int, int, ef_vi *, ef_driver_handle, ef_vi_flags
        ) nogil
        int (*ef_vi_free)(ef_vi *, ef_driver_handle) nogil
        int (*ef_memreg_alloc)(ef_memreg *, ef_driver_handle, ef_pd *, ef_driver_handle, void *, size_t) nogil
        int (*ef_memreg_free)(ef_memreg *, ef_driver_handle) nogil
        void (*ef_filter_spec_init)(ef_filter_spec *, ef_filter_flags) nogil
        int (*ef_filter_spec_set_ip4_local)(ef_filter_spec *, int, unsigned, int) nogil
        int (*ef_vi_filter_add)(ef_vi *, ef_driver_handle, const ef_filter_spec *, ef_filter_cookie *) nogil
        int (*ef_vi_receive_get_bytes)(ef_vi *, const void *, uint16_t *) noexcept nogil
        int (*ef_vi_receive_unbundle)(ef_vi *, const ef_event *, ef_request_id *) noexcept nogil
        int (*ef_vi_receive_get_timestamp_with_sync_flags)(
            ef_vi *, const void *, ef_timespec *, unsigned *
        ) noexcept nogil
        const void *(*efct_vi_rxpkt_get)(ef_vi *, uint32_t) noexcept nogil
        void (*efct_vi_rxpkt_release)(ef_vi *, uint32_t) noexcept nogil
        int (*efct_vi_rxpkt_get_timestamp)(ef_vi *, uint32_t, ef_timespec *, unsigned *) noexcept nogil
    ctypedef struct loaded "feedhandler_ef_vi":
        calls call
    const char *library_load "feedhandler_ef_vi_load" (loaded *library, const char *name)
    void library_unload "feedhandler_ef_vi_unload" (loaded *library)
    int prefix_length "ef_vi_receive_prefix_len" (const ef_vi *vi)
    int ring_capacity "ef_vi_receive_capacity" (const ef_vi *vi)
    ef_addr device_address "ef_memreg_dma_addr" (ef_memreg *memory, size_t offset) noexcept nogil
    int post "feedhandler_ef_vi_post" (ef_vi *vi, ef_addr address, ef_request_id id) noexcept nogil
    void push "feedhandler_ef_vi_push" (ef_vi *vi) noexcept nogil
    int events_poll "feedhandler_ef_vi_poll" (ef_vi *vi, ef_event *events, int count) noexcept nogil
    int is_x3 "feedhandler_ef_vi_references" (const ef_vi *vi)
    unsigned event_type "feedhandler_event_type" (const ef_event *event) noexcept nogil
    unsigned event_buffer "feedhandler_event_buffer" (const ef_event *event) noexcept nogil
    unsigned event_bytes "feedhandler_event_bytes" (const ef_event *event) noexcept nogil
    unsigned event_reason "feedhandler_event_reason" (const ef_event *event) noexcept nogil
    int event_whole "feedhandler_event_whole" (const ef_event *event) noexcept nogil
    int event_merged_whole "feedhandler_event_merged_whole" (const ef_event *event) noexcept nogil
    unsigned event_reference "feedhandler_event_reference" (const ef_event *event) noexcept nogil
    unsigned event_reference_bytes "feedhandler_event_reference_bytes" (const ef_event *event) noexcept nogil


cdef enum:
    BUFFER_BYTES = 2_048
    EVENTS = 16                  # of one look: with 15 buffers each they fit into ARRIVALS
    REASONS_OF_DISCARD = 8
    UDP = 17

DISCARDS = (
    "checksum", "multicast_mismatch", "frame_check", "truncated", "rights", "event_lost", "other", "inner_checksum",
)
"""Why a card discards a frame: EF_EVENT_RX_DISCARD_* in their order."""

LIBRARY_MENDS = "it comes with Onload, or with the ef_vi package of the card's vendor"


cdef struct card:
    tray tray
    calls *call
    ef_vi vi
    ef_pd pd
    ef_memreg memory
    ef_driver_handle handle
    uint8_t *buffers
    int64_t prefix_bytes
    int references               # an X3 card: packets lie in its driver's memory
    int stamped
    int has_handle
    int has_pd
    int has_vi
    int has_memory
    int64_t discarded[REASONS_OF_DISCARD]
    int64_t no_buffer
    int64_t scattered            # frames longer than a buffer
    int64_t unstamped
    int64_t out_of_step          # frames while the card's clock was not in step with its reference

cdef struct ef_vi_state:
    lender lender
    loaded library
    card *cards
    int64_t card_count
    int64_t next
    card *lending                # of the lent frames


cdef int64_t ef_vi_poll(void *context, frame *frames, int64_t capacity) noexcept nogil:
    cdef ef_vi_state *state = <ef_vi_state *>context
    cdef int64_t count = lender_begin(&state.lender)
    cdef int64_t turn
    cdef card *one
    if count != 0:
        return count
    if capacity > SLOTS:
        capacity = SLOTS
    count = replies_poll(&state.lender.replies, frames, capacity)
    if count < 0:
        lender_fail_replies(&state.lender)
        return RECEIVER_FAILED
    for turn in range(state.card_count):
        if count != 0:
            break
        one = state.cards + state.next
        state.next = state.next + 1 if state.next + 1 < state.card_count else 0
        count = card_take(state, one, frames, capacity)
        state.lending = one
    return lender_end(&state.lender, count)


cdef void ef_vi_release(void *context, int64_t count) noexcept nogil:
    cdef ef_vi_state *state = <ef_vi_state *>context
    cdef card *one = state.lending
    cdef int64_t number
    count = lender_release(&state.lender, count)
    if count <= 0:
        return
    for number in range(one.tray.lent_first, one.tray.lent_first + count):
        give(one, one.tray.lent[number])
    one.tray.lent_first += count
    given(one)


cdef inline void give(card *one, uint32_t buffer) noexcept nogil:
    """Let the card have a buffer again; it sees it with `given`."""
    if one.references:
        one.call.efct_vi_rxpkt_release(&one.vi, buffer)
    else:
        post(&one.vi, device_address(&one.memory, <size_t>buffer * BUFFER_BYTES), <ef_request_id>buffer)


cdef inline void given(card *one) noexcept nogil:
    if not one.references:
        push(&one.vi)


cdef int64_t card_take(ef_vi_state *state, card *one, frame *frames, int64_t capacity) noexcept nogil:
    """Frames of one card: what arrived before and was not lent yet, else what its event queue has."""
    cdef int64_t count
    cdef int64_t number
    if one.tray.count == 0:
        collect(state, one)
    count = tray_lend(&state.lender, &one.tray, frames, capacity)
    for number in range(one.tray.unwanted_count):
        give(one, one.tray.unwanted[number])
    if one.tray.unwanted_count != 0:
        given(one)
    return count


cdef void collect(ef_vi_state *state, card *one) noexcept nogil:
    """All that a look at the event queue finds."""
    cdef ef_event events[EVENTS]
    cdef ef_request_id buffers[EF_VI_RECEIVE_BATCH]
    cdef int count = events_poll(&one.vi, events, EVENTS)
    cdef int number
    cdef int merged
    cdef int place
    cdef int back = 0
    cdef unsigned kind
    cdef ef_event *event
    if count <= 0:
        return
    one.tray.now_ns = monotonic_ns() + state.lender.epoch_ns
    for number in range(count):
        event = events + number
        kind = event_type(event)
        if kind == EF_EVENT_TYPE_RX:
            if event_whole(event):
                arrived(one, event_buffer(event), <int64_t>event_bytes(event) - one.prefix_bytes)
            else:
                one.scattered += 1
                give(one, event_buffer(event))
                back = 1
        elif kind == EF_EVENT_TYPE_RX_MULTI:
            merged = one.call.ef_vi_receive_unbundle(&one.vi, event, buffers)
            for place in range(merged):
                if event_merged_whole(event):
                    arrived(one, buffers[place], -1)
                else:
                    one.scattered += 1
                    give(one, buffers[place])
                    back = 1
        elif kind == EF_EVENT_TYPE_RX_REF:
            referred(one, event_reference(event), event_reference_bytes(event))
        elif kind == EF_EVENT_TYPE_RX_DISCARD:
            discard(one, event_reason(event))
            give(one, event_buffer(event))
            back = 1
        elif kind == EF_EVENT_TYPE_RX_MULTI_DISCARD:
            merged = one.call.ef_vi_receive_unbundle(&one.vi, event, buffers)
            for place in range(merged):
                discard(one, 6)
                give(one, buffers[place])
                back = 1
        elif kind == EF_EVENT_TYPE_RX_REF_DISCARD:
            discard(one, 6)
            give(one, event_reference(event))
        elif kind == EF_EVENT_TYPE_RX_NO_DESC_TRUNC:
            one.no_buffer += 1
        elif kind == EF_EVENT_TYPE_OFLOW:
            lender_fail(&state.lender, "the card's event queue overflowed: events were lost, so its buffers are unknown")
        elif kind == EF_EVENT_TYPE_RESET:
            lender_fail(&state.lender, "the card was reset or taken away: its queue is gone")
    if back:
        given(one)


cdef inline void discard(card *one, unsigned reason) noexcept nogil:
    one.discarded[reason if reason < REASONS_OF_DISCARD else 6] += 1


cdef void arrived(card *one, uint32_t buffer, int64_t length) noexcept nogil:
    """A frame in one of our buffers; length: -1 where only its prefix tells it."""
    cdef const uint8_t *start = one.buffers + <int64_t>buffer * BUFFER_BYTES
    cdef uint16_t told = 0
    cdef ef_timespec stamp
    cdef unsigned sync = 0
    cdef int failed = 1
    if length < 0:
        if one.call.ef_vi_receive_get_bytes(&one.vi, start, &told) != 0:
            discard(one, 6)
            give(one, buffer)
            given(one)
            return
        length = told
    if length > BUFFER_BYTES - one.prefix_bytes:
        length = BUFFER_BYTES - one.prefix_bytes
    if one.stamped:
        failed = one.call.ef_vi_receive_get_timestamp_with_sync_flags(&one.vi, start, &stamp, &sync)
    add_stamped(one, start + one.prefix_bytes, <uint32_t>length, buffer, failed, &stamp, sync)


cdef void referred(card *one, uint32_t packet, uint32_t length) noexcept nogil:
    """A frame in the memory of an X3 card's driver."""
    cdef const uint8_t *start = <const uint8_t *>one.call.efct_vi_rxpkt_get(&one.vi, packet)
    cdef ef_timespec stamp
    cdef unsigned sync = 0
    cdef int failed = 1
    if one.stamped:
        failed = one.call.efct_vi_rxpkt_get_timestamp(&one.vi, packet, &stamp, &sync)
    add_stamped(one, start, length, packet, failed, &stamp, sync)


cdef void add_stamped(
    card *one, const uint8_t *packet, uint32_t length, uint32_t buffer, int failed, const ef_timespec *stamp, unsigned sync
) noexcept nogil:
    cdef int64_t hardware_ns = 0
    cdef uint16_t flags = 0
    if one.stamped:
        if failed != 0 or not sync & EF_VI_SYNC_FLAG_CLOCK_SET:
            one.unstamped += 1
        else:
            hardware_ns = stamp.tv_sec * 1_000_000_000 + stamp.tv_nsec
            if not sync & EF_VI_SYNC_FLAG_CLOCK_IN_SYNC:
                one.out_of_step += 1
                flags = FRAME_TIME_UNCERTAIN
    tray_add(&one.tray, packet, length, buffer, hardware_ns, flags)


cdef class EfViReceiver(FrameReceiver):
    """Lends the datagrams of lines out of the memory into which a card with ef_vi writes frames."""

    Options = EfViOptions

    cdef ef_vi_state state
    cdef list _regions, _names
    cdef object _version, _notes

    def __cinit__(self, endpoints, options=None) -> None:
        memset(&self.state, 0, sizeof(ef_vi_state))
        self.lender = &self.state.lender
        self.state.lender.face.context = &self.state
        self.state.lender.face.poll = ef_vi_poll
        self.state.lender.face.release = ef_vi_release
        self._regions, self._names, self._notes = [], [], []
        self._version = None

    def __dealloc__(self) -> None:
        free(self.state.cards)
        free(self.state.lender.lines)
        free(self.state.lender.waits)
        library_unload(&self.state.library)

    cdef int open_cards(self) except -1:
        cdef int64_t number
        interfaces = self.joined.interfaces
        self._names, self._regions, self._notes = list(interfaces), [], []
        free(self.state.cards)
        self.state.next = self.state.card_count = 0
        self.state.cards = <card *>calloc(max(1, len(interfaces)), sizeof(card))
        if self.state.cards == NULL:
            raise MemoryError
        library_unload(&self.state.library)
        self._version = _open_library(&self.state.library, self.options.library)
        for number, interface in enumerate(interfaces):
            self.state.card_count = number + 1
            self.open_tray(&self.state.cards[number].tray, interface)
            self._open_card(&self.state.cards[number], interface)
        return 0

    cdef int _open_card(self, card *one, str interface) except -1:
        cdef calls *call = &self.state.library.call
        name = interface.encode()
        one.call = call
        _check(call.ef_driver_open(&one.handle), interface, "no driver handle")
        one.has_handle = 1
        _check(call.ef_pd_alloc_by_name(&one.pd, one.handle, name, EF_PD_DEFAULT), interface, "no protection domain")
        one.has_pd = 1
        self._open_queue(one, interface)
        one.has_vi = 1
        one.references = is_x3(&one.vi)
        if one.references and call.efct_vi_rxpkt_get == NULL:
            raise EndpointError(
                errno.ENOSYS, f"{interface}: an X3 card, and {self.options.library} is too old for those: {LIBRARY_MENDS}"
            )
        one.prefix_bytes = prefix_length(&one.vi)
        if not one.references:
            self._post_all(one, interface)
        self._add_filters(one, interface)
        return 0

    cdef int _open_queue(self, card *one, str interface) except -1:
        """A virtual interface, with time stamps where the card has them."""
        cdef calls *call = &self.state.library.call
        cdef int flags = EF_VI_FLAGS_DEFAULT
        cdef int result = -1
        if self.options.merge:
            flags |= EF_VI_RX_EVENT_MERGE
        if self.options.timestamps == "hardware":
            result = call.ef_vi_alloc_from_pd(
                &one.vi, one.handle, &one.pd, one.handle, -1, self.options.buffers, 0, NULL, -1,
                <ef_vi_flags>(flags | EF_VI_RX_TIMESTAMPS),
            )
            if result < 0:
                self._notes.append(
                    f"{interface} has no time stamps ({os.strerror(-result)}): the card or its licence has none"
                )
            one.stamped = result >= 0
        if result < 0:
            result = call.ef_vi_alloc_from_pd(
                &one.vi, one.handle, &one.pd, one.handle, -1, self.options.buffers, 0, NULL, -1, <ef_vi_flags>flags
            )
        _check(result, interface, "no virtual interface")
        return 0

    cdef int _post_all(self, card *one, str interface) except -1:
        """Register the buffers and give the card all that its ring has room for."""
        cdef calls *call = &self.state.library.call
        cdef int64_t number
        cdef int64_t count = min(self.options.buffers, ring_capacity(&one.vi))
        region = Region("buffers of a card", self.options.buffers * BUFFER_BYTES, huge=True, prefault=True)
        self._regions.append(region)
        one.buffers = <uint8_t *><size_t>region.address
        _check(
            call.ef_memreg_alloc(&one.memory, one.handle, &one.pd, one.handle, one.buffers, region.size),
            interface, "its memory cannot be registered",
        )
        one.has_memory = 1
        for number in range(count):
            _check(
                post(&one.vi, device_address(&one.memory, number * BUFFER_BYTES), <ef_request_id>number),
                interface, "a buffer cannot be posted",
            )
        push(&one.vi)
        return 0

    cdef int _add_filters(self, card *one, str interface) except -1:
        cdef calls *call = &self.state.library.call
        cdef ef_filter_spec spec
        cdef uint32_t group
        cdef int port
        for wanted in sorted({(endpoint.group, endpoint.port) for _, endpoint in self.joined.heard[interface]}):
            (group,) = struct.unpack("=I", socket.inet_aton(wanted[0]))
            port = socket.htons(wanted[1])
            call.ef_filter_spec_init(&spec, EF_FILTER_FLAG_NONE)
            what = f"no filter for {wanted[0]}:{wanted[1]}"
            _check(call.ef_filter_spec_set_ip4_local(&spec, UDP, group, port), interface, what)
            _check(call.ef_vi_filter_add(&one.vi, one.handle, &spec, NULL), interface, what)
        return 0

    cdef int close_cards(self) except -1:
        """Filters go with their virtual interface. The library stays, so that figures can be told."""
        cdef int64_t number
        cdef card *one
        for number in range(self.state.card_count):
            one = self.state.cards + number
            if one.has_vi:
                one.call.ef_vi_free(&one.vi, one.handle)
            if one.has_memory:
                one.call.ef_memreg_free(&one.memory, one.handle)
            if one.has_pd:
                one.call.ef_pd_free(&one.pd, one.handle)
            if one.has_handle:
                one.call.ef_driver_close(one.handle)
            one.has_vi = one.has_memory = one.has_pd = one.has_handle = 0
            one.tray.count = one.tray.next = 0
            line_table_close(&one.tray.tap.table)
        self._regions = []
        return 0

    cdef list cards_told(self):
        cdef int64_t number
        cdef int reason
        cdef card *one
        told = []
        for number, interface in enumerate(self._names[: self.state.card_count]):
            one = self.state.cards + number
            discarded = {name: one.discarded[reason] for reason, name in enumerate(DISCARDS)}
            told.append({
                "interface": interface,
                "receiver_drops": one.scattered,
                "device_drops": sum(discarded.values()) + one.no_buffer,
                "discarded": discarded,
                "no_buffer": one.no_buffer,
                "scattered": one.scattered,
                "stamped": bool(one.stamped),
                "unstamped": one.unstamped,
                "clock_out_of_step": one.out_of_step,
                **self.tap_told(&one.tray.tap),
            })
        return told

    @staticmethod
    def probe() -> str | None:
        """None where the vendor's library is there and fits, else what is missing; no card is looked at."""
        cdef loaded library
        memset(&library, 0, sizeof(loaded))
        try:
            _open_library(&library, EfViOptions().library)
        except EndpointError as error:
            return error.strerror
        finally:
            library_unload(&library)
        return None

    @property
    def mode(self) -> str:
        """What the library says that it is."""
        return self._version or self.options.library

    @property
    def warnings(self) -> list[str]:
        """What was not obtained as wished; known after `open`."""
        return self._notes + FrameReceiver.warnings.__get__(self)


cdef object _open_library(loaded *library, str name):
    """Its version; `EndpointError` where it is not there, is no such library, or is not the one we were built for."""
    cdef const char *wrong = library_load(library, name.encode())
    if wrong != NULL:
        raise EndpointError(errno.ENOSYS, f"{(<bytes>wrong).decode()}; {LIBRARY_MENDS}")
    theirs = (<bytes>library.call.ef_vi_driver_interface_str()).decode()
    ours = (<bytes>OUR_INTERFACE).decode()
    if theirs != ours:
        raise EndpointError(
            errno.ENOSYS,
            f"{name} has the driver interface {theirs!r}, and this receiver was built for {ours!r}: install the headers "
            "of that library (etherfabric/vi.h) and build the extensions again",
        )
    return f"ef_vi {(<bytes>library.call.ef_vi_version_str()).decode()}"


cdef int _check(int result, str interface, str what) except -1:
    """Negative results are errors of errno.h."""
    mends = {
        errno.ENODEV: "; is it a Solarflare or AMD card with the vendor's driver?",
        errno.ENOENT: "; is the driver loaded? modprobe sfc_char",
        errno.EPERM: "; filters need the capability CAP_NET_RAW",
        errno.EACCES: "; /dev/sfc_char must be readable and writable for this user",
        errno.ENOMEM: "; memory is locked: ulimit -l, LimitMEMLOCK= in a systemd unit",
        errno.EBUSY: "; all of the card's virtual interfaces or filters are in use",
        errno.EPROTONOSUPPORT: "; the card's licence or firmware variant does not permit it: sfboot says which it is",
    }
    if result < 0:
        raise EndpointError(-result, f"{interface}: {what}: {os.strerror(-result)}{mends.get(-result, '')}")
    return 0
