"""`python -m analysis.equivalence`: the meta-optimizer inside a deep linear net, and external ones."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from analysis.algebra.polynomials import fraction
from analysis.command_line import (
    MissingExtra,
    OneLineParser,
    deliver,
    integer_between,
    positive,
    rational,
    require_torch,
    run,
)
from analysis.dimensions import Setting, least_excess
from analysis.equivalence.collapsed import verify, verify_scalars
from analysis.equivalence.reach import Tasks, symmetric

if TYPE_CHECKING:
    from analysis.numeric.residuals import Residuals

CONVENTION = (
    "task loss 1/2 E|y - yhat|^2; excess loss 1/2 E tr((f - Theta) Sigma (f - Theta)') after one inner step"
)
THEOREMS = (
    "U' = U + sum over non-empty sets J of layers of (-alpha)^|J| T_J(G),  "
    "T_J = (A_j1 A_j1') G K_j1j2 G ... G (C_jm' C_jm)",
    "two layers U = AB:   U' = U - alpha (A A' G + G B' B) + alpha^2 G (U transposed) G",
    "N scalars, c = w1...wN:   c' = c + sum_m (-alpha g)^m c^(m-1) e_(N-m)(w1^2, ..., wN^2)",
    "so ab:   c' = c - alpha (a^2 + b^2) g + alpha^2 ab g^2",
)
SHAPES = ((1, 1, 1), (2, 2, 2), (3, 3, 3), (2, 2, 2, 2), (2, 1, 2, 1, 2))


def matrix_argument(text: str) -> tuple[tuple[Fraction, ...], ...]:
    """A symmetric matrix "2,1;1,3", or the diagonal "1,2,3"."""
    try:
        rows = tuple(tuple(rational(x) for x in row.split(",")) for row in text.split(";"))
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}; a matrix is 2,1;1,3 and a diagonal 1,2") from None
    if len(rows) > 1 or len(rows[0]) == 1:
        return rows
    size = len(rows[0])
    return tuple(tuple(rows[0][i] if i == j else Fraction(0) for j in range(size)) for i in range(size))


def parser() -> OneLineParser:
    """The command's arguments."""
    p = OneLineParser(prog="python -m analysis.equivalence", description=__doc__)
    p.add_argument(
        "--covariance",
        type=matrix_argument,
        default=matrix_argument("2,1;1,3"),
        help="Sigma = E xx', default 2,1;1,3",
    )
    p.add_argument("--tasks", type=matrix_argument, help="covariance of a row of Theta, default the identity")
    p.add_argument("--outputs", type=integer_between(1, 16), default=1, metavar="k", help="default 1")
    p.add_argument(
        "--alpha", type=positive, default=Fraction(1, 10), help="the fixed rate of plain MAML, default 1/10"
    )
    p.add_argument("--check", action="store_true", help="compare with PyTorch; exit 1 on disagreement")
    p.add_argument("--json", action="store_true")
    return p


def report(tasks: Tasks, rate: Fraction) -> dict[str, Any]:
    """Everything the command prints, exact; fractions stay fractions."""
    best_rate, best_loss = tasks.best_rate()
    rates, meta_sgd = tasks.meta_sgd()
    width = tasks.width_for_zero()
    untrained = Fraction(tasks.outputs, 2) * tasks.moments[0]
    return {
        "convention": CONVENTION,
        "theorems": THEOREMS,
        "verified": [{"widths": w, "terms": verify(w)} for w in SHAPES]
        + [{"scalars": n, "terms": verify_scalars(n)} for n in range(1, 6)],
        "problem": {"outputs": tasks.outputs, "inputs": tasks.inputs.nrows(), "alpha": rate},
        "reach": [
            {"method": "no adaptation", "loss": untrained, "by": "C = E Theta"},
            {"method": "shallow, MAML", "loss": tasks.at_rate(rate), "by": f"alpha = {rate}"},
            {"method": "shallow, tuned rate (also T-Nets)", "loss": best_loss, "by": f"alpha = {best_rate}"},
            {
                "method": "shallow, Meta-SGD",
                "loss": meta_sgd,
                "by": f"rates {', '.join(map(str, rates))} a row",
            },
            {
                "method": "shallow, Meta-Curvature or KFO",
                "loss": Fraction(0),
                "by": f"right factor {'; '.join(', '.join(map(str, r)) for r in tasks.meta_curvature())}",
            },
            {
                "method": "two linear layers, any alpha",
                "loss": Fraction(0),
                "by": f"hidden width {width} or more; not with less, for tasks with a density",
            },
            *_narrow_nets(tasks, rate),
        ],
    }


