# cython: language_level=3, cdivision=True
"""The cold half of the `dpdk` receiver: the process's one DPDK environment (EAL), its log, and ports that come and go.

The environment can be opened once in a process, pins the thread that opens it, and cannot be opened anew after it has
failed. So a helper thread opens it, with the affinity put back, when the first receiver is opened; it stays until the
process ends. Threads that poll are made known to it (rte_thread_register), so that they have caches of buffers of their
own. Ports are plugged in when a receiver is opened and out when it is closed (rte_eal_hotplug_add, rte_eal_hotplug_remove),
by one thread at a time: a lock of the process is held in everything here.

DPDK says why something failed in its log only. The log is caught in memory, and its last lines are part of the errors.
"""

import errno
import os
import threading
import time

from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t
from libc.stdio cimport FILE
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memmove, memset, strdup

from feedhandler.receivers.dpdk.library cimport *

from feedhandler.receivers.dpdk.descriptors import DriverDescriptors, descriptors, opened_since
from feedhandler.receivers.dpdk.devices import NO_BUS, Device, clock_note
from feedhandler.receivers.endpoints import EndpointError


cdef enum:
    LOG_BYTES = 16_384           # of the log are kept, the last ones
    CACHED = 256                 # buffers of a thread's own cache
    IN_DRIVER = 4_096            # buffers that a driver may hold beyond its queue: net_af_xdp lends so many to the kernel
    SPARE = 1_024                # buffers that no queue holds: a burst that is lent, caches
    HEADERS_BYTES = 14 + 8 + 60 + 8 + 64     # and an appliance's trailer
    ROOM_LEAST = 2_048           # what a buffer holds at least: cards want no less

# The kernel lets a queue go a moment after its AF_XDP socket is closed, and net_af_xdp neither waits nor says that this is
# the reason: it is tried again for so long.
AGAIN_SECONDS = 2.0

CLOCK_SECONDS = 0.02             # between two readings of a card's clock

# Everything here is done by one thread at a time, whichever it is.
_lock = threading.RLock()
_registered = threading.local()
_environment = None              # the arguments with which it was opened
_failure = None                  # why it cannot be opened

cdef char log_text[LOG_BYTES]
cdef int64_t log_length = 0
cdef FILE *log_file = NULL


cdef ssize_t log_write(void *cookie, const char *data, size_t size) noexcept nogil:
    """Keep the last bytes. stdio holds the stream's lock meanwhile."""
    global log_length
    cdef int64_t kept = <int64_t>size if size < LOG_BYTES else LOG_BYTES
    if log_length + kept > LOG_BYTES:
        memmove(log_text, log_text + (log_length + kept - LOG_BYTES), LOG_BYTES - kept)
        log_length = LOG_BYTES - kept
    memcpy(log_text + log_length, data + (size - kept), kept)
    log_length += kept
    return size


cdef str log_taken():
    """What DPDK said since the log was last taken, as one line."""
    global log_length
    if log_file == NULL:
        return ""
    flockfile(log_file)
    said = log_text[:log_length]
    log_length = 0
    funlockfile(log_file)
    lines = [line.strip() for line in said.decode(errors="replace").splitlines()]
    return "; ".join(line for line in lines[-6:] if line)


cdef object refused(int number, str what):
    """An error that says what DPDK said of it. number: positive; of DPDK's own, those above 1000 are no errnos."""
    said = log_taken()
    words = f"{what}: {rte_strerror(number).decode()}" + (f" ({said})" if said else "")
    return EndpointError(number if 0 < number < 1_000 else errno.EIO, words)


def version() -> str:
    """Of the library, such as `DPDK 22.11.11`."""
    return rte_version().decode()


def environment_failure() -> str | None:
    """Why the environment cannot be opened in this process any more; None where it was not tried, or is open."""
    return _failure


