"""Requests leave by the socket that replies come to: a server answers to where it was asked from."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

from .channel import Address


class ReplySocket:
    """Sends through a socket that a receiver owns and polls.

    `fileno` is asked when the first request is sent, since a receiver is opened in a thread of its own: it returns the
    descriptor of the receiver's unicast socket (`receiver.fileno(line)`). The descriptor is doubled: closing either
    leaves the other alone.
    """

    def __init__(self, fileno: Callable[[], int]) -> None:
        self._fileno = fileno
        self._socket: socket.socket | None = None

    def __call__(self, datagram: bytes, address: Address) -> None:
        """Send without waiting; raises `OSError`, EAGAIN among others, where that is not possible."""
        if self._socket is None:
            self._socket = socket.socket(fileno=os.dup(self._fileno()))
        self._socket.sendto(datagram, socket.MSG_DONTWAIT, address)

    def close(self) -> None:
        """Give the descriptor back."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
