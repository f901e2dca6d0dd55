"""The Cython extensions, found by folder; everything else about the package is in pyproject.toml.

Why this file exists: pyproject.toml can only list extensions one by one, and a new receiver is to be one new file.
Later receivers need logic besides: some are built only where their headers are found.
"""

from pathlib import Path

from setuptools import Extension, setup

ROOT = Path(__file__).parent
FOLDERS = ("feedhandler", "replay")


def extensions() -> list[Extension]:
    """One extension for each .pyx in the folders of hot C code, named as it is imported."""
    sources = sorted(path.relative_to(ROOT) for folder in FOLDERS for path in (ROOT / folder).rglob("*.pyx"))
    return [
        Extension(
            ".".join(source.with_suffix("").parts),
            [str(source)],
            # No -march: a wheel must run on the machine next door. Cython emits a .pxd's inline functions used or not.
            extra_compile_args=["-O3", "-Wno-unused-function"],
        )
        for source in sources
    ]


# setuptools hands a .pyx to Cython by itself, and only when something is built.
setup(ext_modules=extensions())
