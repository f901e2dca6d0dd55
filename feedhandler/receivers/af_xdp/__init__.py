"""The `af_xdp` receiver: two programs in the kernel, the sockets that they feed, and the frames lent out of them."""

from feedhandler.receivers.af_xdp.receiver import AfXdpReceiver

__all__ = ["AfXdpReceiver"]