def environment_open(arguments: tuple[str, ...], exactly: bool) -> None:
    """Open the process's environment, or find it open.

    exactly: the arguments were asked for, so one that was opened with others will not do. Raises `EndpointError`.
    """
    global _environment, _failure
    with _lock:
        if _failure is not None:
            raise EndpointError(errno.EALREADY, f"{_failure}; a process can try once: start it again")
        if _environment is not None:
            if exactly and _environment != tuple(arguments):
                raise EndpointError(
                    errno.EBUSY,
                    f"DPDK runs in this process with the arguments {' '.join(_environment)}; wished are "
                    f"{' '.join(arguments)}, and a process has one environment: give all receivers the same",
                )
            return
        failed = []
        helper = threading.Thread(target=_initialise, args=(tuple(arguments), failed), name="dpdk-environment")
        helper.start()
        helper.join()
        if failed:
            _failure = failed[0].strerror
            raise failed[0]
        _environment = tuple(arguments)


def _initialise(arguments: tuple[str, ...], failed: list[OSError]) -> None:
    """In a thread that ends after it: the environment pins its first thread, and knows it by number only."""
    global log_file
    cdef char *words[66]
    cdef int count = 0
    cdef int result
    affinity = os.sched_getaffinity(0)
    memset(words, 0, sizeof(words))
    if len(arguments) > 64:
        failed.append(EndpointError(errno.E2BIG, f"{len(arguments)} arguments for DPDK; expected at most 64"))
        return
    if log_file == NULL:
        log_file = log_stream(log_write)
        rte_openlog_stream(log_file)
    for word in ("feedhandler", *arguments):
        words[count] = strdup(word.encode())
        count += 1
    with nogil:
        result = rte_eal_init(count, words)
    # The words are the environment's from now on: it keeps pointers to some of them.
    os.sched_setaffinity(0, affinity)
    if result < 0:
        failed.append(refused(last_error(), f"DPDK cannot start with {' '.join(arguments)}"))
    else:
        log_taken()


def has_huge_pages() -> bool:
    """Whether the open environment's memory is huge pages."""
    return bool(rte_eal_has_hugepages())


def thread_register() -> None:
    """Make the calling thread known to the environment, until it was forgotten as often. Raises `EndpointError`."""
    with _lock:
        count = getattr(_registered, "count", 0)
        if count == 0 and rte_thread_register() < 0:
            raise refused(last_error(), "DPDK knows too many threads")
        _registered.count = count + 1


def thread_forget() -> None:
    """The reverse; in a thread that was not registered it does nothing: what another thread registered ends with it."""
    with _lock:
        count = getattr(_registered, "count", 0)
        if count == 1:
            rte_thread_unregister()
        _registered.count = max(0, count - 1)


