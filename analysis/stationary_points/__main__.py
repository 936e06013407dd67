"""`python -m analysis.stationary_points`: the whole answer on one page."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from analysis import models, tasks
from analysis.adaptation import InnerLoop
from analysis.command_line import (
    MissingExtra,
    OneLineParser,
    Refusal,
    check_plot,
    integer_between,
    non_negative,
    positive,
    require_torch,
    run,
)
from analysis.landscape import Problem
from analysis.stationary_points.points import StationaryPoints, disjoint
from analysis.stationary_points.regimes import Regimes, regimes
from analysis.stationary_points.solve import MOST_FACTORS, UnsupportedProblem, stationary_points

PAPER_RATE = Fraction(1, 10)  # appendix D: "a fast-adaptation learning rate set to 0.1"
PROG = "python -m analysis.stationary_points"
MOST_STEPS = 4  # the degree of the loss is 4 * 3^K; K = 4 takes one to some minutes


def parser() -> OneLineParser:
    """The command line."""
    p = OneLineParser(
        prog=PROG,
        description="Every stationary point of a MAML loss, certified.",
    )
    p.add_argument("--model", choices=sorted(models.NAMED), help="yhat = abx (default) or cx")
    p.add_argument("--alpha", type=positive, help="adaptation rate, exact: 1/10, 0.1 and 1e-1 are the same")
    p.add_argument(
        "--task",
        default="gaussian",
        metavar="LAW",
        help="gaussian, rademacher, uniform, laplace, moments:m1,m2,...",
    )
    p.add_argument("--inputs", type=positive, default=Fraction(1), metavar="V", help="E[x^2], exact")
    p.add_argument(
        "--noise",
        type=non_negative,
        default=Fraction(1),
        metavar="S2",
        help="variance of y given x; shifts no L",
    )
    p.add_argument(
        "--factors",
        type=integer_between(1, MOST_FACTORS),
        metavar="N",
        help=f"yhat = w1 ... wN x instead of --model, N = 1 to {MOST_FACTORS}",
    )
    p.add_argument(
        "--steps",
        type=integer_between(1, MOST_STEPS),
        default=1,
        metavar="K",
        help=f"inner gradient steps, 1 to {MOST_STEPS}",
    )
    p.add_argument(
        "--adapts",
        metavar="NAMES",
        help="the factors that adapt: all, last (ANIL), none, or a list such as b,c",
    )
    p.add_argument(
        "--outer",
        default="maml",
        choices=("maml", "first-order", "reptile"),
        help="the meta-gradient; the last two are vector fields",
    )
    p.add_argument(
        "--preconditioner",
        default="none",
        choices=("none", "meta-sgd", "meta-curvature", "kronecker"),
        help="meta-learned transformation of the inner gradients",
    )
    p.add_argument(
        "--check", action="store_true", help="compare with PyTorch; exit 1 if a residual is too large"
    )
    p.add_argument("--json", action="store_true", help="machine-readable output")
    p.add_argument("--latex", action="store_true", help="formulas and table to paste")
    p.add_argument("--plot", type=Path, metavar="FILE", help="contours with every point, .png, .svg or .pdf")
    p.add_argument("--digits", type=integer_between(1, 1000), default=12, help="decimals of the enclosures")
    return p


def main(argv: list[str] | None = None) -> int:
    """Parse, solve, print.

    Returns:
        0; 1 if a numeric check fails or the completeness checks disagree.

    Raises:
        Refusal: bad input.
    """
    arguments = parser().parse_args(argv)
    if arguments.json and arguments.latex:
        raise Refusal("--json and --latex exclude each other: choose one")
    if arguments.plot is not None:
        check_plot(arguments.plot)
    try:
        problem = _problem(arguments)
        if arguments.check:
            _check_is_possible(problem)
        found, reason = _symbolic(problem)
        fixed = replace(problem, loop=replace(problem.loop, rate=arguments.alpha or PAPER_RATE))
        points = stationary_points(fixed)
    except (UnsupportedProblem, tasks.MomentError) as error:
        raise Refusal(str(error)) from None
    if arguments.plot is not None and len(problem.unknowns) > 2:
        raise Refusal(f"--plot draws 1 or 2 unknowns, not {len(problem.unknowns)}")
    if reason:
        print(f"alpha = {PAPER_RATE} (the paper's): {reason}", file=sys.stderr)
    print(_render(arguments, found, points))
    if arguments.plot is not None:
        from analysis.stationary_points.picture import draw

        draw(points, arguments.plot)
    status = 0 if points.complete else 1
    return max(status, _check(points, as_json=arguments.json)) if arguments.check else status


def _problem(arguments: argparse.Namespace) -> Problem:
    """The problem that the options describe.

    Raises:
        Refusal: they contradict each other or name what does not exist.
        MomentError: no such law.
    """
    model = models.NAMED[arguments.model or "deep"]
    if arguments.factors is not None:
        if arguments.model is not None:
            raise Refusal("--model and --factors exclude each other: choose one")
        model = models.product(arguments.factors)
    names = {"all": None, "last": model.parameters[-1:], "none": ()}
    text = "all" if arguments.adapts is None else arguments.adapts
    loop = InnerLoop(
        steps=arguments.steps,
        rate=arguments.alpha,
        adapts=names[text] if text in names else tuple(name.strip() for name in text.split(",")),
        preconditioner=arguments.preconditioner,
        outer=arguments.outer,
    )
    try:
        loop.adapting(model)
    except ValueError as error:
        raise Refusal(f"--adapts {text}: {error}") from None
    if loop.outer != "maml" and loop.preconditioner != "none":
        raise Refusal(
            f"--outer {loop.outer} has no gradient for learned factors: leave --preconditioner at none"
        )
    return Problem(model, tasks.parse(arguments.task), loop, arguments.inputs, arguments.noise)


def _is_plain(loop: InnerLoop) -> bool:
    """Whether this is MAML itself, the paper's subject."""
    return loop.adapts is None and loop.preconditioner == "none" and loop.outer == "maml"


