"""The second completeness check: an index sum that shares nothing with the search for the points.

The number of turns of a plane field around a rectangle is the sum of the indices of its zeros inside
(Poincaré–Hopf). The turns are counted on the boundary alone, by interval arithmetic; the indices come from
the points found. A point that was missed, or invented, or given the wrong inertia, makes the two differ,
unless several errors cancel. The rectangle reaches far beyond the outermost point, so that one missed at a
moderate distance is noticed too; that nothing lies beyond it is left to the first proof.

Beside families of positive dimension the field Φ = h Ψ has its common factor h divided out. Where h ≠ 0 the
fields Φ and Ψ vanish together, and with equal index, for −Ψ is Ψ turned by half a circle. So the turns of Ψ
are the indices of the isolated points and of those zeros of Ψ that lie on h = 0, if any do.

Where Φ vanishes everywhere there is nothing to turn. Then the inner loop is run in numbers from more starts
than its degree: a polynomial of degree D in the start that vanishes at D + 1 of them is zero, so f = θ from
every start, and every meta-gradient of every outer rule vanishes with θ − f.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

from flint import fmpq_mpoly

from analysis.adaptation import adapt, slope_gradient
from analysis.algebra.elimination import common_points
from analysis.algebra.index import Box, ZeroOnBoundary, index_of_field
from analysis.algebra.polynomials import context, rational
from analysis.landscape import Landscape, Problem
from analysis.stationary_points.points import Certificate, Family, StationaryPoint

WINDING = "winding number"
_REACH = 100  # the rectangle is so many times as large as the smallest that holds every point


def with_indices(points: tuple[StationaryPoint, ...]) -> tuple[StationaryPoint, ...]:
    """The points with `index` filled in: the sign of the determinant, or turns where that is zero."""
    return tuple(_with_index(point, points) for point in points)


def certify(
    landscape: Landscape, points: tuple[StationaryPoint, ...], families: tuple[Family, ...], method: str
) -> Certificate:
    """The method's certificate, with the indices of the points beside the turns around a box about them."""
    reach = max((abs(float(x.mid())) for point in points for x in point.enclose()), default=0.0)
    bound = Fraction(_REACH * int(reach + 1))
    box = ((-bound, bound),) * len(landscape.unknowns)
    total = sum(point.index for point in points)
    if not families:
        return Certificate(method, WINDING, total, index_of_field(landscape.vector_field, box), box)
    factor, quotient = _without_common_factor(landscape.vector_field)
    if not factor:
        return Certificate(method, *_every_task_solved(landscape.problem), box)
    total += sum(_indices_on_curve(factor, quotient))
    check = f"{WINDING} of the field divided by {factor}"
    return Certificate(method, check, total, index_of_field(quotient, box), box)


def _without_common_factor(field: tuple[fmpq_mpoly, ...]) -> tuple[fmpq_mpoly, tuple[fmpq_mpoly, ...]]:
    """(h, Φ/h) with h the greatest common divisor of the components; h = 0 where all of them are."""
    factor = field[0]
    for component in field[1:]:
        factor = factor.gcd(component)
    return factor, tuple(component / factor for component in field) if factor else field


def _indices_on_curve(factor: fmpq_mpoly, quotient: tuple[fmpq_mpoly, ...]) -> list[int]:
    """The indices of the zeros of the quotient that lie on the common curve."""
    zeros = [p for p in common_points(*quotient) if not p.sign(factor)] if all(quotient) else []
    indices = []
    for zero in zeros:
        centre = [Fraction(float(x.mid())) for x in zero.enclose(64)]
        margin = Fraction(1, 2**20)
        indices.append(index_of_field(quotient, [(x - margin, x + margin) for x in centre]))
    return indices


def _every_task_solved(problem: Problem) -> tuple[str, int, int]:
    """What was checked, the starts from which the loop solves every task, and how many were tried."""
    model, loop = problem.model, problem.loop
    ring = context(("theta",))
    task = ring.gen(0)
    rate, second_moment = (
        ring.constant(rational(x or Fraction(1))) for x in (loop.rate, problem.input_second_moment)
    )
    factors = len(model.parameters)
    starts = factors * (2 * factors - 1) ** loop.steps + 1
    solved = 0
    for k in range(starts):
        start = {w: ring.constant(rational(Fraction(k))) for w in model.parameters}
        adapted = adapt(model, loop, start, task, rate, second_moment, {})
        slope, _ = slope_gradient(model, [adapted[w] for w in model.parameters])
        solved += slope == task
    return (
        f"starts from which the inner loop, run in numbers, solves every task (of {starts})",
        solved,
        starts,
    )


def _with_index(point: StationaryPoint, points: tuple[StationaryPoint, ...]) -> StationaryPoint:
    _, negative, zero = point.inertia
    if not zero:
        return replace(point, index=(-1) ** negative)
    for digits in (4, 8, 16, 32, 64):
        margin = Fraction(1, 10 ** (digits // 2))
        box = [(i.lower - margin, i.upper + margin) for i in point.box(digits).values()]
        if all(other is point or _outside(other, box, digits) for other in points):
            with suppress(ZeroOnBoundary):
                return replace(point, index=index_of_field(point.landscape.vector_field, box))
    raise ArithmeticError("the index of a degenerate point could not be isolated")


def _outside(point: StationaryPoint, box: Box, digits: int) -> bool:
    return any(
        i.upper < lower or upper < i.lower
        for i, (lower, upper) in zip(point.box(digits).values(), box, strict=True)
    )
