"""The running kernel's type information (BTF): the number by which a program calls one of the kernel's functions.

Functions that are no helpers have no fixed number: a program names them by the place of their type in
/sys/kernel/btf/vmlinux, which differs from kernel to kernel. The layout is that of <linux/btf.h>: a header, types one
after the other with as many words behind each as its kind has, and their names.
"""

from __future__ import annotations

import errno
import struct
import sys
from pathlib import Path

KERNEL = Path("/sys/kernel/btf/vmlinux")

_MAGIC = 0xEB9F
_HEADER = struct.Struct("=HBBIIIII")
_TYPE = struct.Struct("=III")
_FUNCTION = 12

_BYTES = {1: 4, 3: 12, 14: 4, 17: 4}
"""What stands behind a type of that kind: an integer's encoding, an array, a variable, a tag."""
_BYTES_EACH = {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}
"""The same for each of its parts: members, values, parameters, variables."""
_KINDS = 19  # the last that this knows how to pass over


class BtfError(OSError):
    """The function was not found; errno and text say why."""


def function_number(name: str, information: bytes | None = None) -> int:
    """The number of a kernel's function. information: instead of the running kernel's. Raises `BtfError`."""
    if information is None:
        try:
            information = KERNEL.read_bytes()
        except OSError as error:
            words = f"{KERNEL}: {error.strerror}; the kernel has to be built with CONFIG_DEBUG_INFO_BTF"
            raise BtfError(error.errno, words) from error
    try:
        number = _number(name, information)
    except struct.error as error:
        raise BtfError(errno.EINVAL, f"the kernel's type information is cut off: {error}") from error
    if number is None:
        raise BtfError(errno.ENOENT, f"this kernel has no function {name}")
    return number


def _number(name: str, information: bytes) -> int | None:
    magic, version, _, header, types_at, types_bytes, names_at, names_bytes = _HEADER.unpack_from(information)
    if magic != _MAGIC or version != 1:
        raise BtfError(
            errno.EINVAL,
            f"the kernel's type information begins with {information[:4].hex(' ')}, and not as version 1 does for a "
            f"{sys.byteorder}-endian machine",
        )
    names = information[header + names_at : header + names_at + names_bytes]
    wished = _places(names, name.encode() + b"\0")
    place, end, number = header + types_at, header + types_at + types_bytes, 1
    while place < end:
        named, packed, _ = _TYPE.unpack_from(information, place)
        kind = packed >> 24 & 31
        if kind == _FUNCTION and named in wished:
            return number
        if not 0 < kind <= _KINDS:
            words = f"the kernel's type information has kind {kind} in it, which is not known here"
            raise BtfError(errno.EINVAL, words)
        place += _TYPE.size + _BYTES.get(kind, 0) + _BYTES_EACH.get(kind, 0) * (packed & 0xFFFF)
        number += 1
    return None


def _places(names: bytes, wished: bytes) -> set[int]:
    """Where a name begins; one may be the end of another."""
    found: set[int] = set()
    place = names.find(wished)
    while place >= 0:
        found.add(place)
        place = names.find(wished, place + 1)
    return found
