"""`python -m analysis.dynamics`: basins, gradient noise and stability of meta-training, exactly."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from analysis.algebra.polynomials import rational
from analysis.command_line import (
    MissingExtra,
    OneLineParser,
    Refusal,
    check_plot,
    conclude,
    exact_json,
    integer_between,
    non_negative,
    positive,
    require_torch,
    run,
)
from analysis.dynamics import (
    at_minimum,
    contraction,
    covariance,
    curvatures,
    decay,
    diagonal_certificate,
    kurtosis_threshold,
    mean_limit,
    mean_square_limit,
    mirror_residuals,
    off_mirror_polynomial,
    query_noise,
    stationary_variance,
    task_gradient,
    task_hessian,
    tolerance_threshold,
)
from analysis.landscape import CONVENTION, Problem, derive
from analysis.models import DEEP, SHALLOW

STATEMENT = (
    "for every alpha > 0, and task kurtosis above the threshold, the basins of the four minima under\n"
    "gradient flow are the four open wedges between the lines a = b and a = -b"
)


def basin_theorem() -> dict[str, Any]:
    """The certificates of the basin theorem (`analysis.dynamics.flow`)."""
    threshold = kurtosis_threshold()
    return {
        "statement": STATEMENT,
        "normal_gradient_on_mirrors": {line: str(residual) for line, residual in mirror_residuals().items()},
        "off_mirror_polynomial": str(off_mirror_polynomial()),
        "sum_of_squares_residual": str(diagonal_certificate()),
        "kurtosis_threshold": {
            "polynomial": str(threshold.polynomial),
            "approx": float(threshold.enclosure()),
            "exact": "6 - 3*4^(1/3)",
        },
    }


def noise() -> dict[str, Any]:
    """Per-task gradients and noise at the minima, for symbolic α."""
    deep, shallow = derive(Problem(DEEP)), derive(Problem(SHALLOW))
    ((variance,),) = covariance(shallow)
    return {
        "deep_task_gradient": [str(at_minimum(g)) for g in task_gradient(deep)],
        "deep_task_hessian": [[str(h) for h in row] for row in task_hessian(deep)],
        "deep_covariance": [[str(at_minimum(entry)) for entry in row] for row in covariance(deep)],
        "shallow_variance": " * ".join(f"({p})^{k}" for p, k in variance.factor()[1]),
    }


def stability(alpha: Fraction, rate: Fraction, momentum: Fraction, tasks: int) -> dict[str, Any]:
    """Limits, rates and stationary spread for one setting of meta-training."""
    root = mean_square_limit(alpha, momentum, tasks)
    query = query_noise(alpha, 5, Fraction(1))
    limit = mean_limit(alpha, "shallow", momentum) if alpha != 1 else None
    settles = limit is not None and rate < limit
    variance = stationary_variance(alpha, rate, momentum, tasks) if settles else None
    per_step = {str(c): contraction(c, rate, momentum) for c in curvatures(alpha, "deep")}
    return {
        "alpha": str(alpha),
        "rate": str(rate),
        "momentum": str(momentum),
        "tasks": tasks,
        "deep": {
            "curvatures": [str(c) for c in curvatures(alpha, "deep")],
            "mean_limit": str(mean_limit(alpha, "deep", momentum)),
            "mean_square_limit": {"polynomial": str(root.polynomial), "approx": float(root.enclosure())},
            "contraction_per_step": per_step,
            "stationary_variance": "0" if root.enclosure() > rational(rate) else None,
            "steps_for_a_factor_e": {
                str(c): 1 / decay(c, rate, momentum) if decay(c, rate, momentum) > 0 else None
                for c in curvatures(alpha, "deep")
            },
            "escape_per_step": contraction(-2 * alpha, rate, momentum),
        },
        "shallow": {
            "curvature": str((1 - alpha) ** 2),
            "mean_limit": None if limit is None else str(limit),
            "stationary_variance": None if variance is None else str(variance),
        },
        "tolerates_more": None
        if limit is None
        else "deep"
        if root.enclosure() > rational(limit)
        else "shallow",
        "noise_of_5_query_samples": {name: list(map(str, values)) for name, values in query.items()},
    }


def show(theorem: dict[str, Any], gradients: dict[str, Any], report: dict[str, Any]) -> None:
    """Print everything for people."""
    print(f"{CONVENTION}\n\nBasins: {theorem['statement']}.")
    print(f"  normal gradient on the mirror lines: {theorem['normal_gradient_on_mirrors']}")
    print(f"  stationary points off them: positive roots q = a^2 b^2 of {theorem['off_mirror_polynomial']}")
    print("  (m4 the kurtosis, 3 for Gaussian tasks; alpha cancels)")
    print(f"  dL/dr on a = b plus its sum of squares: {theorem['sum_of_squares_residual']}")
    threshold = theorem["kurtosis_threshold"]
    print(f"  kurtosis threshold {threshold['exact']} = {threshold['approx']:.10f}\n")
    print("Noise: the meta-gradient of one task theta, with infinite data a task")
    print(f"  at the deep minimum (1/sqrt(alpha), 0): {gradients['deep_task_gradient']}, for every theta;")
    print(f"  its Hessian there: {gradients['deep_task_hessian']}")
    print(f"  covariance: deep {gradients['deep_covariance']}, shallow {gradients['shallow_variance']}\n")
    deep, shallow = report["deep"], report["shallow"]
    print(f"Stability at alpha = {report['alpha']}, meta rate {report['rate']}, ", end="")
    print(f"momentum {report['momentum']}, {report['tasks']} task(s) a step")
    print(f"  deep     curvatures {', '.join(deep['curvatures'])}")
    print(f"           the mean contracts below the meta rate {deep['mean_limit']},", end=" ")
    print(f"the mean square below {deep['mean_square_limit']['approx']:.10g}")
    for curvature, factor in deep["contraction_per_step"].items():
        steps = deep["steps_for_a_factor_e"][curvature]
        life = "no convergence" if steps is None else f"{steps:.5g} steps for a factor e"
        print(f"           along curvature {curvature}: {factor:.9g} a step ({life})")
    settled = deep["stationary_variance"] or "none: the mean square grows at this rate"
    print(f"           from the origin: {deep['escape_per_step']:.9g} a step; stationary variance {settled}")
    print(f"  shallow  curvature {shallow['curvature']}")
    print(
        f"           the mean contracts below the meta rate {shallow['mean_limit'] or 'infinity: it is flat'}"
    )
    print(f"           stationary variance {shallow['stationary_variance'] or 'none'}")
    print(f"  the larger meta rate is tolerated by {report['tolerates_more'] or 'shallow'}", end="; ")
    print("with one task a step and no momentum by deep below", end=" ")
    print(f"alpha = {float(tolerance_threshold().enclosure()):.10g}, by shallow above")
    for name, variances in report["noise_of_5_query_samples"].items():
        print(
            f"  {name}: gradient variance from 5 query samples with unit label noise: {', '.join(variances)}"
        )


def parser() -> OneLineParser:
    """The command's arguments."""
    p = OneLineParser(prog="python -m analysis.dynamics", description=__doc__)
    p.add_argument("--alpha", type=positive, default=Fraction(1, 10), help="adaptation rate, default 1/10")
    p.add_argument("--rate", type=positive, default=Fraction(1, 100), help="meta rate, default 1/100")
    p.add_argument("--momentum", type=non_negative, default=Fraction(9, 10), help="below 1, default 9/10")
    p.add_argument("--tasks", type=integer_between(1, 10**6), default=1, help="in one step, default 1")
    p.add_argument("--check", action="store_true", help="compare with PyTorch; exit 1 on disagreement")
    p.add_argument("--plot", type=Path, metavar="FILE", help="draw the basins, .png, .svg or .pdf")
    p.add_argument("--json", action="store_true", help="machine-readable output")
    return p


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status.

    Raises:
        Refusal: a momentum of 1 or more, or a picture that cannot be written.
        MissingExtra: --check without PyTorch.
    """
    options = parser().parse_args(argv)
    if options.momentum >= 1:
        raise Refusal(f"--momentum {options.momentum}: choose a rational number from 0 to below 1")
    if options.plot is not None:
        check_plot(options.plot)
    if options.check:
        require_torch()
    theorem, gradients = basin_theorem(), noise()
    report = stability(options.alpha, options.rate, options.momentum, options.tasks)
    residuals = None
    if options.check:
        from analysis.numeric.dynamics import compare

        residuals = compare(options.alpha)
    if options.json:
        everything: dict[str, Any] = {
            "convention": CONVENTION,
            "basins": theorem,
            "noise": gradients,
            "stability": report,
        }
        print(exact_json(everything))
    else:
        show(theorem, gradients, report)
    if options.plot is not None:
        from analysis.dynamics.picture import draw

        draw(options.plot, options.alpha, options.rate, options.momentum)
    return conclude(residuals, as_json=options.json)


def entry() -> None:
    """The process `python -m analysis.dynamics`."""
    run(main, "python -m analysis.dynamics", Refusal, MissingExtra)
