"""On Omniglot MAML on softmax regression is far above chance, and linear layers raise it further; CIFAR-FS
awaits its rows.

Figure 3 of the paper: validation accuracy after adaptation against meta-iterations, for MAML on softmax
regression and with LinNet, mean over seeds with lowest and highest shaded, and the accuracy of the same model
trained on ample data of the test task. Drawn from the committed result rows (`empirical.report`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from figures import style
from figures.measurements import training_curves


@dataclass(frozen=True)
class Data:
    """What `empirical.report.figure_3` returns: for each benchmark the curves and the horizontal line."""

    found: dict[str, dict[str, Any]]


def data(fast: bool = False) -> Data:
    """From the result rows; `fast` changes nothing."""
    from empirical.report import figure_3

    return Data(figure_3())


def draw(found: Data) -> Figure:
    """A panel for each benchmark."""
    figure, panels = style.canvas(1, len(found.found), height=3.1)
    for axes, (benchmark, curves) in zip(panels, found.found.items(), strict=True):
        training_curves(axes, benchmark, curves, ("lr", "linnet"))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure
