# A card's queue while it runs: its events, and the buffers that they are about.

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from feedhandler.receivers.abi cimport FRAME_TIME_UNCERTAIN, frame
from feedhandler.receivers.clock cimport monotonic_ns
from feedhandler.receivers.ef_vi.library cimport *
from feedhandler.receivers.frames.frame_receiver cimport lender, lender_fail, tray, tray_add, tray_lend

cdef enum:
    BUFFER_BYTES = 2_048
    EVENTS = 16                  # of one look: with 15 buffers each they fit into ARRIVALS
    REASONS_OF_DISCARD = 8

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


cdef inline void give(card *one, uint32_t buffer) noexcept nogil:
    """Let the card have a buffer again; it sees it with `given`."""
    if one.references:
        one.call.efct_vi_rxpkt_release(&one.vi, buffer)
    else:
        post(&one.vi, device_address(&one.memory, <size_t>buffer * BUFFER_BYTES), <ef_request_id>buffer)


cdef inline void given(card *one) noexcept nogil:
    if not one.references:
        push(&one.vi)


cdef inline void discard(card *one, unsigned reason) noexcept nogil:
    one.discarded[reason if reason < REASONS_OF_DISCARD else 6] += 1


cdef inline void add_stamped(
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


cdef inline void arrived(card *one, uint32_t buffer, int64_t length) noexcept nogil:
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


cdef inline void referred(card *one, uint32_t packet, uint32_t length) noexcept nogil:
    """A frame in the memory of an X3 card's driver."""
    cdef const uint8_t *start = <const uint8_t *>one.call.efct_vi_rxpkt_get(&one.vi, packet)
    cdef ef_timespec stamp
    cdef unsigned sync = 0
    cdef int failed = 1
    if one.stamped:
        failed = one.call.efct_vi_rxpkt_get_timestamp(&one.vi, packet, &stamp, &sync)
    add_stamped(one, start, length, packet, failed, &stamp, sync)


cdef inline void collect(lender *of, card *one) noexcept nogil:
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
    one.tray.now_ns = monotonic_ns() + of.epoch_ns
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
            lender_fail(of, "the card's event queue overflowed: events were lost, so its buffers are unknown")
        elif kind == EF_EVENT_TYPE_RESET:
            lender_fail(of, "the card was reset or taken away: its queue is gone")
    if back:
        given(one)


cdef inline int64_t card_take(lender *of, card *one, frame *frames, int64_t capacity) noexcept nogil:
    """Frames of one card: what arrived before and was not lent yet, else what its event queue has."""
    cdef int64_t count
    cdef int64_t number
    if one.tray.count == 0:
        collect(of, one)
    count = tray_lend(of, &one.tray, frames, capacity)
    for number in range(one.tray.unwanted_count):
        give(one, one.tray.unwanted[number])
    if one.tray.unwanted_count != 0:
        given(one)
    return count
