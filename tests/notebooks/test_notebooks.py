"""The notebooks: text sources paired with executed files, run from scratch, strictly.

Every number that a notebook states is asserted in one of its cells, so running it is the test.
"""

from __future__ import annotations

import os
from pathlib import Path

import jupytext
import nbclient
import nbformat
import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "notebooks").glob("*.py"))


def names(path):
    """What pytest calls the cases."""
    return path.stem


def test_there_are_six_chapters_and_nothing_unpaired():
    assert [path.stem[0] for path in SOURCES] == list("123456")
    assert sorted((ROOT / "notebooks").glob("*.ipynb")) == [path.with_suffix(".ipynb") for path in SOURCES]


@pytest.mark.parametrize("source", SOURCES, ids=names)
def test_the_executed_notebook_is_its_source(source):
    text = jupytext.read(source)
    executed = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    assert [(c.cell_type, c.source) for c in executed.cells] == [
        (c.cell_type, c.source) for c in text.cells
    ], "run `make notebooks`"


@pytest.mark.parametrize("source", SOURCES, ids=names)
def test_the_executed_notebook_is_whole_and_small(source):
    path = source.with_suffix(".ipynb")
    assert path.stat().st_size < 500_000
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert not [
        output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"
    ]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert pictures or source.stem == "6_ledger"


@pytest.mark.parametrize("source", SOURCES, ids=names)
def test_the_notebook_imports_and_asserts_and_defines_nothing(source):
    code = "\n".join(cell.source for cell in jupytext.read(source).cells if cell.cell_type == "code")
    assert code.count("assert ") >= 4
    assert not [line for line in code.splitlines() if line.startswith(("def ", "class "))]


@pytest.mark.parametrize("source", SOURCES, ids=names)
def test_the_notebook_runs_from_scratch(source, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))))
    monkeypatch.setenv("PYTHONWARNINGS", "error::RuntimeWarning")
    notebook = jupytext.read(source)
    client = nbclient.NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
