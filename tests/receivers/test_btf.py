"""The kernel's type information: functions are found by name, in the running kernel's and in small ones made here."""

from __future__ import annotations

import errno
import struct
import subprocess

import pytest

from feedhandler.receivers.af_xdp import btf

KINDS = {"integer": 1, "array": 3, "structure": 4, "enumeration": 6, "function": 12, "prototype": 13, "variable": 14}


def information(*types: tuple[str, str, int, int], kinds: dict[str, int] = KINDS) -> bytes:
    """Of types (kind, name, parts, bytes behind it); names at their ends are shared where one ends with another."""
    names = b"\0shared_name\0"
    body = b""
    for kind, name, parts, behind in types:
        wished = name.encode() + b"\0"
        if wished not in names:
            names += wished
        body += struct.pack("=III", names.index(wished), kinds[kind] << 24 | parts, 0) + bytes(behind)
    return struct.pack("=HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(body), len(body), len(names)) + body + names


ALL = (
    ("integer", "int", 0, 4),
    ("array", "", 0, 12),
    ("structure", "wanted", 2, 24),
    ("enumeration", "colours", 3, 24),
    ("prototype", "", 2, 16),
    ("function", "unwanted", 0, 0),
    ("variable", "wanted", 0, 4),
    ("function", "wanted", 0, 0),
    ("function", "name", 0, 0),
)


def test_a_function_is_found_by_its_name_behind_types_of_every_length() -> None:
    assert btf.function_number("wanted", information(*ALL)) == 8
    assert btf.function_number("unwanted", information(*ALL)) == 6


def test_a_name_that_is_the_end_of_another_is_found() -> None:
    assert btf.function_number("name", information(*ALL)) == 9


@pytest.mark.parametrize("absent", ["colours", "want", "nothing"])
def test_what_is_no_function_is_not_found(absent: str) -> None:
    with pytest.raises(btf.BtfError, match=f"no function {absent}") as refused:
        btf.function_number(absent, information(*ALL))
    assert refused.value.errno == errno.ENOENT


def test_information_of_another_kind_is_refused() -> None:
    good = information(*ALL)
    with pytest.raises(btf.BtfError, match="begins with eb 9f"):
        btf.function_number("wanted", b"\xeb\x9f" + good[2:])
    with pytest.raises(btf.BtfError, match="cut off"):
        btf.function_number("wanted", good[:10])
    with pytest.raises(btf.BtfError, match="kind 25"):
        btf.function_number("wanted", information(("integer", "int", 0, 4), kinds={"integer": 25}))


def test_no_beginning_of_it_crashes_or_finds_the_wrong_one() -> None:
    good = information(*ALL)
    for length in range(len(good)):
        try:
            assert btf.function_number("wanted", good[:length]) == 8
        except btf.BtfError:
            continue


def test_the_running_kernels_functions_have_the_numbers_that_an_independent_reader_finds() -> None:
    if not btf.KERNEL.exists():
        pytest.skip(f"this kernel shows no type information: no {btf.KERNEL}")
    try:
        command = ["bpftool", "btf", "dump", "file", str(btf.KERNEL)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no bpftool to compare with: {error}")
    numbers = {
        line.split("'")[1]: int(line[1 : line.index("]")]) for line in told.splitlines() if "] FUNC '" in line
    }
    compared = [name for name in numbers if name.startswith("bpf_xdp_")]
    assert compared
    assert {name: btf.function_number(name) for name in compared} == {name: numbers[name] for name in compared}
