"""How the stationary points change with α: closed forms, families, exact thresholds, counts in every regime.

With α kept as a symbol every stratum leaves polynomials over ℚ[α]. The number of real solutions is constant
on every interval of α > 0 that avoids the *critical* values, where

* a leading coefficient vanishes (a solution escapes to infinity),
* a discriminant or a resultant of two factors vanishes (two solutions meet),
* a solution reaches the boundary Z = 0 of its stratum, or the Hessian entry across the boundary vanishes;

these are the real roots of finitely many polynomials in α, computed exactly. (On a stratum with two active
coordinates the polynomials are those of a separating resultant. Between critical values its roots stay
distinct and finite, so they still correspond one to one to the complex solutions, of which there can never be
more than generically, and complex conjugation fixes exactly the real ones.) One rational α inside each
interval, solved with certificate, then settles the counts of the whole interval; critical values with the
same counts on both sides are no thresholds unless the count at the value itself differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations, islice, pairwise
from math import prod

from flint import arb, fmpq, fmpq_mpoly, fmpq_poly

from analysis.algebra.algebraic_numbers import RealRoot, real_roots
from analysis.algebra.elimination import CommonCurve, separating_resultants
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
from analysis.landscape import Landscape, Problem, at_rate, derive
from analysis.stationary_points.points import Interval, StationaryPoint, StationaryPoints, interval
from analysis.stationary_points.solve import UnsupportedProblem, solve
from analysis.stationary_points.symmetry import Chart, Stratum, best_chart, strata


@dataclass(frozen=True)
class Ratio:
    """A rational function of α."""

    numerator: fmpq_poly
    denominator: fmpq_poly


@dataclass(frozen=True)
class Branch:
    """The solutions on one stratum that are the roots of one irreducible polynomial over ℚ(α).

    Attributes:
        stratum: where they lie.
        polynomial: in the stratum's coordinate, or in x + shear·y for two coordinates x, y, and in alpha.
        shear: see there.
        closed: the stratum's coordinates as rational functions of alpha, or None.
    """

    stratum: Stratum
    polynomial: fmpq_mpoly
    shear: int
    closed: tuple[Ratio, ...] | None


@dataclass(frozen=True)
class Threshold:
    """A value of α where the set of stationary points changes.

    Attributes:
        root: the exact algebraic number.
        points_at: the number of isolated points exactly at this α; None where a family appears there.
    """

    root: RealRoot
    points_at: int | None

    def interval(self, digits: int = 12) -> Interval:
        """α in a rational interval."""
        return interval(self.root.enclosure(int(3.4 * digits) + 64), digits)

    @property
    def minimal_polynomial(self) -> str:
        """The irreducible polynomial of α over ℤ."""
        ring = context(["alpha"])
        return str(ring.from_dict({(i,): c for i, c in enumerate(self.root.coefficients) if c}))


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

    @cached_property
    def closed_form(self) -> tuple[Branch, ...]:
        """The branches whose coordinates are rational functions of α (up to square roots)."""
        return tuple(branch for branch in self.branches if branch.closed is not None)

    def points_on(self, branch: Branch) -> list[int]:
        """The number of real points of a branch without closed form, in each regime."""
        return [
            sum(_lies_on(point, branch, r.sample) for point in _certified(self.landscape, r.sample).points)
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
    analyses = [_analyse(chart, stratum) for stratum in strata(chart)]
    values = _positive_roots([c for analysis in analyses for c in analysis.conditions])
    samples = _samples(values)
    counts = [_certified(landscape, sample).counts for sample in samples]
    thresholds: list[Threshold] = []
    kept = [(samples[0], counts[0])]
    for value, sample, count in zip(values, samples[1:], counts[1:], strict=True):
        there = _count_at(landscape, analyses, chart, value)
        if count != kept[-1][1] or there != count["points"]:
            thresholds.append(Threshold(value, there))
            kept.append((sample, count))
    ends = [None, *thresholds, None]
    intervals = tuple(Regime(ends[i], ends[i + 1], s, c) for i, (s, c) in enumerate(kept))
    branches = tuple(branch for analysis in analyses for branch in analysis.branches)
    return Regimes(landscape, chart, branches, tuple(thresholds), intervals)


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


@dataclass(frozen=True)
class _Analysis:
    """One stratum with α symbolic: its branches, and polynomials whose roots include the critical α.

    `escapes` vanish where a solution leaves the stratum, `meetings` where two of its solutions meet.
    """

    stratum: Stratum
    branches: tuple[Branch, ...]
    escapes: tuple[fmpq_mpoly, ...]
    meetings: tuple[fmpq_mpoly, ...] = ()

    @property
    def conditions(self) -> tuple[fmpq_mpoly, ...]:
        return self.escapes + self.meetings


def _analyse(chart: Chart, stratum: Stratum) -> _Analysis:
    across = [_restricted(chart.components[i], chart, stratum.active) for i in stratum.vanishing]
    if not stratum.active:
        return _Analysis(
            stratum, (Branch(stratum, _restricted(chart.loss, chart, ()), 0, ()),), tuple(across)
        )
    if not all(stratum.equations):
        raise UnsupportedProblem(_FAMILY)
    (shear, eliminant), *others = _eliminants(stratum)
    factors = [factor for factor, _ in eliminant.factor()[1]]
    proper = [f for f in factors if f.degrees()[0]]
    escapes = [f for f in factors if not f.degrees()[0]] + _boundary(chart, stratum)
    escapes += [coefficients_in(f, names(f)[0])[-1] for f in proper]
    meetings = _meetings(proper, eliminant**0)
    for _, other in others:
        # solutions that merely share the value of u, without meeting, do not do so for another shear
        again = [f for f, _ in other.factor()[1] if f.degrees()[0]]
        meetings = meetings.gcd(_meetings(again, eliminant**0))
    if len(stratum.active) == 1:
        meetings = prod((f.resultant(component, 0) for f in proper for component in across), start=meetings)
    branches = tuple(Branch(stratum, f, shear, _closed(stratum, f, shear)) for f in proper)
    return _Analysis(stratum, branches, tuple(escapes), (meetings,))


def _meetings(factors: list[fmpq_mpoly], one: fmpq_mpoly) -> fmpq_mpoly:
    """A polynomial in alpha that vanishes where two roots of the factors' product coincide."""
    alone = prod((f.discriminant(0) for f in factors if f.degrees()[0] > 1), start=one)
    return prod((f.resultant(g, 0) for f, g in combinations(factors, 2)), start=alone)


