"""Contours of the excess loss with every stationary point marked by kind.

Each kind has a shape of its own besides its colour, and the contours are one hue from light to dark, so the
picture can be read in grey and with any colour vision. `figures` draws its landscapes with these functions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure

from analysis.algebra.arrays import values
from analysis.stationary_points.points import StationaryPoints

MARKERS: dict[str, dict[str, Any]] = {  # Okabe–Ito colours
    "minimum": {"marker": "o", "color": "#0072B2", "label": "minimum", "s": 70},
    "maximum": {"marker": "^", "color": "#D55E00", "label": "maximum", "s": 70},
    "saddle": {"marker": "X", "color": "#F0E442", "label": "saddle", "s": 70},
    "degenerate": {"marker": "s", "color": "#CC79A7", "label": "degenerate", "s": 70},
}
LABEL = r"$\log_{10}$ excess loss"
TICKS = range(-4, 2)


def draw(found: StationaryPoints, path: Path) -> None:
    """Write the picture; the format follows the suffix (.png, .svg, .pdf).

    Raises:
        ValueError: the problem has more than two unknowns.
    """
    figure = Figure(figsize=(6.0, 5.2), layout="constrained")
    axes = figure.subplots()
    if len(found.problem.unknowns) == 1:
        profile(axes, found)
    else:
        figure.colorbar(contours(axes, found), ax=axes, label=LABEL, ticks=TICKS)
    rate = found.problem.loop.rate
    axes.set_title(f"{found.problem.model.name} model, α = {rate}: {len(found.points)} stationary points")
    if found.points:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=4, frameon=False)
    figure.savefig(path, dpi=160)


def reach_of(found: StationaryPoints) -> float:
    """Half the side of a square around the origin with every point well inside."""
    return 1.25 * max((abs(float(x.mid())) for p in found.points for x in p.enclose()), default=2.0) or 2.0


def contours(axes: Axes, found: StationaryPoints, reach: float | None = None) -> QuadContourSet:
    """Level lines of log₁₀ L over the unknowns, and the points; returns what a colour bar needs."""
    reach = reach or reach_of(found)
    grid = np.linspace(-reach, reach, 401)
    first, second = np.meshgrid(grid, grid)
    loss = np.log10(np.maximum(values(found.landscape.loss, first, second), 1e-5))
    filled = axes.contourf(first, second, loss, levels=np.linspace(-4, 1, 26), cmap="Greys", extend="both")
    filled.set_rasterized(True)
    lines = axes.contour(first, second, loss, levels=np.linspace(-4, 1, 11), colors="k", linewidths=0.3)
    lines.set(alpha=0.5, rasterized=True)
    names = found.problem.unknowns
    axes.set(xlabel=f"${names[0]}$", ylabel=f"${names[1]}$", aspect="equal")
    mark(axes, found, [[float(x.mid()) for x in p.enclose()] for p in found.points])
    return filled


def profile(axes: Axes, found: StationaryPoints) -> None:
    """The loss of a one-parameter model as a curve, and the points."""
    grid = np.linspace(-reach_of(found), reach_of(found), 401)
    axes.plot(grid, values(found.landscape.loss, grid), color="k")
    axes.set(xlabel=f"${found.problem.unknowns[0]}$", ylabel="excess loss")
    mark(axes, found, [[float(p.enclose()[0].mid()), p.loss().approx] for p in found.points])


def mark(axes: Axes, found: StationaryPoints, places: list[list[float]]) -> None:
    """The points at these places of the axes, each kind with its marker."""
    for kind, style in MARKERS.items():
        here = [place for point, place in zip(found.points, places, strict=True) if point.kind == kind]
        if here:
            axes.scatter(*np.array(here).T, edgecolors="k", zorder=3, **style)
