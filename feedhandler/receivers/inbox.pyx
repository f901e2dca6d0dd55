# cython: language_level=3, cdivision=True
"""The `memory` receiver of a configuration: datagrams that the program itself puts in, lent like any others.

For tests, examples, and programs that have their packets from somewhere else (`memory.pyx` is for those that have all
of them before they start). One ring of slots: `put` copies a datagram into the next free one, a poll lends what is in
there, release frees it. Putting is done with the GIL, polling without: the two meet in two counters, `written` and
`released`, each stored by one side only, with release order after the bytes that it speaks for.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int64_t, uint8_t, uint16_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from feedhandler.receivers.abi cimport FRAME_TRUNCATED, RECEIVER_ENDED, RECEIVER_FAILED, frame, receiver

from feedhandler.receivers.clock import now_ns
from feedhandler.receivers.endpoints import check_endpoints
from feedhandler.receivers.options import MemoryOptions


cdef extern from *:
    """
    static inline int64_t feedhandler_load_acquire(const int64_t *place)
    { return __atomic_load_n(place, __ATOMIC_ACQUIRE); }
    static inline void feedhandler_store_release(int64_t *place, int64_t value)
    { __atomic_store_n(place, value, __ATOMIC_RELEASE); }
    """
    int64_t load_acquire "feedhandler_load_acquire" (const int64_t *place) noexcept nogil
    void store_release "feedhandler_store_release" (int64_t *place, int64_t value) noexcept nogil


cdef struct heard:
    int64_t frames
    int64_t bytes
    int64_t truncated
    int64_t dropped

cdef struct inbox_state:
    receiver face
    frame *frames                # by slot
    int64_t *places              # of each slot's line among the endpoints
    uint8_t *payloads
    heard *endpoints
    int64_t endpoint_count
    int64_t capacity
    int64_t stride
    int64_t packet_bytes
    int64_t written              # datagrams put in since `open`
    int64_t taken                # of them, polled
    int64_t released
    int64_t polls
    int64_t empty_polls
    int failed
    int opened
    int stopping
    int ended
    void *owner


cdef int64_t inbox_poll(void *context, frame *frames, int64_t capacity) noexcept nogil:
    cdef inbox_state *state = <inbox_state *>context
    cdef int64_t count
    cdef int64_t number
    cdef int64_t slot
    cdef int ended
    cdef heard *endpoint
    if state.taken != state.released:
        fail_unreleased(state)
    if state.failed:
        return RECEIVER_FAILED
    if not state.opened or state.stopping:
        return RECEIVER_ENDED
    state.polls += 1
    ended = state.ended          # before `written`: nothing is put in after the end
    count = load_acquire(&state.written) - state.taken
    if count > capacity:
        count = capacity
    if count == 0:
        state.empty_polls += 1
        return RECEIVER_ENDED if ended else 0
    for number in range(count):
        slot = (state.taken + number) % state.capacity
        frames[number] = state.frames[slot]
        endpoint = state.endpoints + state.places[slot]
        endpoint.frames += 1
        endpoint.bytes += state.frames[slot].length
        if state.frames[slot].flags & FRAME_TRUNCATED:
            endpoint.truncated += 1
    state.taken += count
    return count


cdef void inbox_release(void *context, int64_t count) noexcept nogil:
    cdef inbox_state *state = <inbox_state *>context
    if count > state.taken - state.released:
        count = state.taken - state.released
    store_release(&state.released, state.released + count)


cdef void fail_unreleased(inbox_state *state) noexcept with gil:
    owner = <InboxReceiver>state.owner
    owner.error = RuntimeError(
        f"poll was called while {state.taken - state.released} frames were lent: "
        "every burst is released before the next poll"
    )
    state.failed = 1


cdef class InboxReceiver:
    """Lends what `put` was given.

    endpoints: the lines; only their numbers matter.
    options: `InboxReceiver.Options`; None: the defaults.

    `put`, `end`, `stop` and `statistics` may be called from any thread.
    """

    Options = MemoryOptions

    cdef inbox_state state
    cdef readonly object error
    cdef readonly tuple endpoints
    cdef readonly object options
    cdef readonly list warnings
    cdef dict _places

    def __cinit__(self, endpoints, options=None) -> None:
        memset(&self.state, 0, sizeof(inbox_state))
        self.state.face.context = &self.state
        self.state.face.poll = inbox_poll
        self.state.face.release = inbox_release
        self.state.owner = <void *>self
        self.error = None
        self.warnings = []
        self.endpoints = check_endpoints(endpoints)
        self.options = MemoryOptions() if options is None else options
        self._places = {endpoint.line: number for number, endpoint in enumerate(self.endpoints)}
        self.state.capacity = self.options.capacity
        self.state.packet_bytes = self.options.packet_bytes
        self.state.stride = (self.options.packet_bytes + 63) // 64 * 64
        self.state.endpoint_count = len(self.endpoints)
        self.state.endpoints = <heard *>calloc(len(self.endpoints), sizeof(heard))
        self.state.frames = <frame *>calloc(self.state.capacity, sizeof(frame))
        self.state.places = <int64_t *>calloc(self.state.capacity, sizeof(int64_t))
        self.state.payloads = <uint8_t *>calloc(self.state.capacity, self.state.stride)
        if (
            self.state.endpoints == NULL or self.state.frames == NULL or self.state.places == NULL
            or self.state.payloads == NULL
        ):
            raise MemoryError

    def __dealloc__(self) -> None:
        free(self.state.endpoints)
        free(self.state.frames)
        free(self.state.places)
        free(self.state.payloads)

    def open(self) -> None:
        """Empty, and ready to be put into."""
        if self.state.opened:
            raise RuntimeError("the receiver is open already")
        self.error = None
        self.state.written = self.state.taken = self.state.released = 0
        self.state.polls = self.state.empty_polls = 0
        self.state.failed = self.state.stopping = self.state.ended = 0
        memset(self.state.endpoints, 0, self.state.endpoint_count * sizeof(heard))
        self.state.opened = 1

    def close(self) -> None:
        """Lend nothing more. Statistics stay."""
        self.state.opened = 0
        self.state.released = self.state.taken

    def stop(self) -> None:
        """The next poll returns RECEIVER_ENDED, whatever still waits."""
        self.state.stopping = 1

    def end(self) -> None:
        """Nothing more will be put in: polls return RECEIVER_ENDED once all was lent."""
        self.state.ended = 1

    def put(self, line: int, payload, received_ns: int | None = None, hardware_ns: int = 0) -> bool:
        """Put a datagram in, copied. False where there was no room; it is counted then.

        received_ns: Unix nanoseconds; None: now.
        """
        cdef Py_buffer view
        cdef int64_t place
        cdef int64_t slot
        cdef int64_t length
        cdef frame *one
        if line not in self._places:
            raise LookupError(f"no line {line}; there are {', '.join(str(known) for known in self._places)}")
        if not self.state.opened or self.state.ended:
            raise RuntimeError("the receiver is not open, or was ended: nothing can be put in")
        place = self._places[line]
        if self.state.written - load_acquire(&self.state.released) >= self.state.capacity:
            self.state.endpoints[place].dropped += 1
            return False
        slot = self.state.written % self.state.capacity
        one = self.state.frames + slot
        one.line = line
        one.hardware_ns = hardware_ns
        one.received_ns = now_ns() if received_ns is None else received_ns
        PyObject_GetBuffer(payload, &view, PyBUF_SIMPLE)
        length = view.len if view.len < self.state.packet_bytes else self.state.packet_bytes
        one.flags = FRAME_TRUNCATED if length < view.len else 0
        one.length = length
        one.address = <int64_t>(self.state.payloads + slot * self.state.stride)
        memcpy(<void *>one.address, view.buf, length)
        PyBuffer_Release(&view)
        self.state.places[slot] = place
        store_release(&self.state.written, self.state.written + 1)
        return True

    def __enter__(self) -> InboxReceiver:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> int:
        """Of the C struct that the pipeline calls; valid as long as this object."""
        return <size_t>&self.state.face

    @property
    def statistics(self) -> dict[str, object]:
        """What was lent since `open`, and what found no room."""
        cdef heard *place
        told = []
        for number, endpoint in enumerate(self.endpoints):
            place = self.state.endpoints + <int64_t>number
            told.append({
                "line": endpoint.line,
                "group": endpoint.group,
                "port": endpoint.port,
                "interface": endpoint.interface,
                "source": endpoint.source,
                "frames": place.frames,
                "bytes": place.bytes,
                "kernel_drops": 0,
                "truncated": place.truncated,
                "no_room": place.dropped,
            })
        return {
            "mode": "memory",
            "accelerated": None,
            "frames": sum(one["frames"] for one in told),
            "bytes": sum(one["bytes"] for one in told),
            "polls": self.state.polls,
            "empty_polls": self.state.empty_polls,
            "dropped": {"receiver": sum(one["no_room"] for one in told), "kernel": 0, "device": 0},
            "endpoints": told,
        }
