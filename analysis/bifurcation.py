"""`python -m analysis.bifurcation`: how the set of stationary points changes with the adaptation rate α.

The thresholds, what happens at each, and the counts between them come from `stationary_points.regimes`, exact
and for every α > 0; the diagram shows the same thing at finitely many α, each solved with certificate. What
can happen at a threshold, stratum by stratum of the landscape's symmetry:

    fold        two points of the stratum meet and vanish (or appear), generic
    pitchfork   a pair ±z merges into the set z = 0, forced by the symmetry z → −z
    crossing    points of the stratum meet and both go on (transcritical)
    escape      a point goes to infinity
    family      the whole stratum becomes stationary (the shallow model at α = 1)

`--factors 3` and 4 do the same for ŷ = w₁ ⋯ w_N x, where the strata are those of equal squares
(`stationary_points.products.rate_regimes`), for N = 3 two tasks such as θ = ±1 included; there a set on which
both are solved may appear, vanish, or be passed by isolated points ("family"). Where critical rates are
exactly equal, every event is named. `--steps 2` does it for two inner steps on ŷ = abx and laws whose odd
moments vanish (`stationary_points.two_step_regimes`), where the strata are the lines a = ±b, the axes, and
the rest; for other laws on the lines only (`stationary_points.line_regimes`). Where a factor stands still in
the inner loop, or a preconditioner is learned, α is a unit and nothing changes (`stationary_points.
rate_as_unit`). Not covered: two steps with other laws off the lines, and three steps.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import tasks
from analysis.command_line import OneLineParser, Refusal, check_plot, integer_between, run
from analysis.exact_numbers import decimal
from analysis.landscape import CONVENTION, Problem
from analysis.problem_options import add_problem_options, read_problem
from analysis.progress import Report, counted, on_terminal, silent
from analysis.stationary_points import line_regimes, two_step_report
from analysis.stationary_points.line_regimes import LineRegimes
from analysis.stationary_points.points import Kind
from analysis.stationary_points.products import rate_report
from analysis.stationary_points.products.rate_regimes import RateRegimes, product_regimes
from analysis.stationary_points.rate_as_unit import single_regime
from analysis.stationary_points.regimes import Regimes, regimes
from analysis.stationary_points.report import heading, stratum_in_words, table
from analysis.stationary_points.solve import UnsupportedProblem, stationary_points
from analysis.stationary_points.two_step_regimes import TwoStepRegimes, two_step_regimes
from analysis.stationary_points.two_step_system import is_even

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PROG = "python -m analysis.bifurcation"


@dataclass(frozen=True)
class DiagramPoint:
    """One stationary point of the diagram.

    Attributes:
        rate: α.
        coordinates: the unknowns.
        loss: the excess loss.
        kind: of the point.
    """

    rate: Fraction
    coordinates: tuple[float, ...]
    loss: float
    kind: Kind


def diagram(problem: Problem, rates: Sequence[Fraction], report: Report = silent) -> list[DiagramPoint]:
    """Every isolated stationary point at each of the rates; each answer is certified complete.

    Args:
        problem: with symbolic α.
        rates: positive rationals.
        report: is told how many are done.
    """
    solved = [
        stationary_points(replace(problem, loop=replace(problem.loop, rate=rate)))
        for rate in counted(rates, report)
    ]
    return [
        DiagramPoint(rate, tuple(float(x.mid()) for x in point.enclose()), point.loss().approx, point.kind)
        for rate, found in zip(rates, solved, strict=True)
        for point in found.points
    ]


Complete = Regimes | RateRegimes | TwoStepRegimes
Found = Complete | LineRegimes
_MANY = 12  # thresholds, from which on fewer rates are drawn close to each


def grid(found: Complete, count: int = 60) -> list[Fraction]:
    """Rates for a diagram: evenly on a logarithmic scale around all thresholds, and close to each of them."""
    values = [t.interval().approx for t in found.thresholds] or [1.0]
    low, high = min(values) / 10, max(values) * 10
    even = [low * (high / low) ** (i / (count - 1)) for i in range(count)]
    powers = (1.0, 1.5, 2.0, 3.0) if len(values) < _MANY else (2.0,)
    close = [v * (1 + s * 10.0**-k) for v in values for k in powers for s in (-1, 1)]
    return [Fraction(f"{x:.6g}") for x in sorted(even + close)]  # in units of a large E[x²] all are small


def event_rows(found: Regimes) -> list[dict[str, Any]]:
    """One row for each event at each threshold."""
    return [
        {
            "alpha": threshold.interval().approx,
            "minimal_polynomial": threshold.minimal_polynomial,
            "points_at": threshold.points_at,
            "event": event.kind,
            "where": stratum_in_words(found.landscape, found.chart, event.active),
            "before": event.before,
            "after": event.after,
        }
        for threshold in found.thresholds
        for event in threshold.events
    ]


def text(found: Regimes, digits: int) -> str:
    """Thresholds, events and regimes."""
    parts = [heading(found.landscape.problem), CONVENTION, ""]
    rows = [
        [
            decimal(threshold.interval(digits).ball, digits),
            event.kind,
            stratum_in_words(found.landscape, found.chart, event.active),
            f"{event.before} -> {event.after}",
            threshold.points_in_words,
        ]
        for threshold in found.thresholds
        for event in threshold.events
    ]
    parts += [
        table(["alpha", "event", "on", "points there", "in all, at alpha"], rows)
        if rows
        else "no thresholds",
        "",
    ]
    for threshold in found.thresholds:
        value = decimal(threshold.interval(digits).ball, digits)
        parts.append(f"alpha = {value} is a root of {threshold.minimal_polynomial}")
    parts.append("")
    for regime in found.regimes:
        ends = [t and decimal(t.interval(digits).ball, digits) for t in (regime.lower, regime.upper)]
        kinds = ", ".join(f"{n} {kind}" for kind, n in regime.counts.items() if n and kind != "points")
        parts.append(
            f"{ends[0] or 0} < alpha < {ends[1] or 'infinity'}: {regime.counts['points']} points ({kinds})"
        )
    parts.append("proved: constant between critical values of alpha, certified at one rational inside each")
    return "\n".join(parts)


def draw(found: Complete, path: Path, report: Report = silent) -> None:
    """The diagram of every point, with the thresholds dashed, as a picture file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 4.0), layout="constrained")
    where, loss = figure.subplots(1, 2)
    draw_panels(where, loss, diagram(found.problem, grid(found), report))
    for axes in (where, loss):
        for threshold in found.thresholds:
            axes.axvline(threshold.interval().approx, color="k", linewidth=0.8, linestyle="--")
    figure.legend(*where.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    figure.suptitle(f"{heading(found.problem)}: thresholds dashed", fontsize="medium")
    figure.savefig(path, dpi=160)


def draw_panels(where: Axes, loss: Axes, points: Sequence[DiagramPoint]) -> None:
    """On two axes: the distance from the origin in units of 1/√α, and the excess loss, against α."""
    from analysis.stationary_points.picture import MARKERS

    for kind, style in MARKERS.items():
        here = [p for p in points if p.kind == kind]
        rates = [float(p.rate) for p in here]
        look = {**style, "s": 16, "edgecolors": "k", "linewidths": 0.4, "rasterized": True}
        if here:
            distances = [(float(p.rate) * sum(x * x for x in p.coordinates)) ** 0.5 for p in here]
            where.scatter(rates, distances, **look)
            loss.scatter(rates, [p.loss for p in here], **look)
    where.set(xscale="log", xlabel="adaptation rate α", ylabel="√α × distance from the origin")
    loss.set(xscale="log", xlabel="adaptation rate α", ylabel="excess loss")
    loss.set_yscale("symlog", linthresh=1.0)
    loss.set_ylim(bottom=-0.08)


def analyse(problem: Problem, report: Report = silent) -> Found:
    """The analysis that covers a problem with symbolic α.

    Raises:
        UnsupportedProblem: none does.
        MomentError: the law has too few moments.
    """
    if not problem.loop.uses_rate:
        raise UnsupportedProblem("Meta-SGD has no rate alpha: its learned rates replace it")
    if (found := single_regime(problem)) is not None:
        return found
    if problem.loop.steps > 1:
        even = is_even(problem.task)
        return two_step_regimes(problem, report) if even else line_regimes.line_regimes(problem)
    return regimes(problem) if len(problem.unknowns) < 3 else product_regimes(problem, report)


def _as_json(found: Found, digits: int) -> dict[str, Any]:
    if isinstance(found, TwoStepRegimes):
        return two_step_report.as_json(found, digits)
    if isinstance(found, LineRegimes):
        return line_regimes.as_json(found, digits)
    if isinstance(found, RateRegimes):
        return rate_report.as_json(found, digits)
    from analysis.stationary_points import json_output

    return json_output.symbolic(found, digits) | {"events": event_rows(found)}


def _as_text(found: Found, digits: int) -> str:
    if isinstance(found, TwoStepRegimes):
        return two_step_report.text(found, digits)
    if isinstance(found, LineRegimes):
        return line_regimes.text(found, digits)
    return rate_report.text(found, digits) if isinstance(found, RateRegimes) else text(found, digits)


def parser() -> OneLineParser:
    """The command line."""
    p = OneLineParser(
        prog=PROG, description="Exact thresholds of the adaptation rate, and what happens at each."
    )
    add_problem_options(p, steps=2, outer=("maml", "first-order"))
    p.add_argument("--json", action="store_true", help="machine-readable output")
    p.add_argument("--plot", type=Path, metavar="FILE", help="the diagram, .png, .svg or .pdf")
    p.add_argument("--digits", type=integer_between(1, 1000), default=12)
    return p


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status.

    Raises:
        Refusal: bad input.
    """
    arguments = parser().parse_args(argv)
    path: Path | None = arguments.plot
    digits: int = arguments.digits
    if path is not None:
        check_plot(path)
    found: Found
    try:
        found = analyse(read_problem(arguments, rate=None), on_terminal("rates solved"))
    except (UnsupportedProblem, tasks.MomentError) as error:
        raise Refusal(str(error)) from None
    if path is not None and isinstance(found, LineRegimes):
        raise Refusal("--plot draws every stationary point; for this law only those on two lines are covered")
    print(json.dumps(_as_json(found, digits), indent=2) if arguments.json else _as_text(found, digits))
    if path is not None and not isinstance(found, LineRegimes):
        draw(found, path, on_terminal("rates drawn"))
    return 0


if __name__ == "__main__":
    run(main, PROG, Refusal)
