"""Which solutions on a stratum are isolated points, where some or all tasks are solved or abandoned.

A solution of the equations of a stratum belongs to a set of positive dimension (`atoms`) if and only if every
task is solved or abandoned there and the tasks and abandoned tasks together are fewer than N. On the set it
may still be a single real point. It is not, where the set is smooth in w:

* one task solved without adapting, the others by adapting: see the cases of `settled_points`, which are
  complete unless a e_{N−1} = 1 as well, where the set on which that task adapts passes through the point;
* every task solved by adapting: where the derivatives of f(θᵢ) = θᵢ along the stratum have full rank, or,
  if θ = 0 is one of n tasks, where P/(t + a g²) has n different roots. (Then w_k² = a g² for some k, and the
  other factors satisfy ∏ x_i = 1/a and ∏ (t + x_i) = 1/a at the nodes of the n − 1 other tasks: a Cauchy
  matrix again. The set consists of N such sheets, smooth ones, which meet where two factors adapt to 0. With
  n = 2 and one different root the derivative by g of the second condition, (R′/R)(t) a (θ − 2g), is enough.)
* one task abandoned (N = 4, two tasks), P = (t + y)² R: if the other task is solved without adapting, the
  middle coefficient of R is free: never single. If it adapts, the discriminant of R is a function of g, and
  a curve passes where it is positive or changes sign. With no other task R is free but for R(0).

What is left are coincidences, which the law and the rate must be chosen for; they are counted and said.

Atoms may be irrational. What all of them satisfy is read off remainders modulo their polynomial (`support`),
and what one of them does is rational in the solution: θ = g, or the root of a remainder of degree 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TypeVar

from flint import fmpq, fmpq_mpoly

from analysis.algebra.polynomials import coefficients_in, context, determinant
from analysis.stationary_points.points import Location
from analysis.stationary_points.products.strata import Coordinates, Polynomial, Setting, halve, times
from analysis.stationary_points.products.support import Support, product_over_roots, remainder
from analysis.stationary_points.products.system import System

_Number = TypeVar("_Number", fmpq, fmpq_mpoly)
_PLANE = context(["g", "lost"])


@dataclass
class SinglePoints:
    """A test that a solution on a stratum is an isolated point; it keeps what it could not decide.

    Attributes:
        setting, support: the problem, and the atoms of its law.
        doubts: in words, one entry for every solution that was not decided.
    """

    setting: Setting
    support: Support
    doubts: list[str] = field(default_factory=list)

    def __call__(self, system: System, location: Location) -> bool:
        """Whether the solution is isolated; False where that is not decided."""
        here = _Place(self.setting, self.support, system, location)
        passes = here.lies_on_a_curve()
        if passes is None:
            squares = "+".join(map(str, system.reduced.coordinates.multiplicities))
            self.doubts.append(f"whether a point with {squares} equal squares is isolated is not decided")
        return passes is False


@dataclass(frozen=True)
class _Place:
    """One solution on a stratum, and what happens to the tasks there."""

    setting: Setting
    support: Support
    system: System
    location: Location

    @property
    def chart(self) -> Coordinates:
        return self.system.reduced.coordinates

    @property
    def tasks(self) -> int:
        """How many there are."""
        return len(self.support.atoms)

    def sign(self, poly: fmpq_mpoly) -> int:
        return self.location.sign(self.system.lift(poly))

    def vanish(self, *polynomials: fmpq_mpoly) -> bool:
        """All of them; the sum of squares is even in the slope's sign where the law is symmetric."""
        total = sum((p * p for p in polynomials), self.chart.ring.constant(0))
        if self.system.reduced.halved and self.chart.sign is not None:
            total = halve(total, self.chart.sign)
        return self.sign(total) == 0

    def at_every_task(self, poly: Polynomial) -> Polynomial:
        """Polynomials that vanish together exactly where this one in θ vanishes at every atom."""
        return remainder(poly, self.support.polynomial)

    def at_nodes(self, poly: Polynomial) -> Polynomial:
        """A polynomial in t as one in θ, t = a g (θ − g)."""
        slope, ring = self.setting.rate * self.chart.slope, self.chart.ring
        total: Polynomial = (ring.constant(0),)
        for c in reversed(poly):
            constant, *rest = times(total, (-slope * self.chart.slope, slope))
            total = (constant + c, *rest)
        return total

    def lies_on_a_curve(self) -> bool | None:
        """Whether real points of a set of positive dimension come arbitrarily near; None: not decided."""
        constant, linear, *rest = self.at_nodes(self.chart.square)
        residual = (constant, linear - self.chart.slope, *rest)  # g (f(θ) − θ)
        base = self.at_nodes(self.chart.base)
        if not self.vanish(*self.at_every_task(times(residual, base))):
            return False
        unsolved, kept = self.at_every_task(residual), self.at_every_task(base)
        if self.vanish(*unsolved):
            return self._on_a_curve_of_solved_tasks(unsolved)
        abandoned = self.tasks - self.support.has_zero if self.vanish(*kept) else 1
        if self.tasks + abandoned >= self.setting.factors:
            return False
        return self._on_a_curve_with_an_abandoned_task(kept)

    def _fixes_a_task(self) -> bool:
        """Whether the slope is an atom, which is solved without adapting."""
        return self.vanish(
            _at(tuple(map(self._constant, self.support.polynomial.coeffs())), self.chart.slope)
        )

    def _on_a_curve_of_solved_tasks(self, unsolved: Polynomial) -> bool | None:
        if not self._fixes_a_task():
            return True if self._sheet_is_smooth() or self._of_full_rank(unsolved) else None
        single = self._is_single_with_a_fixed_task()
        if single and self.vanish(self.chart.square[1] * self.setting.rate - 1):
            return None
        return not single

    def _sheet_is_smooth(self) -> bool:
        """θ = 0 and n − 1 others adapt: whether the conditions on the roots of P/(t + a g²) are regular."""
        if not self.support.has_zero:
            return False
        different = self._different_roots()
        if self.tasks != 2 or different != 1:
            return different >= self.tasks
        return not self.vanish(self._sum_of_atoms() - 2 * self.chart.slope)

    def _of_full_rank(self, equations: Polynomial) -> bool:
        gens = range(len(self.chart.variables))
        rows = [[equation.derivative(i) for i in gens] for equation in equations]
        minors = [
            determinant([[row[i] for i in columns] for row in rows])
            for columns in combinations(gens, len(rows))
        ]
        return bool(minors) and not self.vanish(*minors)

    def _is_single_with_a_fixed_task(self) -> bool:
        """The cases of `settled_points` with k = 2 and 3, where k or more different roots of R are none."""
        nodes = self.tasks - self.support.has_zero - 1
        if self._different_roots() > nodes:
            return False
        if self.chart.multiplicities != (2, 2):
            return True
        # (t + y₁)(t + y₂) over all tasks: the one with t = 0 adds a positive factor
        s, q = self.chart.ring.gens()
        quadratic = self.at_nodes((q, s, self._constant(fmpq(1))))
        return self.sign(product_over_roots(quadratic, self.support.polynomial)) < 0

    def _different_roots(self) -> int:
        """Of P; where θ = 0 is a task and solved, of P without one root −a g²."""
        groups = len(self.chart.multiplicities)
        if not self.support.has_zero:
            return groups
        slopes = tuple(k * c for k, c in enumerate(self.chart.square))[1:]
        return groups - (not self.vanish(_at(slopes, -self.setting.rate * self.chart.slope**2)))

    def _on_a_curve_with_an_abandoned_task(self, kept: Polynomial) -> bool:
        """P = (t + y)² R, y = a g (g − θ'), and R = t² + p t + q with q = (g/y)², θ' being abandoned."""
        if self.tasks == 1 or self.chart.multiplicities not in ((4,), (2, 2)):
            return (
                True  # R is arbitrary but for R(0) where no other task is to be solved, or its roots differ
            )
        if self._fixes_a_task():
            return True
        g, lost = _PLANE.gens()
        total = -self.support.polynomial[1]
        change = discriminant_with_an_abandoned_task(self.setting.rate, g, total - lost, lost)
        parts = self.at_every_task(tuple(coefficients_in(change, "lost")))
        for order in range(int(change.degrees()[0]) + 1):
            if sign := self.sign(self._at_the_abandoned_task(parts, kept)):
                return bool(order % 2) or sign > 0
            parts = tuple(part.derivative(0) for part in parts)
        raise AssertionError("unreachable: the leading coefficient is not zero")

    def _at_the_abandoned_task(self, parts: Polynomial, kept: Polynomial) -> fmpq_mpoly:
        """A positive multiple of parts[0] + parts[1] θ′ at the slope; `kept` vanishes at θ′ alone.

        Where it vanishes at both tasks, θ = 0 is abandoned too, and thereby solved.
        """
        zero = self._constant(fmpq(0))
        one, other = (part.compose(self.chart.slope, zero, ctx=self.chart.ring) for part in parts)
        constant, linear = kept
        if self.vanish(linear):
            return one + other * self._sum_of_atoms()
        return (one * linear - other * constant) * linear

    def _sum_of_atoms(self) -> fmpq_mpoly:
        return self._constant(-self.support.polynomial[self.tasks - 1])

    def _constant(self, value: fmpq) -> fmpq_mpoly:
        return self.chart.ring.constant(value)


def discriminant_with_an_abandoned_task(rate: fmpq, g: _Number, adapting: _Number, lost: _Number) -> _Number:
    """Of R = t² + p t + q as a function of g, times a square: p follows from P = g θ at t = a g (θ − g)."""
    lag, lead, apart = g - lost, adapting - g, (adapting - lost) ** 2
    above = adapting * lag**2 - (rate**4 * g**3 * lead**2 * lag**2 + g) * apart  # p = above/below
    below = rate**3 * g**2 * lead * lag**2 * apart
    return (rate * above * lag) ** 2 - 4 * below**2


def _at(poly: Polynomial, t: fmpq_mpoly) -> fmpq_mpoly:
    return sum((c * t**k for k, c in enumerate(poly)), t.context().constant(0))
