# cython: language_level=3, cdivision=True
"""The `memory` receiver: frames that are in memory already, lent without a copy.

For benchmarks, since a poll costs next to nothing and the bytes can be replayed any number of times (`rewind`), and for
programs that have their packets from somewhere else. The array of frames is made once; a poll copies the next few of
it, 32 bytes each.
"""

import numpy

from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

from feedhandler.receivers.abi cimport RECEIVER_ENDED, RECEIVER_FAILED, frame, receiver

from feedhandler.core.frames import Frame


cdef struct memory_state:
    receiver face
    frame *frames
    int64_t count
    int64_t position
    int64_t lent
    int64_t polls
    int failed
    int opened
    int stopping
    void *owner


cdef int64_t memory_poll(void *context, frame *frames, int64_t capacity) noexcept nogil:
    cdef memory_state *state = <memory_state *>context
    cdef int64_t count
    if state.lent != 0:
        fail_unreleased(state)
    if state.failed:
        return RECEIVER_FAILED
    if not state.opened or state.stopping or state.position == state.count:
        return RECEIVER_ENDED
    count = state.count - state.position
    if count > capacity:
        count = capacity
    memcpy(frames, state.frames + state.position, count * sizeof(frame))
    state.position += count
    state.lent = count
    state.polls += 1
    return count


cdef void memory_release(void *context, int64_t count) noexcept nogil:
    cdef memory_state *state = <memory_state *>context
    state.lent = state.lent - count if count < state.lent else 0


cdef void fail_unreleased(memory_state *state) noexcept with gil:
    owner = <MemoryReceiver>state.owner
    owner.error = RuntimeError(
        f"poll was called while {state.lent} frames were lent: every burst is released before the next poll"
    )
    state.failed = 1


cdef class MemoryReceiver:
    """Lends packets out of one array of bytes.

    data: the bytes (a numpy array of uint8, or any buffer); the receiver keeps it alive.
    offsets, lengths: where each packet lies.
    received_ns: when each came, Unix nanoseconds; None: 0 for all.
    lines: each packet's line; None: 0 for all.
    """

    cdef memory_state state
    cdef readonly object error
    cdef object _data, _frames

    def __cinit__(self, data, offsets, lengths, *, received_ns=None, lines=None) -> None:
        memset(&self.state, 0, sizeof(memory_state))
        self.state.face.context = &self.state
        self.state.face.poll = memory_poll
        self.state.face.release = memory_release
        self.state.owner = <void *>self
        self.error = None
        self._data = numpy.frombuffer(data, dtype=numpy.uint8)
        offsets = numpy.asarray(offsets, dtype=numpy.int64)
        lengths = numpy.asarray(lengths, dtype=numpy.int64)
        if offsets.ndim != 1 or offsets.shape != lengths.shape:
            raise ValueError(f"offsets and lengths are lists of one length, not of {offsets.shape} and {lengths.shape}")
        outside = (offsets < 0) | (lengths < 0) | (lengths > 0xFFFF) | (offsets > self._data.size - lengths)
        if outside.any():
            first = int(outside.argmax())
            raise ValueError(
                f"packet {first} would be bytes {offsets[first]:,} to {offsets[first] + lengths[first]:,} "
                f"of {self._data.size:,}; a packet lies inside, and has at most 65,535 bytes"
            )
        frames = numpy.zeros(len(offsets), dtype=Frame.dtype)
        frames["frame_address"] = offsets + self._data.ctypes.data
        frames["byte_count"] = lengths
        frames["received_ns"] = 0 if received_ns is None else received_ns
        frames["line"] = 0 if lines is None else lines
        self._frames = frames
        self.state.frames = <frame *><size_t>frames.ctypes.data
        self.state.count = len(frames)

    @property
    def address(self) -> int:
        """Of the C struct that the pipeline calls."""
        return <size_t>&self.state.face

    @property
    def frames(self) -> int:
        """Address of all frames, for code that needs no polling."""
        return <size_t>self.state.frames

    @property
    def count(self) -> int:
        """How many frames there are."""
        return self.state.count

    @property
    def statistics(self) -> dict:
        """What was lent since `open` or `rewind`, and how it is obtained."""
        lent = self._frames[: self.state.position]
        return {
            "mode": "memory",
            "frames": int(self.state.position),
            "bytes": int(lent["byte_count"].sum()),
            "polls": int(self.state.polls),
            "dropped": {"receiver": 0, "kernel": 0, "device": 0},
        }

    def open(self) -> None:
        """Lend from the first packet on."""
        if self.state.opened:
            raise RuntimeError("the receiver is open already")
        self.rewind()
        self.state.opened = 1

    def rewind(self) -> None:
        """Lend from the first packet on again. Not while frames are lent, nor during a poll."""
        if self.state.lent != 0:
            raise RuntimeError(f"{self.state.lent} frames are lent: they are released before the receiver is rewound")
        self.state.position = 0
        self.state.polls = 0
        self.state.failed = 0
        self.state.stopping = 0
        self.error = None

    def close(self) -> None:
        """Lend nothing more."""
        self.state.opened = 0
        self.state.lent = 0

    def stop(self) -> None:
        """The next poll returns RECEIVER_ENDED. May be called from any thread."""
        self.state.stopping = 1

    def __enter__(self) -> MemoryReceiver:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
