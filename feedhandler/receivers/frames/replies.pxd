# Unicast endpoints of a receiver that takes multicast frames before the kernel's sockets do.
#
# Replies to a retransmission request are few, and reach the sender's own socket through the kernel. So such a receiver
# holds a `socket` receiver for them, and asks it once in many polls: a system call in every poll would cost more than
# the frames do.

from libc.stdint cimport int64_t

from feedhandler.receivers.abi cimport frame, receiver

cdef enum:
    REPLY_POLLS = 256            # where polls do not sleep

cdef struct replies:
    receiver *face               # NULL: there are no unicast endpoints
    int64_t every                # their turn comes once in so many polls
    int64_t polls
    int64_t lent


cdef inline int64_t replies_poll(replies *state, frame *frames, int64_t capacity) noexcept nogil:
    """What the unicast endpoints have, where it is their turn: frames, 0, or RECEIVER_FAILED."""
    cdef int64_t count
    if state.face == NULL:
        return 0
    state.polls += 1
    if state.polls < state.every:
        return 0
    state.polls = 0
    count = state.face.poll(state.face.context, frames, capacity)
    state.lent = count if count > 0 else 0
    return count


cdef inline int64_t replies_release(replies *state, int64_t count) noexcept nogil:
    """Release what of `count` frames is theirs; how many that were."""
    if count > state.lent:
        count = state.lent
    if count != 0:
        state.face.release(state.face.context, count)
        state.lent -= count
    return count
