"""Which minima are global, and why.

The excess loss is never negative, so a point with L = 0 is a global minimum and no other minimum is, where
such a point exists. With one unknown a loss of even degree with a positive leading coefficient tends to +∞ at
both ends, so its lowest stationary value is its minimum; the values are algebraic, and compared exactly by
their minimal polynomials. Anything else is left undecided, and said to be.

The zeros of a field that is no gradient (first-order MAML, Reptile) need not be critical points of the loss:
their kind is that of the field, a "minimum" being a point that attracts, and any of them may have L = 0. With
two steps of first-order MAML (±1/√α, 0) do, and repel. With one unknown, c, every rule vanishes at c = E θ
only, which is where L is least, and first-order MAML with one step and α > 1 runs away from it.

L = 0 without exact arithmetic: the residual r = f − θ is a polynomial Σ c_k θᵏ, and 2 L = cᵀ H c with the
Hankel matrix H = (E θ^{i+k}) ⪰ 0. Hence L = 0 if and only if H c = 0, that is E[r θⁱ] = 0 for all i; and if H
has rank 2 (two atoms, such as θ = ±1) the equations for i = 0, 1 suffice. Newton's method proves a zero of
these two in a small box. It has zero loss, so it is stationary, so it is in the complete list: it is the one
point of the list that is not apart from the box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flint import ctx, fmpq_mat

from analysis.algebra.algebraic_numbers import RealRoot, ascending
from analysis.algebra.elimination import AlgebraicPoint
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
    pair = _two_tasks(landscape, points)
    for point in points:
        if id(point.location) not in known:
            known[id(point.location)] = _is_zero(point, pair)
    solved = [known[id(point.location)] for point in points]
    points = tuple(replace(point, solves=known[id(point.location)]) for point in points)
    if any(solved) or any(f.loss is not None and f.loss.lower == f.loss.upper == 0 for f in families):
        return tuple(
            replace(point, is_global=zero, why=_ZERO if zero else _NONZERO)
            for point, zero in zip(points, solved, strict=True)
        )
    is_field = landscape.field_polynomials is not None
    if len(landscape.unknowns) == 1 and len(points) == 1 and (is_field or points[0].kind == "minimum"):
        return (replace(points[0], is_global=True, why=_ONLY),)
    if (lowest := _lowest(landscape, points)) is not None:
        return tuple(
            replace(point, is_global=low, why=_LOWEST if low else _HIGHER)
            for point, low in zip(points, lowest, strict=True)
        )
    return tuple(
        replace(point, is_global=None if is_field or point.kind == "minimum" else False, why=_OPEN)
        for point in points
    )


_ZERO = "its excess loss is exactly 0, and no excess loss is negative"
_NONZERO = "its excess loss is positive, and 0 is attained"
_ONLY = "the only stationary point of a loss that tends to +infinity at both ends"
_LOWEST = "no stationary value of a loss that tends to +infinity at both ends is lower"
_HIGHER = "a stationary value is lower"
_ENOUGH = 192  # bits: a loss that is not 0 shows it, and boxes of this size are apart
_OPEN = "no stationary point has zero excess loss, so comparing with 0 decides nothing"


def _lowest(landscape: Landscape, points: Sequence[StationaryPoint]) -> list[bool] | None:
    """For one unknown whether each point has the lowest stationary value; None where that decides nothing."""
    if len(landscape.unknowns) > 1 or landscape.vector_field != landscape.gradient or not points:
        return None
    degree = int(landscape.loss.degrees()[0])
    if degree % 2 or not degree or landscape.loss[(degree,)] <= 0:
        return None
    values = [_exact_loss(point) for point in points]
    least = ascending(values)[0]
    return [value == least for value in values]


def _exact_loss(point: StationaryPoint) -> RealRoot:
    assert isinstance(point.location, AlgebraicPoint)
    root, loss = point.location.root, restrict(point.chart.loss, point.chart, point.active)
    return root.number(root.at(loss, point.location.coordinates))


@dataclass(frozen=True)
class _TwoTasks:
    """For a law with two atoms: E[r] = E[r θ] = 0, and where the points of the open stratum are."""

    equations: System
    places: dict[int, Place]

    def solved_at(self, point: StationaryPoint) -> bool:
        """Whether the equations have a zero in a box that no other stationary point of the stratum meets."""
        found = self.equations.verify(self.places[id(point.location)])
        if found is None:
            return False
        near = [key for key, place in self.places.items() if _meets(place, found.box)]
        return near == [id(point.location)]


def _two_tasks(landscape: Landscape, points: tuple[StationaryPoint, ...]) -> _TwoTasks | None:
    """The equations in the chart's coordinates; None for other laws, and where they are not even like it.

    None also where θ is not all that is random: with a finite support set two tasks are not all there is.
    """
    inside = [point for point in points if len(point.active) == 2]
    random = set(landscape.adapted_slope.context().names()) - set(landscape.ring.names())
    if not inside or random != {"theta"} or not _has_two_atoms(landscape.problem.task):
        return None
    first, second = (in_chart(moment, inside[0].chart) for moment in residual_moments(landscape, 2))
    if first is None or second is None:
        return None
    return _TwoTasks(System(first, second), {id(point.location): _plane(point) for point in inside})


def _is_zero(point: StationaryPoint, pair: _TwoTasks | None) -> bool:
    if point.landscape.field_polynomials is None and point.kind not in ("minimum", "degenerate"):
        return False  # of a gradient; a zero of another field may solve every task and repel
    if pair is not None and id(point.location) in pair.places:
        loss = restrict(point.chart.loss, point.chart, point.active)
        with ctx.workprec(_ENOUGH):
            if compiled(loss)(pair.places[id(point.location)]) > 0:
                return False
        if pair.solved_at(point):
            return True
    return point.has_zero_loss()


def _has_two_atoms(task: TaskLaw) -> bool:
    """Whether E θ⁰, …, E θ⁴ leave only laws with at most two atoms: their Hankel determinant is 0."""
    moments = [rational(task.moment(k)) for k in range(5)]
    return fmpq_mat(3, 3, [moments[i + j] for i in range(3) for j in range(3)]).det() == 0


def _plane(point: StationaryPoint) -> Place:
    x, y = point.location.enclose(_ENOUGH)
    return x, y


def _meets(place: Place, box: Place) -> bool:
    return all(x.overlaps(b) for x, b in zip(place, box, strict=True))
