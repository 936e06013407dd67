"""The options that describe a problem, the same for every command that takes one."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from fractions import Fraction

from analysis import models, tasks
from analysis.adaptation import InnerLoop
from analysis.command_line import Refusal, integer_between, non_negative, positive
from analysis.landscape import Problem
from analysis.stationary_points.solve import MOST_FACTORS


def add_problem_options(p: argparse.ArgumentParser, steps: int, outer: Sequence[str]) -> None:
    """`--model`, `--factors`, `--task`, `--inputs`, `--noise`, `--steps`, `--adapts`, and so on.

    Args:
        p: the parser that gets them.
        steps: the largest number of inner steps.
        outer: the meta-gradients.
    """
    p.add_argument("--model", choices=sorted(models.NAMED), help="yhat = abx (default) or cx")
    p.add_argument(
        "--factors",
        type=integer_between(1, MOST_FACTORS),
        metavar="N",
        help=f"yhat = w1 ... wN x instead of --model, N = 1 to {MOST_FACTORS}",
    )
    laws = f"{', '.join(tasks.NAMED)} or moments:m1,m2,..."
    p.add_argument("--task", default="gaussian", metavar="LAW", help=laws)
    p.add_argument("--inputs", type=positive, default=Fraction(1), metavar="V", help="E[x^2], exact")
    p.add_argument(
        "--noise",
        type=non_negative,
        default=Fraction(1),
        metavar="S2",
        help="variance of y given x; shifts no L",
    )
    p.add_argument(
        "--steps",
        type=integer_between(1, steps),
        default=1,
        metavar="K",
        help=f"inner gradient steps, 1 to {steps}",
    )
    p.add_argument(
        "--adapts",
        metavar="NAMES",
        help="the factors that adapt: all, last (ANIL), none, or a list such as b,c",
    )
    p.add_argument(
        "--outer",
        default="maml",
        choices=outer,
        help="the meta-gradient; other ones than maml are vector fields",
    )
    p.add_argument(
        "--preconditioner",
        default="none",
        choices=("none", "meta-sgd", "meta-curvature", "kronecker"),
        help="meta-learned transformation of the inner gradients",
    )


def read_problem(arguments: argparse.Namespace, rate: Fraction | None) -> Problem:
    """The problem that the options describe.

    Args:
        arguments: parsed.
        rate: α, or None to keep it a symbol.

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
        rate=rate,
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
