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
the rest. Not covered: two steps with other laws, and three steps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import models, tasks
from analysis.adaptation import InnerLoop
from analysis.command_line import OneLineParser, Refusal, check_plot, integer_between, positive, run
from analysis.exact_numbers import decimal
from analysis.landscape import CONVENTION, Problem
from analysis.stationary_points import two_step_report
from analysis.stationary_points.points import Kind
from analysis.stationary_points.products import rate_report
from analysis.stationary_points.products.rate_regimes import RateRegimes, product_regimes
from analysis.stationary_points.regimes import Regimes, regimes
from analysis.stationary_points.report import heading, stratum_in_words, table
from analysis.stationary_points.solve import UnsupportedProblem, stationary_points
from analysis.stationary_points.two_step_regimes import TwoStepRegimes, two_step_regimes

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


def diagram(problem: Problem, rates: Sequence[Fraction]) -> list[DiagramPoint]:
    """Every isolated stationary point at each of the rates; each answer is certified complete.

    Args:
        problem: with symbolic α.
        rates: positive rationals.
    """
    solved = [stationary_points(replace(problem, loop=replace(problem.loop, rate=rate))) for rate in rates]
    return [
        DiagramPoint(rate, tuple(float(x.mid()) for x in point.enclose()), point.loss().approx, point.kind)
        for rate, found in zip(rates, solved, strict=True)
        for point in found.points
    ]


Found = Regimes | RateRegimes | TwoStepRegimes
_MANY = 12  # thresholds, from which on fewer rates are drawn close to each


def grid(found: Found, count: int = 60) -> list[Fraction]:
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


def draw(found: Found, path: Path) -> None:
    """The diagram of every point, with the thresholds dashed, as a picture file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 4.0), layout="constrained")
    where, loss = figure.subplots(1, 2)
    draw_panels(where, loss, diagram(found.problem, grid(found)))
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


def _analysis(problem: Problem) -> Callable[[Problem], Found]:
    """Which of the three analyses covers a problem."""
    if problem.loop.steps > 1:
        return two_step_regimes
    return regimes if len(problem.unknowns) < 3 else product_regimes


def _as_json(found: Found, digits: int) -> dict[str, Any]:
    if isinstance(found, TwoStepRegimes):
        return two_step_report.as_json(found, digits)
    if isinstance(found, RateRegimes):
        return rate_report.as_json(found, digits)
    from analysis.stationary_points import json_output

    return json_output.symbolic(found, digits) | {"events": event_rows(found)}


def _as_text(found: Found, digits: int) -> str:
    if isinstance(found, TwoStepRegimes):
        return two_step_report.text(found, digits)
    return rate_report.text(found, digits) if isinstance(found, RateRegimes) else text(found, digits)


def parser() -> OneLineParser:
    """The command line."""
    p = OneLineParser(
        prog=PROG, description="Exact thresholds of the adaptation rate, and what happens at each."
    )
    p.add_argument("--model", choices=sorted(models.NAMED), help="yhat = abx (default) or cx")
    p.add_argument(
        "--factors",
        type=integer_between(1, 4),
        metavar="N",
        help="yhat = w1 ... wN x instead of --model, N = 1 to 4",
    )
    laws = f"{', '.join(tasks.NAMED)} or moments:m1,m2,..."
    p.add_argument(
        "--steps", type=integer_between(1, 2), default=1, metavar="K", help="2: laws without odd moments"
    )
    p.add_argument("--task", default="gaussian", metavar="LAW", help=laws)
    p.add_argument("--inputs", type=positive, default=Fraction(1), help="E[x^2], exact")
    p.add_argument("--outer", default="maml", choices=("maml", "first-order"), help="the meta-gradient")
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
    model = models.NAMED[arguments.model or "deep"]
    if arguments.factors is not None:
        if arguments.model is not None:
            raise Refusal("--model and --factors exclude each other: choose one")
        model = models.product(arguments.factors)
    found: Found
    try:
        loop = InnerLoop(steps=arguments.steps, outer=arguments.outer)
        problem = Problem(model, tasks.parse(arguments.task), loop, arguments.inputs)
        found = _analysis(problem)(problem)
    except (UnsupportedProblem, tasks.MomentError) as error:
        raise Refusal(str(error)) from None
    print(json.dumps(_as_json(found, digits), indent=2) if arguments.json else _as_text(found, digits))
    if path is not None:
        draw(found, path)
    return 0


if __name__ == "__main__":
    run(main, PROG, Refusal)
