# cython: language_level=3, cdivision=True
"""The `socket` receiver: UDP through the C library's `recvmmsg`, one socket a line, polled in turn.

It needs no privilege and no particular card, so it is the receiver that every other one is compared with. Nothing but
`recvmmsg` and, where asked for, `ppoll` is called while it runs, and both through the C library: what replaces its
sockets (Onload, VMA, XLIO) accelerates this receiver without being named in it. `statistics["accelerated"]` says who
answers.

Datagrams are received into slots made at start, one for each frame of a burst; no slot is used again before the burst
is released. A poll takes at most `burst` datagrams of one socket and begins with another socket each time, so that a
full socket starves nobody.

Times. The kernel stamps a datagram with CLOCK_REALTIME, which can be set; `received_ns` must not step (`clock.pyx`). So
a stamp is turned into an age, by the realtime clock that is read in the same poll, and the age is taken from the
anchored clock; `stamps.pxd` says how a clock that was set in between shows.

What the kernel dropped at a socket it says beside the next datagram (SO_RXQ_OVFL), as 32 bits that wrap; here they are
64. Drops after the last datagram are asked for when `statistics` is read.
"""

import errno
import os
import threading

from libc.errno cimport EAGAIN, EINTR, errno as last_errno
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset
from posix.time cimport timespec

from feedhandler.receivers.abi cimport RECEIVER_ENDED, RECEIVER_FAILED, frame, receiver
from feedhandler.receivers.clock cimport monotonic_ns
from feedhandler.receivers.socket.datagrams cimport CONTROL_BYTES, datagrams_lend, extended, heard, slots
from feedhandler.receivers.socket.library cimport *

from feedhandler.receivers.clock import epoch_ns
from feedhandler.receivers.endpoints import EndpointError, check_endpoints
from feedhandler.receivers.options import SLOTS as SLOTS_OF_OPTIONS
from feedhandler.receivers.options import SocketOptions
from feedhandler.receivers.socket.udp import SO_RXQ_OVFL as RXQ_OVFL_OPTION
from feedhandler.receivers.socket.udp import SO_TIMESTAMPING as TIMESTAMPING_OPTION
from feedhandler.receivers.socket.udp import SO_TIMESTAMPNS as TIMESTAMPNS_OPTION
from feedhandler.receivers.socket.udp import STAMPS_OF_KERNEL_AND_CARD, join_again, leave, open_udp_socket, stamp_in_hardware


cdef enum:
    SLOTS = 64                   # frames of one poll
    SPARE_LINES = 64             # that can be joined while it runs, besides those it was made with

if SLOTS != SLOTS_OF_OPTIONS:
    raise ImportError(f"the socket receiver has {SLOTS} slots, and its options know {SLOTS_OF_OPTIONS}")


cdef struct socket_state:
    receiver face
    slots slots
    heard *endpoints
    waited *waits
    int64_t endpoint_count
    int64_t next
    int64_t burst
    int64_t epoch_ns
    int64_t lent
    int64_t polls
    int64_t empty_polls
    timespec wait_limit
    int blocks
    int error_number
    int64_t error_endpoint
    int failed
    int opened
    int stopping
    void *owner


cdef int64_t socket_poll(void *context, frame *frames, int64_t capacity) noexcept nogil:
    cdef socket_state *state = <socket_state *>context
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
    if count == 0 and state.blocks and not state.failed:
        ppoll(state.waits, count_load(&state.endpoint_count), &state.wait_limit, NULL)
        if state.stopping:
            return RECEIVER_ENDED
        count = take(state, frames, capacity)
    if count == 0:
        if state.failed:
            return RECEIVER_FAILED
        state.empty_polls += 1
    state.lent = count
    return count


cdef void socket_release(void *context, int64_t count) noexcept nogil:
    cdef socket_state *state = <socket_state *>context
    state.lent = state.lent - count if count < state.lent else 0


