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

Coordinates. The losses are polynomials in U = (a + b)² and V = (a − b)², but of much lower degree in
v = U + V = 2 (a² + b²) and u = U − V = 4 ab; and for a symmetric task law in v and q = u². The open quadrant
U, V > 0 is v > |u|. These coordinates are taken where they lower the degree:

    V₊ = F + G,  V₋ = F − G  as polynomials in (u, v), the same zeros as (F, G); if F(y, x) = G(x, y), V₊ is
    even and V₋ odd in u: the zeros are those with u = 0 = V₊, one polynomial in one unknown, solved
    exactly, and those with V₊ = V₋/u = 0 in (q, v), v² > q > 0, each standing for u = ±√q.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import log2

from flint import arb, ctx, fmpq, fmpq_mpoly, fmpq_poly

from analysis.algebra.algebraic_numbers import RealRoot
from analysis.algebra.charts_at_infinity import RING, charts
from analysis.algebra.elimination import AlgebraicPoint, CommonCurve, points_on_line
from analysis.algebra.isolated_points import IsolatedPoint, Point, System, Undecided
from analysis.algebra.polynomials import fraction, rational, univariate
from analysis.algebra.subdivision import Subdivision

BOX_LIMIT = 400_000
_PRECISION = 256  # bits, for changes of coordinates
_SIMPLE = 10**6  # a coordinate with a smaller denominator is tried as an exact rational number
_DECIDING = 1024  # bits up to which the sign of a coordinate is sought


@dataclass(frozen=True)
class Exclusion:
    """The record of a complete search.

    Attributes:
        coordinates: in which the boxes were taken.
        charts: how many charts cover the region, infinity included.
        nested_blowups: the greatest number of nested blow-ups at infinity.
        boxes: how many boxes were examined.
        smallest_width: the shortest side of a box, in the unit square of its chart.
    """

    coordinates: str
    charts: int = 0
    nested_blowups: int = 0
    boxes: int = 0
    smallest_width: float = 1.0


@dataclass(frozen=True)
class Search:
    """Common zeros, every one once, and how they were found."""

    points: tuple[IsolatedPoint | AlgebraicPoint, ...]
    record: Exclusion


def common_points_by_exclusion(
    first: fmpq_mpoly, second: fmpq_mpoly, positive: tuple[bool, bool] = (True, True)
) -> Search:
    """Every real common zero, exactly once; a coordinate marked `positive` is restricted to values > 0.

    Raises:
        CommonCurve: the polynomials share a non-constant factor.
        DegenerateZero, WorkLimit: the search did not end; see there.
        Undecided: a zero lies on the boundary of the region, or closer to it than 2^−1024.
    """
    common = first.gcd(second) if first and second else (first or second)
    if not common.is_constant() or not common:
        raise CommonCurve(common)
    system = System(first, second)
    found: list[Point] = []
    exact: list[AlgebraicPoint] = []
    folded = _folded(first, second) if all(positive) else None
    if folded is None:
        record = Exclusion("the unknowns of the equations")
        for signs in product(*((1,) if p else (1, -1) for p in positive)):
            x, y = (sign * gen for sign, gen in zip(signs, RING.gens(), strict=True))
            zeros, record = _zeros((first.compose(x, y, ctx=RING), second.compose(x, y, ctx=RING)), record)
            found += [(signs[0] * zero[0], signs[1] * zero[1]) for zero in zeros]
    elif folded.symmetric:
        record = Exclusion("q = (x - y)^2 and v = x + y")
        exact = [
            AlgebraicPoint(line.root, (line.coordinates[0] / 2, line.coordinates[0] / 2))
            for line in points_on_line(univariate(folded.on_axis, "t"))
            if line.root.sign(line.coordinates[0]) > 0
        ]
        zeros, record = _zeros((*folded.pair, RING.gen(1) ** 2 - RING.gen(0)), record)
        with ctx.workprec(_PRECISION):
            for q, v in zeros:
                if q > 0:
                    found += [((v + u) / 2, (v - u) / 2) for u in (q.sqrt(), -q.sqrt())]
                elif not q < 0:
                    raise Undecided("a common zero lies on the axis of symmetry, or too close to it")
    else:
        record = Exclusion("u = x - y and v = x + y")
        for sign in (1, -1):
            s, t = RING.gens()
            pair = tuple(poly.compose(sign * s, t, ctx=RING) for poly in folded.pair)
            zeros, record = _zeros((*pair, t - s), record)
            found += [((v + sign * u) / 2, (v - sign * u) / 2) for u, v in zeros]
    kept = [point for point in _distinct(system, found) if _in_region(point, positive)]
    return Search((*exact, *kept), record)


@dataclass(frozen=True)
class _Folded:
    """The equations in (u, v), or in (q, v) where they have the symmetry."""

    symmetric: bool
    pair: tuple[fmpq_mpoly, fmpq_mpoly]
    on_axis: fmpq_mpoly


def _folded(first: fmpq_mpoly, second: fmpq_mpoly) -> _Folded | None:
    """F + G and F − G in the new coordinates, or None where that does not lower the degrees."""
    s, t = RING.gens()
    images = [poly.compose((t + s) / 2, (t - s) / 2, ctx=RING) for poly in (first, second)]
    plus, minus = images[0] + images[1], images[0] - images[1]
    if not plus or not minus:
        return None
    if _size(plus) + _size(minus) >= _size(first) + _size(second):
        return None
    on_axis = plus.compose(RING.constant(0), t, ctx=RING)
    even = all(e[0] % 2 == 0 for e in plus.monoms()) and all(e[0] % 2 == 1 for e in minus.monoms())
    if not even or not on_axis:
        return _Folded(False, (plus, minus), on_axis)
    halved = tuple(
        RING.from_dict({(int(i) // 2, int(j)): c for (i, j), c in poly.to_dict().items()})
        for poly in (plus, minus)
    )
    return _Folded(True, (halved[0], halved[1]), on_axis)


def _size(poly: fmpq_mpoly) -> int:
    return (poly.degrees()[0] + 1) * (poly.degrees()[1] + 1)


def _zeros(polynomials: tuple[fmpq_mpoly, ...], before: Exclusion) -> tuple[list[Point], Exclusion]:
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
        search = Subdivision(chart, BOX_LIMIT - record.boxes)
        search.run()
        record = replace(
            record,
            charts=record.charts + 1,
            nested_blowups=max(record.nested_blowups, chart.depth),
            boxes=record.boxes + search.boxes,
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


def _in_region(point: IsolatedPoint | AlgebraicPoint, positive: tuple[bool, bool]) -> bool:
    for k in range(2):
        if not positive[k]:
            continue
        coordinate = point.enclose(64)[k]
        if coordinate.contains(0) and coordinate != 0:
            coordinate = point.enclose(_DECIDING)[k]
            if coordinate.contains(0):
                raise Undecided("a common zero lies on the boundary of the region, or too close to it")
        if not coordinate > 0:
            return False
    return True
