"""Real solutions of two sparse bivariate equations of high degree, fibre by fibre and without a shear.

`elimination.common_points` shears its coordinates until no solution hides at infinity. That is right for the
dense systems of two unknowns, and ruinous for sparse ones: a product of four factors leaves equations of
degree 27 × 7 with 60 terms, whose resultant has an irreducible factor of degree 57; sheared, it would have
several hundred. So here no shear is made unless it is needed. Let r be an irreducible factor of Res_y(F, G):

* the leading coefficients may vanish together at the roots of r, and then r may carry no solution at all:
  Euclid's algorithm over ℚ[x]/(r) gives the gcd of F and G there;
* otherwise the resultant's cofactor gives a line S₁ y + S₀ (`resultants`). Where S₁ ≠ 0 at the roots of r the
  gcd of F and G above each of them has degree exactly one, and its root is y = −S₀/S₁;
* where S₁ = 0 the gcd is the first of the subresultants S₂, S₃, … with respect to y whose leading coefficient
  does not vanish there (Basu, Pollack & Roy, Algorithms in Real Algebraic Geometry, §8.3);
* a gcd of higher degree is a power of y − η (one solution), or has several roots. Above a rational x these
  are roots of a polynomial over ℚ; only where r has a higher degree is another shear x + k y tried.

The coefficients of S_k are determinants of minors of Sylvester's matrix. They are computed at as many
integers as their degree bound asks for and interpolated. Line and subresultants take milliseconds where
Euclid's algorithm over a residue field of degree 57 takes minutes. Every real solution lies above a real root
of some r, and each is found there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from flint import arb, arb_poly, ctx, fmpq, fmpq_mpoly, fmpq_poly, fmpz, fmpz_mat

from analysis.algebra.algebraic_numbers import RealRoot, irreducible_factors, real_roots, roots_of_irreducible
from analysis.algebra.elimination import AlgebraicPoint, CommonCurve, _gcd_above, _single_root
from analysis.algebra.polynomials import context, evaluate, interpolate, univariate
from analysis.algebra.resultants import Elimination, Line, integral

_CLEAR_BITS = 1 << 9
_INTERVAL_BITS = 1 << 12  # a sign that intervals of this precision leave open is decided in the number field


@dataclass(frozen=True)
class FibrePoint:
    """The real point (u − k y, y) with y = −constant(u)/slope(u), or with the two coordinates exchanged.

    Attributes:
        root: u.
        slope, constant: S₁ and S₀ modulo the minimal polynomial of u.
        shear: k.
        exchanged: the fibre runs along the first coordinate.
    """

    root: RealRoot
    slope: fmpq_poly
    constant: fmpq_poly
    shear: int
    exchanged: bool

    @cached_property
    def exact(self) -> AlgebraicPoint:
        """The same point with its coordinates reduced to elements of ℚ(u)."""
        height = self.root.reduce(-self.constant * self.root.inverse(self.slope))
        base = self.root.reduce(fmpq_poly([0, 1]) - self.shear * height)
        return AlgebraicPoint(self.root, (height, base) if self.exchanged else (base, height))

    def _balls(self, working: int) -> tuple[arb, arb]:
        with ctx.workprec(working):
            u = self.root.enclosure(working)
            height = -arb_poly(self.constant)(u) / arb_poly(self.slope)(u)
            base = u - self.shear * height
        return (height, base) if self.exchanged else (base, height)

    def enclose(self, precision: int = 64) -> tuple[arb, ...]:
        """A ball around each coordinate, with at least `precision` correct bits."""
        for working in _precisions(precision):
            balls = self._balls(working)
            if all(ball.rel_accuracy_bits() >= precision for ball in balls):
                return balls
        return self.exact.enclose(precision)

    def value(self, poly: fmpq_mpoly, precision: int = 64) -> arb:
        """A ball around poly(point); exact where the value is rational and intervals leave its sign open."""
        for working in _precisions(precision):
            with ctx.workprec(working):
                value = evaluate(poly, self._balls(working))
            if value.rel_accuracy_bits() >= precision:
                return value
        return self.exact.value(poly, precision)

    def is_clearly_nonzero(self, poly: fmpq_mpoly) -> bool:
        """Whether balls of moderate precision show that poly(point) ≠ 0; False decides nothing."""
        with ctx.workprec(_CLEAR_BITS):
            return not evaluate(poly, self._balls(_CLEAR_BITS)).contains(0)

    def sign(self, poly: fmpq_mpoly) -> int:
        """The sign of poly(point), decided exactly."""
        for working in _precisions(16):
            with ctx.workprec(working):
                value = evaluate(poly, self._balls(working))
            if value > 0 or value < 0:
                return 1 if value > 0 else -1
        return self.exact.sign(poly)


def _precisions(precision: int) -> list[int]:
    """Working precisions to try: 128 bits above the wanted one, doubled up to `_INTERVAL_BITS`."""
    chosen = [precision + 128]
    while chosen[-1] < _INTERVAL_BITS:
        chosen.append(2 * chosen[-1])
    return chosen


def sparse_common_points(
    first: fmpq_mpoly, second: fmpq_mpoly, positive: tuple[bool, bool] = (False, False)
) -> list[FibrePoint]:
    """Every real common zero of two bivariate polynomials, exactly once.

    Args:
        first, second: in one ring of two generators.
        positive: for each coordinate, whether only solutions with a positive one are wanted.

    Raises:
        CommonCurve: the polynomials share a non-constant factor (also when one of them is zero).
    """
    common = first.gcd(second) if first and second else (first or second)
    if not common.is_constant() or not common:
        raise CommonCurve(common)
    degrees = [max(first.degrees()[i], second.degrees()[i]) for i in range(2)]
    exchanged = degrees[0] < degrees[1]  # the fibre runs along the coordinate of lower degree
    for shear in count():
        sheared = (_sheared(first, shear, exchanged), _sheared(second, shear, exchanged))
        points = _in_fibres(*sheared, shear, exchanged, positive)
        if points is not None:
            gens = [first.context().gen(i) for i in range(2) if positive[i]]
            return [point for point in points if all(point.sign(z) > 0 for z in gens)]
    raise AssertionError("unreachable: all but finitely many shears separate the solutions")


def _sheared(poly: fmpq_mpoly, shear: int, exchanged: bool) -> fmpq_mpoly:
    """The polynomial in (u, y), the base coordinate being u − shear·y."""
    ring = context(("u", "y"))
    u, y = ring.gens()
    base = u - shear * y
    return poly.compose(*((y, base) if exchanged else (base, y)), ctx=ring)


def _in_fibres(
    first: fmpq_mpoly, second: fmpq_mpoly, shear: int, exchanged: bool, positive: tuple[bool, bool]
) -> list[FibrePoint] | None:
    """The solutions, or None where two of them may lie in one fibre over a wanted real root."""
    both_vary = min(first.degrees()[1], second.degrees()[1]) > 0
    orders = [Elimination(first, second), Elimination(second, first)] if both_vary else []
    eliminant = orders[0].resultant if orders else univariate(first.resultant(second, 1), "u")
    only_positive = positive[exchanged] and not shear
    subresultants: list[list[fmpq_poly]] = []
    points: list[FibrePoint] = []
    for factor in irreducible_factors(eliminant):
        roots = [root for root in roots_of_irreducible(factor) if not only_positive or _positive(root)]
        if not roots:
            continue
        modulus = fmpq_poly(factor)
        order = next((order for order in orders if not order.leads_with_zero_at(modulus)), None)
        line = order.line if order and not order.line.is_flat_at(factor) else None
        if line is None:
            gcd = _gcd_by_subresultants(first, second, roots[0], subresultants) if order else None
            gcd = gcd or _gcd_above(first, second, factor)[::-1]
            if len(gcd) == 1:
                continue
            scale = roots[0].inverse(gcd[0])
            monic = [roots[0].reduce(c * scale) for c in reversed(gcd)]
            height = _single_root(monic, roots[0])
            if height is not None:
                line = Line(fmpq_poly([1]), -height)
            elif factor.degree() == 1:
                points += _above_rational(monic, roots[0], shear, exchanged)
                continue
            else:
                return None
        points += [FibrePoint(root, line.slope, line.constant, shear, exchanged) for root in roots]
    return points


def _gcd_by_subresultants(
    first: fmpq_mpoly, second: fmpq_mpoly, field: RealRoot, known: list[list[fmpq_poly]]
) -> list[fmpq_poly] | None:
    """The gcd above a root of the resultant, descending in y: the first of S₂, S₃, … that has full degree.

    None where there is none: one of the polynomials vanishes on the whole fibre.
    """
    for order in range(2, min(first.degrees()[1], second.degrees()[1]) + 1):
        if len(known) < order - 1:
            known.append(_subresultant(first, second, order))
        gcd = [field.reduce(c) for c in known[order - 2]]
        if gcd[0]:
            return gcd
    return None


def _above_rational(
    gcd: list[fmpq_poly], root: RealRoot, shear: int, exchanged: bool
) -> Iterator[FibrePoint]:
    """The solutions in the fibre over a rational u: y is the algebraic number, and x = u − shear·y."""
    u = fmpq(-root.coefficients[0], root.coefficients[1])
    for height in real_roots(fmpq_poly([c[0] for c in gcd])):
        yield FibrePoint(height, fmpq_poly([1]), fmpq_poly([-u, shear]), 0, not exchanged)


def _positive(root: RealRoot) -> bool:
    return root.sign(fmpq_poly([0, 1])) > 0


def _subresultant(first: fmpq_mpoly, second: fmpq_mpoly, order: int) -> list[fmpq_poly]:
    """The coefficients of yᵏ, …, 1 of the k-th subresultant, k = `order`, up to a common constant."""
    p, q = integral(first)[::-1], integral(second)[::-1]
    m, n = len(p) - 1, len(q) - 1
    if min(m, n) == order:
        return [fmpq_poly(c) for c in (p if m == order else q)]
    rows = [[None] * i + p + [None] * (n - order - 1 - i) for i in range(n - order)]
    rows += [[None] * i + q + [None] * (m - order - 1 - i) for i in range(m - order)]
    degree = (n - order) * max(c.degree() for c in p) + (m - order) * max(c.degree() for c in q)
    places = list(range(-(degree // 2), degree - degree // 2 + 1))
    last = len(rows) - 1
    values: list[list[fmpz]] = [[] for _ in range(order + 1)]
    for place in places:
        matrix = [[0 if c is None else c(place) for c in row] for row in rows]
        for j, column in enumerate(values):
            column.append(fmpz_mat([[*row[:last], row[last + j]] for row in matrix]).det())
    return [interpolate(places, column) for column in values]
