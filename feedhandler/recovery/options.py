"""What a configuration says of retransmission: whom to ask, how often, how fast.

    retransmission:
      servers:
        - {address: 10.1.2.3, port: 26400}
        - {address: 10.1.2.4, port: 26400}
      retry_after: 5ms
"""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator

from feedhandler.configuration.values import Duration, Model


def _address(value: object) -> object:
    """A host's IPv4 address as text, or `ValueError`."""
    expected = "expected the IPv4 address of a host such as 10.1.2.3"
    if not isinstance(value, str):
        raise ValueError(expected)
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError as error:
        raise ValueError(expected) from error
    if address.is_multicast or address.is_unspecified:
        raise ValueError(f"{expected}; requests are sent to one host")
    return str(address)


HostAddress = Annotated[str, BeforeValidator(_address), WithJsonSchema({"type": "string", "format": "ipv4"})]
"""The IPv4 address of a host."""


class RetransmissionServerModel(Model):
    """A server that resends what was missed."""

    address: HostAddress
    """The server's address."""
    port: int = Field(ge=1, le=65535)
    """The port that it hears requests on."""


class RetransmissionModel(Model):
    """How holes are asked for."""

    servers: tuple[RetransmissionServerModel, ...] = Field(min_length=1, max_length=16)
    """Who is asked: the first, and when one does not answer the next, in turn."""
    attempts: int = Field(default=5, ge=1, le=1_000)
    """How often a hole is asked for without anything coming; an answer in part starts the count anew."""
    retry_after: Duration = Field(default=20_000_000, ge=100_000)
    """How long an answer may take before the hole is asked for again."""
    requests_per_second: int = Field(default=100, ge=1, le=1_000_000)
    """The most requests that each server gets in any second; what is beyond waits for its turn."""
    messages_per_request: int = Field(default=65_534, ge=1, le=65_534)
    """A longer hole is asked for in several requests; for a server that answers each with one packet, what fits one."""
    reply_interface: str | None = None
    """The network interface, or its IPv4 address, that requests leave by and replies come to; left out: as routed."""
    reply_port: int = Field(default=0, ge=0, le=65535)
    """The port that requests leave from and replies come to; 0: any that is free."""

    @field_validator("servers", mode="before")
    @classmethod
    def _list_of_servers(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value
