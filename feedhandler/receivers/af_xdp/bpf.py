"""The system call bpf(2), as much of it as an XDP program needs: maps, a program, and the link that attaches it.

No library stands between: the structures are those of <linux/bpf.h>, whose beginnings never change, so this works with
every kernel that has the link (5.9) and needs neither libbpf nor a compiler. Everything is a file descriptor; a program
is attached as long as its link is open, so the death of the process takes it off the interface.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBERS = {"x86_64": 321, "aarch64": 280}  # of bpf(2), by machine

_MAP_CREATE = 0
_MAP_LOOKUP_ELEMENT = 1
_MAP_UPDATE_ELEMENT = 2
_MAP_DELETE_ELEMENT = 3
_PROGRAM_LOAD = 5
_PROGRAM_RUN = 10
_OBJECT_INFORMATION = 15
_LINK_CREATE = 28

_NAME_IN_PROGRAM = 64  # of struct bpf_prog_info
_NAME_IN_MAP = 24  # of struct bpf_map_info

MAP_HASH = 1
MAP_ARRAY = 2
MAP_XSK = 17
PROGRAM_XDP = 6
ATTACH_XDP = 37

FLAG_GENERIC = 2  # XDP_FLAGS_SKB_MODE of <linux/if_link.h>
FLAG_NATIVE = 4  # XDP_FLAGS_DRV_MODE
_FLAG_FOR_DEVICE = 1 << 6  # BPF_F_XDP_DEV_BOUND_ONLY
_FLAG_LIVE_FRAMES = 1 << 1  # BPF_F_TEST_XDP_LIVE_FRAMES

_LOG_BYTES = 1 << 16
_NAME_BYTES = 16
_LIBRARY = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Instruction:
    """One instruction: opcode, registers, jump offset or a label to jump to, constant."""

    code: int
    destination: int = 0
    source: int = 0
    offset: int | str = 0
    constant: int = 0


LOAD_CONSTANT_64 = 0x18
"""Two slots: the constant's lower half is in the first, its upper in the second."""

_SLOT = struct.Struct("=BBhi")


def assemble(lines: Sequence[Instruction | str]) -> bytes:
    """The bytes of a program; a string is a label of the instruction after it.

    >>> assemble(["again", Instruction(0x05, offset="again")]).hex()
    '0500ffff00000000'
    """
    labels: dict[str, int] = {}
    slot = 0
    for line in lines:
        if isinstance(line, str):
            labels[line] = slot
        else:
            slot += 2 if line.code == LOAD_CONSTANT_64 else 1
    code = b""
    for line in lines:
        if isinstance(line, str):
            continue
        slot = len(code) // _SLOT.size
        offset = labels[line.offset] - slot - 1 if isinstance(line.offset, str) else line.offset
        registers = line.destination | line.source << 4
        lower, upper = struct.unpack("=ii", struct.pack("=Q", line.constant & (1 << 64) - 1))
        code += _SLOT.pack(line.code, registers, offset, lower)
        if line.code == LOAD_CONSTANT_64:
            code += _SLOT.pack(0, 0, 0, upper)
    return code


def map_create(kind: int, key_bytes: int, value_bytes: int, entries: int, name: str) -> int:
    """A map; its file descriptor."""
    named = name.encode()[: _NAME_BYTES - 1].ljust(_NAME_BYTES, b"\0")
    return _call(_MAP_CREATE, struct.pack("=7I16s", kind, key_bytes, value_bytes, entries, 0, 0, 0, named))


def map_lookup(descriptor: int, key: bytes, value_bytes: int) -> bytes:
    """An entry; an OSError says that there is none."""
    key_place, value_place = ctypes.create_string_buffer(key), ctypes.create_string_buffer(value_bytes)
    addresses = (ctypes.addressof(key_place), ctypes.addressof(value_place))
    _call(_MAP_LOOKUP_ELEMENT, struct.pack("=IxxxxQQQ", descriptor, *addresses, 0))
    return value_place.raw


def map_update(descriptor: int, key: bytes, value: bytes) -> None:
    """Set an entry."""
    key_place, value_place = ctypes.create_string_buffer(key), ctypes.create_string_buffer(value)
    attributes = struct.pack(
        "=IxxxxQQQ", descriptor, ctypes.addressof(key_place), ctypes.addressof(value_place), 0
    )
    _call(_MAP_UPDATE_ELEMENT, attributes)


