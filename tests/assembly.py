"""What a compiled function became: its LLVM code, and the instructions for any processor, whichever runs the tests.

numba optimises for the machine it runs on, but what it optimises names no processor; so one function's code is enough
to see the instructions that x86-64, with and without `movbe`, and aarch64 would execute.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import llvmlite.binding as llvm
import numba
import pytest
from numba import types


class Processor(NamedTuple):
    """A processor to emit code for, and how to read its assembly."""

    triple: str
    name: str
    load: str
    """What reads memory through the function's first argument."""
    swap: str
    """What turns the bytes of a word around."""
    comment: str


# The calling convention of a numba function: where the result goes, where an exception goes, then the arguments.
PROCESSORS = {
    "x86-64": Processor("x86_64-unknown-linux-gnu", "x86-64", r"\(%rdx\)", r"^(bswap|rol)", "#"),
    "x86-64-v3": Processor("x86_64-unknown-linux-gnu", "x86-64-v3", r"\(%rdx\)", r"^(movbe|bswap|rol)", "#"),
    "aarch64": Processor("aarch64-unknown-linux-gnu", "generic", r"^ld.*\[x2", r"^rev", "//"),
}


def compiled(function: Any, *arguments: types.Type) -> Any:
    """A function compiled alone, as the hot path compiles; without the wrappers by which Python would call it."""
    compile_for = numba.njit(
        arguments or (types.int64,),
        nogil=True,
        boundscheck=False,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
    )
    return compile_for(function)


def code_of(dispatcher: Any) -> str:
    """The optimised LLVM code of a compiled function and of what was linked into it, of its first signature."""
    (whole,) = list(dispatcher.inspect_llvm().values())[:1]
    functions = re.findall(r"^define .*?^}", whole, re.MULTILINE | re.DOTALL)
    assert functions, "no function in the code"
    return "\n".join(functions)


def instructions(dispatcher: Any, processor: Processor) -> list[str]:
    """The instructions that a processor would execute, one a line, without labels and directives."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        target = llvm.Target.from_triple(processor.triple)
    except RuntimeError as error:
        pytest.skip(f"this llvmlite cannot emit code for {processor.triple}: {error}")
    machine = target.create_target_machine(cpu=processor.name, opt=3)
    (whole,) = list(dispatcher.inspect_llvm().values())[:1]
    whole = re.sub(r"^target (triple|datalayout) = .*$", "", whole, flags=re.MULTILINE)
    module = llvm.parse_assembly(f'target triple = "{processor.triple}"\n{whole}')
    module.data_layout = str(machine.target_data)
    found = re.search(r"^_ZN(?!7cpython)[^\n]*:\n(.*?)^\.Lfunc_end", machine.emit_assembly(module), re.M | re.S)
    assert found, "no function in the assembly"
    lines = (line.split(processor.comment)[0].strip() for line in found.group(1).splitlines())
    return [line.replace("\t", " ") for line in lines if line and not line.startswith(".") and not line.endswith(":")]


def strays(dispatcher: Any) -> list[str]:
    """What no hot function may contain: floating-point values, and calls of anything but LLVM's own intrinsics."""
    code = code_of(dispatcher)
    found = re.findall(r"\b(?:double|float|half)\b", code)
    called = re.findall(r"\b(?:call|invoke)\b[^@\n]*@\"?([\w.$]+)", code)
    return found + [name for name in called if not name.startswith("llvm.")]


def matching(lines: list[str], pattern: str) -> list[str]:
    """The instructions that match, in order."""
    return [line for line in lines if re.search(pattern, line)]
