"""Two inner steps on ŷ = a b x with a symmetric law of tasks, for all rates at once, in three unknowns.

In the units a, b ↦ √(α v) (a, b) and θ ↦ α v θ, v = E[x²], the inner loop has the rate 1 and E[x²] = 1, and
the excess loss is (α v)² times as large. If all odd moments of θ vanish, three quantities remain:

    Q = (α v)² (ab)²,    y = α v (a² + b²),    t = u (α v)²,

because the landscape is even in a + b and in a − b (`symmetry`), (a, b) ↦ (a, −b) takes θ to −θ, and E θ²ᵏ
becomes tᵏ E θ²ᵏ/uᵏ; u is a number that keeps these coefficients short, 1 for the named laws. The loss
ℒ(Q, y, t) has degree 9 in Q and y, and degree 6 in t. In the order of the strata,

    origin   a = b = 0;
    lines    a = ±b:    y² = 4 Q > 0, with z = y/2 = √Q one equation  z ℒ_Q + ℒ_y = 0;
    axes     a b = 0:   Q = 0 < y, one equation  ℒ_y = 0;
    open     the rest:  0 < 4 Q < y², and  ℒ_Q = ℒ_y = 0; each solution stands for eight points.

The Hessian has an entry across a line, a multiple of ℒ_y − z ℒ_Q, and one across an axis, a multiple of
ℒ_Q; on the open stratum its determinant is a positive multiple of J = ℒ_QQ ℒ_yy − ℒ_Qy², as s = √Q and y,
and (a + b)² and (a − b)², are coordinates there.

**Theorem.** Let no polynomial of `conditions` vanish at t = t* > 0. Then in a neighbourhood of t* the
number of stationary points of each kind is constant on every stratum.

*Proof.* On the open stratum no solution, real or not, is at infinity and none has J = 0 (`discriminants`),
so that all of them are analytic in t, and by complex conjugation real ones stay real. None is on the
boundary: there Q = 0 and ℒ_Q = ℒ_y = 0, a common root on the axes; or y² = 4 Q > 0 and ℒ_Q = ℒ_y = 0, one
on the lines; or Q = y = 0, where ℒ_y does not vanish. As J ≠ 0 the inertia stays the same. On a line or an
axis the roots are simple, finite and not 0, and the Hessian across does not vanish. At the origin it is ℒ_y
times the identity. ∎
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import floor
from typing import Literal

from flint import fmpq, fmpq_mpoly, fmpz_poly

from analysis.adaptation import InnerLoop
from analysis.algebra.discriminants import Meeting, NoNorm, meeting
from analysis.algebra.polynomials import coefficients_in, context, rational, univariate
from analysis.landscape import Problem, derive
from analysis.models import DEEP
from analysis.stationary_points.solve import UnsupportedProblem
from analysis.stationary_points.symmetry import best_chart
from analysis.tasks import TaskLaw

STEPS = 2
MOMENTS = 12  # of θ enter the loss: the adapted slope has degree 6 in θ
Place = Literal["origin", "lines", "axes", "open"]
ConditionKind = Literal["fold", "pitchfork", "escape"]
_SPACE, _PLANE = context(("Q", "y", "t")), context(("z", "t"))
_UNIT_PRIMES = (2, 3, 5, 7)
_DEGENERATE = "two steps: a stationary point is degenerate, or belongs to a family, for every alpha"


@dataclass(frozen=True)
class Condition:
    """What can happen on a stratum, and a polynomial in t that vanishes wherever it does.

    Attributes:
        kind: "fold": two points meet; "pitchfork": points leave the stratum, or reach it from a larger one;
            "escape": a point goes to infinity.
        place: the stratum.
        polynomial: in t, over ℤ, not zero.
    """

    kind: ConditionKind
    place: Place
    polynomial: fmpz_poly


@dataclass(frozen=True)
class ScaledSystem:
    """The loss in the coordinates above.

    Attributes:
        loss: ℒ in ℚ[Q, y, t].
        unit: u.
    """

    loss: fmpq_mpoly
    unit: Fraction = Fraction(1)

    @cached_property
    def gradient(self) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        """(ℒ_Q, ℒ_y)."""
        return self.loss.derivative(0), self.loss.derivative(1)

    @cached_property
    def pair(self) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        """Two combinations of them with integers where t does not occur; the first begins with 3 Q⁸."""
        first, second = self.gradient
        return 2 * (first + second), second

    @cached_property
    def meeting(self) -> Meeting:
        """Where solutions of ℒ_Q = ℒ_y = 0, complex ones included, meet or leave."""
        return meeting(*self.pair)

    def _restricted(self, poly: fmpq_mpoly, product: fmpq_mpoly, size: fmpq_mpoly) -> fmpq_mpoly:
        return poly.compose(product, size, _PLANE.gen(1), ctx=_PLANE)

    @cached_property
    def on_axes(self) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        """The equation at y = z, and the Hessian across."""
        along, across = self.gradient[::-1]
        zero, z = _PLANE.constant(0), _PLANE.gen(0)
        return self._restricted(along, zero, z), self._restricted(across, zero, z)

    @cached_property
    def on_lines(self) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        """The equation at y = 2 z, Q = z², and the Hessian across."""
        z = _PLANE.gen(0)
        first, second = (self._restricted(f, z * z, 2 * z) for f in self.gradient)
        return second + z * first, second - z * first

    def conditions(self) -> list[Condition]:
        """The polynomials of the theorem.

        Raises:
            UnsupportedProblem: one of them is zero.
        """
        found = list(self._conditions())
        if not all(condition.polynomial for condition in found):
            raise UnsupportedProblem(_DEGENERATE)
        return found

    def _conditions(self) -> Iterator[Condition]:
        strata: tuple[tuple[Place, tuple[fmpq_mpoly, fmpq_mpoly]], ...] = (
            ("axes", self.on_axes),
            ("lines", self.on_lines),
        )
        for place, (along, across) in strata:
            coefficients = coefficients_in(along, "z")
            if place == "axes":
                yield Condition("pitchfork", "origin", _in_t(coefficients[0]))
            yield Condition("escape", place, _in_t(coefficients[-1]))
            yield Condition("fold", place, _in_t(along.discriminant(0)))
            yield Condition("pitchfork", place, _in_t(along.resultant(across, 0)))
        try:
            yield Condition("escape", "open", self.meeting.leading)
            yield Condition("fold", "open", self.meeting.norm)
        except NoNorm as reason:
            raise UnsupportedProblem(f"two steps: {reason}") from None


def _in_t(poly: fmpq_mpoly) -> fmpz_poly:
    ring = context(("t",))
    return univariate(poly.compose(ring.constant(0), ring.gen(0), ctx=ring), "t").numer()


def scaled(law: TaskLaw) -> ScaledSystem:
    """The landscape of two steps of MAML on ŷ = a b x, in Q, y and t.

    Raises:
        UnsupportedProblem: an odd moment of the law does not vanish.
        MomentError: the law has too few moments.
    """
    chart = best_chart(derive(Problem(DEEP, loop=InnerLoop(STEPS, Fraction(1)), symbolic_moments=True)))
    if chart.even != (True, True):
        raise ArithmeticError("the landscape is not even in a + b and a - b")
    if not is_even(law):
        raise UnsupportedProblem(
            "two steps: certified are laws whose odd moments vanish; else theta -> -theta is no symmetry, "
            "and the equations have twice the degree in ab and in alpha"
        )
    s, y, t = _SPACE.gens()
    unit = _unit([law.moment(k) for k in range(2, MOMENTS + 1, 2)])
    moments = [rational(law.moment(k) / unit ** (k // 2)) * t ** (k // 2) for k in range(1, MOMENTS + 1)]
    image = chart.loss.compose(y + 2 * s, y - 2 * s, *moments, ctx=_SPACE)
    terms: dict[tuple[int, ...], fmpq] = {}
    for (i, j, k), c in image.to_dict().items():
        if i % 2:
            raise ArithmeticError("the landscape is not even in ab")
        terms[int(i) // 2, int(j), int(k)] = c
    return ScaledSystem(_SPACE.from_dict(terms), unit)


def is_even(law: TaskLaw) -> bool:
    """Whether all odd moments that enter the loss vanish.

    Raises:
        MomentError: the law has too few moments.
    """
    return not any(law.moment(k) for k in range(1, MOMENTS + 1, 2))


def _unit(moments: Sequence[Fraction]) -> Fraction:
    """u with E θ²ᵏ/uᵏ short: for small prime numbers the greatest power that all uᵏ share with E θ²ᵏ."""
    unit = Fraction(1)
    for prime in _UNIT_PRIMES:
        orders = [Fraction(_order(m, prime), k) for k, m in enumerate(moments, start=1) if m]
        unit *= Fraction(prime) ** (floor(min(orders)) if orders and orders[0] else 0)
    return unit


def _order(value: Fraction, prime: int) -> int:
    """The power of a prime number in a rational one."""
    order, above, below = 0, value.numerator, value.denominator
    while above % prime == 0:
        order, above = order + 1, above // prime
    while below % prime == 0:
        order, below = order - 1, below // prime
    return order
