"""`python -m analysis.finite_samples`: the exact MAML loss, best rate and minima with n support samples."""

from __future__ import annotations

from dataclasses import asdict
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any

from analysis.adaptation import InnerLoop
from analysis.command_line import (
    MissingExtra,
    OneLineParser,
    deliver,
    integer_between,
    non_negative,
    positive,
    require_torch,
    run,
)
from analysis.finite_samples.best import (
    best_in_dimension,
    best_shallow,
    certify_axis_identity,
    certify_axis_minima,
    shallow_loss,
)
from analysis.finite_samples.deep import DeepReport, deep_minima
from analysis.finite_samples.expected_loss import derive
from analysis.finite_samples.global_minima import certify_global_minima
from analysis.finite_samples.moments import Support
from analysis.landscape import Landscape, Problem
from analysis.landscape import derive as derive_infinite
from analysis.models import DEEP, SHALLOW
from analysis.stationary_points.solve import solve
from analysis.tasks import GAUSSIAN, NAMED, MomentError, TaskLaw
from analysis.tasks import parse as parse_task

if TYPE_CHECKING:
    from analysis.numeric.residuals import Residuals

CONVENTION = (
    "task loss 1/2 E(y - yhat)^2; excess loss L_n = 1/2 E(theta - f)^2 of the population, after one inner "
    "step on n samples, noise N(0, s2)"
)
TABLE = (1, 2, 5, 10, 20, 50, 100, None)


def parser() -> OneLineParser:
    """The command's arguments."""
    p = OneLineParser(prog="python -m analysis.finite_samples", description=__doc__)
    p.add_argument(
        "--samples", type=integer_between(1, 10**6), default=5, metavar="n", help="support size, default 5"
    )
    p.add_argument("--alpha", type=positive, default=Fraction(1, 10), help="adaptation rate, default 1/10")
    p.add_argument(
        "--noise", type=non_negative, default=Fraction(1), metavar="s2", help="noise variance, default 1"
    )
    p.add_argument(
        "--task",
        default="gaussian",
        help="law of theta: gaussian, rademacher, uniform, laplace, moments:m1,m2,…",
    )
    p.add_argument(
        "--covariates",
        default="gaussian",
        metavar="LAW",
        help="law of x, like --task; the deep loss needs its moments up to E x^8",
    )
    p.add_argument(
        "--inputs", type=integer_between(1, 10**6), metavar="d", help="also the best rate in d dimensions"
    )
    p.add_argument(
        "--check", action="store_true", help="compare with simulation in PyTorch; exit 1 on disagreement"
    )
    p.add_argument("--json", action="store_true")
    return p


def report(
    samples: int,
    rate: Fraction,
    noise: Fraction,
    task: TaskLaw,
    inputs: int | None = None,
    covariates: TaskLaw = GAUSSIAN,
) -> dict[str, Any]:
    """Everything the command prints, exact; fractions stay fractions.

    Args:
        samples, rate, noise, task: n, α, σ² and the law of θ.
        inputs: d, for the row in d dimensions, whose x is Gaussian.
        covariates: the law of x.
    """
    rows: list[dict[str, Any]] = []
    for n in sorted({*TABLE, samples}, key=lambda n: (n is None, n or 0)):
        support = Support(n, inputs=covariates, noise_variance=noise)
        best = best_shallow(support, task)
        rows.append(
            {
                "samples": n,
                "best_rate": best.rate,
                "best_start": best.start,
                "loss": best.loss,
                "shallow_loss_at_alpha": shallow_loss(support, rate, task),
                "deep_axis_squared": best.rate / rate if best.start == 0 else None,
                "deep_counts": solve(_deep_landscape(support, rate, task)).counts,
            }
        )
    certificate = certify_axis_minima()
    symbolic = Support(inputs=covariates, noise_variance=None)
    result: dict[str, Any] = {
        "convention": CONVENTION,
        "problem": {"samples": samples, "alpha": rate, "noise_variance": noise, "task": task.name}
        | {"covariates": covariates.name},
        "shallow_loss": str(derive(SHALLOW, symbolic, task=task).loss),
        "deep_terms": len(derive(DEEP, symbolic, task=task).loss.to_dict()),
        "table": rows,
        "axis_identity": certify_axis_identity(task, covariates),
        "axis_minima": {"certified": certificate.certified, "discriminant": str(certificate.discriminant)}
        | {"global": certify_global_minima().certified},
        "deep": _deep(deep_minima(Support(samples, inputs=covariates, noise_variance=noise), rate, task)),
    }
    if inputs:
        result["dimension"] = {"inputs": inputs} | asdict(best_in_dimension(inputs, samples, noise))
    return result


