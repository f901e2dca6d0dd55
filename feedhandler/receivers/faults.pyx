# cython: language_level=3, cdivision=True
"""The `faults` receiver: another receiver through a network that errs, below the C face, so that nothing above it knows.

For tests and rehearsals. Frames of the inner receiver are copied into slots of our own, lost, sent twice, held back,
damaged or cut, and lent from there. Each line has random numbers of its own and every frame takes the same number of
them, so that with one seed a line's faults depend on its own frames only, and one fault's share does not move another's.

A frame that is to come late is held: until so many frames of its line have come after it, or until its time. What is
ready stands in one queue, in the order in which it is lent. Where the slots run out, held frames come early; each frame
takes two at most.
"""

from libc.stdint cimport INT64_MAX, int16_t, int64_t, uint8_t, uint16_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from feedhandler.receivers.abi cimport FRAME_TRUNCATED, RECEIVER_ENDED, RECEIVER_FAILED, frame, receiver
from feedhandler.receivers.clock cimport monotonic_ns

from feedhandler import plugins
from feedhandler.receivers.clock import epoch_ns
from feedhandler.receivers.endpoints import LINES_MAXIMUM, check_endpoints
from feedhandler.receivers.options import FaultOptions

cdef enum:
    BURST = 64
    SLOTS = 4096                 # a power of two
    NONE = -1

FAULTS = ("dropped", "duplicated", "reordered", "delayed", "corrupted", "truncated")

cdef enum:
    DROPPED = 0
    DUPLICATED = 1
    REORDERED = 2
    DELAYED = 3
    CORRUPTED = 4
    TRUNCATED = 5
    FAULT_COUNT = 6


cdef struct faulty_line:
    uint64_t random
    int64_t losing               # frames of the present burst of losses that are still to come
    int64_t last_ns              # the time of its last frame
    int64_t faults[FAULT_COUNT]

cdef struct held:                # by slot
    frame one
    int64_t place                # of its line
    int64_t behind               # frames of its line that are still to come before it; 0: only the time counts
    int64_t due_ns
    int64_t next                 # the held slot that is due next

cdef struct fault_state:
    receiver face
    receiver *inner
    frame *arrived
    uint8_t *bytes
    held *slots
    int16_t *places              # of each line among the endpoints
    faulty_line *lines
    int64_t line_count
    int64_t free_slots[SLOTS]
    int64_t free_count
    int64_t ready[SLOTS]         # a ring of slots, in the order in which they are lent
    int64_t ready_first
    int64_t ready_count
    int64_t held_first
    int64_t stride
    int64_t packet_bytes
    int64_t epoch_ns
    double drop                  # the chance that a burst of losses begins
    int64_t burst
    double duplicate
    double reorder
    int64_t reorder_by
    int64_t reorder_wait
    double delay
    int64_t delay_by
    double corrupt
    double truncate
    int64_t lent
    int64_t frames
    int64_t bytes_lent
    int64_t polls
    int64_t empty_polls
    int inner_ended
    int failed
    int opened
    int stopping
    void *owner


cdef int64_t fault_poll(void *context, frame *frames, int64_t capacity) noexcept nogil:
    cdef fault_state *state = <fault_state *>context
    cdef int64_t count
    cdef int64_t number
    cdef held *slot
    if state.lent != 0:
        fail_unreleased(state)
    if state.failed:
        return RECEIVER_FAILED
    if not state.opened or state.stopping:
        return RECEIVER_ENDED
    state.polls += 1
    held_expire(state)
    if state.free_count < 2 * BURST:
        held_hurry(state)
    elif state.ready_count < capacity and not state.inner_ended:
        count = state.inner.poll(state.inner.context, state.arrived, BURST)
        if count == RECEIVER_FAILED:
            fail_inner(state)
            return RECEIVER_FAILED
        if count == RECEIVER_ENDED:
            state.inner_ended = 1
            held_expire(state)
        for number in range(count):
            frame_arrives(state, state.arrived + number)
        if count > 0:
            state.inner.release(state.inner.context, count)
    count = state.ready_count if state.ready_count < capacity else capacity
    for number in range(count):
        slot = state.slots + state.ready[(state.ready_first + number) & (SLOTS - 1)]
        frames[number] = slot.one
        state.bytes_lent += slot.one.length
    if count == 0:
        state.empty_polls += 1
        if state.inner_ended:
            return RECEIVER_ENDED
    state.lent = count
    state.frames += count
    return count


