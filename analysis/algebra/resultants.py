"""Resultant and cofactor of two bivariate polynomials, from their values at integers.

Let P, Q ∈ ℤ[u][y] have degrees m, n in y. The resultant R = Res_y(P, Q) is the determinant of Sylvester's
matrix, and Cramer's rule gives U, V with deg V < m, deg U < n and

    U P + V Q = R,        V = R · Q⁻¹ mod P          (von zur Gathen & Gerhard, Modern Computer Algebra, §6.3)

whose coefficients are minors of that matrix. At a root of R where p_m does not vanish, P divides V Q; if
moreover the coefficient V_{m−1} does not vanish, then V is P/(y − η) up to a constant, so that P and Q have
exactly one common root, simple in their gcd, and the second coefficients of both sides give it:

    η = V_{m−2}/V_{m−1} − p_{m−1}/p_m.

Both are found by interpolation: at one integer R and V are a resultant and an inverse in ℚ[y], which take a
fraction of a millisecond where the determinant of integers takes ten times as long. How many integers are
needed follows from weights: if u has weight 1 and y has weight s, and P and Q have weights A and B, then R
has at most n A + m B − s m n, and V at most B less (each for every s ≥ 0; the least is taken).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import count, islice
from math import floor, lcm

from flint import acb_poly, arb, arb_poly, ctx, fmpq, fmpq_mpoly, fmpq_poly, fmpz_poly, nmod_poly

from analysis.algebra.algebraic_numbers import RealRoot
from analysis.algebra.isolated_points import IsolatedPoint, System
from analysis.algebra.polynomials import coefficients_in, interpolate, univariate

_PRIME = (1 << 61) - 1
_PRECISIONS = (192, 768, 3072)  # bits, at which the common root is looked for


@dataclass(frozen=True)
class Line:
    """slope·y + constant, with coefficients in ℚ[u]."""

    slope: fmpq_poly
    constant: fmpq_poly

    def is_flat_at(self, factor: fmpz_poly) -> bool:
        """Whether the slope vanishes at the roots of an irreducible polynomial.

        A division over ℚ makes numbers of 10⁵ digits; most often one modulo a prime number shows that it
        leaves a remainder.
        """
        numerator = self.slope.numer()
        if int(factor.leading_coefficient()) % _PRIME and nmod_poly(numerator, _PRIME) % nmod_poly(
            factor, _PRIME
        ):
            return False
        return not fmpq_poly(numerator) % fmpq_poly(factor)


class Elimination:
    """The resultant and the cofactor of two polynomials in ℚ[u, y], both of positive degree in y.

    Args:
        first, second: without a common factor, in the ring of u and y in this order.
    """

    def __init__(self, first: fmpq_mpoly, second: fmpq_mpoly) -> None:
        self._first, self._second = integral(first), integral(second)
        self._system = System(first, second)
        self._degrees = len(self._first) - 1, len(self._second) - 1

    @cached_property
    def resultant(self) -> fmpq_poly:
        """R, up to a constant factor."""
        degree, _ = self._bounds
        chosen = list(islice(self._places(), degree + 1))
        return interpolate([place for place, _, _ in chosen], [fmpq(p.resultant(q)) for _, p, q in chosen])

    @cached_property
    def line(self) -> Line:
        """λ with the common root η as its only root, wherever R = 0 and its slope is not 0."""
        m, n = self._degrees
        for coefficients, degree in ((self._first, m), (self._second, n)):
            if degree == 1:
                return Line(*(fmpq_poly(c) for c in reversed(coefficients)))
        _, degree = self._bounds
        places, high, low = [], [], []
        for place, p, q in self._places():
            resultant = p.resultant(q)
            if not resultant:
                continue  # Q has no inverse there
            _, _, cofactor = fmpq_poly(p).xgcd(fmpq_poly(q))
            places.append(place)
            high.append(cofactor[m - 1] * resultant)
            low.append(cofactor[m - 2] * resultant)
            if len(places) > degree:
                break
        top, below = interpolate(places, high), interpolate(places, low)
        leading, next_one = fmpq_poly(self._first[-1]), fmpq_poly(self._first[-2])
        return Line(leading * top, next_one * top - leading * below)

    def simple_zeros(self, roots: Sequence[RealRoot]) -> list[IsolatedPoint]:
        """The zero above each of these roots of R, by Newton's method; nothing where one does not show.

        Args:
            roots: where P keeps its degree and has one common root with Q, which is then real.

        Of the roots of P(u, ·), in disjoint balls, the common one is the only one at which Q may be 0. A box
        around it in which Newton's operator contracts contains no other zero. That needs a simple zero.
        """
        found = []
        for root in roots:
            attempts = (self._simple_zero(root, precision) for precision in _PRECISIONS)
            point = next((point for point in attempts if point is not None), None)
            if point is None:
                return []
            found.append(point)
        return found

    def _simple_zero(self, root: RealRoot, precision: int) -> IsolatedPoint | None:
        with ctx.workprec(precision):
            u = root.enclosure(precision)
            above, other = (acb_poly([arb_poly(c)(u) for c in poly]) for poly in (self._first, self._second))
            try:
                heights = above.roots(tol=arb(2) ** -(precision // 2))
            except ValueError:  # the roots were not told apart
                return None
            candidates = [y for y in heights if y.imag.contains(0) and other(y).contains(0)]
            if len(candidates) != 1:
                return None
            place = u, candidates[0].real
        return self._system.verify(place, containing=place)

    def leads_with_zero_at(self, modulus: fmpq_poly) -> bool:
        """Whether the leading coefficient of the first polynomial vanishes at the roots of the modulus."""
        return not fmpq_poly(self._first[-1]) % modulus

    @cached_property
    def _bounds(self) -> tuple[int, int]:
        """Degrees in u that R, and the two highest coefficients of V, do not exceed."""
        (m, n), (first, second) = self._degrees, (_shape(self._first), _shape(self._second))
        candidates = []
        for s in {Fraction(0), *_slopes(first), *_slopes(second)}:
            a, b = (max(i + s * k for k, i in shape) for shape in (first, second))
            whole = n * a + m * b - s * m * n
            candidates.append((floor(whole), floor(whole - b - s * (m - 2))))
        return min(r for r, _ in candidates), min(v for _, v in candidates)

    def _places(self) -> Iterator[tuple[int, fmpz_poly, fmpz_poly]]:
        """Integers where no degree drops, and the two polynomials there."""
        for k in count(1):
            place = k // 2 if k % 2 else -(k // 2)
            p, q = (fmpz_poly([c(place) for c in poly]) for poly in (self._first, self._second))
            if (p.degree(), q.degree()) == self._degrees:
                yield place, p, q


def integral(poly: fmpq_mpoly) -> list[fmpz_poly]:
    """The coefficients in y, ascending, cleared of denominators."""
    base, variable = poly.context().names()
    coefficients = [univariate(c, base) for c in coefficients_in(poly, variable)]
    scale = lcm(*(int(c.denom()) for c in coefficients))
    return [(c * scale).numer() for c in coefficients]


def _shape(poly: list[fmpz_poly]) -> list[tuple[int, int]]:
    return [(k, c.degree()) for k, c in enumerate(poly) if c]


def _slopes(shape: list[tuple[int, int]]) -> Iterable[Fraction]:
    """The weights of y, not negative, for which two terms weigh the same."""
    slopes = (Fraction(i - j, l - k) for k, i in shape for l, j in shape if k < l)
    return (slope for slope in slopes if slope >= 0)
