# What receivers of whole frames have in common.
#
# All: a state that begins with a `lender`, and for each interface a `tap` that knows its lines. Those whose card fills
# buffers of ours: a `tray`, into which buffers are collected; those for a line are lent, the others go back at once.

from libc.stdint cimport INT64_MAX, int64_t, uint8_t, uint16_t, uint32_t

from posix.time cimport timespec

from feedhandler.receivers.abi cimport FRAME_TIME_UNCERTAIN, RECEIVER_ENDED, RECEIVER_FAILED, frame, receiver
from feedhandler.receivers.frames.ethernet cimport NO_LINE, ethernet_lend_stamped, heard_line, unheard
from feedhandler.receivers.frames.line_table cimport line_table
from feedhandler.receivers.frames.replies cimport replies, replies_poll, replies_release
from feedhandler.receivers.frames.trailer cimport trailer_reader


cdef extern from "<poll.h>":
    struct waited "pollfd":
        int fd
        short events
    int ppoll(waited *descriptors, unsigned long count, const timespec *limit, const void *signals) nogil

cdef enum:
    SLOTS = 64                   # frames of one poll
    ARRIVALS = 256               # buffers that were collected and not lent yet
    SPARE_LINES = 64             # that can be joined while it runs, besides those it was made with

cdef struct arrival:
    const uint8_t *packet
    int64_t hardware_ns          # of the card; 0 where it told none
    uint32_t length
    uint32_t buffer              # what the card is given back
    uint16_t flags

cdef struct lender:              # of a receiver, first in its state
    receiver face
    heard_line *lines
    int64_t line_count
    int64_t packet_bytes
    int64_t epoch_ns
    int64_t polls
    int64_t empty_polls
    int64_t lent
    replies replies
    waited *waits                # what a poll sleeps on that may sleep
    int64_t wait_count
    timespec wait_limit
    int sleeps
    int failed
    int opened
    int stopping
    void *owner                  # the FrameReceiver

cdef struct tap:                 # of an interface
    line_table table
    unheard others
    trailer_reader trailer
    trailer_reader *stamps       # the same, or NULL where no appliance's time is read

cdef struct turns:               # of cards that are asked one after the other
    int64_t count
    int64_t next
    int64_t lending              # the card of the lent frames

cdef struct tray:                # of a card
    tap tap
    arrival arrivals[ARRIVALS]
    int64_t next                 # the first that was not looked at
    int64_t count
    int64_t now_ns               # when they were collected, anchored
    uint32_t lent[SLOTS]         # buffers
    int64_t lent_first           # the oldest that is still lent
    uint32_t unwanted[ARRIVALS]  # buffers for no line, to be given back by the receiver
    int64_t unwanted_count


cdef void lender_fail_unreleased(lender *one) noexcept with gil
cdef void lender_fail_replies(lender *one) noexcept with gil
cdef void lender_fail(lender *one, const char *words) noexcept with gil


cdef inline int64_t lender_begin(lender *one) noexcept nogil:
    """Whether a poll may go on: 0, or what it returns."""
    if one.lent != 0:
        lender_fail_unreleased(one)
    if one.failed:
        return RECEIVER_FAILED
    if not one.opened or one.stopping:
        return RECEIVER_ENDED
    one.polls += 1
    return 0


cdef inline int64_t lender_replies(lender *one, frame *frames, int64_t capacity) noexcept nogil:
    """What the unicast endpoints have, where it is their turn: frames, 0, or RECEIVER_FAILED, and then we have too."""
    cdef int64_t count = replies_poll(&one.replies, frames, capacity)
    if count < 0:
        lender_fail_replies(one)
        return RECEIVER_FAILED
    return count


cdef inline void lender_sleep(lender *one) noexcept nogil:
    """Until something comes, or the limit."""
    ppoll(one.waits, one.wait_count, &one.wait_limit, NULL)


