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
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations

from flint import fmpq, fmpq_mpoly, fmpq_poly

from analysis.stationary_points.points import Location
from analysis.stationary_points.products.settled_points import Atom, interpolation
from analysis.stationary_points.products.strata import Coordinates, Setting, halve
from analysis.stationary_points.products.system import System


@dataclass
class SinglePoints:
    """A test that a solution on a stratum is an isolated point; it keeps what it could not decide.

    Attributes:
        setting, support: the problem, and the atoms of its law.
        doubts: in words, one entry for every solution that was not decided.
    """

    setting: Setting
    support: tuple[Atom, ...]
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
    support: tuple[Atom, ...]
    system: System
    location: Location

    @property
    def chart(self) -> Coordinates:
        return self.system.reduced.coordinates

    def vanish(self, *polynomials: fmpq_mpoly) -> bool:
        """All of them; the sum of squares is even in the slope's sign where the law is symmetric."""
        total = sum((p * p for p in polynomials), self.chart.ring.constant(0))
        if self.system.reduced.halved and self.chart.sign is not None:
            total = halve(total, self.chart.sign)
        return self.location.sign(self.system.lift(total)) == 0

    def node(self, atom: Atom) -> fmpq_mpoly:
        return self.setting.rate * self.chart.slope * (atom.value - self.chart.slope)

    def unsolved(self, atom: Atom) -> fmpq_mpoly:
        """g (f(θ) − θ)."""
        return _at(self.chart.square, self.node(atom)) - atom.value * self.chart.slope

    def lies_on_a_curve(self) -> bool | None:
        """Whether real points of a set of positive dimension come arbitrarily near; None: not decided."""
        unsolved = [self.unsolved(atom) for atom in self.support]
        kept = [_at(self.chart.base, self.node(atom)) for atom in self.support]
        if not self.vanish(*(r * m for r, m in zip(unsolved, kept, strict=True))):
            return False
        if self.vanish(*unsolved):
            return self._on_a_curve_of_solved_tasks(unsolved)
        abandoned = sum(bool(atom.value) for atom in self.support) if self.vanish(*kept) else 1
        if len(self.support) + abandoned >= self.setting.factors:
            return False
        return self._on_a_curve_with_an_abandoned_task(unsolved)

    def _fixing(self) -> Atom | None:
        """The task θ = g, which is solved without adapting; up to sign where the law is symmetric."""
        for atom in self.support:
            slope, value = self.chart.slope, atom.value
            difference = slope * slope - value * value if self.system.reduced.halved else slope - value
            if value and self.vanish(difference):
                return atom
        return None

    def _on_a_curve_of_solved_tasks(self, unsolved: list[fmpq_mpoly]) -> bool | None:
        fixing = self._fixing()
        if fixing is None:
            return True if self._sheet_is_smooth() or self._of_full_rank(unsolved) else None
        single = self._is_single_with(fixing)
        if single and self.vanish(self.chart.square[1] * self.setting.rate - 1):
            return None
        return not single

    def _sheet_is_smooth(self) -> bool:
        """θ = 0 and n − 1 others adapt: whether the conditions on the roots of P/(t + a g²) are regular."""
        if all(atom.value for atom in self.support):
            return False
        different = self._different_roots()
        if len(self.support) != 2 or different != 1:
            return different >= len(self.support)
        (other,) = (atom.value for atom in self.support if atom.value)
        return not self.vanish(other - 2 * self.chart.slope)

    def _of_full_rank(self, equations: list[fmpq_mpoly]) -> bool:
        gens = range(len(self.chart.variables))
        rows = [[equation.derivative(i) for i in gens] for equation in equations]
        minors = [
            _determinant([[row[i] for i in columns] for row in rows])
            for columns in combinations(gens, len(rows))
        ]
        return bool(minors) and not self.vanish(*minors)

    def _is_single_with(self, fixing: Atom) -> bool:
        """The cases of `settled_points` with k = 2 and 3, where k or more different roots of R are none."""
        fates = ["slope" if atom is fixing else "gain" for atom in self.support]
        wanted = interpolation(self.setting, self.support, fates)
        assert wanted is not None
        if self._different_roots() > len(wanted.nodes):
            return False
        if self.chart.multiplicities != (2, 2):
            return True
        s, q = self.chart.ring.gens()
        product = self._constant(fmpq(1))
        for t in wanted.nodes:
            product *= q + s * t + t * t
        return self.location.sign(self.system.lift(product)) < 0

    def _different_roots(self) -> int:
        """Of P; where θ = 0 is a task and solved, of P without one root −a g²."""
        groups = len(self.chart.multiplicities)
        if all(atom.value for atom in self.support):
            return groups
        slopes = tuple(k * c for k, c in enumerate(self.chart.square))[1:]
        return groups - (not self.vanish(_at(slopes, -self.setting.rate * self.chart.slope**2)))

    def _on_a_curve_with_an_abandoned_task(self, unsolved: list[fmpq_mpoly]) -> bool:
        """P = (t + y)² R, y = a g (g − θ'), and R = t² + p t + q with q = (g/y)², θ' being abandoned."""
        if len(self.support) == 1 or self.chart.multiplicities not in ((4,), (2, 2)):
            return (
                True  # R is arbitrary but for R(0) where no other task is to be solved, or its roots differ
            )
        (adapting,) = (atom for atom, r in zip(self.support, unsolved, strict=True) if self.vanish(r))
        (lost,) = (atom for atom in self.support if atom is not adapting)
        if self._fixing() is adapting:
            return True
        change = discriminant_with_an_abandoned_task(self.setting.rate, adapting.value, lost.value)
        for order in range(change.degree() + 1):
            slope = _at(tuple(map(self._constant, change.coeffs())), self.chart.slope)
            if sign := self.location.sign(self.system.lift(slope)):
                return bool(order % 2) or sign > 0
            change = change.derivative()
        raise AssertionError("unreachable: the leading coefficient is not zero")

    def _constant(self, value: fmpq) -> fmpq_mpoly:
        return self.chart.ring.constant(value)


def discriminant_with_an_abandoned_task(rate: fmpq, adapting: fmpq, lost: fmpq) -> fmpq_poly:
    """Of R = t² + p t + q as a function of g, times a square: p follows from P = g θ at t = a g (θ − g)."""
    g = fmpq_poly([0, 1])
    lag, lead, apart = g - lost, adapting - g, (adapting - lost) ** 2
    above = adapting * lag**2 - (rate**4 * g**3 * lead**2 * lag**2 + g) * apart  # p = above/below
    below = rate**3 * g**2 * lead * lag**2 * apart
    return (rate * above * lag) ** 2 - 4 * below**2


def _at(poly: tuple[fmpq_mpoly, ...], t: fmpq_mpoly) -> fmpq_mpoly:
    return sum((c * t**k for k, c in enumerate(poly)), t.context().constant(0))


def _determinant(matrix: list[list[fmpq_mpoly]]) -> fmpq_mpoly:
    """Laplace's expansion; the matrices have at most three rows."""
    if len(matrix) == 1:
        return matrix[0][0]
    total = matrix[0][0].context().constant(0)
    for j, entry in enumerate(matrix[0]):
        total += (-1) ** j * entry * _determinant([row[:j] + row[j + 1 :] for row in matrix[1:]])
    return total