def _narrow_nets(tasks: Tasks, rate: Fraction) -> list[dict[str, Any]]:
    """What narrower nets attain, where `analysis.dimensions.narrow` says so: k = 1, Σ diagonal, T = I."""
    size = tasks.inputs.nrows()
    spread = tuple(fraction(tasks.inputs[i, i]) for i in range(size))
    isotropic = all(tasks.tasks[i, j] == int(i == j) for i in range(size) for j in range(size))
    diagonal = all(tasks.inputs[i, j] == 0 for i in range(size) for j in range(i))
    if tasks.outputs != 1 or not isotropic or not diagonal or size > 12:
        return []
    bounds = [least_excess(Setting(1, size, h, rate, spread)) for h in range(1, tasks.width_for_zero())]
    return [
        {"method": f"two linear layers, width {h}", "loss": bound.upper, "by": "attained; 0 is not"}
        for h, bound in enumerate(bounds, start=1)
    ]


def text(result: dict[str, Any]) -> str:
    """The report for a reader."""
    lines = ["The step of the collapsed map (W_j <- W_j - alpha A_j' G C_j', G = dl/dU):"]
    lines += [f"  {theorem}" for theorem in result["theorems"]]
    shapes = ", ".join(f"{v.get('widths', v.get('scalars'))}: {v['terms']} terms" for v in result["verified"])
    lines += [f"  verified as polynomial identities, widths or number of scalars: {shapes}", ""]
    p = result["problem"]
    lines += [
        f"Least excess loss in one step, {p['inputs']} inputs, {p['outputs']} output(s).",
        f"Convention: {result['convention']}.",
        *(
            f"  {row['method']:<36} {row['loss']!s:>12}  {float(row['loss']):<10.6g} {row['by']}"
            for row in result["reach"]
        ),
        "",
        "In one dimension all learned rates reach 0: with unlimited data depth adds exactly the freedom to "
        "learn the step size.",
        "At a solution AB = 0, AA' = s^2 I, B'B = inverse(Sigma)/alpha - s^2 I: the upper layer sets a step "
        "size, the lower one every direction.",
        "Laws of x on which 0 is reached: tuned rate, T-Nets: Sigma = s I; Meta-SGD: Sigma diagonal; "
        "Meta-Curvature, KFO and wide enough depth: all.",
    ]
    return "\n".join(lines)


def check(tasks: Tasks, sigma: Sequence[Sequence[Fraction]], rows: Sequence[Sequence[Fraction]]) -> Residuals:
    """PyTorch's minimised meta-losses against the closed forms.

    Raises:
        ValueError: the problem is too large for a check that ends soon.
    """
    if tasks.outputs * tasks.inputs.nrows() > 8:
        raise ValueError("--check minimises numerically: keep outputs x inputs <= 8")
    import torch

    from analysis.numeric.equivalence import OPTIMIZERS, least_loss
    from analysis.numeric.residuals import Residual, Residuals

    def tensor(m: Sequence[Sequence[Fraction]]) -> Any:
        return torch.tensor([[float(x) for x in row] for row in m], dtype=torch.float64)

    exact = {
        "best rate": tasks.best_rate()[1],
        "t-nets": tasks.best_rate()[1],
        "meta-sgd": tasks.meta_sgd()[1],
    }
    residuals = []
    for name in OPTIMIZERS:
        expected = float(exact.get(name, Fraction(0)))
        found = least_loss(name, tasks.outputs, tensor(sigma), tensor(rows))
        bound = 1e-8 * float(tasks.moments[0])
        residuals.append(Residual(f"least loss, {name}", abs(found - expected), bound, f"{found:.10g}"))
    return Residuals(tuple(residuals))


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    args = parser().parse_args(argv)
    size = len(args.covariance)
    rows = args.tasks or matrix_argument(",".join(["1"] * size))
    tasks = Tasks(args.outputs, symmetric(args.covariance, "--covariance"), symmetric(rows, "--tasks"))
    if len(rows) != size:
        raise ValueError(f"--tasks is {len(rows)} x {len(rows)} but --covariance {size} x {size}")
    if args.check:
        require_torch()
    answer = report(tasks, args.alpha)
    residuals = check(tasks, args.covariance, rows) if args.check else None
    return deliver(answer, text(answer), residuals, as_json=args.json)


def entry() -> None:
    """The process `python -m analysis.equivalence`."""
    run(main, "python -m analysis.equivalence", ValueError, MissingExtra)
