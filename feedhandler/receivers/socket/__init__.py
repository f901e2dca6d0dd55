"""The `socket` receiver: UDP sockets of the kernel, or of what replaces them."""

from feedhandler.receivers.socket.receiver import SocketReceiver

__all__ = ["SocketReceiver"]
