"""Products of three and four factors: exact thresholds of α, the type of each, and the counts between them.

The candidates are the `critical_rates`, a complete list. Equal ones are merged: their balls
overlap, and their minimal polynomials and the indices of the roots agree. Between two neighbours one rational
α is solved with certificate, which settles the counts of the whole interval. A candidate is a threshold if
the counts on its two sides differ; each condition that holds there, on a stratum whose counts change, is an
event:

    fold        two orbits of a stratum meet and vanish, or appear;
    exchange    points with three (or four) equal squares are passed by points of which one of these squares
                is another, and change kind (transcritical: the symmetry that is broken, Sₙ with n ≥ 3, allows
                a quadratic term); points with more different squares may branch off as well;
    pitchfork   points with a pair of equal squares split into pairs of points where they are different;
    escape      points run to infinity, or into the families on which factors vanish;
    family      two tasks only (`atoms`): isolated points pass through a set on which both are solved, or such
                a set shrinks to a point and vanishes, or appears.

Rates at which only non-real or irrelevant solutions meet are candidates, too, and drop out by the counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from flint import arb, ctx

from analysis.adaptation import InnerLoop
from analysis.algebra.algebraic_numbers import exact_ends
from analysis.algebra.elimination import CommonCurve
from analysis.algebra.polynomials import rational
from analysis.exact_numbers import simplest_outside
from analysis.landscape import Problem
from analysis.progress import Report, counted, silent
from analysis.stationary_points.points import Interval, StationaryPoints, interval
from analysis.stationary_points.products.critical_rates import CriticalRate, critical_rates
from analysis.stationary_points.products.points import ProductPoint
from analysis.stationary_points.products.rate_curves import rate_curves, unsettled
from analysis.stationary_points.products.rate_pairs import pair_curves
from analysis.stationary_points.products.strata import Setting
from analysis.stationary_points.products.support import support_of
from analysis.tasks import TaskLaw

EventKind = Literal["fold", "exchange", "pitchfork", "escape", "family"]
Counts = dict[str, int]
Census = Counter[tuple[tuple[int, ...], str, int]]  # of (multiplicities, kind, sign of the slope)
_BITS = 1024  # two critical rates that agree in so many are compared exactly


@dataclass(frozen=True)
class RateEvent:
    """What happens at a threshold on one stratum.

    Attributes:
        kind: the type of the event.
        multiplicities: of the stratum on which it happens.
        slope_signs: the signs of the slope there; both for a symmetric law.
        degree: of a number field that contains (α E[x²])ᴺ.
    """

    kind: EventKind
    multiplicities: tuple[int, ...]
    slope_signs: tuple[int, ...]
    degree: int


@dataclass(frozen=True)
class RateThreshold:
    """A rate at which the counts change.

    Attributes:
        events: what happens there; more than one where critical rates are exactly equal.
        rate: precision ↦ a ball around α.
        before, after: the counts on each stratum, by its multiplicities, the kind of the points and the sign
            of the slope; families have the multiplicities ().
    """

    events: tuple[RateEvent, ...]
    rate: Callable[[int], arb]
    before: Census
    after: Census

    def interval(self, digits: int = 12) -> Interval:
        """α in a rational interval."""
        return interval(self.rate(int(3.4 * digits) + 64), digits)

    @property
    def changes(self) -> list[tuple[tuple[int, ...], str, int, int]]:
        """(multiplicities, kind of points, before, after) where the numbers differ."""
        before, after = _without_sign(self.before), _without_sign(self.after)
        keys = sorted(set(before) | set(after))
        return [(*key, before[key], after[key]) for key in keys if before[key] != after[key]]


def _without_sign(counts: Census) -> Counter[tuple[tuple[int, ...], str]]:
    total: Counter[tuple[tuple[int, ...], str]] = Counter()
    for (multiplicities, kind, _), number in counts.items():
        total[multiplicities, kind] += number
    return total


@dataclass(frozen=True)
class RateRegime:
    """An open interval of α with constant counts.

    Attributes:
        lower, upper: the thresholds at its ends; None for 0 and +∞.
        sample: a rational α inside, solved with certificate.
        counts: of isolated points by kind.
        families: how many.
    """

    lower: RateThreshold | None
    upper: RateThreshold | None
    sample: Fraction
    counts: Counts
    families: int


@dataclass(frozen=True)
class RateRegimes:
    """The answer for one problem with symbolic α.

    Attributes:
        problem: with symbolic α.
        thresholds: ascending.
        regimes: one more.
        candidates: how many different critical rates there were.
        proof: in words.
    """

    problem: Problem
    thresholds: tuple[RateThreshold, ...]
    regimes: tuple[RateRegime, ...]
    candidates: int
    proof: str


@dataclass(frozen=True)
class _Candidate:
    critical: CriticalRate
    signs: tuple[int, ...]
    rate: Callable[[int], arb]


def product_regimes(problem: Problem, report: Report = silent) -> RateRegimes:
    """Thresholds and counts over all α > 0 for ŷ = w₁ ⋯ w_N x, N = 3 or 4, one step of MAML, with proof.

    Raises:
        UnsupportedProblem: another problem, or a law of θ with too few atoms: one, or for N = 4 three.
    """
    from analysis.stationary_points.solve import UnsupportedProblem, stationary_points

    loop, count = problem.loop, len(problem.model.parameters)
    plain = loop == InnerLoop()
    if count not in (3, 4) or not plain or problem.symbols != ("alpha",) or problem.symbolic_moments:
        raise UnsupportedProblem(
            "regimes of a product: certified are three and four factors, one step of MAML, all adapting"
        )
    assert problem.input_second_moment is not None
    try:
        found = _merged(_candidates(problem.task, count, problem.input_second_moment))
    except CommonCurve as reason:
        raise UnsupportedProblem(f"regimes of a product: {reason}") from None
    solved: list[StationaryPoints] = []
    samples = simplest_outside([exact_ends(group[0].rate(_BITS)) for group in found])
    for sample in counted(samples, report):
        solved.append(stationary_points(replace(problem, loop=replace(loop, rate=sample))))
        if not solved[-1].complete:
            raise UnsupportedProblem(f"regimes of a product: the answer at alpha = {sample} is not complete")
    thresholds: list[RateThreshold] = []
    kept = [(samples[0], solved[0])]
    for group, sample, (one, other) in zip(found, samples[1:], pairwise(solved), strict=True):
        before, after = _census(one), _census(other)
        if before != after:
            thresholds.append(
                RateThreshold(_events(group, count, before, after), group[0].rate, before, after)
            )
            kept.append((sample, other))
    ends = [None, *thresholds, None]
    regimes = tuple(
        RateRegime(ends[i], ends[i + 1], s, answer.counts, len(answer.families))
        for i, (s, answer) in enumerate(kept)
    )
    proof = (
        f"constant between the {len(found)} critical values of alpha, certified at one rational inside each "
        "interval"
    )
    return RateRegimes(problem, tuple(thresholds), regimes, len(found), proof)


def _candidates(law: TaskLaw, count: int, second_moment: Fraction) -> list[_Candidate]:
    """Every critical rate, ascending; a rate that two strata share occurs twice.

    Raises:
        CommonCurve: see `critical_rates`.
        UnsupportedProblem: the law has one atom.
    """
    from analysis.stationary_points.solve import UnsupportedProblem

    setting = Setting(count, rational(Fraction(1)), law)
    symmetric = setting.law_is_symmetric
    sides = [(law, (1, -1))] if symmetric else [(law, (1,)), (_mirrored(law), (-1,))]
    found: list[_Candidate] = []
    for side, signs in sides:
        support = support_of(replace(setting, law=side), least=2)
        if support is not None and count == 4:
            raise UnsupportedProblem(
                "regimes of a product of four factors: certified are laws with 4 or more atoms"
            )
        for curve in [*rate_curves(side, count), *(pair_curves(side) if count == 4 else [])]:
            rest = unsettled(curve, support.polynomial) if support else curve
            found += [
                _Candidate(critical, signs, _root(critical, count, second_moment))
                for critical in critical_rates(rest)
            ]
    return sorted(found, key=lambda candidate: float(candidate.rate(64).mid()))


def _merged(candidates: list[_Candidate]) -> list[list[_Candidate]]:
    """Ascending groups of exactly equal rates; the balls of different groups are disjoint."""
    groups: list[list[_Candidate]] = []
    for candidate in sorted(candidates, key=lambda one: exact_ends(one.rate(_BITS))):
        if groups and groups[-1][-1].rate(_BITS).overlaps(candidate.rate(_BITS)):
            if groups[-1][-1].critical.exact() != candidate.critical.exact():
                raise ArithmeticError(f"two different critical rates agree in {_BITS} bits")
            groups[-1].append(candidate)
        else:
            groups.append([candidate])
    return groups


def _mirrored(law: TaskLaw) -> TaskLaw:
    return TaskLaw(f"mirrored {law.name}", lambda k: (-1) ** k * law.moment(k))


def _root(critical: CriticalRate, count: int, second_moment: Fraction) -> Callable[[int], arb]:
    def rate(precision: int) -> arb:
        with ctx.workprec(precision + 32):
            return critical.power(precision + 16).root(count) / rational(second_moment)

    return rate


def _census(found: StationaryPoints) -> Census:
    points = (point for point in found.points if isinstance(point, ProductPoint))
    counts: Census = Counter(
        (point.solution.multiplicities, point.kind, point.solution.slope_sign) for point in points
    )
    counts[(), "family", 0] = len(found.families)
    return counts


def _events(group: list[_Candidate], count: int, before: Census, after: Census) -> tuple[RateEvent, ...]:
    """The conditions of the group that hold where counts change; all where a change is on no such stratum."""
    changed = {key for key in set(before) | set(after) if before[key] != after[key]}
    affected = [
        candidate
        for candidate in group
        if any(m == candidate.critical.multiplicities and sign in candidate.signs for m, _, sign in changed)
    ]
    found = [
        RateEvent(
            _kind(candidate, count),
            candidate.critical.multiplicities,
            candidate.signs,
            candidate.critical.degree,
        )
        for candidate in affected or group
    ]
    return tuple(dict.fromkeys(found))


def _kind(candidate: _Candidate, count: int) -> EventKind:
    splitting = candidate.critical.multiplicities[0]
    if candidate.critical.condition == "fold":
        return "fold"
    if candidate.critical.condition == "end":
        return "escape"
    if candidate.critical.solved:
        return "family"
    return "exchange" if splitting > 2 else "pitchfork"
