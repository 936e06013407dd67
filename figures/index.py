"""The index of the figures for people: `README.md` beside the modules, written from their docstrings."""

from __future__ import annotations

from pathlib import Path

import figures

README = Path(__file__).with_name("README.md")
HEAD = """\
# Figures

`python -m figures` redraws all of them into `figures/drawn/` (SVG and PNG), `python -m figures fig2` one;
`--out DIR` draws elsewhere, `--formats pdf` as something else, `--fast` with less computation. Each module
computes its data first (`data()`, tested), then draws (`draw(data)`). This page is written by the command.
"""


def index() -> str:
    """The page: every figure with its claim and its picture."""
    parts = [HEAD]
    for name in figures.NAMES:
        parts.append(f"## {name}\n\n{figures.claim(name)}\n\n![{name}](drawn/{name}.png)\n")
    return "\n".join(parts)
