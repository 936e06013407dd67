"""Two inner steps on ŷ = a b x: exact thresholds of α, the type of each, and the counts between them.

The candidates are the positive roots t = u (α v)² of all polynomials of `ScaledSystem.conditions`
(`two_step_system`): by the theorem there a complete list. One rational α in each interval between them,
solved with certificate, settles the counts of that interval. A candidate is a *threshold* where the counts
on its two sides differ, on any stratum and for any kind, or where real points meet at the value itself and
go on (`two_step_events`).

**Global minima.** L = 0 at a² = 1/(α v), b = 0 for every law, so a minimum is global if and only if L = 0
there, and then in its whole regime: if θ has at least 7 atoms, f − θ, of degree 6 in θ, vanishes
identically, which does not depend on t in the units above; if θ has two, the two residuals have independent
gradients at a regular minimum with L = 0, and their common zero continues. For 3 to 6 atoms this is left
open. At a threshold between two regimes, too, every local minimum is global if in one of them all are: a
minimum that is isolated at t* has others near it for t near t*, so L = 0 there by continuity.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from flint import arb, ctx, fmpq, fmpq_mat, fmpq_poly

from analysis.adaptation import InnerLoop
from analysis.algebra.algebraic_numbers import RealRoot, ascending, exact_ends, roots_of_irreducible
from analysis.algebra.polynomials import rational
from analysis.exact_numbers import simplest_outside
from analysis.landscape import Problem, at_rate, derive
from analysis.models import DEEP
from analysis.progress import Report, counted, silent
from analysis.stationary_points.points import Interval, StationaryPoints, interval
from analysis.stationary_points.solve import UnsupportedProblem, solve
from analysis.stationary_points.two_step_events import Census, Holding, TwoStepEvent, census_of, events_at
from analysis.stationary_points.two_step_system import STEPS, Condition, Place, scaled
from analysis.tasks import TaskLaw

_BITS = 1024  # of the bounds between which samples are chosen
_ENOUGH_ATOMS = 7


@dataclass(frozen=True)
class TwoStepThreshold:
    """A rate at which something happens.

    Attributes:
        square: t = u (α v)², exactly.
        unit: u v², so that t = unit·α².
        events: what happens; more than one where conditions hold at exactly the same rate.
        before, after: the counts on each stratum.
    """

    square: RealRoot
    unit: Fraction
    events: tuple[TwoStepEvent, ...]
    before: Census
    after: Census

    def interval(self, digits: int = 12) -> Interval:
        """α in a rational interval."""
        return interval(_rate(self.square, self.unit, int(3.4 * digits) + 64), digits)

    @property
    def changes(self) -> list[tuple[Place, str, int, int]]:
        """(stratum, kind of points, before, after) where the numbers differ."""
        before, after = _without_loss(self.before), _without_loss(self.after)
        keys = sorted(set(before) | set(after))
        return [(*key, before[key], after[key]) for key in keys if before[key] != after[key]]


def _without_loss(census: Census) -> Counter[tuple[Place, str]]:
    total: Counter[tuple[Place, str]] = Counter()
    for (place, kind, _), number in census.items():
        total[place, kind] += number
    return total


@dataclass(frozen=True)
class TwoStepRegime:
    """An open interval of α with constant counts.

    Attributes:
        lower, upper: the thresholds at its ends; None for 0 and +∞.
        sample: a rational α inside, solved with certificate.
        counts: of points by kind.
        global_minima: how many of the minima are global; None where that is proved at the sample only.
    """

    lower: TwoStepThreshold | None
    upper: TwoStepThreshold | None
    sample: Fraction
    counts: dict[str, int]
    global_minima: int | None


@dataclass(frozen=True)
class TwoStepRegimes:
    """The answer for one problem with symbolic α.

    Attributes:
        problem: with symbolic α.
        thresholds: ascending.
        regimes: one more.
        candidates: how many different candidates there were.
    """

    problem: Problem
    thresholds: tuple[TwoStepThreshold, ...]
    regimes: tuple[TwoStepRegime, ...]
    candidates: int

    @property
    def only_global_minima(self) -> list[tuple[TwoStepThreshold | None, TwoStepThreshold | None]]:
        """The longest intervals of α in which every local minimum is global; None for 0 and +∞."""
        found: list[tuple[TwoStepThreshold | None, TwoStepThreshold | None]] = []
        for regime in self.regimes:
            if regime.global_minima == regime.counts["minimum"]:
                joined = found and regime.lower is not None and found[-1][1] == regime.lower
                lower = found.pop()[0] if joined else regime.lower
                found.append((lower, regime.upper))
        return found


def two_step_regimes(problem: Problem, report: Report = silent) -> TwoStepRegimes:
    """Thresholds and counts over all α > 0 for ŷ = a b x and two steps of MAML, with proof.

    Raises:
        UnsupportedProblem: another problem, a law with an odd moment, or one with a family for every rate.
        MomentError: the law has too few moments.
    """
    _check(problem)
    assert problem.input_second_moment is not None
    system = scaled(problem.task)
    candidates = _candidates(system.conditions())
    unit = system.unit * problem.input_second_moment**2
    rates = [_rate(value, unit, _BITS) for value in candidates]
    samples = simplest_outside([exact_ends(rate) for rate in rates])
    landscape = derive(problem)
    solved = [_certified(solve(at_rate(landscape, rate)), rate) for rate in counted(samples, report)]
    thresholds: list[TwoStepThreshold] = []
    kept = [(samples[0], solved[0])]
    for (value, holding), sample, (one, other) in zip(
        candidates.items(), samples[1:], pairwise(solved), strict=True
    ):
        before, after = census_of(one), census_of(other)
        if events := events_at(system, value, holding, before, after):
            thresholds.append(TwoStepThreshold(value, unit, events, before, after))
            kept.append((sample, other))
    ends = [None, *thresholds, None]
    constant = _zero_loss_is_constant(problem.task)
    regimes = tuple(
        TwoStepRegime(
            ends[i], ends[i + 1], sample, answer.counts, _global_minima(answer) if constant else None
        )
        for i, (sample, answer) in enumerate(kept)
    )
    return TwoStepRegimes(problem, tuple(thresholds), regimes, len(candidates))


def _check(problem: Problem) -> None:
    plain = problem.loop == InnerLoop(STEPS) and problem.model.name == DEEP.name
    if not plain or problem.symbols != ("alpha",) or problem.symbolic_moments:
        raise UnsupportedProblem("regimes of two steps: certified is yhat = abx with MAML, all adapting")


def _rate(square: RealRoot, unit: Fraction, precision: int) -> arb:
    with ctx.workprec(precision + 32):
        return (square.enclosure(precision + 16) / rational(unit)).sqrt()


def _candidates(conditions: Sequence[Condition]) -> dict[RealRoot, Holding]:
    """Every t > 0 at which a condition holds, ascending."""
    found: dict[RealRoot, Holding] = {}
    for condition in conditions:
        for factor, multiplicity in condition.polynomial.factor()[1]:
            for root in roots_of_irreducible(factor):
                if root.sign(fmpq_poly([0, 1])) > 0:
                    found.setdefault(root, []).append((condition, multiplicity))
    return {value: found[value] for value in ascending(found)}


def _certified(found: StationaryPoints, rate: Fraction) -> StationaryPoints:
    if not found.complete or found.families:
        raise UnsupportedProblem(f"two steps: the answer at alpha = {rate} is not complete, or has a family")
    return found


def _global_minima(found: StationaryPoints) -> int:
    return sum(point.kind == "minimum" and point.solves for point in found.charted)


def _zero_loss_is_constant(law: TaskLaw) -> bool:
    """Whether θ has two atoms, or at least seven: Hankel's determinants tell."""
    return not _hankel(law, 3) or bool(_hankel(law, _ENOUGH_ATOMS))


def _hankel(law: TaskLaw, size: int) -> fmpq:
    """The determinant of (E θ^{i+j}), 0 if and only if θ has fewer atoms than `size`."""
    moments = [rational(law.moment(i + j)) for i in range(size) for j in range(size)]
    return fmpq_mat(size, size, moments).det()
