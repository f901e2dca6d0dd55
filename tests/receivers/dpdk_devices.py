"""Virtual devices of DPDK, for tests; what is imported from here needs no DPDK."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

BUILT = find_spec("feedhandler.receivers.dpdk.receiver") is not None
needs_dpdk = pytest.mark.skipif(not BUILT, reason="the dpdk extension is not built: it needs dpdk-dev")

AF_PACKET = "net_af_packet,iface={interface},blocksz=65536,framesz=2048,framecnt=16384"
AF_PACKET_SMALL = "net_af_packet,iface={interface},blocksz=4096,framesz=2048,framecnt=512"
AF_XDP = "net_af_xdp,iface={interface}"
PCAP = "net_pcap,rx_iface_in={interface}"

SMALL_PAGES = {"huge_pages": False}
"""So that no test depends on how many huge pages the machine has free."""
