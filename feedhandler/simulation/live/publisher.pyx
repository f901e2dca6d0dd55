# cython: language_level=3, cdivision=True
"""Sends packets to multicast groups when they are due, each message stamped with the time at which its packet left.

What to send, where and when is one array, made before (`schedule.py`): here is only the loop that waits and sends. It
runs without the GIL, so that a busy interpreter (the next packets are generated meanwhile) delays nothing.

A packet is stamped once, when it is first due, on whichever line that is, and also when every line loses it: what a
retransmission server resends later is byte for byte what was sent, or would have been. Packets that are due together
leave in one system call, `BATCH` of them at most; they are stamped just before it.

Waiting is sleeping, up to some 50 us late; `spin` burns a core and is on time.
"""

import os
import socket

import numpy

from libc.errno cimport EAGAIN, EINTR, ENOBUFS, errno as last_errno
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memset
from posix.time cimport CLOCK_MONOTONIC, TIMER_ABSTIME, clock_nanosleep, timespec

from feedhandler.receivers.clock cimport monotonic_ns, realtime_ns

from feedhandler.sessions.moldudp64 import DownstreamHeader
from feedhandler.simulation.generation import PacketEntry
from feedhandler.simulation.live.schedule import STAMP_LINE, ScheduledSend

cdef enum:
    BATCH = 16
    LINES = 16
    HEADER_BYTES = 20
    LENGTH_BYTES = 2
    NAP_NS = 20_000_000        # a sleep is no longer than this, so that `stop` is seen
    STAMPED = -1               # the line of an entry that only stamps

cdef extern from *:
    """
    #include <arpa/inet.h>
    #include <netinet/in.h>
    #include <sys/prctl.h>
    #include <sys/socket.h>

    /* the kernel may wake a sleeper this much later: 50 us unless it is told otherwise */
    static inline void feedhandler_wake_promptly(void) { prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }
    """
    ctypedef unsigned int socklen_t
    struct iovec:
        void *iov_base
        size_t iov_len
    struct in_address "in_addr":
        unsigned int s_addr
    struct sockaddr_in:
        unsigned short sin_family
        unsigned short sin_port
        in_address sin_addr
    struct message_header "msghdr":
        void *msg_name
        socklen_t msg_namelen
        iovec *msg_iov
        size_t msg_iovlen
    struct mmsghdr:
        message_header msg_hdr
        unsigned int msg_len
    enum: AF_INET
    int sendmmsg(int descriptor, mmsghdr *messages, unsigned int count, int flags) nogil
    unsigned int inet_addr(const char *text) nogil
    unsigned short htons(unsigned short number) nogil
    void wake_promptly "feedhandler_wake_promptly" () nogil


cdef packed struct packet_entry:
    int64_t offset
    int64_t sequence
    int64_t time_ns
    int32_t byte_count
    int32_t message_count
    int64_t line

cdef packed struct scheduled_send:
    int64_t due_ns
    int32_t packet
    int32_t line

assert PacketEntry.size == sizeof(packet_entry)
assert ScheduledSend.itemsize == sizeof(scheduled_send)
assert DownstreamHeader.size == HEADER_BYTES
assert STAMP_LINE == STAMPED


