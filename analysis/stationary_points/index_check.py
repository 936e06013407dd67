"""The second completeness check: an index sum, counted without looking for the points.

The number of turns of a plane field around a rectangle is the sum of the indices of its zeros inside
(Poincaré–Hopf). The turns are counted on the boundary alone, by interval arithmetic; the indices come from
the points found. A point that was missed, or invented, or given the wrong inertia, makes the two differ,
unless several errors cancel. The rectangle reaches far beyond the outermost point, so that one missed at a
moderate distance is noticed too; that nothing lies beyond it is left to the first proof.

Beside families of positive dimension the field Φ = h Ψ has its common factor h divided out. Where h ≠ 0, or
at an isolated zero of h, the field Ψ turns as often as Φ does, for −Ψ is Ψ turned by half a circle. So the
turns of Ψ around the rectangle are the indices of the isolated points, and those of the zeros of Ψ that lie
on a family. The latter come from elimination, which the search uses too; the turns do not.

Where Φ vanishes everywhere there is nothing to turn. Then the inner loop is run in numbers from a grid of
starts, D + 1 values for each parameter: a polynomial of degree at most D in each that vanishes there is zero.
MAML and first-order MAML stand still everywhere where f = θ, Reptile where E w_K = w₀.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import prod

from flint import fmpq_mpoly

from analysis.adaptation import adapt, slope_gradient
from analysis.algebra.fibres import FibrePoint
from analysis.algebra.index import Box, ZeroOnBoundary, index_of_field
from analysis.algebra.polynomials import context, expectation, rational
from analysis.landscape import Landscape, Problem
from analysis.stationary_points.families import singular_points
from analysis.stationary_points.open_stratum import zeros_in_the_plane
from analysis.stationary_points.points import Certificate, Family, Interval, StationaryPoint, interval

WINDING = "winding number"
_SCALES = (100, 1700, 39000)  # the rectangle is so many times as large as one that holds every point
_DIGITS = (4, 8, 16, 32, 64, 128)  # of the boxes around single zeros


def with_indices(points: tuple[StationaryPoint, ...]) -> tuple[StationaryPoint, ...]:
    """The points with `index` filled in: the sign of the determinant, or turns where that is zero."""
    return tuple(_with_index(point, points) for point in points)


def certify(
    landscape: Landscape, points: tuple[StationaryPoint, ...], families: tuple[Family, ...], method: str
) -> Certificate:
    """The method's certificate, with the indices of the points beside the turns around a box about them."""
    places = [point.enclose() for point in points]
    total = sum(point.index for point in points)
    field, check = landscape.vector_field, WINDING
    if families:
        factor, field = _without_common_factor(field)
        if not factor:
            return Certificate(method, *_in_numbers(landscape.problem))
        check = f"{WINDING} of the field divided by {factor}"
        for zero, index in _zeros_on(families, factor, field):
            places.append(zero.enclose())
            total += index
    reach = max((abs(float(x.mid())) for place in places for x in place), default=0.0)
    for scale in _SCALES:
        bound = scale * (Fraction(reach) + 1)
        box = ((-bound, bound),) * len(landscape.unknowns)
        with suppress(ZeroOnBoundary):
            return Certificate(method, check, ((total, index_of_field(field, box)),), box)
    return Certificate(method, check, reservation="no box was found on whose boundary the field is not zero")


def _without_common_factor(field: tuple[fmpq_mpoly, ...]) -> tuple[fmpq_mpoly, tuple[fmpq_mpoly, ...]]:
    """(h, Φ/h) with h the greatest common divisor of the components; h = 0 where all of them are."""
    factor = field[0]
    for component in field[1:]:
        factor = factor.gcd(component)
    return factor, tuple(component / factor for component in field) if factor else field


def _zeros_on(
    families: tuple[Family, ...], factor: fmpq_mpoly, field: tuple[fmpq_mpoly, ...]
) -> Iterator[tuple[FibrePoint, int]]:
    """The zeros of a field without common factor that lie on one of the families, each with its index."""
    if len(field) < 2 or not all(field):
        return  # the other component is then a constant
    (p, q), (r, s) = ([component.derivative(i) for i in range(2)] for component in field)
    curves = [family.equations[0] for family in families]
    if _is_gradient(field, factor) and _monic(prod(curves[1:], start=curves[0])) == _monic(factor):
        zeros = _crossings(curves)
    else:
        zeros = zeros_in_the_plane(field[0], field[1])
    for zero in zeros:
        if any(not any(zero.sign(equation) for equation in family.equations) for family in families):
            yield zero, zero.sign(p * s - q * r) or _index_in_small_box(field, zero, zeros)


