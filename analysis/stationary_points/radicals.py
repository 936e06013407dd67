"""Exact expressions by radicals, where one exists that is worth reading.

A coordinate lies in ℚ(u) or is a square root of such a number. Fields of degree 1 and 2 give radicals at
once; of degree 3 and 4 Cardano's and Ferrari's formulas do, and are used where they need no complex numbers
on the way to a real one (casus irreducibilis). Beyond degree 4 there is no formula (Abel, Ruffini), and the
number stays what it is: a root of a stated polynomial in a stated interval.
"""

from __future__ import annotations

from functools import lru_cache

import sympy
from flint import fmpq_poly

from analysis.algebra.algebraic_numbers import RealRoot
from analysis.algebra.elimination import AlgebraicPoint
from analysis.stationary_points.points import Point, StationaryPoint, restrict
from analysis.stationary_points.rational_points import RationalPoint

_READABLE = 256  # bits of a coefficient; nested radicals of longer ones fill a page


def coordinates(point: Point) -> tuple[sympy.Expr, ...] | None:
    """The unknowns at the point as sympy expressions by real radicals, or None."""
    if isinstance(point, RationalPoint):
        return tuple(sympy.Rational(x.numerator, x.denominator) for x in point.coordinates)
    if not isinstance(point, StationaryPoint):
        return None
    location = point.location
    if not isinstance(location, AlgebraicPoint):
        return None
    z: list[sympy.Expr] = [sympy.Integer(0)] * len(point.chart.coordinates)
    for i, sign, element in zip(point.active, point.signs, location.coordinates, strict=True):
        value = _value(location.root, element)
        if value is None:
            return None
        z[i] = sign * sympy.sqrt(value) if point.chart.even[i] else value
    return tuple(
        sympy.expand(sum(sympy.Rational(m) * x for m, x in zip(row, z, strict=True)))
        for row in point.chart.matrix
    )


def loss(point: Point) -> sympy.Expr | None:
    """The excess loss at the point by real radicals, or None."""
    if not isinstance(point, StationaryPoint):
        return None
    location = point.location
    if not isinstance(location, AlgebraicPoint):
        return None
    poly = restrict(point.chart.loss, point.chart, point.active)
    return _value(location.root, location.root.at(poly, location.coordinates))


def defining_polynomial(point: Point) -> str | None:
    """The minimal polynomial of the number u that the coordinates are built from, or None."""
    if not isinstance(point, StationaryPoint):
        return None
    location = point.location
    if not isinstance(location, AlgebraicPoint) or not point.active:
        return None
    u = sympy.Symbol("u")
    return str(sympy.Poly(list(reversed(location.root.coefficients)), u).as_expr())


def _value(root: RealRoot, element: fmpq_poly) -> sympy.Expr | None:
    """element(u) by real radicals."""
    element = root.reduce(element)
    if element.degree() <= 0:
        return sympy.Rational(int(element[0].p), int(element[0].q))
    u = _root(root)
    if u is None:
        return None
    terms = (sympy.Rational(int(c.p), int(c.q)) * u**i for i, c in enumerate(element.coeffs()))
    return sympy.expand(sum(terms))


@lru_cache(maxsize=256)
def _root(root: RealRoot) -> sympy.Expr | None:
    """The root itself by real radicals."""
    c = [sympy.Integer(x) for x in root.coefficients]
    if root.degree == 1:
        return -c[0] / c[1]
    if root.degree == 2:
        radical = sympy.sqrt(c[1] ** 2 - 4 * c[2] * c[0])
        return (-c[1] + (radical if root.index else -radical) * sympy.sign(c[2])) / (2 * c[2])
    if root.degree > 4 or max(map(abs, root.coefficients)).bit_length() > _READABLE:
        return None
    x, target = sympy.Symbol("x"), float(root.enclosure().mid())
    for candidate in sympy.roots(sympy.Poly(list(reversed(c)), x)):
        value = complex(candidate.evalf(30))
        if abs(value - target) < 1e-12 * max(1.0, abs(target)) and not candidate.has(sympy.I):
            return candidate
    return None
