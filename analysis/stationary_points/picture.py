"""Contours of the excess loss with every stationary point marked by kind.

Each kind has a shape of its own besides its colour, and the contours are one hue from light to dark, so the
picture can be read in grey and with any colour vision.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from flint import fmpq_mpoly
from matplotlib.axes import Axes

from analysis.stationary_points.points import StationaryPoints

MARKERS: dict[str, dict[str, Any]] = {  # Okabe–Ito colours
    "minimum": {"marker": "o", "color": "#0072B2", "label": "minimum", "s": 70},
    "maximum": {"marker": "^", "color": "#D55E00", "label": "maximum", "s": 70},
    "saddle": {"marker": "X", "color": "#F0E442", "label": "saddle", "s": 70},
    "degenerate": {"marker": "s", "color": "#CC79A7", "label": "degenerate", "s": 70},
}


def values(poly: fmpq_mpoly, *grids: np.ndarray) -> np.ndarray:
    """A polynomial at every point of broadcast float arrays, in float64."""
    total = np.zeros(np.broadcast_shapes(*(g.shape for g in grids)))
    for exponents, coefficient in poly.to_dict().items():
        term = float(int(coefficient.p)) / float(int(coefficient.q))
        total = total + term * np.prod([g ** int(e) for g, e in zip(grids, exponents, strict=True)], axis=0)
    return total


def draw(found: StationaryPoints, path: Path) -> None:
    """Write the picture; the format follows the suffix (.png, .svg, .pdf).

    Raises:
        ValueError: the problem has more than two unknowns.
    """
    figure, axes = plt.subplots(figsize=(6.0, 5.2), layout="constrained")
    if len(found.problem.unknowns) == 1:
        profile(axes, found)
    else:
        contours(axes, found)
    rate = found.problem.loop.rate
    axes.set_title(f"{found.problem.model.name} model, α = {rate}: {len(found.points)} stationary points")
    if found.points:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=4, frameon=False)
    figure.savefig(path, dpi=160)
    plt.close(figure)


def _reach(found: StationaryPoints) -> float:
    return 1.25 * max((abs(float(x.mid())) for p in found.points for x in p.enclose()), default=2.0) or 2.0


def contours(axes: Axes, found: StationaryPoints) -> None:
    """Level lines of log₁₀ L over the unknowns, and the points."""
    reach = _reach(found)
    grid = np.linspace(-reach, reach, 401)
    first, second = np.meshgrid(grid, grid)
    loss = np.log10(np.maximum(values(found.landscape.loss, first, second), 1e-5))
    filled = axes.contourf(first, second, loss, levels=np.linspace(-4, 2.5, 27), cmap="Greys", extend="both")
    axes.contour(first, second, loss, levels=np.linspace(-4, 2.5, 14), colors="k", linewidths=0.3, alpha=0.5)
    axes.figure.colorbar(filled, ax=axes, label=r"$\log_{10}$ excess loss")
    names = found.problem.unknowns
    axes.set(xlabel=f"${names[0]}$", ylabel=f"${names[1]}$", aspect="equal")
    _mark(axes, found, [[float(x.mid()) for x in p.enclose()] for p in found.points])


def profile(axes: Axes, found: StationaryPoints) -> None:
    """The loss of a one-parameter model as a curve, and the points."""
    grid = np.linspace(-_reach(found), _reach(found), 401)
    axes.plot(grid, values(found.landscape.loss, grid), color="k")
    axes.set(xlabel=f"${found.problem.unknowns[0]}$", ylabel="excess loss")
    _mark(axes, found, [[float(p.enclose()[0].mid()), p.loss().approx] for p in found.points])


def _mark(axes: Axes, found: StationaryPoints, places: list[list[float]]) -> None:
    for kind, style in MARKERS.items():
        here = [place for point, place in zip(found.points, places, strict=True) if point.kind == kind]
        if here:
            axes.scatter(*np.array(here).T, edgecolors="k", zorder=3, **style)