cdef void fault_release(void *context, int64_t count) noexcept nogil:
    cdef fault_state *state = <fault_state *>context
    cdef int64_t number
    if count > state.lent:
        count = state.lent
    for number in range(count):
        state.free_slots[state.free_count] = state.ready[state.ready_first]
        state.free_count += 1
        state.ready_first = (state.ready_first + 1) & (SLOTS - 1)
    state.ready_count -= count
    state.lent -= count


cdef inline double chance(faulty_line *line) noexcept nogil:
    """From 0 up to and without 1: splitmix64."""
    cdef uint64_t mixed
    line.random += <uint64_t>0x9E3779B97F4A7C15
    mixed = line.random
    mixed = (mixed ^ (mixed >> 30)) * <uint64_t>0xBF58476D1CE4E5B9
    mixed = (mixed ^ (mixed >> 27)) * <uint64_t>0x94D049BB133111EB
    mixed = mixed ^ (mixed >> 31)
    return <double>(mixed >> 11) * (1.0 / 9007199254740992.0)


cdef inline int64_t choice(faulty_line *line, int64_t size) noexcept nogil:
    """A number from 0 up to and without `size`; 0 where `size` is 0."""
    return <int64_t>(chance(line) * size)


cdef void frame_arrives(fault_state *state, const frame *arrived) noexcept nogil:
    """Decide what becomes of a frame. Ten random numbers, whatever is decided."""
    cdef int64_t place = state.places[arrived.line]
    cdef faulty_line *line = state.lines + place
    cdef bint lost = chance(line) < state.drop
    cdef bint twice = chance(line) < state.duplicate
    cdef bint later = chance(line) < state.reorder
    cdef int64_t behind = 1 + choice(line, state.reorder_by)
    cdef bint late = chance(line) < state.delay
    cdef int64_t delay_ns = 1 + choice(line, state.delay_by)
    cdef bint damaged = chance(line) < state.corrupt
    cdef int64_t where = choice(line, 8 * <int64_t>arrived.length)
    cdef bint cut = chance(line) < state.truncate
    cdef int64_t length = choice(line, arrived.length)
    cdef held *slot
    if line.losing > 0:
        line.losing -= 1
        line.faults[DROPPED] += 1
        return
    if lost:
        line.losing = state.burst - 1
        line.faults[DROPPED] += 1
        return
    slot = slot_filled(state, arrived, place)
    if damaged and arrived.length != 0 and where // 8 < slot.one.length:
        (<uint8_t *>slot.one.address)[where // 8] ^= <uint8_t>(1 << (where % 8))
        line.faults[CORRUPTED] += 1
    if cut and arrived.length != 0 and length < slot.one.length:
        slot.one.length = length
        slot.one.flags |= FRAME_TRUNCATED
        line.faults[TRUNCATED] += 1
    if later:
        slot.behind = behind
        slot.due_ns = monotonic_ns() + state.epoch_ns + state.reorder_wait
        line.faults[REORDERED] += 1
    if late:
        slot.behind = 0
        slot.due_ns = arrived.received_ns + delay_ns
        line.faults[DELAYED] += 1
    if later or late:
        hold(state, slot)
    else:
        get_ready(state, slot, arrived.received_ns)
    if twice:
        get_ready(state, slot_filled(state, arrived, place), arrived.received_ns)
        line.faults[DUPLICATED] += 1
    held_pass(state, place, slot, arrived.received_ns)


cdef held *slot_filled(fault_state *state, const frame *arrived, int64_t place) noexcept nogil:
    """A slot with a copy of the frame. There is one: the inner receiver is asked only while there are enough."""
    cdef int64_t number
    cdef held *slot
    number = state.free_slots[state.free_count - 1]
    state.free_count -= 1
    slot = state.slots + number
    slot.one = arrived[0]
    slot.one.address = <int64_t>(state.bytes + number * state.stride)
    if slot.one.length > state.packet_bytes:
        slot.one.length = state.packet_bytes
        slot.one.flags |= FRAME_TRUNCATED
    memcpy(<void *>slot.one.address, <const void *>arrived.address, slot.one.length)
    slot.place = place
    slot.behind = 0
    slot.due_ns = INT64_MAX
    slot.next = NONE
    return slot


cdef inline void get_ready(fault_state *state, held *slot, int64_t now_ns) noexcept nogil:
    """The frame comes now; on its line no time steps back."""
    cdef faulty_line *line = state.lines + slot.place
    if slot.one.received_ns < line.last_ns:
        slot.one.received_ns = now_ns if now_ns > line.last_ns else line.last_ns
    line.last_ns = slot.one.received_ns
    state.ready[(state.ready_first + state.ready_count) & (SLOTS - 1)] = slot - state.slots
    state.ready_count += 1


cdef void hold(fault_state *state, held *slot) noexcept nogil:
    """In the order of the times at which they are due."""
    cdef int64_t *link = &state.held_first
    while link[0] != NONE and state.slots[link[0]].due_ns <= slot.due_ns:
        link = &state.slots[link[0]].next
    slot.next = link[0]
    link[0] = slot - state.slots


cdef void held_pass(fault_state *state, int64_t place, const held *newest, int64_t now_ns) noexcept nogil:
    """A frame of that line has come: those held that were to come behind it are one nearer."""
    cdef int64_t *link = &state.held_first
    cdef held *slot
    while link[0] != NONE:
        slot = state.slots + link[0]
        if slot != newest and slot.place == place and slot.behind != 0:
            slot.behind -= 1
            if slot.behind == 0:
                link[0] = slot.next
                get_ready(state, slot, now_ns)
                continue
        link = &slot.next


cdef void held_expire(fault_state *state) noexcept nogil:
    """What is due comes; at the end of the inner receiver everything that is held."""
    cdef int64_t *link = &state.held_first
    cdef int64_t now_ns
    cdef held *slot
    if state.held_first == NONE:
        return
    now_ns = monotonic_ns() + state.epoch_ns
    while link[0] != NONE:
        slot = state.slots + link[0]
        if now_ns >= slot.due_ns or state.inner_ended:
            link[0] = slot.next
            slot.one.received_ns = now_ns
            get_ready(state, slot, now_ns)
        else:
            link = &slot.next


cdef void held_hurry(fault_state *state) noexcept nogil:
    """Slots run out: those that are due first come early, as many as a poll lends."""
    cdef int64_t now_ns = monotonic_ns() + state.epoch_ns
    cdef held *slot
    while state.held_first != NONE and state.ready_count < BURST:
        slot = state.slots + state.held_first
        state.held_first = slot.next
        get_ready(state, slot, now_ns)


cdef void fail_unreleased(fault_state *state) noexcept with gil:
    owner = <FaultReceiver>state.owner
    owner.error = RuntimeError(
        f"poll was called while {state.lent} frames were lent: every burst is released before the next poll"
    )
    state.failed = 1


cdef void fail_inner(fault_state *state) noexcept with gil:
    owner = <FaultReceiver>state.owner
    owner.error = owner.inner.error
    state.failed = 1


cdef class FaultReceiver:
    """Lends what another receiver lends, with faults.

    endpoints: the lines.
    options: `FaultReceiver.Options`; `over` says which receiver is inside. None: the defaults, which have no faults.
    """

    Options = FaultOptions

    cdef fault_state state
    cdef readonly object error
    cdef readonly object inner
    cdef readonly tuple endpoints
    cdef readonly object options

    def __cinit__(self, endpoints, options=None) -> None:
        cdef int64_t number
        memset(&self.state, 0, sizeof(fault_state))
        self.state.face.context = &self.state
        self.state.face.poll = fault_poll
        self.state.face.release = fault_release
        self.state.owner = <void *>self
        self.error = None
        self.endpoints = check_endpoints(endpoints)
        self.options = FaultOptions() if options is None else options
        kind = plugins.receiver(self.options.over.kind)
        self.inner = kind(self.endpoints, kind.Options(**self.options.over.options))
        self.state.packet_bytes = self.options.packet_bytes
        self.state.stride = (self.options.packet_bytes + 63) // 64 * 64
        self.state.line_count = len(self.endpoints)
        self.state.arrived = <frame *>calloc(BURST, sizeof(frame))
        self.state.bytes = <uint8_t *>calloc(SLOTS, self.state.stride)
        self.state.slots = <held *>calloc(SLOTS, sizeof(held))
        self.state.places = <int16_t *>calloc(LINES_MAXIMUM, sizeof(int16_t))
        self.state.lines = <faulty_line *>calloc(len(self.endpoints), sizeof(faulty_line))
        if (
            self.state.arrived == NULL or self.state.bytes == NULL or self.state.slots == NULL
            or self.state.places == NULL or self.state.lines == NULL
        ):
            raise MemoryError
        for number, endpoint in enumerate(self.endpoints):
            self.state.places[<uint16_t>endpoint.line] = number

    def __dealloc__(self) -> None:
        free(self.state.arrived)
        free(self.state.bytes)
        free(self.state.slots)
        free(self.state.places)
        free(self.state.lines)

    def open(self) -> None:
        """Open the inner receiver, and begin the faults from the seed on."""
        cdef int64_t number
        if self.state.opened:
            raise RuntimeError("the receiver is open already")
        self.error = None
        self.inner.open()
        self.state.inner = <receiver *><size_t>self.inner.address
        self._set_chances()
        memset(self.state.lines, 0, self.state.line_count * sizeof(faulty_line))
        for number, endpoint in enumerate(self.endpoints):
            # far apart, so that no line's numbers are another's a little later
            self.state.lines[number].random = (self.options.seed * 0xD1342543DE82EF95 + (endpoint.line << 40)) % (1 << 64)
        for number in range(SLOTS):
            self.state.free_slots[number] = SLOTS - 1 - number
        self.state.free_count = SLOTS
        self.state.ready_first = self.state.ready_count = 0
        self.state.held_first = NONE
        self.state.epoch_ns = epoch_ns()
        self.state.lent = self.state.frames = self.state.bytes_lent = self.state.polls = self.state.empty_polls = 0
        self.state.inner_ended = self.state.failed = self.state.stopping = 0
        self.state.opened = 1

    cdef void _set_chances(self):
        wished = self.options
        # such that with bursts as well that share of all frames is lost
        self.state.drop = wished.drop / (wished.burst - wished.drop * (wished.burst - 1))
        self.state.burst = wished.burst
        self.state.duplicate = wished.duplicate
        self.state.reorder = wished.reorder
        self.state.reorder_by = wished.reorder_by
        self.state.reorder_wait = wished.reorder_wait
        self.state.delay = wished.delay
        self.state.delay_by = wished.delay_by
        self.state.corrupt = wished.corrupt
        self.state.truncate = wished.truncate

    def close(self) -> None:
        """Close the inner receiver. Statistics stay."""
        self.state.opened = 0
        self.state.lent = 0
        self.inner.close()

    def stop(self) -> None:
        """The next poll returns RECEIVER_ENDED. From any thread."""
        self.state.stopping = 1
        self.inner.stop()

    def __enter__(self) -> FaultReceiver:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> int:
        """Of the C struct that the pipeline calls; valid as long as this object."""
        return <size_t>&self.state.face

    def fileno(self, line: int) -> int:
        """The inner receiver's socket of a unicast line."""
        return self.inner.fileno(line)

    def address_of(self, line: int) -> tuple[str, int]:
        """Address and port that the inner receiver's unicast line is bound to."""
        return self.inner.address_of(line)

    @property
    def warnings(self) -> list[str]:
        """That there are faults, and what the inner receiver warns of."""
        shares = {name: getattr(self.options, name) for name in
                  ("drop", "duplicate", "reorder", "delay", "corrupt", "truncate")}
        wished = ", ".join(f"{name} {share:g}" for name, share in shares.items() if share)
        return [f"faults are made on purpose: {wished or 'none'} (seed {self.options.seed})"] + list(self.inner.warnings)

    @property
    def statistics(self) -> dict[str, object]:
        """The inner receiver's, with the frames that were lent after all, and the faults by line."""
        cdef int64_t number
        cdef int fault
        inner = dict(self.inner.statistics)
        faults = {}
        for number, endpoint in enumerate(self.endpoints):
            faults[endpoint.line] = {FAULTS[fault]: self.state.lines[number].faults[fault] for fault in range(FAULT_COUNT)}
        dropped = sum(one["dropped"] for one in faults.values())
        return {
            **inner,
            "mode": f"faults over {self.options.over.kind} {inner['mode']}",
            "frames": self.state.frames,
            "bytes": self.state.bytes_lent,
            "polls": self.state.polls,
            "empty_polls": self.state.empty_polls,
            "dropped": {**inner["dropped"], "receiver": inner["dropped"]["receiver"] + dropped},
            "faults": faults,
        }
