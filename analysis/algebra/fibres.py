"""Real solutions of two sparse bivariate equations of high degree, fibre by fibre and without a shear.

`elimination.common_points` shears its coordinates until no solution hides at infinity. That is right for the
dense systems of two unknowns, and ruinous for sparse ones: a product of four factors leaves equations of
degree 27 × 7 with 60 terms, whose resultant has an irreducible factor of degree 57; sheared, it would have
several hundred. So here no shear is made of the equations. Let r be an irreducible factor of Res_y(F, G):

* where r is long the resultant's cofactor gives a line S₁ y + S₀ (`resultants`). Where S₁ ≠ 0 at the roots of
  r the gcd of F and G above each of them has degree exactly one, and its root is y = −S₀/S₁;
* where r is short, or S₁ = 0, or the leading coefficients vanish together, the gcd H above the roots of r is
  computed modulo primes (`residue_gcd`). It may be constant: r then carries no solution at all;
* a gcd of higher degree is a power of y − η (one solution), or has several roots. Above a rational u these
  are roots of a polynomial over ℚ. Above other u the two small equations r(u) = 0 = H(u, y), with
  deg r · deg H solutions, are sheared in place of the large ones.

Every real solution lies above a real root of some r, and each is found there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count, zip_longest

from flint import arb, arb_poly, ctx, fmpq, fmpq_mpoly, fmpq_poly, fmpz_poly

from analysis.algebra.algebraic_numbers import RealRoot, irreducible_factors, real_roots, roots_of_irreducible
from analysis.algebra.elimination import AlgebraicPoint, CommonCurve
from analysis.algebra.isolated_points import IsolatedPoint
from analysis.algebra.polynomials import context, evaluate, univariate
from analysis.algebra.residue_gcd import degree_bound, gcd_above, only_root
from analysis.algebra.resultants import Elimination, Line

_RING = context(("u", "y"))
_SHORT = 40  # degree of r up to which a gcd modulo primes takes less time than the line
_CLEAR_BITS = 1 << 9
_INTERVAL_BITS = 1 << 12  # a sign that intervals of this precision leave open is decided in the number field


@dataclass(frozen=True)
class FibrePoint:
    """The real point (u − k y, y) with slope(u) y + constant(u) = 0, or with the two coordinates exchanged.

    Attributes:
        root: u.
        source: the line (slope, constant), or the elimination that computes it when it is asked for.
        shear: k.
        exchanged: the fibre runs along the first coordinate.
        simple: (u, y) as a zero isolated by Newton's method, where it is known to be one.
    """

    root: RealRoot
    source: Line | Elimination
    shear: int
    exchanged: bool
    simple: IsolatedPoint | None = field(default=None, compare=False)

    @cached_property
    def _line(self) -> Line:
        return self.source.line if isinstance(self.source, Elimination) else self.source

    @cached_property
    def exact(self) -> AlgebraicPoint:
        """The same point with its coordinates reduced to elements of ℚ(u)."""
        height = self.root.reduce(-self._line.constant * self.root.inverse(self._line.slope))
        base = self.root.reduce(fmpq_poly([0, 1]) - self.shear * height)
        return AlgebraicPoint(self.root, (height, base) if self.exchanged else (base, height))

    def _balls(self, working: int) -> tuple[arb, arb]:
        with ctx.workprec(working):
            if self.simple is not None:
                u, height = self.simple.enclose(working)
            else:
                u = self.root.enclosure(working)
                height = -arb_poly(self._line.constant)(u) / arb_poly(self._line.slope)(u)
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

    def is_clearly_nonzero(self, poly: fmpq_mpoly, bits: int = _CLEAR_BITS) -> bool:
        """Whether balls of this precision show that poly(point) ≠ 0; False decides nothing."""
        with ctx.workprec(bits):
            return not evaluate(poly, self._balls(bits)).contains(0)

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
    y, u = _RING.gens()[::-1]
    pair = [poly.compose(*((y, u) if exchanged else (u, y)), ctx=_RING) for poly in (first, second)]
    wanted = [first.context().gen(i) for i in range(2) if positive[i]]
    points = _in_fibres(pair[0], pair[1], exchanged, positive[exchanged])
    return [point for point in points if all(point.sign(z) > 0 for z in wanted)]


def _in_fibres(
    first: fmpq_mpoly, second: fmpq_mpoly, exchanged: bool, only_positive: bool
) -> Iterator[FibrePoint]:
    """The solutions above every real u, or every positive one."""
    for fibre in _fibres(first, second, only_positive):
        if fibre.source is not None:
            yield from fibre.points(0, exchanged)
        else:
            yield from _told_apart(fibre.factor, fibre.gcd, exchanged)


@dataclass(frozen=True)
class _Fibres:
    """The solutions above the roots of one irreducible factor r of the resultant.

    Attributes:
        factor: r.
        roots: the wanted ones.
        source: of the line through the solutions, where there is one above every root; else None.
        simple: these solutions isolated by Newton's method, one above every root, or nothing.
        gcd: r′ times the monic gcd where there are several solutions.
    """

    factor: fmpz_poly
    roots: list[RealRoot]
    source: Line | Elimination | None
    simple: list[IsolatedPoint] = field(default_factory=list)
    gcd: list[fmpq_poly] = field(default_factory=list)

    def points(self, shear: int, exchanged: bool) -> Iterator[FibrePoint]:
        """The solutions where there is one above every root."""
        assert self.source is not None
        for root, simple in zip_longest(self.roots, self.simple):
            yield FibrePoint(root, self.source, shear, exchanged, simple)


def _fibres(first: fmpq_mpoly, second: fmpq_mpoly, only_positive: bool) -> Iterator[_Fibres]:
    """The solutions, factor by factor of the resultant in u; factors without any are left out."""
    both_vary = min(first.degrees()[1], second.degrees()[1]) > 0
    orders = [Elimination(first, second), Elimination(second, first)] if both_vary else []
    eliminant = orders[0].resultant if orders else univariate(first.resultant(second, 1), "u")
    for factor in irreducible_factors(eliminant):
        roots = [root for root in roots_of_irreducible(factor) if not only_positive or _positive(root)]
        if not roots:
            continue
        if factor.degree() > _SHORT:
            order = next((o for o in orders if not o.leads_with_zero_at(fmpq_poly(factor))), None)
            if order and degree_bound(first, second, factor) == 1:
                simple = order.simple_zeros(roots)
                yield _Fibres(factor, roots, order, simple)
                continue
            if order and not order.line.is_flat_at(factor):
                yield _Fibres(factor, roots, order)
                continue
        gcd = gcd_above(first, second, factor)
        if len(gcd) > 1:
            only = only_root(gcd, factor)
            yield _Fibres(factor, roots, Line(*only) if only else None, gcd=gcd)


def _told_apart(factor: fmpz_poly, gcd: list[fmpq_poly], exchanged: bool) -> Iterator[FibrePoint]:
    """The solutions of r(u) = 0 = H(u, y) where H has several different roots above a root of r.

    Above a rational u they are the roots of a polynomial over ℚ. Otherwise these two small equations are
    solved for (w, u), y = w − k u, with the first k for which every w belongs to one solution at most: r(u)
    and H(u, w − k u) modulo r, whose resultant has the degree deg r · deg H.
    """
    if factor.degree() == 1:
        u = fmpq(-factor[0], factor[1])
        for height in real_roots(fmpq_poly([c[0] for c in gcd])):
            yield FibrePoint(height, Line(fmpq_poly([1]), fmpq_poly([-u])), 0, not exchanged)
        return
    for shear in count():
        lines = _substituted(gcd, fmpq_poly([0, -shear]), fmpq_poly(factor))
        found = list(_fibres(_lifted([fmpq_poly(factor)]), _lifted(lines), only_positive=False))
        if all(fibre.source is not None for fibre in found):
            for fibre in found:
                yield from fibre.points(shear, not exchanged)
            return


def _substituted(poly: list[fmpq_poly], offset: fmpq_poly, modulus: fmpq_poly) -> list[fmpq_poly]:
    """The coefficients in w of poly(w + offset) over ℚ[u]/(modulus), by Horner's rule."""
    total = [fmpq_poly([0])]
    for coefficient in reversed(poly):
        raised = [fmpq_poly([0]), *total]
        total = [(r + offset * t) % modulus for r, t in zip_longest(raised, total, fillvalue=fmpq_poly([0]))]
        total[0] += coefficient
    return total[: len(poly)]


def _lifted(coefficients: list[fmpq_poly]) -> fmpq_mpoly:
    """Σ cₖ(u) wᵏ, in the ring of (w, u)."""
    w, u = _RING.gens()
    return sum(
        (c * u**i * w**k for k, poly in enumerate(coefficients) for i, c in enumerate(poly.coeffs())),
        _RING.constant(0),
    )


def _positive(root: RealRoot) -> bool:
    return root.sign(fmpq_poly([0, 1])) > 0
