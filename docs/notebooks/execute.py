"""Execute the notebooks of this folder in place: `python docs/notebooks/execute.py`, or `make notebooks`.

Pictures and printed words are kept, so that the pages can be read without running them; what would differ from run to
run (times of execution, versions) is not.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent
TIMEOUT_S = 1_200  #: of one cell: the first to need a pipeline compiles it


def execute(path: Path) -> Any:
    """Run a notebook from its first cell to its last in a folder of its own; returns it with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    folder = tempfile.mkdtemp(prefix="notebook-")
    try:
        client = NotebookClient(
            notebook, timeout=TIMEOUT_S, startup_timeout=TIMEOUT_S, kernel_name="python3", record_timing=False,
            resources={"metadata": {"path": folder}},
        )  # fmt: skip
        client.execute()
    finally:
        shutil.rmtree(folder)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def printed(notebook: Any) -> list[str]:
    """What each code cell printed."""
    return [
        "".join(output.get("text", "") for output in cell.outputs if output.output_type == "stream")
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def pictures(notebook: Any) -> list[str]:
    """The pictures of all cells, as base64."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]


if __name__ == "__main__":
    for found in sorted(NOTEBOOKS.glob("*.ipynb")):
        nbformat.write(execute(found), found)
        print(f"{found.name}: executed")