cdef int64_t take(socket_state *state, frame *frames, int64_t capacity) noexcept nogil:
    """What is there, of each socket at most once and at most a burst."""
    cdef int64_t started_ns = monotonic_ns() + state.epoch_ns
    cdef int64_t count = 0
    cdef int64_t used = 0        # slots; more than frames where a sender was not the one we listen to
    cdef int64_t room
    cdef int64_t number
    cdef int64_t turn
    cdef int64_t endpoint_count = count_load(&state.endpoint_count)
    cdef int got
    for turn in range(endpoint_count):
        room = capacity - used
        if room <= 0:
            break
        if room > state.burst:
            room = state.burst
        number = state.next
        state.next = number + 1 if number + 1 < endpoint_count else 0
        got = recvmmsg(state.endpoints[number].descriptor, state.slots.messages + used, <unsigned int>room, MSG_DONTWAIT, NULL)
        if got < 0:
            if last_errno == EAGAIN:
                state.endpoints[number].empty_ns = started_ns
            elif passes(last_errno):
                state.endpoints[number].errors += 1
            elif last_errno != EINTR:
                state.error_number = last_errno
                state.error_endpoint = number
                fail_receiving(state)
                break
            continue
        count += datagrams_lend(
            &state.slots, &state.endpoints[number], state.epoch_ns, used, got, frames + count
        )
        used += got
        if got < room:
            state.endpoints[number].empty_ns = started_ns
    return count


cdef void fail_unreleased(socket_state *state) noexcept with gil:
    owner = <SocketReceiver>state.owner
    owner.error = RuntimeError(
        f"poll was called while {state.lent} frames were lent: every burst is released before the next poll"
    )
    state.failed = 1


cdef void fail_receiving(socket_state *state) noexcept with gil:
    owner = <SocketReceiver>state.owner
    endpoint = owner.endpoints[state.error_endpoint]
    owner.error = EndpointError(
        state.error_number, f"{endpoint.text}: cannot receive: {os.strerror(state.error_number)}"
    )
    state.failed = 1


