"""How the stationary points change with α: exact thresholds, what happens there, counts in every regime.

Between the critical values of α (`branches`) the number of points on every stratum is constant. One rational
α inside each interval, solved with certificate, settles the counts of the whole interval. A critical value is
a *threshold* if the counts on its two sides differ, or if the count at the value itself differs; that count
comes from Hermite's form over the number field of the value (`algebra.tarski`), not from a limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import prod
from typing import Literal

from flint import arb, fmpq, fmpq_mpoly, fmpq_poly

from analysis.algebra.algebraic_numbers import RealRoot, exact_ends, real_roots
from analysis.algebra.polynomials import (
    coefficients_in,
    context,
    fraction,
    names,
    rational,
    substitute,
    univariate,
)
from analysis.algebra.tarski import count_positive_roots, count_real_roots, real_roots_are_simple
from analysis.exact_numbers import simplest_between, simplest_outside
from analysis.landscape import Landscape, Problem, at_rate, derive
from analysis.stationary_points.branches import Analysis, Branch, NoRegimes, analyse, in_alpha, turning
from analysis.stationary_points.points import Interval, StationaryPoint, StationaryPoints, interval
from analysis.stationary_points.solve import UnsupportedProblem, solve
from analysis.stationary_points.symmetry import Chart, Stratum, best_chart, strata

EventKind = Literal["fold", "pitchfork", "crossing", "escape", "family"]


@dataclass(frozen=True)
class Event:
    """What happens on one stratum at a threshold.

    Attributes:
        kind: "fold": two points of the stratum meet and vanish, or appear; "pitchfork": a pair ±z leaves the
            set z = 0, or merges into it; "crossing": points of the stratum meet and both go on; "escape": a
            point goes to infinity; "family": the whole stratum becomes stationary.
        active: the coordinates of the chart that do not vanish on the stratum.
        before, after: the number of points on the stratum just below and just above.
    """

    kind: EventKind
    active: tuple[int, ...]
    before: int
    after: int


@dataclass(frozen=True)
class Threshold:
    """A value of α where the set of stationary points changes.

    Attributes:
        root: the exact algebraic number.
        points_at: the number of isolated points exactly at this α; None where that is not decided, as where
            a family appears.
        events: what happens there, one entry for each stratum where something does.
    """

    root: RealRoot
    points_at: int | None
    events: tuple[Event, ...] = ()

    def interval(self, digits: int = 12) -> Interval:
        """α in a rational interval."""
        return interval(self.root.enclosure(int(3.4 * digits) + 64), digits)

    @property
    def points_in_words(self) -> str:
        """How many isolated points there are exactly at this α."""
        if self.points_at is not None:
            return f"{self.points_at} points"
        return "a family" if any(event.kind == "family" for event in self.events) else "undecided how many"

    @property
    def minimal_polynomial(self) -> str:
        """The irreducible polynomial of α over ℤ."""
        return self.root.equation("alpha")


@dataclass(frozen=True)
class Regime:
    """An open interval of α with constant counts.

    Attributes:
        lower, upper: the thresholds at its ends; None for 0 and +∞.
        sample: a rational α inside.
        counts: of isolated points by kind.
    """

    lower: Threshold | None
    upper: Threshold | None
    sample: Fraction
    counts: dict[str, int]


@dataclass(frozen=True)
class Regimes:
    """The symbolic answer for one problem with symbolic α."""

    landscape: Landscape
    chart: Chart
    branches: tuple[Branch, ...]
    thresholds: tuple[Threshold, ...]
    regimes: tuple[Regime, ...]

    @property
    def problem(self) -> Problem:
        """With symbolic α."""
        return self.landscape.problem

    @cached_property
    def closed_form(self) -> tuple[Branch, ...]:
        """The branches whose coordinates are rational functions of α (up to square roots)."""
        return tuple(branch for branch in self.branches if branch.closed is not None)

    def points_on(self, branch: Branch) -> list[int]:
        """The number of real points of a branch without closed form, in each regime."""
        return [
            sum(_lies_on(point, branch, r.sample) for point in _certified(self.landscape, r.sample).charted)
            for r in self.regimes
        ]

    @cached_property
    def without_closed_form(self) -> tuple[Branch, ...]:
        """The others."""
        return tuple(branch for branch in self.branches if branch.closed is None)


def regimes(problem: Problem) -> Regimes:
    """Thresholds and counts over all α > 0, with proof.

    Raises:
        UnsupportedProblem: another symbol than alpha is left, there are more than two unknowns, or the
            landscape has families for every α.
    """
    if problem.symbols != ("alpha",) or problem.symbolic_moments or len(problem.unknowns) > 2:
        raise UnsupportedProblem("regimes need exactly the symbol alpha and at most 2 unknowns")
    landscape = derive(problem)
    chart = best_chart(landscape)
    try:
        analyses = [analyse(chart, stratum) for stratum in strata(chart)]
        conditions = [c for analysis in analyses for c in analysis.conditions]
        if landscape.field_polynomials is not None:
            conditions += [c for analysis in analyses for c in turning(chart, analysis)]
    except NoRegimes as reason:
        raise UnsupportedProblem(str(reason)) from None
    values = positive_roots(conditions)
    samples = simplest_outside([bounds(value) for value in values])
    solved = [_certified(landscape, sample) for sample in samples]
    thresholds: list[Threshold] = []
    kept = [(samples[0], solved[0].counts)]
    for value, sample, (before, after) in zip(values, samples[1:], pairwise(solved), strict=True):
        there = _count_at(landscape, analyses, chart, value)
        if after.counts != before.counts or there != after.counts["points"]:
            events = tuple(
                event
                for a in analyses
                if (event := event_on(a, value, _on(a.stratum, before), _on(a.stratum, after))) is not None
            )
            filled = tuple(e for e in events if e.kind == "family")
            thresholds.append(Threshold(value, there, filled or events))
            kept.append((sample, after.counts))
    ends = [None, *thresholds, None]
    intervals = tuple(Regime(ends[i], ends[i + 1], s, c) for i, (s, c) in enumerate(kept))
    branches = tuple(branch for analysis in analyses for branch in analysis.branches)
    return Regimes(landscape, chart, branches, tuple(thresholds), intervals)


def _on(stratum: Stratum, found: StationaryPoints) -> int:
    """How many of the points lie on a stratum."""
    return sum(point.active == stratum.active for point in found.charted)


def event_on(analysis: Analysis, value: RealRoot, before: int, after: int) -> Event | None:
    """What happens on a stratum at a critical α, with so many points just below and just above.

    None where nothing real does.
    """
    active, counts = analysis.stratum.active, (before, after)

    def vanish(conditions: tuple[fmpq_mpoly, ...]) -> bool:
        return any(value.sign(in_alpha(c)) == 0 for c in conditions if not c.is_constant())

    kind: EventKind
    if vanish(analysis.filling):
        kind = "family"
    elif any(counts) and vanish(analysis.leaving):
        kind = "pitchfork"
    elif counts[0] != counts[1]:
        kind = "escape" if vanish(analysis.escaping) else "fold"
    elif vanish(analysis.meeting) and not _meet_elsewhere(analysis, value):
        kind = "crossing"
    else:
        return None
    return Event(kind, active, *counts)


def _meet_elsewhere(analysis: Analysis, value: RealRoot) -> bool:
    """Whether the solutions of a stratum that meet at α = value are not real."""
    first, *others = (branch.polynomial for branch in analysis.branches)
    return real_roots_are_simple(value, _at(prod(others, start=first)))


def _lies_on(point: StationaryPoint, branch: Branch, rate: Fraction) -> bool:
    if point.active != branch.stratum.active:
        return False
    ring = context(point.chart.coordinates[i] for i in point.active)
    u = ring.gen(0) + branch.shear * ring.gen(1) if branch.shear else ring.gen(0)
    values: dict[str, fmpq_mpoly | fmpq] = {names(branch.polynomial)[0]: u, "alpha": rational(rate)}
    return point.location.sign(substitute(branch.polynomial, values, ring)) == 0


def _certified(landscape: Landscape, rate: Fraction) -> StationaryPoints:
    found = solve(at_rate(landscape, rate))
    if not found.complete:
        raise ArithmeticError(f"the two completeness checks disagree at alpha = {rate}")
    return found


def positive_roots(polynomials: list[fmpq_mpoly]) -> list[RealRoot]:
    """The positive real roots of the non-zero polynomials in alpha, ascending, each once."""
    found: dict[tuple[tuple[int, ...], int], RealRoot] = {}
    for poly in polynomials:
        if poly:
            for root in real_roots(univariate(poly, "alpha")):
                if root.sign(fmpq_poly([0, 1])) > 0:
                    found[root.coefficients, root.index] = root
    roots, precision = list(found.values()), 128
    while True:
        roots.sort(key=lambda r: fraction(arb(r.enclosure(precision).mid()).fmpq()))
        balls = [root.enclosure(precision) for root in roots]
        if all(x < y for x, y in pairwise(balls)):
            return roots
        precision *= 2


def bounds(value: RealRoot) -> tuple[Fraction, Fraction]:
    """Rational numbers below and above, with 1024 correct bits.

    Not a fixed number of decimals: in units in which E[x²] is large the rates are as small.
    """
    return exact_ends(value.enclosure(1024))


def _count_at(landscape: Landscape, analyses: list[Analysis], chart: Chart, value: RealRoot) -> int | None:
    """The number of isolated stationary points exactly at a critical α; None where that is not decided."""
    if value.degree == 1:
        found = _certified(landscape, Fraction(-value.coefficients[0], value.coefficients[1]))
        return None if found.families else found.counts["points"]
    if any(value.sign(in_alpha(f)) == 0 for analysis in analyses for f in analysis.filling):
        return None
    total = 0
    for analysis in analyses:
        stratum = analysis.stratum
        if len(stratum.active) == 2:
            beside = _undisturbed(analysis, value)
            if beside is None:
                return None
            points = _certified(landscape, beside).charted
            total += sum(point.active == stratum.active for point in points)
        elif stratum.active:
            even = chart.even[stratum.active[0]]
            count = count_positive_roots if even else count_real_roots
            total += (2 if even else 1) * count(value, _at(stratum.equations[0]))
        else:
            total += 1
    return total


def _at(poly: fmpq_mpoly) -> list[fmpq_poly]:
    """A polynomial in one unknown and alpha as coefficients in ℚ(alpha), ascending in the unknown."""
    return [in_alpha(c) for c in coefficients_in(poly, names(poly)[0])]


def _undisturbed(analysis: Analysis, value: RealRoot) -> Fraction | None:
    """A rational α at which a two-dimensional stratum has as many points as at `value`; None if undecided.

    Where `value` is critical only because non-real solutions meet, the real ones pass through it unchanged.
    """
    if value in positive_roots([*analysis.filling, *analysis.escaping, *analysis.leaving]):
        return None
    critical = positive_roots(list(analysis.conditions))
    if value in critical and not _meet_elsewhere(analysis, value):
        return None
    here = bounds(value)
    below = [upper for _, upper in map(bounds, critical) if upper < here[0]]
    above = [lower for lower, _ in map(bounds, critical) if lower > here[1]]
    lower = max(below, default=Fraction(0))
    return simplest_between(lower, min(above, default=lower + 1))