def map_delete(descriptor: int, key: bytes) -> None:
    """Take an entry away."""
    key_place = ctypes.create_string_buffer(key)
    _call(_MAP_DELETE_ELEMENT, struct.pack("=IxxxxQQQ", descriptor, ctypes.addressof(key_place), 0, 0))


def program_load(code: bytes, license: str, name: str, interface: int = 0) -> int:
    """A program, checked by the kernel; its file descriptor. The error of a refused one has the kernel's reason.

    interface: the number of the one that it may be attached to, and whose driver's functions it may call; 0: any.
    """
    code_place = ctypes.create_string_buffer(code)
    license_place = ctypes.create_string_buffer(license.encode())
    named = name.encode()[: _NAME_BYTES - 1].ljust(_NAME_BYTES, b"\0")
    flags = _FLAG_FOR_DEVICE if interface else 0

    def attributes(log: ctypes.Array[ctypes.c_char] | None) -> bytes:
        log_level, log_bytes, log_address = (1, _LOG_BYTES, ctypes.addressof(log)) if log is not None else (0, 0, 0)
        return struct.pack(
            "=IIQQIIQII16sII", PROGRAM_XDP, len(code) // _SLOT.size, ctypes.addressof(code_place),
            ctypes.addressof(license_place), log_level, log_bytes, log_address, 0, flags, named, interface, ATTACH_XDP,
        )  # fmt: skip

    try:
        return _call(_PROGRAM_LOAD, attributes(None))
    except OSError as error:
        if error.errno == errno.EPERM:  # no privilege; a program that is refused for what it does is EACCES or EINVAL
            raise
        log = ctypes.create_string_buffer(_LOG_BYTES)
        try:
            return _call(_PROGRAM_LOAD, attributes(log))
        except OSError:
            why = _reason_in(log.value.decode(errors="replace")) or f"{error.strerror}, without a reason"
            raise OSError(error.errno, f"the kernel refused the XDP program: {why}") from error


def _reason_in(log: str) -> str:
    """The verifier's last words before its figures."""
    figures = ("processed ", "verification time ", "stack depth ", "mark_precise")
    words = [line.strip() for line in log.splitlines() if line.strip() and not line.startswith(figures)]
    return words[-1] if words else ""


def link_create(program: int, interface: int, flags: int) -> int:
    """Attach an XDP program to an interface by number, as long as the returned descriptor is open."""
    return _call(_LINK_CREATE, struct.pack("=IIII", program, interface, ATTACH_XDP, flags))


def program_run(program: int, frame: bytes, interface: int, times: int, together: int) -> None:
    """Run an XDP program over frames that the kernel makes (Linux 5.18), as if they had come in on an interface.

    What the program says becomes of them: XDP_TX sends them out of the interface again. `together` are made, and sent,
    at a time. Returns after `times` frames; a signal ends it early, which is an InterruptedError.
    """
    frame_place = ctypes.create_string_buffer(frame, len(frame))
    about = struct.pack("=6I", 0, len(frame), 0, interface, 0, 0)  # struct xdp_md
    about_place = ctypes.create_string_buffer(about, len(about))
    _call(_PROGRAM_RUN, struct.pack(
        "=IIIIQQIIIIQQIII", program, 0, len(frame), 0, ctypes.addressof(frame_place), 0, times, 0, len(about), 0,
        ctypes.addressof(about_place), 0, _FLAG_LIVE_FRAMES, 0, together,
    ))  # fmt: skip


def name_of(descriptor: int, program: bool) -> str:
    """The name that a program or a map was given."""
    found = ctypes.create_string_buffer(256)
    _call(_OBJECT_INFORMATION, struct.pack("=IIQ", descriptor, len(found), ctypes.addressof(found)))
    place = _NAME_IN_PROGRAM if program else _NAME_IN_MAP
    return found.raw[place : place + _NAME_BYTES].rstrip(b"\0").decode()


def memory_limit() -> int:
    """How many bytes the process may lock, RLIMIT_MEMLOCK; -1: any number."""
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    return soft


def _call(command: int, attributes: bytes) -> int:
    number = _NUMBERS.get(platform.machine())
    if number is None:
        raise OSError(errno.ENOSYS, f"the number of bpf(2) on {platform.machine()} is not known here")
    place = ctypes.create_string_buffer(attributes, 256)
    result: int = _LIBRARY.syscall(ctypes.c_long(number), command, place, ctypes.c_uint(128))
    if result < 0:
        found = ctypes.get_errno()
        raise OSError(found, os.strerror(found))
    return result
