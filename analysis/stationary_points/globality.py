"""Which minima are global, and why.

The excess loss is never negative, so a point with L = 0 is a global minimum and no other minimum is, where
such a point exists. With one unknown a non-constant loss that is bounded below tends to +∞ at both ends, so
its lowest stationary value is its minimum. Anything else is left undecided, and said to be.

L = 0 without exact arithmetic: the residual r = f − θ is a polynomial Σ c_k θᵏ, and 2 L = cᵀ H c with the
Hankel matrix H = (E θ^{i+k}) ⪰ 0. Hence L = 0 if and only if H c = 0, that is E[r θⁱ] = 0 for all i; and if H
has rank 2 (two atoms, such as θ = ±1) the equations for i = 0, 1 suffice. Newton's method proves a zero of
these two in a small box. It has zero loss, so it is stationary, so it is in the complete list: it is the one
point of the list that is not apart from the box.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flint import ctx, fmpq_mat

from analysis.algebra.isolated_points import Point as Place
from analysis.algebra.isolated_points import System, compiled
from analysis.algebra.polynomials import rational
from analysis.landscape import Landscape, residual_moments
from analysis.stationary_points.points import Family, StationaryPoint, restrict
from analysis.stationary_points.symmetry import in_chart
from analysis.tasks import TaskLaw


def mark_global(
    landscape: Landscape, points: tuple[StationaryPoint, ...], families: tuple[Family, ...]
) -> tuple[StationaryPoint, ...]:
    """The points with `is_global` and `why` filled in."""
    known: dict[int, bool] = {}  # the points ±√Z share a location
    places: dict[int, Place] = {}
    if _has_two_atoms(landscape.problem.task):
        places = {id(p.location): _plane(p) for p in points if len(p.active) == 2}
    for point in points:
        if id(point.location) not in known:
            known[id(point.location)] = _is_zero(landscape, point, places)
    solved = [known[id(point.location)] for point in points]
    points = tuple(replace(point, solves=zero) for point, zero in zip(points, solved, strict=True))
    if any(solved) or any(f.loss is not None and f.loss.lower == f.loss.upper == 0 for f in families):
        return tuple(
            replace(point, is_global=zero, why=_ZERO if zero else _NONZERO)
            for point, zero in zip(points, solved, strict=True)
        )
    if len(landscape.unknowns) == 1 and len(points) == 1 and points[0].kind == "minimum":
        return (replace(points[0], is_global=True, why=_ONLY),)
    return tuple(
        replace(point, is_global=None if point.kind == "minimum" else False, why=_OPEN) for point in points
    )


_ZERO = "its excess loss is exactly 0, and no excess loss is negative"
_NONZERO = "its excess loss is positive, and 0 is attained"
_ONLY = "the only stationary point of a loss that tends to +infinity at both ends"
_ENOUGH = 192  # bits: a loss that is not 0 shows it, and boxes of this size are apart
_OPEN = "no stationary point has zero excess loss, so comparing with 0 decides nothing"


def _is_zero(landscape: Landscape, point: StationaryPoint, places: Mapping[int, Place]) -> bool:
    """Whether the loss is 0; `places` are those of all points inside the stratum, for a law with two atoms."""
    if point.kind not in ("minimum", "degenerate"):
        return False
    if id(point.location) in places:
        loss = restrict(point.chart.loss, point.chart, point.active)
        with ctx.workprec(_ENOUGH):
            if compiled(loss)(places[id(point.location)]) > 0:
                return False
        if _solves_two_tasks(landscape, point, places):
            return True
    return point.has_zero_loss()


def _has_two_atoms(task: TaskLaw) -> bool:
    """Whether E θ⁰, …, E θ⁴ leave only laws with at most two atoms: their Hankel determinant is 0."""
    moments = [rational(task.moment(k)) for k in range(5)]
    return fmpq_mat(3, 3, [moments[i + j] for i in range(3) for j in range(3)]).det() == 0


def _solves_two_tasks(landscape: Landscape, point: StationaryPoint, places: Mapping[int, Place]) -> bool:
    """Whether E[r] = E[r θ] = 0 has a zero in a box that no other stationary point of the stratum meets."""
    equations = [in_chart(moment, point.chart) for moment in residual_moments(landscape, 2)]
    if any(equation is None for equation in equations):
        return False
    first, second = (restrict(e, point.chart, point.active) for e in equations if e is not None)
    found = System(first, second).verify(places[id(point.location)])
    if found is None:
        return False
    near = [key for key, place in places.items() if _meets(place, found.box)]
    return near == [id(point.location)]


def _plane(point: StationaryPoint) -> Place:
    x, y = point.location.enclose(_ENOUGH)
    return x, y


def _meets(place: Place, box: Place) -> bool:
    return all(x.overlaps(b) for x, b in zip(place, box, strict=True))
