# From datagrams in their slots to frames: times, the kernel's counts, senders that are not ours.

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy
from posix.time cimport timespec

from feedhandler.receivers.abi cimport FRAME_TIME_UNCERTAIN, FRAME_TRUNCATED, frame
from feedhandler.receivers.frames.stamps cimport anchored, clocks_read
from feedhandler.receivers.socket.library cimport *

cdef enum:
    CONTROL_BYTES = 128          # three time stamps and a count take 88

cdef struct heard:
    int descriptor
    uint16_t line
    uint32_t only_source         # network order; 0: any
    int64_t frames
    int64_t bytes
    int64_t truncated
    int64_t foreign              # from another sender than `only_source`
    int64_t errors               # of the network, passing
    int64_t uncertain
    int64_t drops                # the kernel's; its low 32 bits are the kernel's own count
    int64_t empty_ns             # when the socket was last seen empty, anchored
    int64_t last_ns              # the time of its last frame

cdef struct slots:               # into which recvmmsg writes, one for each frame of a burst
    mmsghdr *messages
    iovec *vectors
    sockaddr_in *names
    uint8_t *controls
    uint8_t *payloads


cdef inline int64_t extended(int64_t known, uint32_t counted) noexcept nogil:
    """A count of 64 bits after the next reading of its low 32. A reading that is older than the last changes nothing."""
    cdef uint32_t more = counted - <uint32_t>known
    return known + more if more < <uint32_t>0x8000_0000 else known


cdef inline int64_t controls_read(message_header *message, heard *endpoint, int64_t *hardware_ns) noexcept nogil:
    """The kernel's time stamp, 0 where there is none, and the card's likewise; the kernel's count of drops is noted."""
    cdef int64_t stamp = 0
    cdef timespec time
    cdef timespec times[3]       # the kernel's, one that is never set, the card's (<linux/errqueue.h>)
    cdef uint32_t drops
    cdef control_header *control = CMSG_FIRSTHDR(message)
    while control != NULL:
        if control.cmsg_level == SOL_SOCKET:
            if control.cmsg_type == SCM_TIMESTAMPNS:
                memcpy(&time, CMSG_DATA(control), sizeof(timespec))
                stamp = <int64_t>time.tv_sec * 1_000_000_000 + time.tv_nsec
            elif control.cmsg_type == SCM_TIMESTAMPING:
                memcpy(times, CMSG_DATA(control), sizeof(times))
                stamp = <int64_t>times[0].tv_sec * 1_000_000_000 + times[0].tv_nsec
                hardware_ns[0] = <int64_t>times[2].tv_sec * 1_000_000_000 + times[2].tv_nsec
            elif control.cmsg_type == SO_RXQ_OVFL:
                memcpy(&drops, CMSG_DATA(control), sizeof(uint32_t))
                endpoint.drops = extended(endpoint.drops, drops)
        control = CMSG_NXTHDR(message, control)
    return stamp


cdef inline int64_t datagrams_lend(
    slots *room, heard *endpoint, int64_t epoch_ns, int64_t first, int64_t got, frame *frames
) noexcept nogil:
    """Frames of `got` datagrams that lie in the slots from `first` on; returns how many."""
    cdef int64_t realtime
    cdef int64_t now_ns = clocks_read(&realtime) + epoch_ns
    cdef int64_t count = 0
    cdef int64_t stamp
    cdef int64_t hardware_ns
    cdef int64_t slot
    cdef mmsghdr *message
    cdef frame *one
    for slot in range(first, first + got):
        message = room.messages + slot
        hardware_ns = 0
        stamp = controls_read(&message.msg_hdr, endpoint, &hardware_ns)
        if endpoint.only_source != 0 and room.names[slot].sin_addr.s_addr != endpoint.only_source:
            endpoint.foreign += 1
        else:
            one = frames + count
            one.address = <int64_t>message.msg_hdr.msg_iov.iov_base
            one.length = message.msg_len
            one.line = endpoint.line
            one.flags = 0
            one.hardware_ns = hardware_ns
            if message.msg_hdr.msg_flags & MSG_TRUNC:
                one.flags = FRAME_TRUNCATED
                endpoint.truncated += 1
            one.received_ns = now_ns
            if stamp != 0:
                one.received_ns = anchored(
                    stamp - realtime + now_ns, now_ns, endpoint.empty_ns, endpoint.last_ns, &one.flags
                )
                if one.flags & FRAME_TIME_UNCERTAIN:
                    endpoint.uncertain += 1
            endpoint.last_ns = one.received_ns
            endpoint.frames += 1
            endpoint.bytes += one.length
            count += 1
        # the kernel wrote how much it used of these
        message.msg_hdr.msg_controllen = CONTROL_BYTES
        message.msg_hdr.msg_namelen = sizeof(sockaddr_in) if message.msg_hdr.msg_name != NULL else 0
    return count
