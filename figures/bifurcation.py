"""Eight of the seventeen stationary points vanish in pairs at the one threshold, α = 0.26746…; the four
minima and the loss they reach never change.

Where every stationary point of the deep loss lies, and how large its excess loss is, against the adaptation
rate. By symmetry one quarter of them tells all: the origin, the minimum (1/√α, 0) and the points on the
diagonal a = b > 0, whose distance from the origin is shown in units of that minimum's. On each diagonal
half-line a maximum and a saddle meet at the threshold, an algebraic number of degree 16, and are gone above.
Every marker is a certified solution, the list at every α is complete.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from matplotlib.figure import Figure

from analysis.landscape import Problem, at_rate, derive
from analysis.models import DEEP
from analysis.stationary_points import solve
from analysis.stationary_points.picture import MARKERS
from analysis.stationary_points.regimes import regimes
from figures import style
from figures.training import Array


@dataclass(frozen=True)
class Data:
    """One row a point of the quarter a ≥ |b|: the origin, the axis and the diagonal a = b.

    Attributes:
        rate: (rows,) α.
        distance: (rows,) √α |(a, b)|.
        loss: (rows,) excess loss.
        kind: the kind of each row.
        count: for each α how many points there are in the whole plane, (rates, 2).
        threshold: the exact threshold of α, as a float.
    """

    rate: Array
    distance: Array
    loss: Array
    kind: tuple[str, ...]
    count: Array
    threshold: float


def rates(fast: bool) -> list[Fraction]:
    """Adaptation rates from 1/100 to 3, crowded around the threshold."""
    wide = np.geomspace(0.01, 3, 12 if fast else 70)
    near = 0.26746 * (1 + np.array([-1, 1])[:, None] * np.geomspace(1e-4, 0.3, 3 if fast else 15)).ravel()
    return [Fraction(float(x)).limit_denominator(10**6) for x in np.sort(np.concatenate([wide, near]))]


def data(fast: bool = False) -> Data:
    """Solve with certificate at every rate."""
    landscape = derive(Problem(DEEP))
    rows, kinds, count = [], [], []
    for rate in rates(fast):
        found = solve(at_rate(landscape, rate))
        count.append((float(rate), len(found.points)))
        for point in found.points:
            a, b = (float(x.mid()) for x in point.enclose())
            if a >= 0 and (b == 0 or (a > 0 and abs(a - b) < 1e-9)):
                rows.append((float(rate), float(rate) ** 0.5 * np.hypot(a, b), point.loss().approx))
                kinds.append(point.kind)
    (threshold,) = regimes(Problem(DEEP)).thresholds
    rate_, distance, loss = np.array(rows).T
    return Data(rate_, distance, loss, tuple(kinds), np.array(count), threshold.interval().approx)


def draw(found: Data) -> Figure:
    """Distance and loss against α."""
    figure, panels = style.canvas(1, 2, height=3.3)
    kinds = np.array(found.kind)
    for axes, heights in zip(panels, (found.distance, found.loss), strict=True):
        for kind, marker in MARKERS.items():
            here = kinds == kind
            if here.any():
                look = {**marker, "s": 16}
                axes.scatter(found.rate[here], heights[here], edgecolors="k", linewidths=0.4, **look)
        axes.axvline(found.threshold, **style.BOUND)
        axes.set(xscale="log", xlabel="adaptation rate α")
    panels[0].set(ylabel=r"$\sqrt{\alpha}\,|(a,b)|$", title="where", ylim=(-0.06, 1.55))
    panels[1].set_yscale("symlog", linthresh=1.0)
    panels[1].set(ylabel="excess loss", title="how good", ylim=(-0.08, None))
    panels[1].set_yticks((0, 0.5, 1, 10, 100), labels=("0", "½", "1", "10", "100"))
    for place, text in (
        ((0.012, 1.46), f"{int(found.count[0, 1])} points"),
        ((0.6, 1.46), f"{int(found.count[-1, 1])} points"),
        ((0.3, 0.3), f"α = {found.threshold:.6f}"),
    ):
        panels[0].annotate(text, place, fontsize="small")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
