"""Where solutions of two equations meet as a parameter moves: the norm of the Jacobian, as a polynomial.

Let F, G ∈ ℚ[x, y, t], let F contain a xᴰ with a ≠ 0 and D = deg F, and let

    R(y, t) = Res_x(F, G) = c(t) r(y, t),    r = ℓ(t) yⁿ + … primitive,    J = F_x G_y − F_y G_x.

For all but finitely many t there are n solutions z_i(t) = (x_i, y_i), and N(t) = ∏ J(z_i(t)) ∈ ℚ(t).

**Theorem.** Let c(t*) ≠ 0 and ℓ(t*) ≠ 0. Then N is finite at t*, and N(t*) = 0 if and only if J = 0 at some
solution in ℂ² at t*. If N(t*) ≠ 0 there are n solutions for every t near t*, analytic in t.

*Proof.* Near t* the y_i are roots of r, whose leading coefficient is not 0, and the x_i are roots of F(·,
y_i), whose leading coefficient never is: both stay bounded, so that the solutions at t* are finitely many
and are the limits of the z_i, each as often as its multiplicity (conservation of number). So N is
continuous there; and a solution with J ≠ 0 is simple. ∎

At a simple root y_i of R the derivative of the resultant is R_y = ± S J, with S the first principal
subresultant coefficient of F and G in x (by Poisson's formula both sides are G_y − G_x F_y/F_x times the
product of G over the other roots of F and a power of a). Hence, with m the degree of S in y,

    N = ± cⁿ Res_y(r, r_y) / Res_y(r, S) · ℓ^{m−n+1}.

The discriminant of R has thousands of roots that belong to different solutions with the same y; the quotient
has only those where solutions meet.

**Degree and size.** Let d be the degree of J and e that of r in all unknowns, and J₀ = J/(its content).
Then P = ℓᵈ ∏ J₀(z_i) is a polynomial of degree at most d e: at every finite place of ℚ(t) one has |x_i| ≤
max(1, |y_i|), hence |J₀(z_i)| ≤ max(1, |y_i|)ᵈ, and |ℓ| ∏ max(1, |y_i|) is the Gauss norm of r, at most 1;
at t = ∞ the same with |t| for 1 gives the degree. In the same way at a prime number q, with |t|_q = q^{−w}
such that F and G have Gauss norms of at most 1: there |x_i| ≤ |1/a|_q max(1, |y_i|), which bounds the
denominators. Finally no coefficient of P is larger than its values at more than d e roots of unity, and
these are enclosed. So P is known from its values at d e + 1 integers modulo enough primes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count, islice

from flint import acb, acb_poly, ctx, fmpq, fmpq_mpoly, fmpz, fmpz_poly, nmod, nmod_poly

from analysis.algebra.algebraic_numbers import exact_ends
from analysis.algebra.polynomials import interpolate_modulo
from analysis.algebra.residue_gcd import combined, prime_number
from analysis.algebra.subresultants import Rows, integral_rows, subresultant

_PRECISIONS = (512, 1024, 2048, 4096)  # bits, at which P is enclosed on the unit circle
_MOST_BITS = 30_000  # of the coefficients of P: minutes, at the degrees of two inner steps
_PLACES = 200  # integers; an r with a double root at all of them, modulo a prime, is taken to have one always


class NoNorm(ArithmeticError):
    """The polynomial is not computed; the message says why."""


class NotSeparated(NoNorm):
    """Two solutions have the same y for every t, or J = 0 at some solution for every t."""


@dataclass(frozen=True)
class Meeting:
    """Polynomials in t: at every t where neither vanishes all solutions are simple and go on.

    Attributes:
        leading: c ℓ, up to a constant factor; where it vanishes a solution goes to infinity.
        norm: P, up to a constant factor.
        count: n, of the solutions for generic t.
    """

    leading: fmpz_poly
    norm: fmpz_poly
    count: int


def meeting(first: fmpq_mpoly, second: fmpq_mpoly) -> Meeting:
    """Where the common zeros of two polynomials in x and y meet, as t moves.

    Args:
        first, second: F and G in ℚ[x, y, t], both with x; the coefficient of x^D in F, D = deg F, is not 0.

    Raises:
        NotSeparated: see there.
        NoNorm: the coefficients of P are too long, or not bounded.
        ValueError: they are not of this form, or a coefficient that t does not multiply is no integer.
    """
    degree = int(first.degrees()[0])
    if not first[(degree, 0, 0)] or first.total_degree() > degree or not second.degrees()[0]:
        raise ValueError("the first polynomial needs a term a xᴰ of its whole degree, the second one with x")
    if not (resultant := first.resultant(second, 0)):
        raise NotSeparated("the two equations share a curve of solutions for every t")
    (a, b), (c, d) = ((f.derivative(0), f.derivative(1)) for f in (first, second))
    if not (jacobian := a * d - b * c):
        raise NotSeparated("the Jacobian is 0 everywhere")
    if resultant.degrees()[1] == 0:
        return Meeting(integral_rows(resultant)[0][0], fmpz_poly([1]), 0)
    norm = _Norm(resultant, jacobian, subresultant(first, second), _denominators((first, second), 1))
    scale = abs(int(first[(degree, 0, 0)].p)) ** (norm.weight * norm.count)
    scale *= _denominators((first, second), norm.top)
    return Meeting(norm.content * norm.rows[-1], norm.times(scale), norm.count)


class _Norm:
    """P: enclosed on the unit circle, and modulo primes.

    Args:
        resultant: R.
        jacobian: J.
        subresultant: S, cleared of denominators, and what it was multiplied with.
        denominators: a number that all primes in them divide.
    """

    def __init__(
        self,
        resultant: fmpq_mpoly,
        jacobian: fmpq_mpoly,
        subresultant: tuple[Rows, int],
        denominators: int,
    ) -> None:
        rows, scale = integral_rows(resultant)
        self.content = fmpz_poly([0])
        for row in rows:
            self.content = self.content.gcd(row)
        self.rows = [row // self.content for row in rows]
        self.subresultant, other = subresultant
        self.weight = int(jacobian.total_degree())
        common = fmpz(0)
        for c in jacobian.coeffs():
            common = common.gcd(c.p)
        while (shared := common.gcd(denominators)) != 1:
            common //= shared
        self.unit = fmpq(other, scale * common)

    @property
    def count(self) -> int:
        """n."""
        return len(self.rows) - 1

    @property
    def top(self) -> int:
        """A bound on the degree of P: d e."""
        return self.weight * max(c.degree() + k for k, c in enumerate(self.rows) if c)

    def times(self, scale: int) -> fmpz_poly:
        """The primitive part of P, which times `scale` is a polynomial over ℤ."""
        self._check_separated()
        bits = scale.bit_length() + 2
        bits += self._bits() if bits < _MOST_BITS else 0
        if bits > _MOST_BITS:
            raise NoNorm(f"critical values need a polynomial with coefficients of {bits} bits: too long")
        found, modulus = [fmpz_poly([0])], fmpz(1)
        for index in count():
            prime = prime_number(index)
            if (residue := self._modulo(prime)) is not None:
                found = combined(found, modulus, [residue * scale], prime)
                modulus *= prime
                if modulus.bit_length() > bits:
                    break
        centred = fmpz_poly([c - modulus if 2 * c > modulus else c for c in found[0].coeffs()])
        return centred // centred.content()

    def _bits(self) -> int:
        """A bound on the bits of |P| on the unit circle at 2 k points, conjugates left out, 2 k > deg P."""
        half = self.top // 2 + 1
        return max(self._bits_at(fmpq(2 * j + 1, 2 * half)) for j in range(half))

    def _bits_at(self, angle: fmpq) -> int:
        """The same for |P| at exp(πi·angle)."""
        for precision in _PRECISIONS:
            with ctx.workprec(precision):
                t = acb(angle).exp_pi_i()
                r, s, c = (acb_poly([row(t) for row in rows]) for rows in self._in_balls(precision))
                unit = c[0] * acb(self.unit)
                quotient = _resultant(r, r.derivative()) / _resultant(r, s) * unit**self.count
                value = abs(quotient * r[self.count] ** (self.weight + s.degree() - self.count + 1))
                if value.is_finite():
                    return int(exact_ends(value)[1]).bit_length()
        raise NoNorm("the norm of the Jacobian is not enclosed on the unit circle")

    @cache  # noqa: B019 - a few precisions, and as long as this short-lived object
    def _in_balls(self, precision: int) -> tuple[list[acb_poly], ...]:
        assert ctx.prec == precision
        return tuple([acb_poly(c) for c in rows] for rows in (self.rows, self.subresultant, [self.content]))

    @cached_property
    def _places(self) -> list[tuple[int, fmpz_poly, fmpz_poly]]:
        """As many integers t as determine P, each with r and S there."""
        return list(islice(self._good_places(), self.top + 1))

    def _good_places(self) -> Iterator[tuple[int, fmpz_poly, fmpz_poly]]:
        for k in count(2):
            t = k // 2 if k % 2 else -(k // 2)
            r, s = (fmpz_poly([c(t) for c in poly]) for poly in (self.rows, self.subresultant))
            here = nmod_poly(r, prime_number(0))
            if here.degree() == self.count and here.resultant(nmod_poly(s, prime_number(0))):
                yield t, r, s

    def _check_separated(self) -> None:
        for t in range(1, _PLACES):
            here = nmod_poly(fmpz_poly([c(t) for c in self.rows]), prime_number(0))
            if here.resultant(here.derivative()):
                return
        raise NotSeparated("two solutions have the same y, or meet, for every t")

    def _modulo(self, prime: int) -> nmod_poly | None:
        """P modulo a prime; None where something has no inverse."""
        n, values = self.count, []
        try:
            unit = nmod(self.unit.p, prime) / nmod(self.unit.q, prime)
            for t, whole, other in self._places:
                r, s = nmod_poly(whole, prime), nmod_poly(other, prime)
                if r.degree() < n:
                    return None
                above = r.resultant(r.derivative()) * (nmod(self.content(t), prime) * unit) ** n
                values.append(above / r.resultant(s) * r[n] ** (self.weight + s.degree() - n + 1))
        except ZeroDivisionError:
            return None
        return interpolate_modulo([t for t, _, _ in self._places], values, prime)


def _resultant(first: acb_poly, second: acb_poly) -> acb:
    """Up to its sign, by Euclid's algorithm; not finite where a leading coefficient may be 0."""
    total = acb(1)
    while second.degree() > 0:
        if second[second.degree()].contains(0):
            return acb("nan")
        rest = first % second
        total *= second[second.degree()] ** (first.degree() - rest.degree())
        first, second = second, rest
    return total * second[0] ** first.degree()


def _denominators(pair: Sequence[fmpq_mpoly], top: int) -> int:
    """A multiple of q^{w·top} for each prime q, w the least with |t|_q = q^{−w} for which no term exceeds 1.

    Nothing is factored: a denominator of a term with tᵏ occurs with a power of top/k.
    """
    found = fmpz(1)
    for poly in pair:
        for exponents, c in poly.to_dict().items():
            if c.q > 1:
                if not exponents[2]:
                    raise ValueError("a coefficient that t does not multiply is no integer")
                found = found.lcm(c.q ** -(-top // int(exponents[2])))
    return int(found)
