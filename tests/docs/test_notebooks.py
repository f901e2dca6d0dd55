"""The notebooks run from their first cell to their last, and say what they are printed as saying."""

from __future__ import annotations

import base64
import importlib.util
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

from tests.docs.documents import DOCUMENTS

NOTEBOOKS = sorted((DOCUMENTS / "notebooks").glob("*.ipynb"))
LARGEST_BYTES = 400_000
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """docs/notebooks/execute.py, which is no package."""
    found = importlib.util.spec_from_file_location("execute", DOCUMENTS / "notebooks" / "execute.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_there_are_notebooks() -> None:
    assert [path.name for path in NOTEBOOKS] == ["reading-a-capture.ipynb"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_kept_is_an_execution_from_first_to_last(path: Path, tool: ModuleType) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    assert path.stat().st_size < LARGEST_BYTES
    assert all(base64.b64decode(picture).startswith(PNG) for picture in tool.pictures(notebook))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_prints_what_is_kept(path: Path, tool: ModuleType) -> None:
    kept = nbformat.read(path, as_version=4)
    ran = tool.execute(path)
    assert tool.printed(ran) == tool.printed(kept)
    assert len(tool.pictures(ran)) == len(tool.pictures(kept)) > 0
