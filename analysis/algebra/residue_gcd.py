"""The greatest common divisor of two polynomials in y above the roots of an irreducible r(u), by primes.

Euclid's algorithm over the field ℚ[u]/(r) doubles the length of its numbers at every division. Modulo a prime
number it takes a fraction of a millisecond, and the answer is put together from enough primes (Langemyr &
McCallum 1989; Encarnación 1995). A monic gcd would have coefficients about deg r times as long as those of r.
Multiplied by the derivative r′,

    H = r′(u) yᵈ + N_{d−1}(u) y^{d−1} + … + N₀(u),

they are about as long as r itself: at the roots u_j of r the numerator of an element η is r′ η = N with
N(u) = Σ_j η(u_j) r(u)/(u − u_j) (rational univariate representation; Rouillier 1999). So few primes suffice.

The answer is proved, not trusted. A leading coefficient, F's or G's, that is not zero modulo r stays
invertible modulo the primes used; then the subresultants that vanish modulo r vanish modulo the prime too, so
that d is never less than the true degree (Basu, Pollack & Roy, §8.3). And H is accepted only when it divides
F and G, exactly, so that d is never more.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from itertools import count
from math import comb, isqrt

from flint import fmpq_mpoly, fmpq_poly, fmpz, fmpz_poly, nmod_poly

from analysis.algebra.resultants import integral

Residues = list[nmod_poly]


class _Unlucky(ArithmeticError):
    """A prime modulo which something is not invertible that is so over ℚ."""


@cache
def prime_number(index: int) -> int:
    """The prime with this number, from 0, among those below 2⁶², descending."""
    candidate = (1 << 62 if index == 0 else prime_number(index - 1)) - 1
    while not fmpz(candidate).is_prime():
        candidate -= 1
    return candidate


def gcd_above(first: fmpq_mpoly, second: fmpq_mpoly, factor: fmpz_poly) -> list[fmpq_poly]:
    """[N₀, …, N_{d−1}, r′] modulo r: the gcd of F(u, ·) and G(u, ·) at the roots of r, times r′.

    Args:
        first, second: F and G, in one ring with the generators u and y; not both zero above r.
        factor: r, irreducible over ℚ.
    """
    pair = [_nonzero(integral(poly), factor) for poly in (first, second)]
    found: list[fmpz_poly] = []
    modulus, used, checked = fmpz(1), 0, 1
    for index in count():
        prime = prime_number(index)
        try:
            residues = _modulo(pair, factor, prime)
        except _Unlucky:
            continue
        if not found or len(residues) < len(found):
            found, modulus, used, checked = [fmpz_poly([0])] * len(residues), fmpz(1), 0, 1
        elif len(residues) > len(found):
            continue
        found, modulus = combined(found, modulus, residues, prime), modulus * prime
        used += 1
        if used >= checked:
            checked = used + used // 2 + 1
            candidate = _rational(found, modulus)
            if candidate is not None:
                answer = [*candidate, fmpq_poly(factor.derivative())]
                if all(_divides(answer, poly, fmpq_poly(factor)) for poly in pair):
                    return answer
    raise AssertionError("unreachable: all but finitely many primes are good")


def degree_bound(first: fmpq_mpoly, second: fmpq_mpoly, factor: fmpz_poly) -> int:
    """A bound on the degree of that gcd: its degree modulo one prime, nearly always the degree itself."""
    pair = [_nonzero(integral(poly), factor) for poly in (first, second)]
    for index in count():
        with suppress(_Unlucky):
            return len(_modulo(pair, factor, prime_number(index)))
    raise AssertionError("unreachable: all but finitely many primes are good")


def only_root(gcd: Sequence[fmpq_poly], factor: fmpz_poly) -> tuple[fmpq_poly, fmpq_poly] | None:
    """(slope, constant) with gcd = r′ (y − η)ᵈ and slope·η + constant = 0, or None where roots differ."""
    modulus, degree, slope = fmpq_poly(factor), len(gcd) - 1, gcd[-1]
    power, numerator = fmpq_poly([1]), gcd[-2]
    for k in range(1, degree + 1):
        # N_{d−k} / r′ = C(d, k) (N_{d−1} / (d r′))ᵏ
        power = power * numerator % modulus
        if (gcd[degree - k] * slope ** (k - 1) * degree**k - comb(degree, k) * power) % modulus:
            return None
    return slope * degree, numerator


def _nonzero(coefficients: list[fmpz_poly], factor: fmpz_poly) -> list[fmpz_poly]:
    """Without the leading coefficients that vanish at the roots of the factor."""
    kept = list(coefficients)
    while kept and not fmpq_poly(kept[-1]) % fmpq_poly(factor):
        kept.pop()
    return kept


def _modulo(pair: Sequence[list[fmpz_poly]], factor: fmpz_poly, prime: int) -> Residues:
    """[N₀, …, N_{d−1}] modulo the prime."""
    modulus = nmod_poly(factor, prime)
    if modulus.degree() < factor.degree():
        raise _Unlucky
    high, low = ([nmod_poly(c, prime) % modulus for c in poly] for poly in pair)
    if not high or not low:
        high, low = high or low, []
        monic = _monic(high, modulus)
    else:
        _inverse(high[-1], modulus)  # see above: it must stay a leading coefficient
        while low:
            low = _monic(low, modulus)
            high, low = low, _remainder(high, low, modulus)
        monic = high
    slope = modulus.derivative()
    return [c * slope % modulus for c in monic[:-1]]


def _inverse(element: nmod_poly, modulus: nmod_poly) -> nmod_poly:
    gcd, inverse, _ = element.xgcd(modulus)
    if gcd.degree() != 0:
        raise _Unlucky
    return inverse


def _monic(poly: Residues, modulus: nmod_poly) -> Residues:
    scale = _inverse(poly[-1], modulus)
    return [c * scale % modulus for c in poly]


def _remainder(dividend: Residues, divisor: Residues, modulus: nmod_poly) -> Residues:
    """The remainder on division by a monic polynomial."""
    rest, degree = list(dividend), len(divisor) - 1
    while len(rest) > degree:
        leading = rest.pop()
        if leading:
            offset = len(rest) - degree
            for i in range(degree):
                rest[offset + i] = (rest[offset + i] - leading * divisor[i]) % modulus
    while rest and not rest[-1]:
        rest.pop()
    return rest


def combined(known: list[fmpz_poly], modulus: fmpz, residues: Residues, prime: int) -> list[fmpz_poly]:
    """The polynomials with coefficients modulo modulus·prime that reduce to both (Chinese remainders)."""
    if modulus == 1:
        return [fmpz_poly([fmpz(int(c)) for c in poly.coeffs()]) for poly in residues]
    inverse = pow(int(modulus) % prime, -1, prime)
    return [
        old + modulus * fmpz_poly([int(c) for c in ((new - nmod_poly(old, prime)) * inverse).coeffs()])
        for old, new in zip(known, residues, strict=True)
    ]


def _rational(polynomials: Sequence[fmpz_poly], modulus: fmpz) -> list[fmpq_poly] | None:
    """Polynomials with short rational coefficients, the same modulo the modulus; None where none seem to be.

    The denominator of one coefficient is tried on the next ones first: most often it is common to them all.
    """
    whole = int(modulus)
    limit = isqrt(whole) >> 8
    common = 1
    answer: list[fmpq_poly] = []
    for poly in polynomials:
        coefficients: list[int] = []
        for residue in poly.coeffs():
            value = int(residue) * common % whole
            value -= whole if 2 * value > whole else 0
            if abs(value) > limit:
                pair = _fraction(value % whole, whole, limit)
                if pair is None:
                    return None
                value, denominator = pair
                common *= denominator
                coefficients = [c * denominator for c in coefficients]
                answer = [p * denominator for p in answer]
            coefficients.append(value)
        answer.append(fmpq_poly(coefficients))
    return [poly / common for poly in answer]


def _fraction(residue: int, modulus: int, limit: int) -> tuple[int, int] | None:
    """(p, q) with p ≡ q·residue, |p| ≤ limit and 0 < q ≤ limit, or None (Wang 1981)."""
    before, now = (modulus, 0), (residue, 1)
    while now[0] > limit:
        quotient = before[0] // now[0]
        before, now = now, (before[0] - quotient * now[0], before[1] - quotient * now[1])
    p, q = now if now[1] > 0 else (-now[0], -now[1])
    return (p, q) if 0 < q <= limit else None


def _divides(divisor: Sequence[fmpq_poly], dividend: Sequence[fmpz_poly], modulus: fmpq_poly) -> bool:
    """Whether a polynomial in y divides another over ℚ[u]/(r): the pseudo-remainder is zero."""
    *lower, leading = divisor
    rest = [fmpq_poly(c) % modulus for c in dividend]
    while len(rest) > len(lower):
        top = rest.pop()
        offset = len(rest) - len(lower)
        rest = [
            (leading * c - top * lower[i - offset] if i >= offset else leading * c) % modulus
            for i, c in enumerate(rest)
        ]
    return not any(rest)
