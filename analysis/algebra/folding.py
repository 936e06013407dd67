"""Coordinates in which the equations of two factors have their least degree, and points given in them.

The losses are polynomials in x = (a + b)² and y = (a − b)², but of much lower degree in u = x − y = 4 ab and
v = x + y = 2 (a² + b²); and for a symmetric task law in v and q = u². The open quadrant x, y > 0 is v > |u|.

    P₊ = F + G,  P₋ = F − G  as polynomials in (u, v), the same zeros as (F, G); if F(y, x) = G(x, y), P₊ is
    even and P₋ odd in u: the zeros are those with u = 0 = P₊, one polynomial in one unknown, and those with
    P₊ = P₋/u = 0 in (q, v), v² > q > 0, each standing for u = ±√q.

For two inner steps and a symmetric law a system of degree 17 in x and in y becomes one of degree 8 in q and 6
in v, of which the resultant has degree 45 at most; for three steps 53 becomes 26 and 18, and 460.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from flint import arb, ctx, fmpq_mpoly

from analysis.algebra.charts_at_infinity import RING
from analysis.algebra.elimination import AlgebraicPoint, points_on_line
from analysis.algebra.fibres import FibrePoint, sparse_common_points
from analysis.algebra.isolated_points import IsolatedPoint, compiled
from analysis.algebra.polynomials import univariate

Base = FibrePoint | AlgebraicPoint | IsolatedPoint
_INTERVAL_BITS = 1 << 11  # a sign that intervals of this precision leave open is decided in the number field


@dataclass(frozen=True)
class Folding:
    """Two equations in the new coordinates.

    Attributes:
        symmetric: whether the first coordinate is q = u²; else it is u.
        pair: the two equations in `RING`.
        on_axis: P₊ at u = 0.
    """

    symmetric: bool
    pair: tuple[fmpq_mpoly, fmpq_mpoly]
    on_axis: fmpq_mpoly

    @property
    def coordinates(self) -> str:
        """In words, of the unknowns x and y."""
        return f"{'q = (x - y)^2' if self.symmetric else 'u = x - y'} and v = x + y"

    @property
    def bezout(self) -> int:
        """A bound on the degree of the resultant, from the degrees in either coordinate."""
        (m, n), (k, l) = (poly.degrees() for poly in self.pair)
        return int(m * l + n * k)

    @cached_property
    def inside(self) -> fmpq_mpoly:
        """Positive exactly where the product x y is: (v² − u²), which is 4 x y."""
        s, v = RING.gens()
        return v * v - (s if self.symmetric else s * s)

    def axis_points(self) -> list[AlgebraicPoint]:
        """The zeros x = y > 0 of symmetric equations."""
        if not self.symmetric:
            return []
        return [
            AlgebraicPoint(line.root, (line.coordinates[0] / 2, line.coordinates[0] / 2))
            for line in points_on_line(univariate(self.on_axis, "t"))
            if line.root.sign(line.coordinates[0]) > 0
        ]

    def points(self) -> list[AlgebraicPoint | FoldedPoint]:
        """Every common zero with x, y > 0, exactly once, by elimination."""
        found = sparse_common_points(*self.pair, (self.symmetric, True))
        return [*self.axis_points(), *self.unfolded(p for p in found if p.sign(self.inside) > 0)]

    def unfolded(self, bases: Iterable[Base]) -> Iterator[FoldedPoint]:
        """The points that these zeros of the two equations stand for."""
        for base in bases:
            for sign in (1, -1) if self.symmetric else (1,):
                yield FoldedPoint(base, sign, self.symmetric)


def folded(first: fmpq_mpoly, second: fmpq_mpoly) -> Folding | None:
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
        return Folding(False, (plus, minus), on_axis)
    return Folding(True, (_halved(plus), _halved(minus)), on_axis)


def _size(poly: fmpq_mpoly) -> int:
    return (poly.degrees()[0] + 1) * (poly.degrees()[1] + 1)


def _halved(poly: fmpq_mpoly) -> fmpq_mpoly:
    """An even polynomial in u, or an odd one divided by u, written in u²."""
    return RING.from_dict({(int(i) // 2, int(j)): c for (i, j), c in poly.to_dict().items()})


@dataclass(frozen=True)
class FoldedPoint:
    """The point x = (v + u)/2, y = (v − u)/2 with u = `sign_of_u`·√q, or u itself.

    Attributes:
        base: (q, v) or (u, v).
        sign_of_u: where q is given.
        symmetric: whether it is.
    """

    base: Base
    sign_of_u: int
    symmetric: bool

    def _balls(self, precision: int) -> tuple[arb, arb]:
        with ctx.workprec(precision + 32):
            u, v = self.base.enclose(precision)
            if self.symmetric:
                u = self.sign_of_u * u.sqrt()
            return (v + u) / 2, (v - u) / 2

    def enclose(self, precision: int = 64) -> tuple[arb, ...]:
        """A ball around each coordinate, with at least `precision` correct bits: neither is 0."""
        work = precision + 32
        while True:
            balls = self._balls(work)
            if all(ball.rel_accuracy_bits() >= precision for ball in balls):
                return balls
            work *= 2

    def value(self, poly: fmpq_mpoly, precision: int = 64) -> arb:
        """A ball around poly(point) with `precision` correct bits; an exact 0 where the value is 0."""
        work, evaluated = precision + 128, compiled(poly)
        while True:
            with ctx.workprec(work):
                value = evaluated(self._balls(work))
            if value.rel_accuracy_bits() >= precision:
                return value
            if work > _INTERVAL_BITS and self._vanishes(poly):
                return arb(0)
            work *= 2

    def sign(self, poly: fmpq_mpoly) -> int:
        """The sign of poly(point), decided exactly.

        Raises:
            Undecided: the base is known by enclosures only, and they do not distinguish the value from 0.
        """
        value = self.value(poly, 16)
        return int(value > 0) - int(value < 0)

    def _vanishes(self, poly: fmpq_mpoly) -> bool:
        """Whether P + u Q is 0, the polynomial being P(u², v) + u Q(u², v): P and Q are, or P² = u² Q²."""
        u, v = RING.gens()
        image = poly.compose((v + u) / 2, (v - u) / 2, ctx=RING)
        if not self.symmetric:
            return self.base.sign(image) == 0
        terms = image.to_dict().items()
        even, odd = (_halved(RING.from_dict({e: c for e, c in terms if e[0] % 2 == k})) for k in range(2))
        signs = self.base.sign(even), self.sign_of_u * self.base.sign(odd)
        return signs == (0, 0) or (signs[0] == -signs[1] != 0 and self.base.sign(even**2 - u * odd**2) == 0)