cdef class Publisher:
    """Sends on some lines, through one socket.

    lines: (group, port) of each line.
    interface: the address of the interface that the groups are on.
    stamp_offset, stamp_bytes: where a message has its time of day, big endian; 0 bytes: nowhere.
    midnight_ns: when that day began, Unix nanoseconds.
    ttl: how many routers may pass it on; with 0 it never leaves the machine.
    """

    cdef readonly int64_t published, late_maximum_ns, refused
    cdef object _socket
    cdef int _descriptor, _line_count, _stamp_offset, _stamp_bytes, _stopping
    cdef bint _spin
    cdef int64_t _midnight_ns
    cdef sockaddr_in _addresses[LINES]
    cdef int64_t _sent[LINES]
    cdef int64_t _sent_bytes[LINES]
    cdef mmsghdr _messages[BATCH]
    cdef iovec _vectors[BATCH]

    def __init__(
        self, lines, *, interface="127.0.0.1", stamp_offset=0, stamp_bytes=0, midnight_ns=0, spin=False, ttl=0
    ) -> None:
        if not 1 <= len(lines) <= LINES:
            raise ValueError(f"{len(lines)} lines; 1 to {LINES} are possible")
        if stamp_bytes and not (0 < stamp_bytes <= 8 and stamp_offset >= 0):
            raise ValueError(f"a time of {stamp_bytes} bytes at {stamp_offset}; 1 to 8 bytes are possible")
        self._line_count = len(lines)
        self._stamp_offset, self._stamp_bytes = stamp_offset, stamp_bytes
        self._midnight_ns = midnight_ns
        self._spin = spin
        self._stopping = 0
        self.published = 0
        self.late_maximum_ns = 0
        self.refused = 0
        memset(self._sent, 0, sizeof(self._sent))
        memset(self._sent_bytes, 0, sizeof(self._sent_bytes))
        memset(self._messages, 0, sizeof(self._messages))
        memset(self._addresses, 0, sizeof(self._addresses))
        for number, (group, port) in enumerate(lines):
            self._addresses[number].sin_family = AF_INET
            self._addresses[number].sin_port = htons(port)
            self._addresses[number].sin_addr.s_addr = inet_addr(socket.inet_ntoa(socket.inet_aton(group)).encode())
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
            self._socket.bind((interface, 0))
        except OSError as error:
            self._socket.close()
            raise OSError(error.errno, f"cannot send by the interface of {interface}: {error.strerror}") from error
        self._descriptor = self._socket.fileno()

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()
        self._descriptor = -1

    def stop(self) -> None:
        """Let `publish` return soon. May be called from any thread."""
        self._stopping = 1

    def resume(self) -> None:
        """Forget that it was told to stop."""
        self._stopping = 0

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping != 0

    @property
    def packets_sent(self) -> list[int]:
        """Datagrams sent on each line."""
        return [self._sent[number] for number in range(self._line_count)]

    @property
    def bytes_sent(self) -> list[int]:
        """Bytes sent on each line."""
        return [self._sent_bytes[number] for number in range(self._line_count)]

    def publish(self, data, packets, schedule, int64_t start_ns) -> None:
        """Send what the schedule says; `start_ns` is the moment on CLOCK_MONOTONIC that its times count from.

        Bytes and entries are arrays of uint8, `PacketEntry` and `ScheduledSend`; the times within the bytes are written.
        Returns at the end or after `stop`. Raises `OSError` where the system refuses to send.
        """
        cdef uint8_t[::1] bytes_view = data
        cdef uint8_t[::1] packet_view = numpy.ascontiguousarray(packets).view(numpy.uint8)
        cdef uint8_t[::1] schedule_view = numpy.ascontiguousarray(schedule).view(numpy.uint8)
        cdef int64_t packet_count = len(packets)
        cdef int64_t count = len(schedule)
        cdef int error = 0
        if self._descriptor < 0:
            raise RuntimeError("the publisher is closed")
        if count == 0:
            return
        places = numpy.asarray(schedule["packet"])
        if int(places.min()) < 0 or int(places.max()) >= packet_count:
            raise ValueError(f"the schedule names packets {places.min()} to {places.max()} of {packet_count}")
        if int(schedule["line"].min()) < STAMPED or int(schedule["line"].max()) >= self._line_count:
            raise ValueError(f"the schedule names line {schedule['line'].max()}; there are {self._line_count}")
        ends = packets["offset"] + packets["byte_count"]
        if int(packets["offset"].min()) < 0 or int(ends.max()) > len(data) or int(packets["byte_count"].min()) < HEADER_BYTES:
            raise ValueError("a packet lies outside of the bytes, or is shorter than its header")
        with nogil:
            wake_promptly()
            error = self._run(
                &bytes_view[0], <packet_entry *>&packet_view[0], <scheduled_send *>&schedule_view[0], count, start_ns
            )
        if error != 0:
            raise OSError(error, f"cannot publish: {os.strerror(error)}")

    cdef int _run(
        self, uint8_t *data, packet_entry *packets, scheduled_send *schedule, int64_t count, int64_t start_ns
    ) noexcept nogil:
        cdef int64_t position = 0
        cdef int64_t due
        cdef int64_t now
        cdef int64_t highest = self.published
        cdef int size
        cdef int error
        cdef packet_entry *packet
        cdef int lines[BATCH]
        while position < count:
            due = start_ns + schedule[position].due_ns
            if not self._wait(due):
                return 0
            now = monotonic_ns()
            if now - due > self.late_maximum_ns:
                self.late_maximum_ns = now - due
            size = 0
            while position < count and size < BATCH and start_ns + schedule[position].due_ns <= now:
                packet = packets + schedule[position].packet
                if schedule[position].line == STAMPED:
                    if size > BATCH - self._line_count:
                        break  # it leaves with the next batch, whole: what is stamped is sent, also before a stop
                    self._stamp(data + packet.offset, packet.byte_count)
                    if packet.sequence + packet.message_count - 1 > highest:
                        highest = packet.sequence + packet.message_count - 1
                else:
                    self._vectors[size].iov_base = data + packet.offset
                    self._vectors[size].iov_len = packet.byte_count
                    self._messages[size].msg_hdr.msg_iov = &self._vectors[size]
                    self._messages[size].msg_hdr.msg_iovlen = 1
                    self._messages[size].msg_hdr.msg_name = &self._addresses[schedule[position].line]
                    self._messages[size].msg_hdr.msg_namelen = sizeof(sockaddr_in)
                    lines[size] = schedule[position].line
                    size += 1
                position += 1
            error = self._send(size, lines)
            if error != 0:
                return error
            self.published = highest
        return 0

    cdef bint _wait(self, int64_t due) noexcept nogil:
        """Wait until then; False where it was stopped before."""
        cdef timespec moment
        cdef int64_t now = monotonic_ns()
        cdef int64_t until
        while now < due:
            if self._stopping:
                return False
            if not self._spin:
                until = due if due - now < NAP_NS else now + NAP_NS
                moment.tv_sec = until // 1_000_000_000
                moment.tv_nsec = until % 1_000_000_000
                clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL)
            now = monotonic_ns()
        return not self._stopping

    cdef void _stamp(self, uint8_t *packet, int64_t size) noexcept nogil:
        """Write the time into every message of a packet."""
        cdef int64_t time = realtime_ns() - self._midnight_ns
        cdef int64_t position = HEADER_BYTES
        cdef int64_t length
        cdef int64_t left
        cdef int place
        if self._stamp_bytes == 0:
            return
        while position + LENGTH_BYTES <= size:
            length = (packet[position] << 8) | packet[position + 1]
            position += LENGTH_BYTES
            if length >= self._stamp_offset + self._stamp_bytes and position + length <= size:
                left = time
                for place in range(self._stamp_bytes - 1, -1, -1):
                    packet[position + self._stamp_offset + place] = <uint8_t>(left & 0xFF)
                    left >>= 8
            position += length

    cdef int _send(self, int size, int *lines) noexcept nogil:
        """Send the batch; returns an errno. What finds no buffer is counted and lost, as on a switch."""
        cdef int position = 0
        cdef int sent
        cdef int number
        while position < size:
            sent = sendmmsg(self._descriptor, &self._messages[position], size - position, 0)
            if sent > 0:
                for number in range(position, position + sent):
                    self._sent[lines[number]] += 1
                    self._sent_bytes[lines[number]] += self._vectors[number].iov_len
                position += sent
            elif last_errno == EINTR or last_errno == EAGAIN:
                if self._stopping:
                    return 0
            elif last_errno == ENOBUFS:
                self.refused += 1
                position += 1
            else:
                return last_errno
        return 0
