"""Stationary sets of positive dimension: split off by the solver, described here, never sampled.

Inside the plane such a set is a curve h = 0 (a common factor of the equations), a whole stratum, or
everything. A real polynomial may have no real zero (c² + 1), so each irreducible factor must show one: a real
curve has a point nearest to any given point p, and there h = 0 and ∇h ∥ (w − p), two equations that
`algebra.elimination` solves completely.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, fmpq, fmpq_mat, fmpq_mpoly

from analysis.algebra.elimination import AlgebraicPoint, CommonCurve, common_points
from analysis.algebra.polynomials import rational, substitute
from analysis.landscape import Landscape
from analysis.stationary_points.points import Family, Interval, Kind, StationaryPoint, interval, restrict
from analysis.stationary_points.symmetry import Chart, Stratum

_NEAR = (Fraction(17, 31), Fraction(-23, 57))  # any point in general position will do


@dataclass(frozen=True)
class StationarySet:
    """All of a stratum (`factor` None), or the curve `factor` = 0 on it."""

    stratum: Stratum
    factor: fmpq_mpoly | None

    def contains(self, point: StationaryPoint) -> bool:
        """Whether an isolated solution of a smaller stratum lies in the closure of this set."""
        if any(i in point.active for i in self.stratum.vanishing):
            return False
        if self.factor is None:
            return True
        widened = substitute(self.factor, {}, point.chart.loss.context())
        return point.location.sign(restrict(widened, point.chart, point.active)) == 0

    def families(self, landscape: Landscape, chart: Chart) -> Iterator[Family]:
        """The real irreducible components, described in the unknowns."""
        forms = coordinate_forms(landscape, chart)
        vanishing = [forms[i] for i in self.stratum.vanishing]
        if self.factor is None:
            yield _describe(landscape, vanishing)
            return
        images = {
            chart.coordinates[i]: forms[i] ** 2 if chart.even[i] else forms[i] for i in self.stratum.active
        }
        curve = substitute(self.factor, images, landscape.ring)
        for factor, _ in curve.factor()[1]:
            if (anchor := _real_point(factor)) is not None:
                yield _describe(landscape, [*vanishing, factor], anchor)


def coordinate_forms(landscape: Landscape, chart: Chart) -> list[fmpq_mpoly]:
    """The chart's coordinates z as linear forms in the unknowns."""
    size, ring = len(chart.coordinates), landscape.ring
    inverse = fmpq_mat(size, size, [rational(m) for row in chart.matrix for m in row]).inv()
    gens = ring.gens()
    return [sum((gens[j] * inverse[i, j] for j in range(size)), ring.constant(0)) for i in range(size)]


def _real_point(curve: fmpq_mpoly) -> AlgebraicPoint | None:
    """A real point of the curve: the one nearest to `_NEAR`; None where the curve has no real point."""
    if len(curve.context().names()) == 1:
        return None  # an irreducible univariate factor has isolated zeros only; none is a family
    x, y = curve.context().gens()
    p, q = (rational(c) for c in _NEAR)
    polar = curve.derivative(0) * (y - q) - curve.derivative(1) * (x - p)
    try:
        points = common_points(curve, polar)
    except CommonCurve:  # a circle around `_NEAR`, or a line through it: certainly real
        return next(iter(common_points(curve, x - p)), None)
    return points[0] if points else None


def _describe(
    landscape: Landscape, equations: list[fmpq_mpoly], anchor: AlgebraicPoint | None = None
) -> Family:
    size, ring = len(landscape.unknowns), landscape.ring
    dimension = size - len(equations)
    trace = sum((landscape.jacobian[i][i] for i in range(size)), ring.constant(0))
    loss: Interval | None
    if anchor is not None:
        loss = interval(anchor.value(landscape.loss), 12)
        rank, sign = (1, anchor.sign(trace)) if not _divides(equations[-1], trace) else (0, 0)
    else:
        on_it = _on_linear_set(landscape.loss, equations)
        loss = interval(_constant(on_it), 12) if on_it.is_constant() else None
        along = _on_linear_set(trace, equations)
        rank = int(bool(along))
        sign = _sign(along.leading_coefficient()) if along.is_constant() and along else 0
    zero = loss is not None and loss.lower == loss.upper == 0
    kinds: dict[int, Kind] = {1: "minimum", -1: "maximum", 0: "degenerate"}
    text = " and ".join(f"{e} = 0" for e in equations) or "every point"
    return Family(dimension, tuple(equations), text, loss, rank, "minimum" if zero else kinds[sign])


def _divides(factor: fmpq_mpoly, poly: fmpq_mpoly) -> bool:
    return not poly or not factor.gcd(poly).is_constant()


def _on_linear_set(poly: fmpq_mpoly, equations: list[fmpq_mpoly]) -> fmpq_mpoly:
    """The restriction of a polynomial to linear equations, by solving each for one unknown."""
    for equation in equations:
        for i, name in enumerate(equation.context().names()):
            slope = equation.derivative(i)
            if slope and slope.is_constant():
                rest = equation - slope * equation.context().gen(i)
                poly = substitute(poly, {name: rest / -slope.leading_coefficient()}, poly.context())
                break
    return poly


def _constant(poly: fmpq_mpoly) -> arb:
    return arb(poly.leading_coefficient()) if poly else arb(0)


def _sign(value: fmpq) -> int:
    return (value > 0) - (value < 0)
