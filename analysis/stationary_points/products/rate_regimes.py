"""Products of three factors: exact thresholds of α, the type of each, and the counts between them.

The candidates are the critical rates of `rate_curves`, a complete list. Between two neighbours one rational α
is solved with certificate, which settles the counts of the whole interval. A candidate is a threshold if the
counts on its two sides differ, by stratum and kind; the condition that makes it a candidate is its type:

    fold        two orbits of a stratum meet and vanish, or appear;
    exchange    points with two equal squares pass through points with three, which change kind
                (transcritical: S₃, the symmetry that is broken, allows a quadratic term);
    pitchfork   points with two equal squares split into pairs with three different ones;
    escape      points run to infinity, or into the families on which factors vanish.

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
from analysis.algebra.elimination import CommonCurve
from analysis.algebra.polynomials import fraction, rational
from analysis.exact_numbers import simplest_outside
from analysis.landscape import Problem
from analysis.stationary_points.points import Interval, StationaryPoints, interval
from analysis.stationary_points.products.atoms import atoms
from analysis.stationary_points.products.points import ProductPoint
from analysis.stationary_points.products.rate_curves import (
    CriticalRate,
    UncoveredRate,
    critical_rates,
    rate_curves,
)
from analysis.stationary_points.products.strata import Setting
from analysis.tasks import TaskLaw

EventKind = Literal["fold", "exchange", "pitchfork", "escape"]
Counts = dict[str, int]
_BITS = 1024  # in which two critical rates must differ


@dataclass(frozen=True)
class RateThreshold:
    """A rate at which the counts change.

    Attributes:
        kind: the type of the event.
        multiplicities: of the stratum on which it happens.
        slope_signs: the signs of the slope there; both for a symmetric law.
        degree: of a number field that contains (α E[x²])ᴺ.
        before, after: the counts on each stratum, by its multiplicities and the kind of the points.
    """

    kind: EventKind
    multiplicities: tuple[int, ...]
    slope_signs: tuple[int, ...]
    degree: int
    rate: Callable[[int], arb]
    before: Counter[tuple[tuple[int, ...], str]]
    after: Counter[tuple[tuple[int, ...], str]]

    def interval(self, digits: int = 12) -> Interval:
        """α in a rational interval."""
        return interval(self.rate(int(3.4 * digits) + 64), digits)

    @property
    def changes(self) -> list[tuple[tuple[int, ...], str, int, int]]:
        """(multiplicities, kind of points, before, after) where the numbers differ."""
        keys = sorted(set(self.before) | set(self.after))
        return [
            (*key, self.before[key], self.after[key]) for key in keys if self.before[key] != self.after[key]
        ]


@dataclass(frozen=True)
class RateRegime:
    """An open interval of α with constant counts.

    Attributes:
        lower, upper: the thresholds at its ends; None for 0 and +∞.
        sample: a rational α inside, solved with certificate.
        counts: of isolated points by kind.
    """

    lower: RateThreshold | None
    upper: RateThreshold | None
    sample: Fraction
    counts: Counts


@dataclass(frozen=True)
class RateRegimes:
    """The answer for one problem with symbolic α.

    Attributes:
        problem: with symbolic α.
        thresholds: ascending.
        regimes: one more.
        candidates: how many critical rates there were.
    """

    problem: Problem
    thresholds: tuple[RateThreshold, ...]
    regimes: tuple[RateRegime, ...]
    candidates: int


@dataclass(frozen=True)
class _Candidate:
    critical: CriticalRate
    signs: tuple[int, ...]
    rate: Callable[[int], arb]


def product_regimes(problem: Problem) -> RateRegimes:
    """Thresholds and counts over all α > 0 for ŷ = w₁ w₂ w₃ x, one step of MAML, with proof.

    Raises:
        UnsupportedProblem: another problem, or a law of θ with fewer than three atoms.
    """
    from analysis.stationary_points.solve import UnsupportedProblem, stationary_points

    loop, count = problem.loop, len(problem.model.parameters)
    plain = loop == InnerLoop()
    if count != 3 or not plain or problem.symbols != ("alpha",) or problem.symbolic_moments:
        raise UnsupportedProblem(
            "regimes of a product: certified are three factors, one step of MAML, all adapting"
        )
    assert problem.input_second_moment is not None
    if atoms(Setting(count, rational(Fraction(1)), problem.task)) is not None:
        raise UnsupportedProblem("regimes of a product: certified are laws with three or more atoms")
    try:
        found = _candidates(problem.task, count, problem.input_second_moment)
    except (CommonCurve, UncoveredRate) as reason:
        raise UnsupportedProblem(f"regimes of a product: {reason}") from None
    try:
        samples = simplest_outside([_bounds(candidate.rate(_BITS)) for candidate in found])
    except ArithmeticError as reason:
        raise UnsupportedProblem(f"regimes of a product: {reason}") from None
    solved: list[StationaryPoints] = []
    for sample in samples:
        solved.append(stationary_points(replace(problem, loop=replace(loop, rate=sample))))
        if not solved[-1].complete:
            raise ArithmeticError(f"the answer at alpha = {sample} is not complete")
    thresholds: list[RateThreshold] = []
    kept = [(samples[0], solved[0].counts)]
    for candidate, sample, (one, other) in zip(found, samples[1:], pairwise(solved), strict=True):
        before, after = _by_stratum(one), _by_stratum(other)
        if before != after:
            thresholds.append(_threshold(candidate, count, before, after))
            kept.append((sample, other.counts))
    ends = [None, *thresholds, None]
    regimes = tuple(RateRegime(ends[i], ends[i + 1], s, c) for i, (s, c) in enumerate(kept))
    return RateRegimes(problem, tuple(thresholds), regimes, len(found))


def _candidates(law: TaskLaw, count: int, second_moment: Fraction) -> list[_Candidate]:
    """Every critical rate, ascending; a rate that two strata share occurs twice.

    Raises:
        CommonCurve, UncoveredRate: see `critical_rates`.
    """
    symmetric = Setting(count, rational(Fraction(1)), law).law_is_symmetric
    sides = [(law, (1, -1))] if symmetric else [(law, (1,)), (_mirrored(law), (-1,))]
    found = [
        _Candidate(critical, signs, _root(critical, count, second_moment))
        for side, signs in sides
        for curve in rate_curves(side, count)
        for critical in critical_rates(curve)
    ]
    return sorted(found, key=lambda candidate: float(candidate.rate(64).mid()))


def _mirrored(law: TaskLaw) -> TaskLaw:
    return TaskLaw(f"mirrored {law.name}", lambda k: (-1) ** k * law.moment(k))


def _root(critical: CriticalRate, count: int, second_moment: Fraction) -> Callable[[int], arb]:
    def rate(precision: int) -> arb:
        with ctx.workprec(precision + 32):
            return critical.power(precision + 16).root(count) / rational(second_moment)

    return rate


def _bounds(ball: arb) -> tuple[Fraction, Fraction]:
    return fraction(arb(ball.lower()).fmpq()), fraction(arb(ball.upper()).fmpq())


def _by_stratum(found: StationaryPoints) -> Counter[tuple[tuple[int, ...], str]]:
    points = (point for point in found.points if isinstance(point, ProductPoint))
    return Counter((point.solution.multiplicities, point.kind) for point in points)


def _threshold(
    candidate: _Candidate,
    count: int,
    before: Counter[tuple[tuple[int, ...], str]],
    after: Counter[tuple[tuple[int, ...], str]],
) -> RateThreshold:
    critical = candidate.critical
    coarse: EventKind = "exchange" if critical.multiplicities == (count,) else "pitchfork"
    kinds: dict[str, EventKind] = {"fold": "fold", "across": coarse, "end": "escape"}
    return RateThreshold(
        kinds[critical.condition],
        critical.multiplicities,
        candidate.signs,
        critical.degree,
        candidate.rate,
        before,
        after,
    )