cdef class SocketReceiver:
    """Lends the datagrams of UDP sockets.

    endpoints: the lines; several may share a port, no two the same group, port, source and interface.
    options: `SocketReceiver.Options`; None: the defaults.

    `open`, `poll` and `close` belong in the thread that polls. `stop`, `statistics`, `warnings`, `fileno` and
    `address_of` may be called from any thread; what `fileno` returned is good until `close`. So may `join` and `leave`,
    between `open` and `close`.
    """

    Options = SocketOptions

    cdef socket_state state
    cdef readonly object error
    cdef readonly tuple endpoints
    cdef readonly object options
    cdef list _opened
    cdef set _left
    cdef tuple _first
    cdef object _lock

    def __cinit__(self, endpoints, options=None) -> None:
        memset(&self.state, 0, sizeof(socket_state))
        self.state.face.context = &self.state
        self.state.face.poll = socket_poll
        self.state.face.release = socket_release
        self.state.owner = <void *>self
        self.error = None
        self.endpoints = self._first = check_endpoints(endpoints)
        self._left, self._lock = set(), threading.Lock()
        self.options = SocketOptions() if options is None else options
        self._opened = []
        self.state.endpoint_count = len(self.endpoints)
        self.state.endpoints = <heard *>calloc(len(self.endpoints) + SPARE_LINES, sizeof(heard))
        if self.state.endpoints == NULL:
            raise MemoryError

    def __dealloc__(self) -> None:
        self._free()
        free(self.state.endpoints)

    cdef void _free(self) noexcept:
        free(self.state.slots.messages)
        free(self.state.slots.vectors)
        free(self.state.slots.names)
        free(self.state.slots.controls)
        free(self.state.slots.payloads)
        free(self.state.waits)
        self.state.slots.messages = NULL
        self.state.slots.vectors = NULL
        self.state.slots.names = NULL
        self.state.slots.controls = NULL
        self.state.slots.payloads = NULL
        self.state.waits = NULL

    # Opening and closing.

    def open(self) -> None:
        """Make and join the sockets. Raises `EndpointError`; nothing stays open then."""
        if self.state.opened:
            raise RuntimeError("the receiver is open already")
        self.error = None
        self._opened, self._left = [], set()
        self.endpoints = self._first
        self.state.endpoint_count = len(self.endpoints)
        self.state.failed = self.state.stopping = 0
        self.state.lent = self.state.next = self.state.polls = self.state.empty_polls = 0
        self.state.burst = self.options.burst
        self.state.blocks = self.options.wait == "block"
        self.state.wait_limit.tv_sec = self.options.wait_limit // 1_000_000_000
        self.state.wait_limit.tv_nsec = self.options.wait_limit % 1_000_000_000
        self.state.epoch_ns = epoch_ns()
        try:
            self._make_slots()
            self._make_sockets()
        except BaseException:
            self.close()
            raise
        self.state.opened = 1

    cdef int _make_slots(self) except -1:
        cdef int64_t slot
        cdef size_t stride = (self.options.packet_bytes + 63) // 64 * 64
        self.state.slots.messages = <mmsghdr *>calloc(SLOTS, sizeof(mmsghdr))
        self.state.slots.vectors = <iovec *>calloc(SLOTS, sizeof(iovec))
        self.state.slots.names = <sockaddr_in *>calloc(SLOTS, sizeof(sockaddr_in))
        self.state.slots.controls = <uint8_t *>calloc(SLOTS, CONTROL_BYTES)
        self.state.slots.payloads = <uint8_t *>calloc(SLOTS, stride)
        self.state.waits = <waited *>calloc(self.state.endpoint_count + SPARE_LINES, sizeof(waited))
        if (
            self.state.slots.messages == NULL or self.state.slots.vectors == NULL or self.state.slots.names == NULL
            or self.state.slots.controls == NULL or self.state.slots.payloads == NULL or self.state.waits == NULL
        ):
            raise MemoryError
        memset(self.state.slots.payloads, 0, SLOTS * stride)   # touched now, so that no page is missing later
        sources = any(endpoint.source and not endpoint.multicast for endpoint in self.endpoints)
        for slot in range(SLOTS):
            self.state.slots.vectors[slot].iov_base = self.state.slots.payloads + slot * stride
            self.state.slots.vectors[slot].iov_len = self.options.packet_bytes
            self.state.slots.messages[slot].msg_hdr.msg_iov = self.state.slots.vectors + slot
            self.state.slots.messages[slot].msg_hdr.msg_iovlen = 1
            self.state.slots.messages[slot].msg_hdr.msg_control = self.state.slots.controls + slot * CONTROL_BYTES
            self.state.slots.messages[slot].msg_hdr.msg_controllen = CONTROL_BYTES
            if sources:
                self.state.slots.messages[slot].msg_hdr.msg_name = self.state.slots.names + slot
                self.state.slots.messages[slot].msg_hdr.msg_namelen = sizeof(sockaddr_in)
        return 0

    cdef int _make_sockets(self) except -1:
        cdef int64_t number
        for number, endpoint in enumerate(self.endpoints):
            self._make_socket(number, endpoint)
        return 0

    cdef int _make_socket(self, int64_t number, object endpoint) except -1:
        cdef heard *place = self.state.endpoints + number
        settings = [(RXQ_OVFL_OPTION, 1)]
        if self.options.timestamps == "kernel":
            settings.append((TIMESTAMPNS_OPTION, 1))
        elif self.options.timestamps == "hardware":
            settings.append((TIMESTAMPING_OPTION, STAMPS_OF_KERNEL_AND_CARD))
        opened = open_udp_socket(endpoint, self.options.receive_buffer, settings)
        told = {other.interface for other in self._opened}
        if self.options.timestamps == "hardware" and opened.interface and opened.interface not in told:
            refused = stamp_in_hardware(opened.interface)
            opened.warnings += [refused] if refused else []
        self._opened.append(opened)
        memset(place, 0, sizeof(heard))
        place.descriptor = opened.socket.fileno()
        place.line = endpoint.line
        place.empty_ns = monotonic_ns() + self.state.epoch_ns
        if endpoint.source and not endpoint.multicast:
            place.only_source = inet_addr(endpoint.source.encode())
        self.state.waits[number].fd = place.descriptor
        self.state.waits[number].events = POLLIN
        return 0

    def close(self) -> None:
        """Leave the groups and close the sockets: lent frames are no longer valid. Statistics stay."""
        self._note_drops()
        self.state.opened = 0
        self.state.lent = 0
        for opened in self._opened:
            opened.socket.close()
        self._free()

    def stop(self) -> None:
        """The next poll returns RECEIVER_ENDED; one that sleeps ends within `wait_limit`. From any thread."""
        self.state.stopping = 1

    def __enter__(self) -> SocketReceiver:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Groups that come and go while it runs.

    def join(self, endpoint) -> None:
        """Hear a multicast endpoint from now on: one that was left, or one more.

        Its frames carry its `line`. It is forgotten when the receiver is closed. Raises `EndpointError`, and `ValueError`
        where it is unicast, has another's place, or is one too many.
        """
        with self._lock:
            place = self._place_of(endpoint)
            if place is None:
                self._add(endpoint)
            elif place in self._left:
                join_again(self._opened[place], endpoint)
                self._left.discard(place)

    def _add(self, endpoint) -> None:
        cdef int64_t place = self.state.endpoint_count
        if place == len(self._first) + SPARE_LINES:
            raise ValueError(f"{endpoint.text}: {SPARE_LINES} lines were added since the start, and there is no more room")
        everything = check_endpoints((*self.endpoints, endpoint))
        self._make_socket(place, endpoint)
        self.endpoints = everything
        count_store(&self.state.endpoint_count, place + 1)

    def leave(self, endpoint) -> None:
        """Hear an endpoint no more; what has come already is still lent. Its figures stay. Raises `LookupError`."""
        with self._lock:
            place = self._place_of(endpoint)
            if place is None or place in self._left:
                raise LookupError(f"{endpoint.text} is not heard")
            leave(self._opened[place], endpoint)
            self._left.add(place)

    def _place_of(self, endpoint) -> int | None:
        if not self.state.opened:
            raise RuntimeError("the receiver is not open: groups are joined and left while it is")
        if not endpoint.multicast:
            raise ValueError(f"{endpoint.text}: a unicast endpoint joins nothing, and is there from the start")
        return next((place for place, one in enumerate(self.endpoints) if one == endpoint), None)

    # What is told.

    @property
    def address(self) -> int:
        """Of the C struct that the pipeline calls; valid as long as this object."""
        return <size_t>&self.state.face

    def fileno(self, line: int) -> int:
        """The socket of a line, to send requests from: replies come to the poll. Good until `close`."""
        return self._socket_of(line).fileno()

    def address_of(self, line: int) -> tuple[str, int]:
        """Address and port that a line's socket is bound to."""
        return self._socket_of(line).getsockname()

    def _socket_of(self, line: int) -> object:
        if not self.state.opened:
            raise RuntimeError("the receiver is not open: a line has a socket between `open` and `close`")
        for endpoint, opened in zip(self.endpoints, self._opened, strict=True):
            if endpoint.line == line:
                return opened.socket
        raise LookupError(f"no line {line}; there are {', '.join(str(endpoint.line) for endpoint in self.endpoints)}")

    @property
    def warnings(self) -> list[str]:
        """What was not obtained as wished; known after `open`."""
        return [words for opened in self._opened for words in opened.warnings]

    @property
    def accelerated(self) -> str | None:
        """Who replaces the kernel's sockets: "onload", "vma", "xlio", the name of a library; None: nobody."""
        if onload_is_present():
            return "onload"
        answers, plain = library_of_sockets(), library_of_c()
        if answers == NULL or plain == NULL or answers == plain:
            return None
        name = os.path.basename((<bytes>answers).decode())
        if name == os.path.basename((<bytes>plain).decode()):
            return None
        return next((known for known in ("onload", "vma", "xlio") if known in name), name)

    cdef void _note_drops(self) noexcept:
        cdef int64_t number
        for number in range(self.state.endpoint_count):
            self.state.endpoints[number].drops = self._drops(number)

    cdef int64_t _drops(self, int64_t number) noexcept:
        """The kernel's drops until now."""
        cdef uint32_t counted = 0
        cdef heard *place = self.state.endpoints + number
        if self.state.opened and socket_drops(place.descriptor, &counted):
            return extended(place.drops, counted)
        return place.drops

    @property
    def statistics(self) -> dict[str, object]:
        """What was lent since `open`, what was lost where, and how it is obtained."""
        cdef int64_t number
        cdef heard *place
        told = []
        for number, endpoint in enumerate(self.endpoints):
            place = self.state.endpoints + number
            opened = self._opened[number] if number < len(self._opened) else None
            told.append({
                "line": endpoint.line,
                "group": endpoint.group,
                "port": endpoint.port,
                "interface": opened.interface if opened else endpoint.interface,
                "source": endpoint.source,
                "frames": place.frames,
                "bytes": place.bytes,
                "kernel_drops": self._drops(number),
                "truncated": place.truncated,
                "foreign": place.foreign,
                "time_uncertain": place.uncertain,
                "errors": place.errors,
                "receive_buffer": opened.receive_buffer if opened else 0,
            })
        return {
            "mode": self.options.wait,
            "accelerated": self.accelerated,
            "frames": sum(one["frames"] for one in told),
            "bytes": sum(one["bytes"] for one in told),
            "polls": self.state.polls,
            "empty_polls": self.state.empty_polls,
            "dropped": {
                "receiver": sum(one["foreign"] for one in told),
                "kernel": sum(one["kernel_drops"] for one in told),
                "device": 0,
            },
            "endpoints": told,
        }
