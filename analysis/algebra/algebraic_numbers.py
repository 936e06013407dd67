"""Real algebraic numbers: a root of an irreducible polynomial, enclosed as tightly as one asks.

A `RealRoot` u fixes the number field ℚ(u). An element of the field is a univariate polynomial in u of
degree below that of the minimal polynomial; it is zero exactly when it reduces to the zero polynomial, so
signs are decided, never guessed. Real roots are isolated by Arb or by `root_isolation`; enclosures are balls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from flint import acb, arb, arb_poly, ctx, fmpq, fmpq_mpoly, fmpq_poly, fmpz, fmpz_poly

from analysis.algebra.polynomials import context, fraction, interpolate, rational
from analysis.algebra.root_isolation import isolating_intervals

_ISOLATING = 64  # bits at which numbers are first told apart
_LONG = 100  # degree from which on the real roots alone are isolated
_SPARE = 128  # bits beyond the wanted ones, at first
_ATTEMPTS, _STEPS, _HALVINGS = 400, 12, 4  # of Newton's method; halvings of the interval after a failure
MAXIMAL_PRECISION = 1 << 16  # bits; a non-zero element of the fields met here separates from 0 far earlier


@lru_cache(maxsize=4096)
def _isolated(coefficients: tuple[int, ...]) -> tuple[tuple[fmpq, fmpq], ...]:
    """Disjoint intervals around the real roots, ascending.

    All complex roots, the real ones with imaginary part exactly 0, take half the time of Descartes' rule at
    low degree, less where the sizes of roots differ by many powers of 2; five times as long at degree 900.
    """
    poly, precision = fmpz_poly(list(coefficients)), _ISOLATING
    if poly.degree() > _LONG:
        return tuple(isolating_intervals(poly))
    while True:
        with ctx.workprec(precision):
            found: list[tuple[acb, int]] = poly.complex_roots()  # type: ignore[assignment]
        ends = sorted(exact_ends(root.real) for root, _ in found if root.imag == 0)
        if all(left[1] < right[0] for left, right in pairwise(ends)):
            return tuple((rational(low), rational(high)) for low, high in ends)
        precision *= 2


@lru_cache(maxsize=4096)
def _refined(coefficients: tuple[int, ...], index: int, precision: int) -> arb:
    """A small ball around one root: Newton's method, then a change of sign inside the isolating interval.

    Where Newton's method leaves the interval or finds no change of sign, the interval is halved a few times.
    """
    low, high = _isolated(coefficients)[index]
    poly = fmpz_poly(list(coefficients))
    derivative, rises = poly.derivative(), _is_positive(poly, high)
    work = precision + _SPARE
    for _ in range(_ATTEMPTS):
        with ctx.workprec(work):
            value, slope = arb_poly(poly), arb_poly(derivative)
            middle = arb((low + high) / 2)
            for _ in range(_STEPS):
                step = value(middle) / slope(middle)
                middle = arb((middle - step).mid())
                radius = abs(middle) * arb(2) ** -(precision + 2)
                if not (arb(low) < middle < arb(high)) or not abs(step) > radius:
                    break
            if arb(low) < middle < arb(high):
                left = max(arb((middle - radius).lower()), arb(low))
                right = min(arb((middle + radius).upper()), arb(high))
                if value(left) * value(right) < 0:
                    return left.union(right)
        for _ in range(_HALVINGS):
            half = (low + high) / 2
            low, high = (low, half) if _is_positive(poly, half) == rises else (half, high)
        work *= 2 if work < MAXIMAL_PRECISION else 1
    raise ArithmeticError(f"no {precision}-bit enclosure of a root after {_ATTEMPTS} attempts")


def _is_positive(poly: fmpz_poly, place: fmpq) -> bool:
    """The sign at a rational number that is no root."""
    precision = _SPARE
    while True:
        with ctx.workprec(precision):
            value = arb_poly(poly)(arb(place))
        if not value.contains(0):
            return bool(value > 0)
        precision *= 2


@dataclass(frozen=True)
class RealRoot:
    """The `index`-th real root (ascending, from 0) of an irreducible polynomial over ℤ."""

    coefficients: tuple[int, ...]
    index: int

    @property
    def degree(self) -> int:
        """[ℚ(u):ℚ]."""
        return len(self.coefficients) - 1

    @property
    def polynomial(self) -> fmpq_poly:
        """The minimal polynomial of u, primitive over ℤ."""
        return fmpq_poly(list(self.coefficients))

    def equation(self, variable: str) -> str:
        """The minimal polynomial, written out."""
        ring = context([variable])
        return str(ring.from_dict({(i,): c for i, c in enumerate(self.coefficients) if c}))

    def enclosure(self, precision: int = 64) -> arb:
        """A ball around u with about `precision` correct bits."""
        if self.degree == 1:
            with ctx.workprec(precision):
                return arb(fmpq(-self.coefficients[0], self.coefficients[1]))
        return _refined(self.coefficients, self.index, 1 << max(6, (precision - 1).bit_length()))

    def reduce(self, element: fmpq_poly) -> fmpq_poly:
        """The canonical representative of an element of ℚ(u)."""
        return element % self.polynomial

    def value(self, element: fmpq_poly, precision: int = 64) -> arb:
        """A ball around element(u) with at least `precision` correct bits, exact zeros being exact."""
        element = self.reduce(element)
        if element.degree() <= 0:
            with ctx.workprec(precision):
                return arb(element[0])
        work = precision + 32
        while work <= MAXIMAL_PRECISION:
            with ctx.workprec(work):
                u, total = self.enclosure(work), arb(0)
                for coefficient in reversed(element.coeffs()):
                    total = total * u + arb(coefficient)
                if total.rel_accuracy_bits() >= precision:
                    return total
            work *= 2
        raise ArithmeticError(f"no {precision}-bit enclosure below {MAXIMAL_PRECISION} bits")

    def sign(self, element: fmpq_poly) -> int:
        """The sign of element(u): −1, 0 or 1, exactly."""
        element = self.reduce(element)
        if element == 0:
            return 0
        return 1 if self.value(element, 16) > 0 else -1

    def inverse(self, element: fmpq_poly) -> fmpq_poly:
        """1/element in ℚ(u).

        Raises:
            ZeroDivisionError: the element is zero.
        """
        gcd, s, _ = self.reduce(element).xgcd(self.polynomial)
        if gcd.degree() != 0:
            raise ZeroDivisionError("zero has no inverse")
        return self.reduce(s)  # the gcd is monic

    def number(self, element: fmpq_poly) -> RealRoot:
        """element(u) as a root of its own minimal polynomial; equal numbers become equal objects."""
        reduced = self.reduce(element)
        annihilating = norm(self, [-reduced, fmpq_poly([1])])
        return root_in(annihilating, lambda precision: self.value(reduced, precision))

    def at(self, poly: fmpq_mpoly, point: tuple[fmpq_poly, ...]) -> fmpq_poly:
        """poly(point) as an element of ℚ(u), the coordinates of the point being elements of ℚ(u)."""
        powers: list[list[fmpq_poly]] = [[fmpq_poly([1])] for _ in point]
        total = fmpq_poly([0])
        for exponents, coefficient in poly.to_dict().items():
            term = fmpq_poly([coefficient])
            for base, known, exponent in zip(point, powers, exponents, strict=True):
                while len(known) <= exponent:
                    known.append(self.reduce(known[-1] * base))
                term = self.reduce(term * known[exponent])
            total += term
        return self.reduce(total)


def irreducible_factors(poly: fmpq_poly) -> list[fmpz_poly]:
    """The distinct irreducible factors of positive degree, primitive over ℤ."""
    return [factor for factor, _ in poly.numer().factor()[1] if factor.degree() > 0]


def real_roots(poly: fmpq_poly) -> Iterator[RealRoot]:
    """Every real root of a non-zero polynomial, once each, factor by factor."""
    for factor in irreducible_factors(poly):
        yield from roots_of_irreducible(factor)


def roots_of_irreducible(factor: fmpz_poly) -> Iterator[RealRoot]:
    """Every real root of an irreducible polynomial, ascending."""
    coefficients = tuple(int(c) for c in factor.coeffs())
    count = 1 if len(coefficients) == 2 else len(_isolated(coefficients))
    for index in range(count):
        yield RealRoot(coefficients, index)


def rationals_between(roots: Sequence[RealRoot]) -> list[Fraction]:
    """A rational number in every open interval that different algebraic numbers cut out of the line."""
    if not roots:
        return [Fraction(0)]
    ends = [bounds for bounds, _ in _apart(roots)]
    inner = [(one[1] + other[0]) / 2 for one, other in pairwise(ends)]
    return [ends[0][0] - 1, *inner, ends[-1][1] + 1]


def ascending(numbers: Iterable[RealRoot]) -> list[RealRoot]:
    """Real algebraic numbers in order, each once: equal ones have the same minimal polynomial and index."""
    return [number for _, number in _apart(list(dict.fromkeys(numbers)))]


def _apart(roots: Sequence[RealRoot]) -> list[tuple[tuple[Fraction, Fraction], RealRoot]]:
    """Different numbers, ascending, between binary fractions that are made closer until they are apart."""
    precision = _ISOLATING
    while True:
        ends = [exact_ends(root.enclosure(precision)) for root in roots]
        ordered = sorted(zip(ends, roots, strict=True), key=lambda item: item[0])
        if all(one[0][1] < other[0][0] for one, other in pairwise(ordered)):
            return ordered
        precision *= 2


def exact_ends(ball: arb) -> tuple[Fraction, Fraction]:
    """The ends of a ball as binary fractions; `lower` and `upper` would round to the working precision."""
    middle, radius = fraction(arb(ball.mid()).fmpq()), fraction(arb(ball.rad()).fmpq())
    return middle - radius, middle + radius


def norm(field: RealRoot, coefficients: Sequence[fmpq_poly]) -> fmpq_poly:
    """The product of the conjugates of a polynomial over ℚ(u), up to a constant factor.

    By interpolation: at an integer it is the resultant of an element with the minimal polynomial of u.
    """
    modulus, scale = fmpz_poly(list(field.coefficients)), fmpz(1)
    for c in coefficients:
        scale *= c.denom() // scale.gcd(c.denom())
    places = list(range(field.degree * (len(coefficients) - 1) + 1))
    values = []
    for place in places:
        element = sum((c * place**k for k, c in enumerate(coefficients)), fmpq_poly([0])) * scale
        values.append(fmpq(modulus.resultant(element.numer())))
    return interpolate(places, values)


def root_in(poly: fmpq_poly, ball: Callable[[int], arb]) -> RealRoot:
    """The real root of a polynomial that lies in all of the balls, precision ↦ ball."""
    roots, precision = list(real_roots(poly)), _ISOLATING
    while len(roots) > 1:
        place = ball(precision)
        roots = [root for root in roots if root.enclosure(precision).overlaps(place)]
        precision *= 2
    return roots[0]


def rational_bounds(ball: arb, digits: int) -> tuple[Fraction, Fraction]:
    """Decimal fractions lower ≤ ball ≤ upper, rounded outward to `digits` decimal places.

    An exact ball gives lower = upper when the number itself is such a decimal.
    """
    mid, rad = fraction(arb(ball.mid()).fmpq()), fraction(arb(ball.rad()).fmpq())
    unit = Fraction(1, 10**digits)
    lower, upper = (mid - rad) / unit, (mid + rad) / unit
    if rad == 0:
        return mid, mid
    return (lower.numerator // lower.denominator) * unit, -((-upper.numerator) // upper.denominator) * unit