def _is_gradient(field: tuple[fmpq_mpoly, ...], potential: fmpq_mpoly) -> bool:
    """Whether the field is a multiple of the gradient: of h, where the loss is ½ c h² (one task only)."""
    slopes = [potential.derivative(i) for i in range(2)]
    if not all(slopes):
        return False
    scale = field[0].leading_coefficient() / slopes[0].leading_coefficient()
    return all(component == scale * slope for component, slope in zip(field, slopes, strict=True))


def _monic(poly: fmpq_mpoly) -> fmpq_mpoly:
    return poly / poly.leading_coefficient()


def _crossings(curves: Sequence[fmpq_mpoly]) -> list[FibrePoint]:
    """Where the gradient of a product of curves vanishes on them: where two meet, or one is singular.

    The degrees are those of the curves, far below that of the gradient.
    """
    found = []
    for j, curve in enumerate(curves):
        for i, other in enumerate(curves[:j]):
            earlier = [*curves[:i], *curves[i + 1 : j]]
            found += [z for z in zeros_in_the_plane(other, curve) if all(z.sign(c) for c in earlier)]
        others = [*curves[:j], *curves[j + 1 :]]
        found += [z for z in singular_points(curve) if all(z.sign(c) for c in others)]
    return found


def _index_in_small_box(field: tuple[fmpq_mpoly, ...], zero: FibrePoint, zeros: list[FibrePoint]) -> int:
    """The turns around a box that holds no other zero."""
    for digits in _DIGITS:
        margin = Fraction(1, 10 ** (digits // 2))
        places = [[interval(x, digits) for x in z.enclose(int(3.4 * digits) + 64)] for z in zeros]
        box = [(x.lower - margin, x.upper + margin) for x in places[zeros.index(zero)]]
        if all(z is zero or _apart(place, box) for z, place in zip(zeros, places, strict=True)):
            with suppress(ZeroOnBoundary):
                return index_of_field(field, box)
    raise ArithmeticError("the index of a zero on a family could not be isolated")


def _in_numbers(problem: Problem) -> tuple[str, tuple[tuple[int, int], ...]]:
    """What is counted, from how many starts it is so, and how many there are."""
    model, loop = problem.model, problem.loop
    ring = context(("theta",))
    task = ring.gen(0)
    rate, second_moment = (
        ring.constant(rational(x or Fraction(1))) for x in (loop.rate, problem.input_second_moment)
    )
    factors = len(model.parameters)
    degree = factors * (2 * factors - 1) ** loop.steps

    def moment(k: int) -> fmpq_mpoly:
        return ring.constant(rational(problem.task.moment(k)))

    def stands_still(place: tuple[int, ...]) -> bool:
        start = {w: ring.constant(k) for w, k in zip(model.parameters, place, strict=True)}
        adapted = adapt(model, loop, start, task, rate, second_moment, {})
        if loop.outer == "reptile":
            return all(expectation(adapted[w], "theta", moment, ring) == start[w] for w in start)
        return slope_gradient(model, [adapted[w] for w in model.parameters])[0] == task

    places = list(product(range(degree + 1), repeat=factors))
    words = "moves nothing on average" if loop.outer == "reptile" else "solves every task"
    return (
        f"starts from which the inner loop, run in numbers, {words}",
        ((sum(map(stands_still, places)), len(places)),),
    )


def _with_index(point: StationaryPoint, points: tuple[StationaryPoint, ...]) -> StationaryPoint:
    _, negative, zero = point.inertia
    if not zero:
        return replace(point, index=(-1) ** negative)
    for digits in _DIGITS:
        margin = Fraction(1, 10 ** (digits // 2))
        box = [(i.lower - margin, i.upper + margin) for i in point.box(digits).values()]
        if all(other is point or _apart([*other.box(digits).values()], box) for other in points):
            with suppress(ZeroOnBoundary):
                return replace(point, index=index_of_field(point.landscape.vector_field, box))
    raise ArithmeticError("the index of a degenerate point could not be isolated")


def _apart(place: Sequence[Interval], box: Box) -> bool:
    return any(i.upper < lower or upper < i.lower for i, (lower, upper) in zip(place, box, strict=True))
