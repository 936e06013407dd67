"""Below the threshold α = 0.26746… the deep loss has 17 stationary points, above it 9: the hills between the
valleys have gone, the four minima stay.

The contours of the excess loss at α = 1/10 and α = 1/2, in the coordinates √α a, √α b, in which the minima
stand still at distance 1 from the origin. Every stationary point is drawn; that there are no others is
proved (`analysis.stationary_points`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from matplotlib.figure import Figure

from analysis.models import DEEP
from analysis.stationary_points import StationaryPoints, stationary_points
from analysis.stationary_points.picture import LABEL, TICKS, contours
from figures import style
from figures.training import problem

RATES = (Fraction(1, 10), Fraction(1, 2))
REACH = 1.3


@dataclass(frozen=True)
class Data:
    """Attributes:
    found: the stationary points below and above the threshold.
    """

    found: tuple[StationaryPoints, ...]


def data(fast: bool = False) -> Data:
    """Both sets of points; `fast` changes nothing."""
    return Data(tuple(stationary_points(problem(DEEP, rate)) for rate in RATES))


def draw(found: Data) -> Figure:
    """Side by side, with one colour bar."""
    figure, panels = style.canvas(1, 2, height=3.3)
    for axes, points in zip(panels, found.found, strict=True):
        rate = points.problem.loop.rate
        assert rate is not None
        scale = float(rate) ** -0.5
        filled = contours(axes, points, REACH * scale)
        axes.set(title=f"α = {rate}: {len(points.points)} stationary points")
        axes.set(xlabel=r"$\sqrt{\alpha}\,a$", ylabel=r"$\sqrt{\alpha}\,b$")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_ticks([-scale, 0, scale], labels=["−1", "0", "1"])
        axes.grid(False)
    figure.colorbar(filled, ax=panels, label=LABEL, shrink=0.9, ticks=TICKS)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
