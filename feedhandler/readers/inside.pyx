# cython: language_level=3, boundscheck=False, wraparound=False
"""One instrument's BBO for Python: a copy under the seqlock, made a named tuple at once.

The same steps as in `feedhandler.core.reading`, in C: a call of a numba function finds its way, unpacks its arguments
and packs nine results, which took two thirds of a read. Where the fields lie comes from the records that the writer is
compiled from. Orderings are those of the writer's fences: version by acquire, copy by relaxed loads, acquire fence,
version again. The interpreter's lock is held for the few loads of an attempt, and released while the writer is inside.
"""

from libc.stdint cimport int64_t, uint32_t

from feedhandler.core.book import Header
from feedhandler.core.channel import Channel, ChannelState, Quality
from feedhandler.core.reading import RETRIES, ReadStatus

cdef extern from *:
    """
    #include <stdint.h>
    static inline int64_t version_load(const char *at) { return __atomic_load_n((const int64_t *)at, __ATOMIC_ACQUIRE); }
    static inline int64_t word_load(const char *at) { return __atomic_load_n((const int64_t *)at, __ATOMIC_RELAXED); }
    static inline uint32_t half_load(const char *at) { return __atomic_load_n((const uint32_t *)at, __ATOMIC_RELAXED); }
    /* What `tuple.__new__(kind, values)` does, without looking it up. `values` is the only argument. */
    static inline PyObject *named_tuple(PyObject *kind, PyObject *arguments) {
        return PyTuple_Type.tp_new((PyTypeObject *)kind, arguments, NULL);
    }
    static inline void copy_fence(void) { __atomic_thread_fence(__ATOMIC_ACQUIRE); }
    """
    int64_t version_load(const char *at) nogil
    int64_t word_load(const char *at) nogil
    uint32_t half_load(const char *at) nogil
    object named_tuple(object kind, object arguments)
    void copy_fence() nogil


cdef int64_t offset(layout, str name, int size) except -1:
    slot = layout.slots[name]
    if slot.scalar.size != size or slot.scalar.signed != (size == 8):
        raise TypeError(f"{layout.__name__}.{name} is not the word of {size} bytes that is read here")
    return slot.offset


cdef int64_t SEQUENCE = offset(Header, "sequence", 8)
cdef int64_t VENUE_TIME = offset(Header, "venue_time", 8)
cdef int64_t BID_PRICE = offset(Header, "bid_price", 8)
cdef int64_t BID_QUANTITY = offset(Header, "bid_quantity", 8)
cdef int64_t ASK_PRICE = offset(Header, "ask_price", 8)
cdef int64_t ASK_QUANTITY = offset(Header, "ask_quantity", 8)
cdef int64_t DAMAGED_EPOCH = offset(Header, "damaged_epoch", 4)
cdef int64_t RECOVERED_EPOCH = offset(Header, "recovered_epoch", 4)
cdef int64_t STATE = offset(Channel, "state", 8)
cdef int64_t EPOCH = offset(Channel, "epoch", 8)
cdef int64_t COMPLETE_EPOCH = offset(Channel, "complete_epoch", 8)
cdef int64_t HOLE_REQUESTED = offset(Channel, "hole_requested", 8)
cdef int64_t SILENT = offset(Channel, "silent", 8)
cdef int64_t BOUNDARY_SEQUENCE = offset(Channel, "boundary_sequence", 8)
cdef int64_t SESSIONS = offset(Channel, "sessions", 8)
assert Header.slots["version"].offset == 0

cdef int64_t UNKNOWN = int(ChannelState.UNKNOWN)
cdef int ATTEMPTS = RETRIES
cdef tuple QUALITIES = tuple(sorted(Quality))
cdef int EMPTY = int(Quality.EMPTY)
cdef int CURRENT = int(Quality.CURRENT)
cdef int STALE = int(Quality.STALE)
cdef int RECOVERING = int(Quality.RECOVERING)
cdef object BUSY = ReadStatus.BUSY
cdef object SESSION = ReadStatus.SESSION


cdef int quality_of(const char *channel, int64_t damaged_epoch, int64_t recovered_epoch) noexcept nogil:
    """`feedhandler.core.channel.quality_of`."""
    cdef int64_t epoch
    if word_load(channel + STATE) == UNKNOWN:
        return EMPTY
    epoch = word_load(channel + EPOCH)
    if damaged_epoch == epoch:
        return STALE
    if word_load(channel + COMPLETE_EPOCH) != epoch and recovered_epoch != epoch:
        return STALE
    if word_load(channel + HOLE_REQUESTED) != 0:
        return RECOVERING
    if word_load(channel + SILENT) != 0:
        return STALE
    return CURRENT


cdef class InsideReader:
    """Where one instrument's BBO lies. Whoever makes one keeps the memory alive for as long."""

    cdef const char *channel
    cdef const char *header
    cdef int64_t session
    cdef int64_t price_unit
    cdef type kind

    def __init__(self, int64_t channel, int64_t header, int64_t session, int64_t price_unit, type kind):
        """Addresses of the channel's record and the instrument's header; `kind` is the named tuple that is returned."""
        if not issubclass(kind, tuple):
            raise TypeError(f"{kind.__name__} is no tuple")
        self.channel = <const char *>channel
        self.header = <const char *>header
        self.session = session
        self.price_unit = price_unit
        self.kind = kind

    def read(self):
        """A `kind` of bid price and quantity, ask's, quality, sequence, venue time, mid-event; or a `ReadStatus`.

        Prices are in 1e-9, None where the side is empty.
        """
        cdef const char *header = self.header
        cdef int64_t version, sequence, venue_time, bid_price, bid_quantity, ask_price, ask_quantity
        cdef int quality
        cdef bint mid_event
        for _ in range(ATTEMPTS):
            version = version_load(header)
            if version & 1:
                with nogil:
                    pass
                continue
            if word_load(self.channel + SESSIONS) != self.session:
                return SESSION
            quality = quality_of(self.channel, half_load(header + DAMAGED_EPOCH), half_load(header + RECOVERED_EPOCH))
            sequence = word_load(header + SEQUENCE)
            venue_time = word_load(header + VENUE_TIME)
            mid_event = sequence > word_load(self.channel + BOUNDARY_SEQUENCE)
            bid_price = word_load(header + BID_PRICE)
            bid_quantity = word_load(header + BID_QUANTITY)
            ask_price = word_load(header + ASK_PRICE)
            ask_quantity = word_load(header + ASK_QUANTITY)
            copy_fence()
            if word_load(header) != version:
                continue
            values = (
                bid_price * self.price_unit if bid_quantity != 0 else None,
                bid_quantity,
                ask_price * self.price_unit if ask_quantity != 0 else None,
                ask_quantity,
                QUALITIES[quality],
                sequence,
                venue_time,
                mid_event,
            )
            return named_tuple(self.kind, (values,))
        return BUSY
