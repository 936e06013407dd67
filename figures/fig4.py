"""Whether the gain of meta-KFO over MAML shrinks as convolutional layers are added, on Omniglot and CIFAR-FS.

Figure 4 of the paper: meta-test accuracy of MAML and of meta-KFO against the number of convolutional layers,
95 % intervals, and the gain of one over the other, formed task by task. Drawn from the committed result rows
(`empirical.report`); of the figure's own numbers the paper prints only MAML's, in Table 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from figures import style
from figures.measurements import by_depth


@dataclass(frozen=True)
class Data:
    """What `empirical.report.figure_4` returns: for each benchmark accuracies and gains by depth."""

    found: dict[str, dict[str, Any]]


def data(fast: bool = False) -> Data:
    """From the result rows; `fast` changes nothing."""
    from empirical.report import figure_4

    return Data(figure_4())


def draw(found: Data) -> Figure:
    """Accuracies above, gains below, a column for each benchmark."""
    figure, panels = style.canvas(2, len(found.found), height=4.6)
    for column, (benchmark, results) in zip(panels.T, found.found.items(), strict=True):
        by_depth(column[0], column[1], benchmark, results)
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
