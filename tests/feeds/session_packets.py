"""Packets of every session, as their modules encode them, under the names that tests of feeds use."""

from feedhandler.sessions.cde_multicast import packet_encode as cde_packet
from feedhandler.sessions.deribit_multicast import packet_encode as deribit_packet
from feedhandler.sessions.eobi import packet_encode as eobi_packet
from feedhandler.sessions.iextp import packet_encode as iextp_packet
from feedhandler.sessions.impact import packet_encode as impact_packet
from feedhandler.sessions.mach import packet_encode as mach_packet
from feedhandler.sessions.mdp3 import packet_encode as mdp3_packet
from feedhandler.sessions.memoir_udp import packet_encode as memoir_udp_packet
from feedhandler.sessions.pillar import packet_encode as pillar_packet
from feedhandler.sessions.sequenced_unit import packet_encode as sequenced_unit_packet
from feedhandler.sessions.umdf_binary import packet_encode as umdf_packet

__all__ = [
    "cde_packet",
    "deribit_packet",
    "eobi_packet",
    "iextp_packet",
    "impact_packet",
    "mach_packet",
    "mdp3_packet",
    "memoir_udp_packet",
    "pillar_packet",
    "sequenced_unit_packet",
    "umdf_packet",
]