def _deep_landscape(support: Support, rate: Fraction, task: TaskLaw) -> Landscape:
    """The deep landscape at numbers; n = None is infinite data here."""
    if support.samples is None:
        return derive_infinite(Problem(DEEP, task, InnerLoop(rate=rate), support.inputs.moment(2)))
    return derive(DEEP, support, rate, task)


def _deep(found: DeepReport) -> dict[str, Any]:
    return {
        "complete": found.found.complete,
        "counts": found.found.counts,
        "on_axes": any(i.lower == i.upper == 0 for p in found.global_minima for i in p.box().values()),
        "minima": [
            {"parameters": {w: i.approx for w, i in p.box().items()}, "loss": p.loss().approx}
            | {"eigenvalues": [e.approx for e in p.eigenvalues()], "global": p in found.global_minima}
            for p in found.found.points
            if p.kind == "minimum"
        ],
        "against_learned_rate": {1: "below", 0: "equal to", -1: "above"}[found.gain],
    }


def text(result: dict[str, Any]) -> str:
    """The report for a reader."""
    p = result["problem"]
    identity = "verified" if result["axis_identity"] else "FAILS"
    certified = result["axis_minima"]["certified"] and result["axis_minima"]["global"]
    proved = "proved" if certified else "NOT proved"
    lines = [
        f"Convention: {result['convention']}.",
        f"theta ~ {p['task']}, x ~ {p['covariates']}, noise variance {p['noise_variance']}, "
        f"alpha = {p['alpha']}",
        f"shallow, exactly (nu = 1/n):  L_n = {result['shallow_loss']}",
        f"deep, exactly: a polynomial of {result['deep_terms']} terms in a, b, alpha, nu, s2; "
        f"L_n(a, 0; alpha) = L_n_shallow(0; alpha a^2): {identity}",
        "",
        *_table(result["table"]),
    ]
    if "dimension" in result:
        d = result["dimension"]
        lines.append(
            f"x, theta ~ N(0, I_{d['inputs']}): best alpha = {d['rate']}, L = {d['loss']}, "
            f"also for a'Bx at B = 0, |a|^2 = {d['rate'] / p['alpha']}"
        )
    return "\n".join(
        [
            *lines,
            "",
            f"deep, n = {p['samples']}, alpha = {p['alpha']}: " + _minima(result["deep"]),
            f"four axis minima, the global ones, for every n, alpha, s2 (Gaussian theta, x, noise): {proved}",
            *_conclusions(result),
        ]
    )


def _conclusions(result: dict[str, Any]) -> list[str]:
    """What becomes of the infinite-data statements for these laws, in words."""
    scale = "alpha" if result["problem"]["covariates"] in NAMED else "(alpha E[x^2])"
    first = f"Infinite data: zero excess at (+-1/sqrt{scale}, 0), (0, +-1/sqrt{scale})."
    first = first.replace("sqrtalpha", "sqrt(alpha)")
    row = next(row for row in result["table"] if row["samples"] == result["problem"]["samples"])
    if row["loss"] == 0:
        return [f"{first} With n samples", "of one size and exact labels nothing changes."]
    moved = "a^2 shrinks by best alpha E[x^2]." if scale != "alpha" else "a^2 shrinks by best alpha."
    where = moved if result["deep"]["on_axes"] else "for these laws the best are not on an axis."
    words = "zero excess is not attainable and these four are not stationary"
    return [f"{first} With n samples", f"{words}: {where}"]


def _table(rows: list[dict[str, Any]]) -> list[str]:
    names = ("n", "best alpha", "L with it", "L at alpha", "deep axis a^2", "points")
    widths = (8, 12, 24, 12, 14, 7)
    return [" ".join(f"{name:>{width}}" for name, width in zip(names, widths, strict=True))] + [
        f"{row['samples'] or 'infinity':>8} {row['best_rate']!s:>12} {row['loss']!s:>12} "
        f"{float(row['loss']):>11.5f} {float(row['shallow_loss_at_alpha']):>12.5f} "
        f"{_number(row['deep_axis_squared']):>14} {row['deep_counts']['points']:>7}"
        for row in rows
    ]