def _symbolic(problem: Problem) -> tuple[Regimes | None, str]:
    """The answer for symbolic α; None and the reason where α has a number or there is no such answer."""
    if problem.loop.rate is not None:
        return None, ""
    if problem.loop.steps > 1:
        return None, "the symbolic answer covers one inner step"
    if problem.loop.outer == "reptile":
        return None, "Reptile's field is divided by the rate, which is a number here"
    try:
        return regimes(problem), ""
    except UnsupportedProblem as error:
        return None, str(error)


def _render(arguments: argparse.Namespace, found: Regimes | None, points: StationaryPoints) -> str:
    digits = arguments.digits
    while not disjoint(points.points, digits):
        digits *= 2
    if arguments.json:
        import json

        from analysis.stationary_points import json_output

        answer = json_output.numeric(points, digits)
        if found is not None:
            answer = json_output.symbolic(found, digits) | {"at_paper_rate": answer}
        return json.dumps(answer, indent=2)
    if arguments.latex:
        from analysis.stationary_points import latex

        parts = [latex.symbolic(found, digits)] if found else [latex.formulas(points.landscape)]
        return "\n\n".join([*parts, latex.numeric(points, digits)])
    from analysis.stationary_points import report

    parts = [report.symbolic(found, digits)] if found else []
    parts.append(report.numeric(points, digits))
    if found is not None and arguments.task == "gaussian" and _is_plain(points.problem.loop):
        parts.append(report.paper_statement(found, points))
    return "\n\n".join(parts)


def _check_is_possible(problem: Problem) -> None:
    """Before anything is computed: whether the numeric check covers the problem.

    Raises:
        Refusal: it does not.
        MissingExtra: PyTorch is not installed.
    """
    if problem.input_second_moment != 1:
        raise Refusal("--check draws x from N(0, 1): leave --inputs at 1")
    if problem.task.name not in tasks.NAMED:
        raise Refusal(f"--check samples tasks: choose --task {', '.join(tasks.NAMED)}")
    require_torch()


def _check(points: StationaryPoints, as_json: bool) -> int:
    if _is_plain(points.problem.loop):
        from analysis.numeric.check import check
    else:
        from analysis.numeric.what_adapts import check

    residuals = check(points)
    print(residuals.render(), file=sys.stderr if as_json else sys.stdout)
    return 0 if residuals.passed else 1


if __name__ == "__main__":
    run(main, PROG, Refusal, MissingExtra)
