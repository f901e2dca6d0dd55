"""The `af_packet` receiver: rings that the kernel fills, and frames lent straight out of them."""

from feedhandler.receivers.af_packet.receiver import AfPacketReceiver

__all__ = ["AfPacketReceiver"]
