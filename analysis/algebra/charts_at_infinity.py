"""The positive quadrant as finitely many rectangles, common zeros at infinity resolved.

Two polynomials F, G without a common factor have finitely many common zeros in the quadrant x, y > 0. To
find them by subdivision one needs bounded rectangles. With x or 1/x and y or 1/y as coordinates four unit
squares cover the quadrant; each polynomial is multiplied by the powers that make it one again. The edges at
infinity that are added, s = 0 with s = 1/x, may carry common zeros that are none of the quadrant's, and
near them subdivision would never end. They are roots of g = gcd(F(0, t), G(0, t)), a polynomial in one
unknown, and are removed exactly:

blow-up        around a rational root c put, with ε = t − c and weights (p, q) from an edge of a Newton
               polygon there,

                   s = rᵖ,  ε = ω r^q,  |ω| ≤ 1      and      ε = ±r^q,  s = τ rᵖ,  0 ≤ τ ≤ 1

               which together cover a neighbourhood; divide F and G by the powers of r that they now contain.
combination    where g has an irrational root: F(0, ·) = g u, G(0, ·) = g v with a u + b v = 1; replace
               (F, G) by (a F + b G, u G − v F), of determinant 1, and divide the second, which
               vanishes on the edge, by a power of s. The zeros with s > 0 remain the same.

and again on the new edges r = 0 and τ = 0. The intersection number of F and G at infinity, finite as they
have no common factor, drops each time, so this ends; then no edge at infinity carries a common zero, and
subdivision ends near it too. (Blow-ups separate curves: Brieskorn & Knörrer, Plane Algebraic Curves, §8.4.)
For the losses met here the centres are the ends of the valleys b = 0 and b = ±1/√α.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from flint import arb, fmpq, fmpq_mpoly, fmpq_poly

from analysis.algebra.algebraic_numbers import RealRoot, real_roots
from analysis.algebra.bernstein import Rectangle
from analysis.algebra.polynomials import context, fraction, rational, substitute, univariate

RING = context(("s", "t"))
Map = Callable[[arb, arb], tuple[arb, arb]]
Exponents = tuple[int, int]
_MOST_NESTED = 16  # the losses met here need 2 to 5
_MOST_TERMS = 16_000  # of a polynomial that is blown up once more; with four steps up to 5,500 occur
_REACH = Fraction(
    1, 8
)  # r ≤ 1/8 in a blow-up: small enough for few boxes, large enough to free the neighbouring charts

_EVERYWHERE = 2.0**60


class UnresolvedAtInfinity(ArithmeticError):
    """Too many nested blow-ups at infinity, or too large ones."""


@dataclass(frozen=True)
class AffineChart:
    """Rectangles in local coordinates (s, t) and the polynomials there.

    Attributes:
        polynomials: F, G, then the constraints, each up to a factor that is positive for s, t > 0.
        rectangles: with those of the other charts they cover the closed quadrant.
        to_plane: from local coordinates to (x, y).
        at_infinity: for each coordinate, whether points where it is 0 are infinitely far away.
        depth: the number of nested blow-ups.
    """

    polynomials: tuple[fmpq_mpoly, ...]
    rectangles: tuple[Rectangle, ...]
    to_plane: Map
    at_infinity: tuple[bool, bool]
    depth: int = 0


def charts(polynomials: tuple[fmpq_mpoly, ...]) -> list[AffineChart]:
    """Cover the closed quadrant; the first two polynomials have no common zero at infinity in any chart.

    Raises:
        UnresolvedAtInfinity: too many nested blow-ups.
    """
    covering = []
    for far_x in (False, True):
        for far_y in (False, True):
            local = tuple(_inverted(poly, far_x, far_y) for poly in polynomials)
            square = ((0.0, 1.0, 0.0, 1.0),)
            covering += _resolved(AffineChart(local, square, _inversion(far_x, far_y), (far_x, far_y)))
    return covering


def _terms(poly: fmpq_mpoly) -> Iterator[tuple[Exponents, fmpq]]:
    for (i, j), c in poly.to_dict().items():
        yield (int(i), int(j)), c


def _inverted(poly: fmpq_mpoly, far_x: bool, far_y: bool) -> fmpq_mpoly:
    n, m = poly.degrees()
    return RING.from_dict({(n - i if far_x else i, m - j if far_y else j): c for (i, j), c in _terms(poly)})


def _inversion(far_x: bool, far_y: bool) -> Map:
    return lambda s, t: (1 / s if far_x else s, 1 / t if far_y else t)


def _resolved(chart: AffineChart) -> list[AffineChart]:
    """The chart, with the neighbourhoods of its common zeros at infinity replaced by blow-ups."""
    if chart.depth > _MOST_NESTED or max(map(len, chart.polynomials)) > _MOST_TERMS:
        raise UnresolvedAtInfinity(f"common zeros at infinity remain after {chart.depth} nested blow-ups")
    centres: set[tuple[Fraction, Fraction]] = set()
    for axis in range(2):
        while any(root.degree > 1 for root in _roots_at_infinity(chart, axis)):
            chart = _combined(chart, axis)
        for root in _roots_at_infinity(chart, axis):
            value = fraction(fmpq(-root.coefficients[0], root.coefficients[1]))
            centres.add((Fraction(0), value) if axis == 0 else (value, Fraction(0)))
    rectangles, blown_up = list(chart.rectangles), []
    for centre in sorted(centres):
        neighbours, hole = _blown_up(chart, centre)
        rectangles = [piece for rectangle in rectangles for piece in _without(rectangle, hole)]
        blown_up += [piece for neighbour in neighbours for piece in _resolved(neighbour)]
    return [replace(chart, rectangles=tuple(rectangles)), *blown_up] if rectangles else blown_up


def _on_edge(poly: fmpq_mpoly, axis: int) -> fmpq_poly:
    """poly(0, ·) for axis 0, poly(·, 0) for axis 1."""
    free = RING.names()[1 - axis]
    return univariate(substitute(poly, {RING.names()[axis]: fmpq(0)}, context((free,))), free)


def _roots_at_infinity(chart: AffineChart, axis: int) -> list[RealRoot]:
    """The common zeros of F and G where coordinate `axis` is 0, if that is at infinity, on the rectangles.

    Those at which a constraint is negative need no care: the constraint excludes a neighbourhood.
    """
    if not chart.at_infinity[axis]:
        return []
    first, second, *constraints = (_on_edge(poly, axis) for poly in chart.polynomials)
    common = first.gcd(second)
    sides = [r if axis == 0 else (*r[2:], *r[:2]) for r in chart.rectangles]
    edges = [(low, high) for near, _, low, high in sides if near == 0]
    return [
        root
        for root in (real_roots(common) if common.degree() > 0 else ())
        if any(not (root.enclosure() < low or root.enclosure() > high) for low, high in edges)
        and all(root.sign(constraint) >= 0 for constraint in constraints)
    ]


def _combined(chart: AffineChart, axis: int) -> AffineChart:
    """One combination step (see above) on the edge where coordinate `axis` is 0."""
    first, second = chart.polynomials[:2]
    edges = [_on_edge(poly, axis) for poly in (first, second)]
    common = edges[0].gcd(edges[1])
    quotients = [edge / common for edge in edges]
    _, *cofactors = quotients[0].xgcd(quotients[1])
    u, v, a, b = (_lifted(poly, axis) for poly in (*quotients, *cofactors))
    vanishing = dict(_terms(u * second - v * first))
    power = min(exponents[axis] for exponents in vanishing)
    shift = (power, 0) if axis == 0 else (0, power)
    divided = RING.from_dict({(i - shift[0], j - shift[1]): c for (i, j), c in vanishing.items()})
    return replace(chart, polynomials=(a * first + b * second, divided, *chart.polynomials[2:]))


def _lifted(poly: fmpq_poly, axis: int) -> fmpq_mpoly:
    """A polynomial in the coordinate other than `axis`."""
    return RING.from_dict({((0, k) if axis == 0 else (k, 0)): c for k, c in enumerate(poly.coeffs()) if c})


def _blown_up(chart: AffineChart, centre: tuple[Fraction, Fraction]) -> tuple[list[AffineChart], Rectangle]:
    """Charts that cover a neighbourhood of the centre, and a rectangle inside that neighbourhood."""
    axis = 0 if chart.at_infinity[0] and centre[0] == 0 else 1
    along = 1 - axis
    s, t = RING.gens()
    shifted = [
        poly.compose(s + rational(centre[0]), t + rational(centre[1]), ctx=RING) for poly in chart.polynomials
    ]
    p, q = _weights(shifted[0], shifted[1], axis)
    corner = chart.at_infinity[along] and centre[along] == 0
    one_sided = centre[along] == min(rectangle[2 * along] for rectangle in chart.rectangles)
    origin = [rational(c) for c in centre]

    def mapped(near: arb, other: arb) -> tuple[arb, arb]:
        s, t = (near, other) if axis == 0 else (other, near)
        return chart.to_plane(origin[0] + s, origin[1] + t)

    def pulled(image: Callable[[int, int], Exponents], sign: int) -> tuple[fmpq_mpoly, ...]:
        return tuple(_substituted(poly, axis, image, sign) for poly in shifted)

    reach, depth = float(_REACH), chart.depth + 1
    wide = ((0.0, reach, 0.0 if one_sided else -_EVERYWHERE, _EVERYWHERE),)
    central = AffineChart(
        pulled(lambda near, other: (p * near + q * other, other), 1),
        wide,
        lambda r, w: mapped(r**p, w * r**q),
        (True, corner),
        depth,
    )
    lateral = [
        AffineChart(
            pulled(lambda near, other: (p * near + q * other, near), sign),
            ((0.0, reach, 0.0, _EVERYWHERE),),
            lambda r, w, sign=sign: mapped(w * r**p, sign * r**q),  # type: ignore[misc]
            (True, True),
            depth,
        )
        for sign in ((1,) if one_sided else (1, -1))
    ]
    k = _balance(p, q, central, lateral)
    breadth, length = 2.0 ** (q * k), 2.0 ** (-p * k)
    neighbours = [replace(central, rectangles=((0.0, reach, 0.0 if one_sided else -breadth, breadth),))]
    neighbours += [replace(part, rectangles=((0.0, reach, 0.0, length),)) for part in lateral]
    low, high = _dyadic_inside(centre[along] - _REACH**q, centre[along] + _REACH**q)
    if one_sided:
        low = float(centre[along])
    near = float(_REACH**p)
    return neighbours, (0.0, near, low, high) if axis == 0 else (low, high, 0.0, near)


def _balance(p: int, q: int, central: AffineChart, lateral: list[AffineChart]) -> int:
    """k such that |ω| ≤ 2^(qk), τ ≤ 2^(−pk) leaves the centres where they are rational.

    The invariant of the blow-up is κ = εᵖ/s^q = ωᵖ = ±τ^(−q). A centre with rational κ has a rational ω if
    p = 1 and a rational τ if q = 1; in the other chart it would be a p-th or q-th root.
    """
    if p == 1 and q > 1:
        sizes = [abs(root.enclosure()) for root in _roots_at_infinity(central, 0)]
        return next(k for k in range(64) if all(size < 2 ** (q * k) for size in sizes))
    if q == 1 and p > 1:
        sizes = [root.enclosure() for part in lateral for root in _roots_at_infinity(part, 0)]
        return -next(k for k in range(64) if all(size < 2 ** (p * k) for size in sizes))
    return 0


def _dyadic_inside(low: Fraction, high: Fraction) -> tuple[float, float]:
    """Ends with few binary digits, low ≤ … ≤ high, most of the interval between them."""
    unit = Fraction(1, 1 << (Fraction(16) / (high - low)).numerator.bit_length())
    return float(-(-low // unit) * unit), float((high // unit) * unit)


def _substituted(
    poly: fmpq_mpoly, axis: int, image: Callable[[int, int], Exponents], sign: int
) -> fmpq_mpoly:
    """A monomial substitution on (near, other), then division by powers of the first coordinate."""
    terms = {image(e[axis], e[1 - axis]): c * sign ** e[1 - axis] for e, c in _terms(poly)}
    lowest = min(i for i, _ in terms)
    return RING.from_dict({(i - lowest, j): c for (i, j), c in terms.items()})


def _weights(first: fmpq_mpoly, second: fmpq_mpoly, axis: int) -> tuple[int, int]:
    """(p, q), the weights of `near` and `other`, from the steepest edge of a Newton polygon at the origin."""
    for poly in (first, second):
        exponents = [(e[1 - axis], e[axis]) for e, _ in _terms(poly)]
        start, height = min(exponents)
        slopes = [Fraction(height - near, other - start) for other, near in exponents if other > start]
        if slopes and max(slopes) > 0:
            return max(slopes).denominator, max(slopes).numerator
    raise AssertionError(
        "two polynomials that vanish at the centre without a common factor have such an edge"
    )


def _without(outer: Rectangle, hole: Rectangle) -> list[Rectangle]:
    """The closure of outer − hole, in at most four rectangles."""
    s0, s1, t0, t1 = outer
    a0, a1, b0, b1 = max(s0, hole[0]), min(s1, hole[1]), max(t0, hole[2]), min(t1, hole[3])
    if a0 >= a1 or b0 >= b1:
        return [outer]
    pieces = [(s0, a0, t0, t1), (a1, s1, t0, t1), (a0, a1, t0, b0), (a0, a1, b1, t1)]
    return [r for r in pieces if r[0] < r[1] and r[2] < r[3]]
