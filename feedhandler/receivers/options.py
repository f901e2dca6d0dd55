"""What a configuration may say of each kind of receiver, validated: one frozen model a kind.

A kind exports its model as the class attribute `Options`; `receiver: {kind: socket, wait: block}` in a configuration is
read by it, and `receiver_class(endpoints, options)` takes the result.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from feedhandler.config import Duration, Model, Size

SLOTS = 64
"""Datagrams that one poll can lend: what a pipeline asks for."""


class SocketOptions(Model):
    """The `socket` receiver: ordinary UDP sockets of the kernel, or of what replaces them (Onload, VMA, XLIO)."""

    wait: Literal["spin", "block"] = "spin"
    """When nothing is there: `spin` returns at once, so the core is always busy; `block` sleeps in the kernel."""
    wait_limit: Duration = Field(default=1_000_000, ge=1_000, le=1_000_000_000)
    """The longest sleep of `block`; timers and a request to stop wait that long."""
    receive_buffer: Size = Field(default=16 << 20, ge=4_096, le=1 << 30)
    """What the kernel holds for each socket while the program is busy; less is obtained without the privilege."""
    timestamps: Literal["kernel", "none"] = "kernel"
    """`kernel`: when the kernel had the datagram. `none`: when it was polled."""
    packet_bytes: int = Field(default=2_048, ge=64, le=65_535)
    """The longest datagram; what is longer is cut, and refused by the pipeline."""
    burst: int = Field(default=32, ge=1, le=SLOTS)
    """Datagrams taken from one socket before the next one is looked at."""


class MemoryOptions(Model):
    """The `memory` receiver: datagrams that the program itself puts in."""

    capacity: int = Field(default=1_024, ge=1, le=1 << 20)
    """Datagrams that can wait; what is put into a full one is dropped and counted."""
    packet_bytes: int = Field(default=2_048, ge=64, le=65_535)
    """The longest datagram; what is longer is cut, and refused by the pipeline."""