def _number(value: Fraction | None) -> str:
    return "-" if value is None else f"{float(value):.5f}"


def _minima(deep: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} {kind}" for kind, count in deep["counts"].items())
    lines = [f"{counts} (complete: {deep['complete']})"]
    for m in deep["minima"]:
        a, b = m["parameters"]["a"], m["parameters"]["b"]
        eigenvalues = ", ".join(f"{e:.6g}" for e in m["eigenvalues"])
        rank = ", global" if m["global"] else ""
        where = f"minimum a = {a:.10g}, b = {b:.10g}"
        lines.append(f"  {where}: L = {m['loss']:.10g}, Hessian {eigenvalues}{rank}")
    relation = deep["against_learned_rate"]
    lines.append(f"  the best is {relation} what a shallow model with a learned rate reaches")
    return "\n".join(lines)


def check(
    samples: int, rate: Fraction, noise: Fraction, task: TaskLaw, covariates: TaskLaw = GAUSSIAN
) -> Residuals:
    """Simulation against the exact loss, shallow and deep, at minima and elsewhere, to 4 standard errors.

    Raises:
        ValueError: a law is known by its moments only, so that it cannot be drawn.
    """
    for name, law in (("--task", task), ("--covariates", covariates)):
        if law.name not in NAMED:
            raise ValueError(f"--check draws tasks and data: choose {name} {', '.join(NAMED)}")
    import torch
    from flint import fmpq

    from analysis.algebra.polynomials import fraction, rational
    from analysis.numeric.finite_samples import Sampler, simulate
    from analysis.numeric.maml import sampled_theta
    from analysis.numeric.residuals import Residual, Residuals

    support = Support(samples, inputs=covariates, noise_variance=noise)
    tasks = max(1000, min(100_000, 10**7 // samples))
    axis = float(best_shallow(support, task).rate / rate) ** 0.5
    near = Fraction(axis).limit_denominator(1000)
    points = [
        (SHALLOW, (Fraction(1, 2),)),
        (DEEP, (near, Fraction(0))),
        (DEEP, (Fraction(3, 2), Fraction(7, 10))),
    ]

    def drawing(law: TaskLaw) -> Sampler:
        return lambda shape, generator: sampled_theta(prod(shape), generator, law.name).reshape(shape)

    residuals = []
    for seed, (model, point) in enumerate(points):
        loss: fmpq = derive(model, support, rate, task).loss(*map(rational, point))
        layers = [torch.tensor([[float(w)]], dtype=torch.float64) for w in point]
        deviation = float(noise) ** 0.5
        estimate = simulate(
            layers,
            float(rate),
            samples,
            tasks=tasks,
            noise=deviation,
            seed=seed,
            draw_task=drawing(task),
            draw_input=drawing(covariates),
        )
        where = ", ".join(str(w) for w in point)
        residuals.append(
            Residual(
                f"{model.name} loss at ({where})",
                abs(float(fraction(loss)) - estimate.mean),
                4 * estimate.standard_error,
                f"{estimate.mean:.6f}, {tasks} tasks, 4 standard errors",
            )
        )
    return Residuals(tuple(residuals))


def _covariates(text: str) -> TaskLaw:
    """The law of x.

    Raises:
        MomentError: there is no such law, or too few of its moments are given.
        ValueError: x is always 0.
    """
    law = parse_task(text)
    if not callable(law.moments) and len(law.moments) < 8:
        raise MomentError(
            f"--covariates: {len(law.moments)} moments are given, the deep loss needs E x to E x^8"
        )
    if law.moment(2) == 0:
        raise ValueError("--covariates: x is always 0, so that no data tell tasks apart")
    return law


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    args = parser().parse_args(argv)
    task = parse_task(args.task)
    if args.check:
        require_torch()
    covariates = _covariates(args.covariates)
    if args.inputs and covariates is not GAUSSIAN:
        raise ValueError("--inputs has x ~ N(0, I_d): leave --covariates at gaussian")
    answer = report(args.samples, args.alpha, args.noise, task, args.inputs, covariates)
    residuals = check(args.samples, args.alpha, args.noise, task, covariates) if args.check else None
    return deliver(answer, text(answer), residuals, as_json=args.json)


def entry() -> None:
    """The process `python -m analysis.finite_samples`."""
    run(main, "python -m analysis.finite_samples", ValueError, ArithmeticError, MissingExtra)
