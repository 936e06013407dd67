"""Eight of the seventeen stationary points vanish in pairs at the one threshold, α = 0.26746…; the four
minima and the loss they reach never change.

Where every stationary point of the deep loss lies, and how large its excess loss is, against the adaptation
rate; the distance from the origin is in units of the minima's, 1/√α. Points that symmetry exchanges lie on
top of each other: the origin, the minima, and the points on the lines a = ±b. On each half of these lines a
maximum and a saddle meet at the threshold, an algebraic number of degree 16, and are gone above. Every marker
is a certified solution, the list at every α is complete.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from matplotlib.figure import Figure

from analysis.bifurcation import DiagramPoint, diagram, draw_panels
from analysis.landscape import Problem
from analysis.models import DEEP
from analysis.stationary_points.regimes import regimes
from figures import style


@dataclass(frozen=True)
class Data:
    """Attributes:
    points: every stationary point at every rate.
    threshold: the exact threshold of α, as a float.
    below, above: how many points there are on either side of it.
    """

    points: tuple[DiagramPoint, ...]
    threshold: float
    below: int
    above: int


def rates(fast: bool) -> list[Fraction]:
    """Adaptation rates from 1/100 to 3, crowded around the threshold."""
    wide = np.geomspace(0.01, 3, 12 if fast else 70)
    near = 0.26746 * (1 + np.array([-1, 1])[:, None] * np.geomspace(1e-4, 0.3, 3 if fast else 15)).ravel()
    return [Fraction(float(x)).limit_denominator(10**6) for x in np.sort(np.concatenate([wide, near]))]


def data(fast: bool = False) -> Data:
    """Solve with certificate at every rate; the threshold and the counts are proved for all rates."""
    found = regimes(Problem(DEEP))
    (threshold,) = found.thresholds
    below, above = (regime.counts["points"] for regime in found.regimes)
    points = tuple(diagram(Problem(DEEP), rates(fast)))
    return Data(points, threshold.interval().approx, below, above)


def draw(found: Data) -> Figure:
    """Distance and loss against α."""
    figure, panels = style.canvas(1, 2, height=3.3)
    draw_panels(panels[0], panels[1], found.points)
    for axes in panels:
        axes.axvline(found.threshold, **style.BOUND)
    where, loss = panels
    where.set(ylabel=r"$\sqrt{\alpha}\,|(a,b)|$", title="where", ylim=(-0.06, 1.55))
    loss.set(title="how good")
    loss.set_yticks((0, 0.5, 1, 10, 100), labels=("0", "½", "1", "10", "100"))
    for place, text in (
        ((0.012, 1.46), f"{found.below} points"),
        ((0.6, 1.46), f"{found.above} points"),
        ((0.3, 0.3), f"α = {found.threshold:.6f}"),
    ):
        where.annotate(text, place, fontsize="small")
    figure.legend(*where.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
