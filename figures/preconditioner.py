"""At its solutions a two-layer net is a shallow model whose gradient is multiplied by the inverse of the
inputs' second moment, which turns every gradient towards its task; a rate cannot.

*Left*, one dimension: one step on both factors moves c = ab by −αPg + α²abg², P = a² + b². On the circle
αP = 1 the first-order step is the Newton step; the correction (shaded: |α²ab|) vanishes on the axes, and the
four minima are where both happen. *Middle*, two inputs, Σ = (10 5; 5 5): for tasks θ on the unit circle the
step of the shallow model at its best rate (an ellipse, in directions that miss the task) and the step that
the layers A = 0, B = (Σ⁻¹/α)^½ induce, computed exactly from them (`analysis.equivalence.induced_update`):
the tasks themselves. *Right*, the least excess loss that each way of transforming the gradient reaches on
these tasks.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpq_mat
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.algebra.matrices import Matrix, matrix
from analysis.equivalence import Tasks, induced_update
from figures import style
from figures.training import Array

SIGMA = ((10, 5), (5, 5))
RATE = Fraction(1, 25)
BOTTOM = ((2, -1), (-1, 3))  # B with BᵀB = 25 Σ⁻¹ = Σ⁻¹/α
TOP = ((0, 0),)  # A
REACH = 1.4


@dataclass(frozen=True)
class Data:
    """Attributes:
    grid: (n,) √α a and √α b.
    first_order: (n, n) αP.
    correction: (n, n) |α² ab| / α.
    tasks: (m, 2) θ on the unit circle.
    shallow, deep: (m, 2) where one step from c = 0 leads.
    best_rate: the shallow model's.
    losses: least excess loss by method.
    """

    grid: Array
    first_order: Array
    correction: Array
    tasks: Array
    shallow: Array
    deep: Array
    best_rate: float
    losses: dict[str, float]


def _rational_circle(count: int) -> list[tuple[Fraction, Fraction]]:
    """Rational points ((1 − t²)/(1 + t²), 2t/(1 + t²)) of the unit circle, all around."""
    half = [
        Fraction(float(np.tan(x))).limit_denominator(50) for x in np.linspace(0, np.pi / 4, count // 4 + 1)
    ]
    quarter = [((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)) for t in half[:-1]]
    turned = [(-y, x) for x, y in quarter]
    return quarter + turned + [(-x, -y) for x, y in quarter + turned]


def step(theta: tuple[Fraction, Fraction]) -> Matrix:
    """The collapsed map after one inner step of the two layers on the task θ, from c = AB = 0."""
    inputs = matrix(SIGMA)
    gradient = (matrix([theta]) @ inputs).scale(-1)  # G = (c − θ)Σ at c = 0
    return induced_update([matrix(BOTTOM), matrix(TOP)], gradient, RATE)


def data(fast: bool = False) -> Data:
    """Exact rationals, as floats."""
    grid = np.linspace(-REACH, REACH, 31 if fast else 201)
    a, b = np.meshgrid(grid, grid)
    tasks = _rational_circle(16)
    law = Tasks(1, fmpq_mat(SIGMA), fmpq_mat([[1, 0], [0, 1]]))
    best_rate, best_loss = law.best_rate()
    net = [[float(x) for x in step(theta)] for theta in tasks]
    directions = np.array([[float(x), float(y)] for x, y in tasks])
    return Data(
        grid=grid,
        first_order=a**2 + b**2,
        correction=np.abs(a * b),
        tasks=directions,
        shallow=float(best_rate) * directions @ np.array(SIGMA, dtype=float),
        deep=np.array(net),
        best_rate=float(best_rate),
        losses={
            "fixed α = 1/25": float(law.at_rate(RATE)),
            "best α, T-Nets": float(best_loss),
            "Meta-SGD": float(law.meta_sgd()[1]),
            "MC, KFO": 0.0,
            f"aᵀBx, width ≥ {law.width_for_zero()}": 0.0,
        },
    )


def draw(found: Data) -> Figure:
    """Three panels."""
    figure = Figure(figsize=(9.4, 3.3))
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.15, 1, 1))
    filled = left.contourf(found.grid, found.grid, found.correction, levels=10, cmap="Greys")
    filled.set_rasterized(True)
    figure.colorbar(filled, ax=left, label=r"correction $|\alpha ab|$", shrink=0.85, ticks=(0, 0.5, 1, 1.5))
    left.contour(
        found.grid, found.grid, found.first_order, levels=[1.0], colors=style.VERMILION, linewidths=2
    )
    places = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    left.plot(*places.T, "o", color=style.BLUE, markeredgecolor="k", markersize=8, linestyle="none")
    left.set(aspect="equal", xlabel=r"$\sqrt{\alpha}\,a$", ylabel=r"$\sqrt{\alpha}\,b$")
    left.set(title=r"$\alpha P=1$, and the four minima")
    left.grid(False)
    _steps(middle, found)
    names = list(found.losses)
    right.barh(names, list(found.losses.values()), color=style.SKY, edgecolor="k", hatch="//")
    for row, loss in enumerate(found.losses.values()):
        right.annotate(f"{loss:.3g}", (loss, row), xytext=(3, -3), textcoords="offset points")
    right.invert_yaxis()
    right.set(title="least excess loss", xlim=(0, 1.25 * max(found.losses.values())))
    return figure


def _steps(axes: Axes, found: Data) -> None:
    for theta, reached in zip(found.tasks, found.shallow, strict=True):
        axes.plot(*zip(theta, reached, strict=True), color="0.6", linestyle="-", linewidth=0.8)
    axes.plot(*found.tasks.T, "o", color=style.GREEN, markersize=8, linestyle="none", label="tasks θ")
    axes.plot(*found.shallow.T, "x", color=style.BLACK, linestyle="none", label="shallow, best α")
    axes.plot(*found.deep.T, "+", color="white", markersize=6, linestyle="none")
    axes.plot(*found.deep.T, "+", color=style.VERMILION, linestyle="none", label="two layers")
    axes.set(aspect="equal", xlabel="$c_1$", ylabel="$c_2$", title="one step from $c=0$")
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=3, handletextpad=0.1, columnspacing=0.8
    )
