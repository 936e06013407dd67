"""All common zeros of two bivariate polynomials in a quadrant or the plane, by subdivision, with proof.

Elimination pays for every complex solution. For two or three inner steps there are hundreds, of which some
tens are real and positive. Here only those are found (Moore 1966; Neumaier, Interval Methods for Systems of
Equations, §5.6). The quadrant x, y ≥ 0 is covered by finitely many rectangles, infinity resolved
(`charts_at_infinity`); each box is

    excluded   if F, G or a linear combination of them keeps a strict sign on it, or if a constraint, which
               the region satisfies with ≥ 0, is negative on it;
    resolved   if on a box B around it (F, G) is injective and Newton's method proves a zero in B;
    halved     otherwise (`subdivision`).

When all boxes are gone the list of zeros is complete. Boxes shrink for ever only at a degenerate zero: a
smallest width and a work limit turn that into an error, never into a missing point.

The search is made in the coordinates of `folding` where these lower the degree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import log2

from flint import arb, ctx, fmpq, fmpq_mpoly, fmpq_poly

from analysis.algebra.algebraic_numbers import RealRoot
from analysis.algebra.charts_at_infinity import RING, charts
from analysis.algebra.elimination import AlgebraicPoint, CommonCurve
from analysis.algebra.folding import FoldedPoint, Folding, folded
from analysis.algebra.isolated_points import IsolatedPoint, Point, System, Undecided
from analysis.algebra.polynomials import fraction, rational
from analysis.algebra.subdivision import Subdivision

WORK_LIMIT = 240_000_000_000  # multiplications; about 10⁹ a second
_PRECISION = 256  # bits, for changes of coordinates
_SIMPLE = 10**6  # a coordinate with a smaller denominator is tried as an exact rational number


@dataclass(frozen=True)
class Exclusion:
    """The record of a complete search.

    Attributes:
        coordinates: in which the boxes were taken.
        charts: how many charts cover the region, infinity included.
        nested_blowups: the greatest number of nested blow-ups at infinity.
        boxes: how many boxes were examined.
        work: the multiplications that halving and expanding them takes.
        smallest_width: the shortest side of a box, in the unit square of its chart.
    """

    coordinates: str
    charts: int = 0
    nested_blowups: int = 0
    boxes: int = 0
    work: int = 0
    smallest_width: float = 1.0


@dataclass(frozen=True)
class Search:
    """Common zeros, every one once, and how they were found."""

    points: tuple[IsolatedPoint | AlgebraicPoint | FoldedPoint, ...]
    record: Exclusion


def common_points_by_exclusion(
    first: fmpq_mpoly,
    second: fmpq_mpoly,
    positive: tuple[bool, bool] = (True, True),
    work_limit: int = WORK_LIMIT,
) -> Search:
    """Every real common zero, exactly once; a coordinate marked `positive` is restricted to values > 0.

    Args:
        work_limit: how many multiplications the halving of boxes may take.

    Raises:
        CommonCurve: the polynomials share a non-constant factor.
        DegenerateZero, WorkLimit: the search did not end; see there.
        Undecided: a zero lies on the boundary of the region, or too close to it.
    """
    common = first.gcd(second) if first and second else (first or second)
    if not common.is_constant() or not common:
        raise CommonCurve(common)
    folding = folded(first, second) if all(positive) else None
    if folding:
        return search_folded(folding, work_limit)
    record = Exclusion("the unknowns of the equations")
    found: list[Point] = []
    for signs in product(*((1,) if p else (1, -1) for p in positive)):
        x, y = (sign * gen for sign, gen in zip(signs, RING.gens(), strict=True))
        pair = first.compose(x, y, ctx=RING), second.compose(x, y, ctx=RING)
        zeros, record = _zeros(pair, record, work_limit)
        with ctx.workprec(_PRECISION):
            found += [(signs[0] * zero[0], signs[1] * zero[1]) for zero in zeros]
    points = _distinct(System(first, second), found)
    wanted = [gen for gen, is_positive in zip(RING.gens(), positive, strict=True) if is_positive]
    return Search(tuple(point for point in points if _all_positive(point, wanted)), record)


def search_folded(folding: Folding, work_limit: int) -> Search:
    """The same for folded equations without a common factor: the zeros are isolated and refined there too."""
    record = Exclusion(folding.coordinates)
    found: list[Point] = []
    s, t = RING.gens()
    for sign in (1,) if folding.symmetric else (1, -1):
        pair = tuple(poly.compose(sign * s, t, ctx=RING) for poly in folding.pair)
        constraint = folding.inside if folding.symmetric else t - s
        zeros, record = _zeros((*pair, constraint), record, work_limit)
        with ctx.workprec(_PRECISION):
            found += [(sign * zero[0], zero[1]) for zero in zeros]
    wanted = [*((s,) if folding.symmetric else ()), t, folding.inside]
    bases = [base for base in _distinct(System(*folding.pair), found) if _all_positive(base, wanted)]
    return Search((*folding.axis_points(), *folding.unfolded(bases)), record)


def _zeros(
    polynomials: tuple[fmpq_mpoly, ...], before: Exclusion, work_limit: int
) -> tuple[list[Point], Exclusion]:
    """Tight boxes around common zeros of the first two polynomials in the closed quadrant.

    Every zero where the other polynomials, the constraints, are ≥ 0 is in the list, some twice. Zeros outside
    the quadrant, or where a constraint is negative, may be there too.
    """
    if any(poly.is_constant() for poly in polynomials[:2]):
        return [], before
    units = [_unit(polynomials[:2], axis) for axis in range(2)]
    scaled = tuple(
        poly.compose(*(gen * unit for gen, unit in zip(RING.gens(), units, strict=True)), ctx=RING)
        for poly in polynomials
    )
    zeros: list[Point] = []
    record = before
    for chart in charts(scaled):
        search = Subdivision(chart, work_limit - record.work)
        search.run()
        record = replace(
            record,
            charts=record.charts + 1,
            nested_blowups=max(record.nested_blowups, chart.depth),
            boxes=record.boxes + search.boxes,
            work=record.work + search.work,
            smallest_width=min(record.smallest_width, search.smallest),
        )
        with ctx.workprec(_PRECISION):
            for zero in search.zeros:
                s, t = chart.to_plane(*zero)
                zeros.append((s * arb(units[0]), t * arb(units[1])))
    return zeros, record


def _unit(polynomials: Iterable[fmpq_mpoly], axis: int) -> fmpq:
    """A power of 2 about as large as the roots of the polynomials on a coordinate axis."""
    sizes = []
    for poly in polynomials:
        terms = sorted((int(e[axis]), c) for e, c in poly.to_dict().items() if e[1 - axis] == 0)
        if len(terms) > 1:
            (low, first), (high, last) = terms[0], terms[-1]
            sizes.append((_log2(first) - _log2(last)) / (high - low))
    exponent = round(sum(sizes) / len(sizes)) if sizes else 0
    return fmpq(2) ** exponent


def _log2(value: fmpq) -> float:
    return log2(abs(int(value.p))) - log2(int(value.q))


def _distinct(system: System, zeros: list[Point]) -> Iterator[IsolatedPoint | AlgebraicPoint]:
    """The zeros in these boxes (one in each), every one once; simple rational ones as exact points."""
    points: list[IsolatedPoint] = []
    for zero in zeros:
        if any(point.owns(zero) for point in points):
            continue
        point = system.verify(zero, containing=zero)
        if point is None:
            raise Undecided(f"the zero near ({zero[0]}, {zero[1]}) is too close to a degenerate one")
        if any(other.owns(point.box) for other in points):
            continue
        if any(all(a.overlaps(b) for a, b in zip(other.box, point.box, strict=True)) for other in points):
            raise Undecided(f"two zeros near ({zero[0]}, {zero[1]}) could not be told apart")
        points.append(point)
        yield _exact(system, point) or point


def _exact(system: System, point: IsolatedPoint) -> AlgebraicPoint | None:
    """The point as a rational one, if the simplest rational numbers in its box solve the equations."""
    guess = [fraction(x.mid().fmpq()).limit_denominator(_SIMPLE) for x in point.box]
    values = [rational(g) for g in guess]
    if not all(x.contains(arb(v)) for x, v in zip(point.box, values, strict=True)):
        return None
    if any(poly(*values) for poly in system.polynomials):
        return None
    return AlgebraicPoint(RealRoot((0, 1), 0), (fmpq_poly([values[0]]), fmpq_poly([values[1]])))


def _all_positive(point: IsolatedPoint | AlgebraicPoint, wanted: Iterable[fmpq_mpoly]) -> bool:
    return all(point.sign(poly) > 0 for poly in wanted)