cdef inline int64_t lender_end(lender *one, int64_t count) noexcept nogil:
    """What a poll that found `count` frames returns; a negative count is a failure that has been told."""
    if count <= 0:
        if one.failed:
            return RECEIVER_FAILED
        one.empty_polls += 1
    one.lent = count
    return count


ctypedef int64_t (*taking)(lender *one, int64_t number, frame *frames, int64_t capacity) noexcept nogil


cdef inline int64_t turns_poll(
    lender *one, turns *cards, taking take, frame *frames, int64_t capacity
) noexcept nogil:
    """A poll of a receiver that asks its cards in turn: unicast endpoints first, where it is their turn, then the next
    card that has any. take: the frames of the card with that number."""
    cdef int64_t count = lender_begin(one)
    cdef int64_t turn
    if count != 0:
        return count
    if capacity > SLOTS:
        capacity = SLOTS
    count = lender_replies(one, frames, capacity)
    for turn in range(cards.count):
        if count != 0:
            break
        cards.lending = cards.next
        cards.next = cards.next + 1 if cards.next + 1 < cards.count else 0
        count = take(one, cards.lending, frames, capacity)
    return lender_end(one, count)


cdef inline int64_t lender_release(lender *one, int64_t count) noexcept nogil:
    """Release frames of unicast endpoints; how many of `count` are the card's."""
    if count > one.lent:
        count = one.lent
    one.lent -= count
    return count - replies_release(&one.replies, count)


cdef inline void tray_add(
    tray *card, const uint8_t *packet, uint32_t length, uint32_t buffer, int64_t hardware_ns, uint16_t flags
) noexcept nogil:
    """A buffer was filled; the caller has seen that there is room."""
    cdef arrival *one = card.arrivals + card.count
    one.packet = packet
    one.length = length
    one.buffer = buffer
    one.hardware_ns = hardware_ns
    one.flags = flags
    card.count += 1


cdef inline int64_t tray_lend(lender *one, tray *card, frame *frames, int64_t capacity) noexcept nogil:
    """Lend what has arrived and is for a line; what is not is `unwanted`."""
    cdef int64_t count = 0
    cdef int64_t place
    cdef arrival *came
    card.unwanted_count = 0
    card.lent_first = 0
    while count < capacity and card.next < card.count:
        came = card.arrivals + card.next
        card.next += 1
        place = ethernet_lend_stamped(
            &card.tap.table, one.lines, &card.tap.others, card.tap.stamps, came.packet, came.length, 0, card.now_ns,
            <uint32_t>one.packet_bytes, frames + count,
        )
        if place == NO_LINE:
            card.unwanted[card.unwanted_count] = came.buffer
            card.unwanted_count += 1
            continue
        frames[count].received_ns = card.now_ns
        frames[count].flags |= came.flags
        if card.tap.stamps == NULL:
            frames[count].hardware_ns = came.hardware_ns
        if frames[count].flags & FRAME_TIME_UNCERTAIN:
            one.lines[place].uncertain += 1
        one.lines[place].last_ns = card.now_ns
        card.lent[count] = came.buffer
        count += 1
    if card.next == card.count:
        card.next = card.count = 0
    return count


cdef class FrameReceiver:
    cdef lender *lender          # set by the subclass before anything else
    cdef readonly object error
    cdef readonly tuple endpoints
    cdef readonly object options
    cdef list multicast
    cdef object unicast, joined, lock
    cdef tuple first             # the endpoints that it was made with

    cdef int open_tap(self, tap *place, str interface) except -1
    cdef int open_tray(self, tray *card, str interface) except -1
    cdef dict tap_told(self, tap *place)
    cdef int make_waits(self, int64_t count) except -1
    cdef void wait_for(self, int descriptor) noexcept
    cdef object join_groups(self)
    cdef int open_cards(self) except -1
    cdef int close_cards(self) except -1
    cdef list cards_told(self)
    cdef dict more_told(self)
    cdef tap *tap_of(self, int64_t number) except NULL
    cdef object interface_of(self, endpoint)
    cdef int join_group(self, int64_t place, endpoint) except -1
    cdef int hear(self, int64_t number, list heard) except -1
