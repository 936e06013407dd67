"""The look of every figure: one sheet (`metadepth.mplstyle`), named colours, and a canvas.

Colours are Okabe and Ito's (2008, "Color Universal Design"), which stay apart in every common colour vision;
whatever is told apart by a colour is told apart by a line style, a marker or a hatch as well, so a grey
print loses nothing. Figures are built on `matplotlib.figure.Figure` without pyplot: no global state, no
window, the same on a server, in a test and in a notebook.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

SHEET = Path(__file__).with_name("metadepth.mplstyle")
BLACK, VERMILION, BLUE, GREEN = "#000000", "#D55E00", "#0072B2", "#009E73"
PURPLE, ORANGE, SKY, YELLOW = "#CC79A7", "#E69F00", "#56B4E9", "#F0E442"
SHALLOW: dict[str, Any] = {"color": BLACK, "linestyle": "-", "label": "shallow, $cx$"}
DEEP: dict[str, Any] = {"color": VERMILION, "linestyle": "--", "label": "deep, $abx$"}
EXACT: dict[str, Any] = {"color": BLUE, "linestyle": ":", "linewidth": 2.2}
BOUND: dict[str, Any] = {"color": GREEN, "linestyle": "-.", "linewidth": 1.2}


def sheet() -> AbstractContextManager[None]:
    """The style sheet as a context; drawing and saving both belong inside."""
    return matplotlib.rc_context(fname=SHEET)


def canvas(rows: int = 1, columns: int = 1, *, width: float = 7.2, height: float = 2.9) -> tuple[Figure, Any]:
    """A figure of that many inches and its axes: one, or an array of them as `Figure.subplots` gives."""
    figure = Figure(figsize=(width, height))
    return figure, figure.subplots(rows, columns)


def legend_below(axes: Axes, columns: int = 3) -> None:
    """A legend under the axes, where it covers no data."""
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=columns)
