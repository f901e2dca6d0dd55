"""The Cython extensions, found by folder; everything else about the package is in pyproject.toml.

Why this file exists: pyproject.toml can only list extensions one by one, and a new receiver is to be new files only.
Those that need a library (feedhandler/receivers/optional.py) are built where pkg-config knows it, and left out with one
line where it does not.
"""

import os
import runpy
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).parent
FOLDERS = ("feedhandler", "replay")


def extensions() -> list[Extension]:
    """One extension for each .pyx in the folders of hot C code, named as it is imported."""
    # Run and not imported: the package imports what it depends on, which need not be there when it is built.
    optional = runpy.run_path(str(ROOT / "feedhandler/receivers/optional.py"))
    needed = {module: receiver for receiver in optional["OPTIONAL"] for module in receiver.modules}
    known = {library: optional["flags_of"](library) for library in {one.library for one in needed.values()}}
    sources = sorted(path.relative_to(ROOT) for folder in FOLDERS for path in (ROOT / folder).rglob("*.pyx"))
    interface = optional["ef_vi_interface"]()
    macros = [] if interface is None else [("FEEDHANDLER_EF_VI_INTERFACE", f'"{interface}"')]
    found = []
    for source in sources:
        module = ".".join(source.with_suffix("").parts)
        flags = known[needed[module].library] if module in needed else None
        if module in needed and flags is None:
            print(f"{module} is left out: {needed[module].mend}", file=sys.stderr)
            continue
        found.append(
            Extension(
                module,
                [str(source)],
                # No -march of ours: a wheel must run on the machine next door. Cython emits a .pxd's inline functions
                # used or not. Python's own flags ask for debugging symbols, a third of the compiler's time.
                extra_compile_args=["-O3", "-g0", "-Wno-unused-function", *(flags.compile if flags else [])],
                extra_link_args=flags.link if flags and needed[module].linked else [],
                define_macros=macros if source.parent.name == "ef_vi" else [],
                depends=[str(path.relative_to(ROOT)) for path in (ROOT / source.parent).glob("*.h")],
            )
        )
    return found


class BuildOnAllCores(build_ext):
    """Cython in a process for each core, then the C compiler in as many."""

    def build_extensions(self) -> None:
        from Cython.Build import cythonize  # only when something is built

        cores = len(os.sched_getaffinity(0))
        self.parallel = self.parallel or cores
        made = cythonize(self.extensions, nthreads=cores, force=self.force, quiet=True)
        for extension, in_c in zip(self.extensions, made, strict=True):
            extension.sources, extension.depends = in_c.sources, in_c.depends
        super().build_extensions()


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildOnAllCores})
