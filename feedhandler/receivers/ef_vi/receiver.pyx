# cython: language_level=3, cdivision=True
"""The `ef_vi` receiver: a queue of a Solarflare or AMD card in this process, through the vendor's ef_vi library.

For each interface there is a virtual interface with a receive ring and an event queue, both in memory that the card
writes. A poll is a load; frames are lent in the buffers into which the card wrote them, and a buffer is posted again when
its frame is released. On X3 cards the memory is the card's driver's: an event refers to a packet in it (RX_REF), which is
given back instead.

The card's filters let in the groups and ports of our lines and nothing else; all other traffic reaches the kernel as
ever. The card's own time stamps are `hardware_ns`; a card whose clock was set and is not in step says so, and so do its
frames.

The vendor's names are in `library.pxd`, what runs while the card does in `card.pxd`. The library is opened when the
receiver is (`api.h`). Never compiled against the vendor's headers, never run on hardware: the tests drive it with a
library that stands in for the vendor's.
"""

import errno
import os
import socket
import struct

from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from feedhandler.receivers.abi cimport frame
from feedhandler.receivers.ef_vi.card cimport BUFFER_BYTES, card, card_take, give, given
from feedhandler.receivers.ef_vi.library cimport *
from feedhandler.receivers.frames.frame_receiver cimport FrameReceiver, lender, lender_release, tap, turns, turns_poll
from feedhandler.receivers.frames.line_table cimport line_table_close

from feedhandler.core.memory import Region
from feedhandler.receivers.endpoints import EndpointError
from feedhandler.receivers.options import EfViOptions


cdef enum:
    UDP = 17

DISCARDS = (
    "checksum", "multicast_mismatch", "frame_check", "truncated", "rights", "event_lost", "other", "inner_checksum",
)
"""Why a card discards a frame: EF_EVENT_RX_DISCARD_* in their order."""

LIBRARY_MENDS = "it comes with Onload, or with the ef_vi package of the card's vendor"


cdef struct ef_vi_state:
    lender lender
    loaded library
    card *cards
    turns turns


cdef int64_t ef_vi_poll(void *context, frame *frames, int64_t capacity) noexcept nogil:
    cdef ef_vi_state *state = <ef_vi_state *>context
    return turns_poll(&state.lender, &state.turns, take, frames, capacity)


cdef int64_t take(lender *one, int64_t number, frame *frames, int64_t capacity) noexcept nogil:
    return card_take(one, (<ef_vi_state *>one).cards + number, frames, capacity)


cdef void ef_vi_release(void *context, int64_t count) noexcept nogil:
    cdef ef_vi_state *state = <ef_vi_state *>context
    cdef card *one = state.cards + state.turns.lending
    cdef int64_t number
    count = lender_release(&state.lender, count)
    if count <= 0:
        return
    for number in range(one.tray.lent_first, one.tray.lent_first + count):
        give(one, one.tray.lent[number])
    one.tray.lent_first += count
    given(one)


cdef class EfViReceiver(FrameReceiver):
    """Lends the datagrams of lines out of the memory into which a card with ef_vi writes frames."""

    Options = EfViOptions

    cdef ef_vi_state state
    cdef list _regions, _names, _filters
    cdef object _version, _notes

    def __cinit__(self, endpoints, options=None) -> None:
        memset(&self.state, 0, sizeof(ef_vi_state))
        self.lender = &self.state.lender
        self.state.lender.face.context = &self.state
        self.state.lender.face.poll = ef_vi_poll
        self.state.lender.face.release = ef_vi_release
        self._regions, self._names, self._filters, self._notes = [], [], [], []
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
        self._filters = [{} for _ in interfaces]
        free(self.state.cards)
        memset(&self.state.turns, 0, sizeof(turns))
        self.state.cards = <card *>calloc(max(1, len(interfaces)), sizeof(card))
        if self.state.cards == NULL:
            raise MemoryError
        library_unload(&self.state.library)
        self._version = _open_library(&self.state.library, self.options.library)
        for number, interface in enumerate(interfaces):
            self.state.turns.count = number + 1
            self.open_tray(&self.state.cards[number].tray, interface)
            self._open_card(&self.state.cards[number], interface)
            self._filter(number, [endpoint for _, endpoint in self.joined.heard[interface]])
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

    cdef int _filter(self, int64_t number, list heard) except -1:
        """Let in these endpoints and no others. Filters are the driver's affair, so the queue goes on meanwhile."""
        cdef card *one = self.state.cards + number
        cdef calls *call = &self.state.library.call
        cdef ef_filter_spec spec
        cdef ef_filter_cookie cookie
        cdef uint32_t group
        interface = self._names[number]
        filters = self._filters[number]
        wished = {(endpoint.group, endpoint.port) for endpoint in heard}
        for wanted in sorted(wished - filters.keys()):
            (group,) = struct.unpack("=I", socket.inet_aton(wanted[0]))
            call.ef_filter_spec_init(&spec, EF_FILTER_FLAG_NONE)
            what = f"no filter for {wanted[0]}:{wanted[1]}"
            _check(
                call.ef_filter_spec_set_ip4_local(&spec, UDP, group, <int>socket.htons(wanted[1])), interface, what
            )
            _check(call.ef_vi_filter_add(&one.vi, one.handle, &spec, &cookie), interface, what)
            filters[wanted] = (<char *>&cookie)[:sizeof(cookie)]
        for unwanted in sorted(filters.keys() - wished):
            kept = filters[unwanted]
            memcpy(&cookie, <const char *>kept, sizeof(cookie))
            _check(
                call.ef_vi_filter_del(&one.vi, one.handle, &cookie), interface,
                f"the filter for {unwanted[0]}:{unwanted[1]} cannot be taken away",
            )
            del filters[unwanted]
        return 0

    cdef tap *tap_of(self, int64_t number) except NULL:
        return &self.state.cards[number].tray.tap

    cdef int hear(self, int64_t number, list heard) except -1:
        if self.state.cards[number].references:
            # There a new filter may bring one more queue of the card into what another thread polls meanwhile.
            raise EndpointError(errno.EOPNOTSUPP, f"{self._names[number]}: an X3 card hears the groups that it was opened with")
        return self._filter(number, heard)

    cdef int close_cards(self) except -1:
        """Filters go with their virtual interface. The library stays, so that figures can be told."""
        cdef int64_t number
        cdef card *one
        for number in range(self.state.turns.count):
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
        for number, interface in enumerate(self._names[: self.state.turns.count]):
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
