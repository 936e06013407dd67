"""What changes with α on the lines of symmetry alone, for two inner steps: exact, and only part of the story.

With two steps the landscape of ŷ = abx has degree 36, and the equations off the lines a = ±b have degree 17
in each of two unknowns and 16 in α: their discriminants are out of reach. On each line there is one
polynomial in one unknown and α, of degree (17, 16), and the methods of `branches` apply: between the roots of
its discriminant, of its leading coefficient and of its resultants with the second derivative across the line
the number of points on the line and their kinds are constant. These roots are all of the line's critical
values; one rational α inside each interval, solved exactly on the line, settles the counts.

Nothing is claimed about points off the lines, except that none of them branches off a line at a rate that is
not listed (there the second derivative across it would vanish).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from analysis.algebra.algebraic_numbers import RealRoot
from analysis.exact_numbers import decimal, simplest_outside
from analysis.landscape import CONVENTION, Landscape, Problem, at_rate, derive
from analysis.stationary_points.branches import NoRegimes, analyse
from analysis.stationary_points.points import KINDS, Interval, interval
from analysis.stationary_points.regimes import EventKind, bounds, event_on, positive_roots
from analysis.stationary_points.report import heading, stratum_in_words, table
from analysis.stationary_points.solve import UnsupportedProblem, isolated_on
from analysis.stationary_points.symmetry import Chart, best_chart, strata

Counts = dict[str, int]


@dataclass(frozen=True)
class LineThreshold:
    """A rate at which the points on a line change: the exact number, and the event (see `regimes.Event`)."""

    root: RealRoot
    kind: EventKind

    def interval(self, digits: int = 12) -> Interval:
        """α in a rational interval."""
        return interval(self.root.enclosure(int(3.4 * digits) + 64), digits)


@dataclass(frozen=True)
class Line:
    """One line of symmetry.

    Attributes:
        active: the coordinate of the chart that does not vanish on it.
        where: in words.
        thresholds: ascending.
        samples: a rational α inside each of the intervals between them.
        counts: of the points on the line by kind, in each interval.
        critical: how many critical values there were.
    """

    active: tuple[int, ...]
    where: str
    thresholds: tuple[LineThreshold, ...]
    samples: tuple[Fraction, ...]
    counts: tuple[Counts, ...]
    critical: int


@dataclass(frozen=True)
class LineRegimes:
    """The answer for one problem with symbolic α, on its lines of symmetry."""

    problem: Problem
    lines: tuple[Line, ...]


def line_regimes(problem: Problem) -> LineRegimes:
    """Thresholds and counts over all α > 0 on every line of symmetry of a problem with two unknowns.

    Raises:
        UnsupportedProblem: not two unknowns, two steps of MAML and symbolic α; or a line is full of points.
    """
    loop = problem.loop
    if problem.symbols != ("alpha",) or problem.symbolic_moments or len(problem.unknowns) != 2:
        raise UnsupportedProblem("regimes on lines need exactly the symbol alpha and 2 unknowns")
    if loop.steps != 2 or loop.outer != "maml":
        raise UnsupportedProblem("regimes on lines: certified are 2 inner steps of MAML")
    landscape = derive(problem)
    chart = best_chart(landscape)
    try:
        active = [stratum.active for stratum in strata(chart) if len(stratum.active) == 1]
        return LineRegimes(problem, tuple(_line(landscape, chart, one) for one in active))
    except NoRegimes as reason:
        raise UnsupportedProblem(str(reason)) from None


def _line(landscape: Landscape, chart: Chart, active: tuple[int, ...]) -> Line:
    (stratum,) = [s for s in strata(chart) if s.active == active]
    analysis = analyse(chart, stratum)
    values = positive_roots(list(analysis.conditions))
    samples = simplest_outside([bounds(value) for value in values])
    solved = [_counts(landscape, chart, active, sample) for sample in samples]
    thresholds, kept = [], [0]
    for i, value in enumerate(values):
        before, after = solved[i], solved[i + 1]
        if before == after:
            continue
        event = event_on(analysis, value, before["points"], after["points"])
        if event is None:
            raise UnsupportedProblem(f"the counts change at alpha = {value.enclosure()} without an event")
        thresholds.append(LineThreshold(value, event.kind))
        kept.append(i + 1)
    return Line(
        active,
        stratum_in_words(landscape, chart, active),
        tuple(thresholds),
        tuple(samples[i] for i in kept),
        tuple(solved[i] for i in kept),
        len(values),
    )


def _counts(landscape: Landscape, chart: Chart, active: tuple[int, ...], rate: Fraction) -> Counts:
    fixed = at_rate(landscape, rate)
    there = best_chart(fixed)
    if there.matrix != chart.matrix:
        raise ArithmeticError(f"the symmetry at alpha = {rate} is not the one for all alpha")
    (stratum,) = [s for s in strata(there) if s.active == active]
    points = isolated_on(fixed, there, stratum)
    return {"points": len(points)} | {kind: sum(p.kind == kind for p in points) for kind in KINDS}


def text(found: LineRegimes, digits: int) -> str:
    """Thresholds and counts on every line, and what is not covered."""
    rows = [
        [decimal(t.interval(digits).ball, digits), t.kind, line.where, f"{b['points']} -> {a['points']}"]
        for line in found.lines
        for t, b, a in zip(line.thresholds, line.counts, line.counts[1:], strict=False)
    ]
    parts = [heading(found.problem), CONVENTION, ""]
    parts += [table(["alpha", "event", "on", "points there"], rows) if rows else "no thresholds", ""]
    for line in found.lines:
        ends = [decimal(t.interval(digits).ball, digits) for t in line.thresholds]
        edges = ["0", *ends, "infinity"]
        for low, high, counts in zip(edges, edges[1:], line.counts, strict=False):
            kinds = ", ".join(f"{n} {kind}" for kind, n in counts.items() if n and kind != "points")
            words = f"{low} < alpha < {high}, {line.where}: {counts['points']} points"
            parts.append(words + (f" ({kinds})" if kinds else ""))
    parts.append(
        "proved on the lines of symmetry: constant between critical values of alpha, exact at one rational "
        "inside each interval; points off these lines are not covered"
    )
    return "\n".join(parts)


def as_json(found: LineRegimes, digits: int) -> dict[str, Any]:
    """The same, machine-readable; `complete` is False: only the lines are covered."""
    from analysis.stationary_points.json_output import interval_fields, problem_fields

    return {
        "problem": problem_fields(found.problem),
        "convention": CONVENTION,
        "complete": False,
        "covered": "the lines of symmetry",
        "lines": [
            {
                "where": line.where,
                "critical_values": line.critical,
                "thresholds": [
                    {"alpha": interval_fields(t.interval(digits)), "event": t.kind} for t in line.thresholds
                ],
                "regimes": [
                    {"sample": str(sample), "counts": counts}
                    for sample, counts in zip(line.samples, line.counts, strict=True)
                ],
            }
            for line in found.lines
        ],
    }
