"""Under gradient flow the four basins are exactly the wedges between the lines a = ±b; momentum carries a few
starts across.

The minimum that meta-training on the deep model reaches, against where it starts, at α = 1/10. *Left*, the
continuous flow, a theorem for every α (`analysis.dynamics`). *Right*, heavy-ball with the paper's meta rate
0.01 and momentum 0.9 on the derived loss, iterated until it settles; the share of starts in [−4, 4]² that
end in another minimum than the flow is printed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.dynamics import UNSETTLED, basins, exact_basins
from analysis.dynamics.picture import cells, panel
from figures import style
from figures.training import META_RATE, MOMENTUM, RATE, Array

REACH = 4.0


@dataclass(frozen=True)
class Data:
    """Attributes:
    a, b: (n,), (n + 1,) coordinates.
    flow, map: (n + 1, n) labels: the index of a minimum, or negative.
    moved: the share of starts on which the two settle differently.
    """

    a: Array
    b: Array
    flow: NDArray[np.int8]
    map: NDArray[np.int8]
    moved: float


def data(fast: bool = False) -> Data:
    """Both maps of basins, on the centres of cells that avoid the lines a = ±b."""
    size, steps = (24, 400) if fast else (240, 2000)
    a, b = cells(REACH, size)
    starts = np.stack(np.meshgrid(a, b), axis=-1)
    flow = exact_basins(starts)
    mapped = basins(RATE, starts, META_RATE, MOMENTUM, steps)
    judged = mapped != UNSETTLED
    return Data(a, b, flow, mapped, float(np.mean((flow != mapped)[judged])))


def draw(found: Data) -> Figure:
    """Two maps; each basin has a shade and its minimum's marker."""
    figure, panels = style.canvas(1, 2, height=3.4)
    titles = ("gradient flow (theorem)", f"rate {META_RATE}, momentum {MOMENTUM}: {found.moved:.1%} differ")
    for axes, labels, title in zip(panels, (found.flow, found.map), titles, strict=True):
        panel(axes, found.a, found.b, labels, float(RATE))
        axes.set_title(title)
    return figure