cdef class Port:
    """A device that was plugged in, and its buffers.

    device: what is plugged in.
    groups: the multicast groups that a card is to let in.
    queues, queue_length, packet_bytes: of the receiver's options.
    """

    cdef readonly int number
    """DPDK's own number of it."""
    cdef readonly object device
    cdef readonly str driver
    cdef readonly object interface
    """The kernel's interface behind it; None where there is none."""
    cdef readonly int queues, queue_length
    cdef readonly int stamp_offset
    """Where in a buffer the card's time stamp is; -1 where the card has none."""
    cdef readonly uint64_t stamp_flag
    cdef readonly object note
    """Why the card's stamps are not used; None where they are, or where it has none."""
    cdef mempool *pool
    cdef bint plugged, started
    cdef object opened
    cdef dict last

    def __cinit__(self, device: Device) -> None:
        self.device = device
        self.number = self.stamp_offset = -1
        self.driver = ""
        self.interface = None
        self.last = {"received": 0, "missed": 0, "errors": 0, "no_buffer": 0, "kernel_drops": 0}
        self.opened = DriverDescriptors()

    def open(self, groups: list[str], queues: int, queue_length: int, packet_bytes: int) -> None:
        """Plug it in and start it. Raises `EndpointError`; it is plugged out again then."""
        with _lock:
            log_taken()
            until = time.monotonic() + AGAIN_SECONDS
            while True:
                try:
                    self._open(groups, queues, queue_length, packet_bytes)
                    return
                except EndpointError:
                    again = self.driver == "net_af_xdp" and time.monotonic() < until
                    self.close()
                    if not again:
                        raise
                    time.sleep(0.001)
                except BaseException:
                    self.close()
                    raise

    cdef int _open(self, list groups, int queues, int queue_length, int packet_bytes) except -1:
        before = descriptors()
        try:
            self._plug_in()
            self._set_up(queues, queue_length, packet_bytes)
        finally:
            self.opened = opened_since(before, self.interface if self.driver == "net_tap" else None)
        if self.driver == "net_af_packet":
            self.opened.ignore_outgoing()
        self._judge_clock()
        self.let_in(groups)
        return 0

    cdef int _plug_in(self) except -1:
        cdef uint16_t number = 0
        cdef int result
        if self.device.bus == "pci" and NO_BUS in _environment:
            raise EndpointError(
                errno.EBUSY,
                f"{self.device.text}: DPDK runs in this process without the PCI bus, since the receiver that was opened "
                "first names no card: open one with a card first",
            )
        bus, name, arguments = (word.encode() for word in (self.device.bus, self.device.name, self.device.arguments))
        result = rte_eal_hotplug_add(bus, name, arguments)
        if result < 0:
            raise refused(-result, f"{self.device.text}: DPDK cannot plug it in")
        self.plugged = True
        result = rte_eth_dev_get_port_by_name(name, &number)
        if result < 0:
            raise refused(-result, f"{self.device.text}: it is no network device")
        self.number = number
        return 0

    cdef int _set_up(self, int queues, int queue_length, int packet_bytes) except -1:
        cdef port_information found
        cdef port_settings settings
        cdef uint16_t receive = <uint16_t>queue_length
        cdef uint16_t send = 64
        cdef uint16_t queue
        cdef int offset = -1
        cdef uint64_t flag = 0
        cdef int node = rte_eth_dev_socket_id(<uint16_t>self.number)
        cdef int room = packet_bytes + HEADERS_BYTES
        cdef char name[IF_NAMESIZE]
        self._check(rte_eth_dev_info_get(<uint16_t>self.number, &found), "it does not say what it can")
        self.driver = found.driver_name.decode()
        if found.if_index != 0 and if_indextoname(found.if_index, name) != NULL:
            self.interface = (<bytes>name).decode()
        elif self.device.bus == "vdev":
            self.interface = self.device.interface
        if queues > found.max_rx_queues or queues > found.max_tx_queues:
            raise EndpointError(
                errno.EINVAL,
                f"{self.device.text}: {queues} queues are wished, and it has {min(found.max_rx_queues, found.max_tx_queues)}",
            )
        memset(&settings, 0, sizeof(settings))
        if packet_bytes > 1_500:
            settings.rxmode.mtu = packet_bytes + 28      # else the driver's own, which is an ordinary Ethernet's
        settings.rxmode.offloads = found.rx_offload_capa & RTE_ETH_RX_OFFLOAD_TIMESTAMP
        if queues > 1:
            settings_spread(&settings, found.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP))
        # Several drivers want as many queues to send as to receive; nothing is ever sent.
        self._check(
            rte_eth_dev_configure(<uint16_t>self.number, <uint16_t>queues, <uint16_t>queues, &settings),
            f"it cannot be set up with {queues} queues and datagrams of {packet_bytes} bytes",
        )
        self._check(rte_eth_dev_adjust_nb_rx_tx_desc(<uint16_t>self.number, &receive, &send), "its queues have no length")
        self.queues = queues
        self.queue_length = receive
        if settings.rxmode.offloads != 0 and rte_mbuf_dyn_rx_timestamp_register(&offset, &flag) == 0:
            self.stamp_offset = offset
            self.stamp_flag = flag
        room = RTE_PKTMBUF_HEADROOM + (ROOM_LEAST if room < ROOM_LEAST else room)
        count = queues * (receive + IN_DRIVER) + SPARE
        if self.driver == "net_af_xdp":
            self.pool = pool_without_holes(f"feed_{self.number}".encode(), count, CACHED, room, node)
        else:
            self.pool = rte_pktmbuf_pool_create(f"feed_{self.number}".encode(), count, CACHED, 0, room, node)
        if self.pool == NULL:
            raise refused(
                last_error(),
                f"{self.device.text}: no memory for {count} buffers of {room} bytes; more with `memory`, fewer with "
                "`descriptors`",
            )
        for queue in range(queues):
            self._check(
                rte_eth_rx_queue_setup(<uint16_t>self.number, queue, receive, node, NULL, self.pool),
                f"no receive queue {queue} of {receive} frames",
            )
            self._check(
                rte_eth_tx_queue_setup(<uint16_t>self.number, queue, send, node, NULL), f"no send queue {queue}"
            )
        self._check(rte_eth_dev_start(<uint16_t>self.number), "it does not start")
        self.started = True
        return 0

    cdef int _judge_clock(self) except -1:
        """Stamps count what the card counts (rte_mbuf_dyn.h); drivers of cards that count no nanoseconds tell the clock."""
        cdef uint64_t before = 0
        cdef uint64_t after = 0
        if self.stamp_offset < 0 or rte_eth_read_clock(<uint16_t>self.number, &before) != 0:
            return 0
        started = time.monotonic_ns()
        time.sleep(CLOCK_SECONDS)
        rte_eth_read_clock(<uint16_t>self.number, &after)
        self.note = clock_note(self.device.text, after - before, time.monotonic_ns() - started)
        if self.note is not None:
            self.stamp_offset = -1
        return 0

    def let_in(self, groups: list[str]) -> None:
        """Tell a card's own filter which groups to let in from now on; it may run. Raises `EndpointError`.

        A virtual device hears what the kernel hears, where the group is joined.
        """
        if self.device.bus == "pci":
            with _lock:
                self._let_in(groups)

    cdef int _let_in(self, list groups) except -1:
        cdef ether_address *addresses
        cdef int result
        addresses = <ether_address *>malloc(max(1, len(groups)) * sizeof(ether_address))
        if addresses == NULL:
            raise MemoryError
        for place, group in enumerate(groups):
            words = [int(word) for word in group.split(".")]
            hardware = bytes([0x01, 0x00, 0x5E, words[1] & 0x7F, words[2], words[3]])   # RFC 1112, section 6.4
            memcpy(addresses[place].addr_bytes, <const char *>hardware, 6)
        result = rte_eth_dev_set_mc_addr_list(<uint16_t>self.number, addresses, <uint32_t>len(groups))
        free(addresses)
        if result != 0:
            result = rte_eth_allmulticast_enable(<uint16_t>self.number)
        if result != 0:
            result = rte_eth_promiscuous_enable(<uint16_t>self.number)
        self._check(result, "it lets no groups in")
        return 0

    cdef int _check(self, int result, str what) except -1:
        if result < 0:
            raise refused(-result, f"{self.device.text}: {what}")
        return 0

    def figures(self) -> dict[str, int]:
        """What the driver counted since `open`, also after `close`: received, missed, errors, no_buffer, kernel_drops."""
        cdef port_figures found
        with _lock:
            if self.started:
                memset(&found, 0, sizeof(found))
                if rte_eth_stats_get(<uint16_t>self.number, &found) == 0:
                    self.last = {
                        "received": found.ipackets,
                        "missed": found.imissed,
                        "errors": found.ierrors,
                        "no_buffer": found.rx_nombuf,
                        "kernel_drops": self.opened.count_drops(found.imissed),
                    }
            return dict(self.last)

    def close(self) -> None:
        """Stop it, plug it out, give its buffers back: frames that came from it must be given back before."""
        with _lock:
            if self.started:
                self.figures()
                rte_eth_dev_stop(<uint16_t>self.number)
                self.started = False
            if self.plugged:
                before = descriptors()
                bus, name = self.device.bus.encode(), self.device.name.encode()
                if self.number >= 0:
                    rte_eth_dev_close(<uint16_t>self.number)
                rte_eal_hotplug_remove(bus, name)
                self.plugged = False
                self.opened.close_forgotten(before)
            rte_mempool_free(self.pool)
            self.pool = NULL
            log_taken()
