"""Real solutions of two sparse bivariate equations of high degree, fibre by fibre and without a shear.

`elimination.common_points` shears its coordinates until no solution hides at infinity. That is right for the
dense systems of two unknowns, and ruinous for sparse ones: a product of four factors leaves equations of
degree 27 × 7 with 60 terms, whose resultant has an irreducible factor of degree 57; sheared, it would have
several hundred. So here no shear is made unless it is needed. Let r be an irreducible factor of Res_y(F, G):

* the leading coefficients may vanish together at the roots of r, and then r may carry no solution at all;
* otherwise the resultant's cofactor gives a line S₁ y + S₀ (`resultants`). Where S₁ ≠ 0 at the roots of r the
  gcd of F and G above each of them has degree exactly one, and its root is y = −S₀/S₁;
* in every other case Euclid's algorithm over ℚ[x]/(r) gives the gcd, which is constant (no solution), a
  power of y − η (one solution), or has several roots. Above a rational x these are algebraic numbers and
  solutions; only above an irrational one another shear x + k y is tried.

The line takes milliseconds where Euclid's algorithm over a residue field of degree 57 takes minutes. Every
real solution lies above a real root of some r, and each is found there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import count

from flint import arb, arb_poly, ctx, fmpq, fmpq_mpoly, fmpq_poly, fmpz_poly

from analysis.algebra.algebraic_numbers import RealRoot, irreducible_factors, real_roots, roots_of_irreducible
from analysis.algebra.elimination import AlgebraicPoint, CommonCurve, _gcd_above, _single_root
from analysis.algebra.polynomials import context, evaluate, univariate
from analysis.algebra.resultants import Elimination, Line

_INTERVAL_BITS = 1 << 12  # a sign that intervals of this precision leave open is decided in the number field


@dataclass(frozen=True)
class FibrePoint:
    """The real point (u − k y, y) with y = −constant(u)/slope(u), or with the two coordinates exchanged.

    Attributes:
        root: u.
        slope, constant: S₁ and S₀.
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

    @cached_property
    def _known(self) -> dict[int, tuple[arb, arb]]:
        return {}

    def _balls(self, working: int) -> tuple[arb, arb]:
        if working not in self._known:
            self._known[working] = self._computed(working)
        return self._known[working]

    def _computed(self, working: int) -> tuple[arb, arb]:
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
    points = []
    for factor in irreducible_factors(eliminant):
        roots = [root for root in roots_of_irreducible(factor) if not only_positive or _positive(root)]
        if not roots:
            continue
        line = _line(orders, factor)
        if line is None:
            gcd = _gcd_above(first, second, factor)
            if len(gcd) == 1:
                continue
            if factor.degree() == 1:
                points += _above(roots[0], gcd, shear, exchanged)
                continue
            height = _single_root(gcd, roots[0])
            if height is None:
                return None
            line = Line(fmpq_poly([1]), -height)
        points += [FibrePoint(root, line.slope, line.constant, shear, exchanged) for root in roots]
    return points


def _above(base: RealRoot, gcd: list[fmpq_poly], shear: int, exchanged: bool) -> list[FibrePoint]:
    """The solutions in the fibre above a rational number, any number of them; their field is that of y."""
    abscissa = fmpq_poly([0, shear]) - fmpq(base.coefficients[0], -base.coefficients[1])
    return [
        FibrePoint(root, fmpq_poly([1]), abscissa, 0, not exchanged)
        for root in real_roots(fmpq_poly([c[0] for c in gcd]))
    ]


def _line(orders: list[Elimination], factor: fmpz_poly) -> Line | None:
    """The line that has the common root above the roots of the factor, where the theorem gives one."""
    modulus = fmpq_poly(factor)
    for order in orders:
        if not order.leads_with_zero_at(modulus):
            return None if order.line.is_flat_at(factor) else order.line
    return None


def _positive(root: RealRoot) -> bool:
    return root.sign(fmpq_poly([0, 1])) > 0