_FAMILY = "the landscape has a family of stationary points for every alpha"


def _restricted(poly: fmpq_mpoly, chart: Chart, active: tuple[int, ...]) -> fmpq_mpoly:
    return substitute(poly, {}, context((*(chart.coordinates[i] for i in active), "alpha")))


def _eliminants(stratum: Stratum) -> list[tuple[int, fmpq_mpoly]]:
    """The univariate equation, or separating resultants of the two equations for two different shears."""
    if len(stratum.active) == 1:
        return [(0, stratum.equations[0])]
    try:
        found = list(islice(separating_resultants(*stratum.equations), 2))
    except CommonCurve:
        raise UnsupportedProblem(_FAMILY) from None
    if len(found) < 2:
        raise UnsupportedProblem("some stationary point is degenerate for every alpha")
    return found


def _boundary(chart: Chart, stratum: Stratum) -> list[fmpq_mpoly]:
    """Polynomials in alpha that vanish where a solution of the stratum reaches Zᵢ = 0."""
    conditions = []
    for i in stratum.active:
        if chart.even[i]:
            rest = tuple(j for j in stratum.active if j != i)
            limits = [_restricted(equation, chart, rest) for equation in stratum.equations]
            condition = limits[0].resultant(limits[1], 0) if rest else limits[0]
            if not condition:
                raise UnsupportedProblem("a solution lies on the boundary of its stratum for every alpha")
            conditions.append(condition)
    return conditions


