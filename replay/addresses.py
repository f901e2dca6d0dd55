"""IPv4 addresses as numbers and text, and the keys of a receiver's `lines`."""

import socket

from replay.errors import CaptureError

LineKey = tuple[str, int] | tuple[str, int, str]


def address_number(text: str) -> int:
    return int.from_bytes(socket.inet_aton(text), "big")


def address_text(number: int) -> str:
    return socket.inet_ntoa(number.to_bytes(4, "big"))


def line_entry(key: LineKey, line: int) -> tuple[int, int, int | None, int]:
    """(destination, port, source, line) as numbers, the source None where any will do; or CaptureError."""
    if len(key) not in (2, 3) or not 0 <= key[1] <= 0xFFFF or not 0 <= line <= 0xFFFF:
        raise CaptureError(
            f"lines: {key!r}: {line!r}: expected (destination, port) or (destination, port, source), with a port and a "
            "line number from 0 to 65535"
        )
    for text in (key[0], *key[2:]):
        try:
            socket.inet_pton(socket.AF_INET, text)
        except OSError as error:
            raise CaptureError(f"lines: {key!r}: {text!r} is not an IPv4 address such as 233.54.12.111") from error
    source = address_number(key[2]) if len(key) == 3 else None
    return address_number(key[0]), key[1], source, line