def _closed(stratum: Stratum, factor: fmpq_mpoly, shear: int) -> tuple[Ratio, ...] | None:
    """The coordinates as rational functions of alpha, where the factor is linear and so is what it leaves."""
    if factor.degrees()[0] > 1:
        return None
    constant, slope = coefficients_in(factor, names(factor)[0])
    u = Ratio(_in_alpha(-constant), _in_alpha(slope))
    if len(stratum.active) == 1:
        return (u,)
    # Put x = u − k y into both equations, clear denominators, and read y off their greatest common divisor.
    first, second = (_substitute_line(equation, u, shear) for equation in stratum.equations)
    for common, _ in first.gcd(second).factor()[1]:
        if common.degrees()[0] == 1:
            constant, slope = coefficients_in(common, names(common)[0])
            y = Ratio(_in_alpha(-constant), _in_alpha(slope))
            x = Ratio(
                u.numerator * y.denominator - shear * y.numerator * u.denominator,
                u.denominator * y.denominator,
            )
            return x, y
    return None


def _in_alpha(poly: fmpq_mpoly) -> fmpq_poly:
    return univariate(substitute(poly, {}, context(["alpha"])), "alpha")


def _substitute_line(equation: fmpq_mpoly, u: Ratio, shear: int) -> fmpq_mpoly:
    """equation(u − k y, y, α) times a power of the denominator of u, as a polynomial in y and alpha."""
    ring = context((names(equation)[1], "alpha"))
    y, alpha = ring.gens()
    numerator, denominator = (
        sum((c * alpha**i for i, c in enumerate(poly.coeffs())), ring.constant(0))
        for poly in (u.numerator, u.denominator)
    )
    degree, total = equation.degrees()[0], ring.constant(0)
    for (i, j, k), c in equation.to_dict().items():
        line = (numerator - shear * y * denominator) ** int(i) * denominator ** int(degree - i)
        total += c * line * y ** int(j) * alpha ** int(k)
    return total


def _positive_roots(polynomials: list[fmpq_mpoly]) -> list[RealRoot]:
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


def _samples(values: list[RealRoot]) -> list[Fraction]:
    """A simple rational strictly inside every interval that the values cut out of (0, ∞)."""
    if not values:
        return [Fraction(1)]
    bounds = [interval(value.enclosure(256), 40) for value in values]
    samples = [_simplest(Fraction(0), bounds[0].lower)]
    samples += [_simplest(x.upper, y.lower) for x, y in pairwise(bounds)]
    return [*samples, Fraction(int(bounds[-1].upper) + 1)]


def _simplest(lower: Fraction, upper: Fraction) -> Fraction:
    """The fraction with the smallest denominator strictly between (Stern–Brocot)."""
    whole = lower.numerator // lower.denominator
    if whole + 1 < upper:
        return Fraction(whole + 1)
    if lower == whole:
        return whole + Fraction(1, int(1 / (upper - whole)) + 1)
    return whole + 1 / _simplest(1 / (upper - whole), 1 / (lower - whole))


def _count_at(landscape: Landscape, analyses: list[_Analysis], chart: Chart, value: RealRoot) -> int | None:
    """The number of isolated stationary points exactly at a critical α; None where that is not decided."""
    if value.degree == 1:
        found = _certified(landscape, Fraction(-value.coefficients[0], value.coefficients[1]))
        return None if found.families else found.counts["points"]
    total = 0
    for analysis in analyses:
        stratum = analysis.stratum
        if len(stratum.active) == 2:
            beside = _undisturbed(analysis, value)
            if beside is None:
                return None
            points = _certified(landscape, beside).points
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
    return [_in_alpha(c) for c in coefficients_in(poly, names(poly)[0])]


def _undisturbed(analysis: _Analysis, value: RealRoot) -> Fraction | None:
    """A rational α at which a two-dimensional stratum has as many points as at `value`; None if undecided.

    Where `value` is critical only because non-real solutions meet, the real ones pass through it unchanged.
    """
    if value in _positive_roots(list(analysis.escapes)):
        return None
    critical = _positive_roots(list(analysis.conditions))
    if value in critical:
        everything = prod(
            (branch.polynomial for branch in analysis.branches), start=analysis.branches[0].polynomial ** 0
        )
        if not real_roots_are_simple(value, _at(everything)):
            return None
    ball = value.enclosure(256)
    below = [interval(v.enclosure(256), 40).upper for v in critical if v.enclosure(256) < ball]
    above = [interval(v.enclosure(256), 40).lower for v in critical if v.enclosure(256) > ball]
    lower = max(below, default=Fraction(0))
    return _simplest(lower, min(above, default=lower + 1))
