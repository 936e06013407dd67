"""`python -m analysis.dimensions`: when and where ABx, aᵀBx or a chain adapts to every task in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from analysis.command_line import (
    MissingExtra,
    OneLineParser,
    deliver,
    integer_between,
    positive,
    rationals,
    require_torch,
    run,
)
from analysis.dimensions.chains import certify_chain, representative_chain
from analysis.dimensions.narrow import least_excess, trap
from analysis.dimensions.proof import certify, certify_partial
from analysis.dimensions.spectrum import Spectrum, degeneracy, spectrum
from analysis.dimensions.zero_excess import Setting, Stratum, components, representative, strata

if TYPE_CHECKING:
    from analysis.numeric.residuals import Residuals

CONVENTION = (
    "task loss 1/2 E|y - yhat|^2; excess loss L = 1/2 E tr((f - Theta) Sigma (f - Theta)'), zero exactly "
    "when every task is solved after one inner step on all layers; tasks with independent N(0, 1) entries"
)


def parser() -> OneLineParser:
    """The command's arguments."""
    p = OneLineParser(prog="python -m analysis.dimensions", description=__doc__)
    p.add_argument("--inputs", type=integer_between(1, 64), default=2, metavar="d", help="default 2")
    p.add_argument("--hidden", type=integer_between(1, 64), default=3, metavar="h", help="default 3")
    p.add_argument("--outputs", type=integer_between(1, 64), default=1, metavar="k", help="default 1")
    p.add_argument(
        "--covariance", type=rationals, default=(), metavar="l1,l2,...", help="eigenvalues of E xx'"
    )
    p.add_argument("--alpha", type=positive, default=Fraction(1, 10), help="adaptation rate, default 1/10")
    p.add_argument(
        "--more",
        type=integer_between(1, 64),
        nargs="*",
        default=[],
        metavar="n",
        help="widths of further layers",
    )
    p.add_argument("--check", action="store_true", help="compare with PyTorch; exit 1 on disagreement")
    p.add_argument("--json", action="store_true")
    return p


def report(setting: Setting, more: Sequence[int] = ()) -> dict[str, Any]:
    """Everything the command prints, exact; fractions stay fractions."""
    small = [min(n, 3) for n in (setting.outputs, setting.hidden, setting.inputs)]
    proof = certify(small[0], small[1], small[2])
    result: dict[str, Any] = {
        "setting": {**asdict(setting), "covariance": setting.eigenvalues},
        "convention": CONVENTION,
        "zero_excess": setting.hidden >= setting.width_for_zero,
        "width_for_zero": setting.width_for_zero,
        "width_to_represent_all_tasks": min(setting.inputs, setting.outputs),
        "components": components(setting),
        "strata": [_stratum(setting, piece) for piece in strata(setting)],
        "one_layer_fixed": certify_partial(small[0], small[1], small[2]),
        "certificate": {"shape": proof.shape, "terms": proof.terms, "checks": proof.checks},
    }
    if setting.outputs == 1 and not result["zero_excess"] and setting.inputs <= 12:
        result["least_excess"] = asdict(least_excess(setting))
    if setting.outputs == 1 and setting.hidden < setting.inputs:
        result["trap"] = trap(setting)[1]
    if more:
        widths = (min(setting.inputs, 2), *(min(n, 2) for n in (setting.hidden, *more)), 1)
        result["chain"] = {
            "widths": (setting.hidden, *more),
            "checks": certify_chain(widths),
            "corrections": len(widths) // 2,
        }
    return result


def _stratum(setting: Setting, piece: Stratum) -> dict[str, Any]:
    found = spectrum(setting, piece)
    return {
        **asdict(piece),
        "at_scale": sum(piece.scale) / 2,
        "hessian": _spectrum(found),
        "nullity": found.nullity,
        "degeneracy": degeneracy(setting, piece),
    }


def _spectrum(found: Spectrum) -> list[dict[str, Any]]:
    rows = []
    for root, count in found.positive:
        exact = Fraction(-root.coefficients[0], root.coefficients[1]) if root.degree == 1 else None
        rows.append(
            {"approx": float(root.enclosure().mid()), "exact": exact, "minimal_polynomial": root.coefficients}
            | {"multiplicity": count}
        )
    return rows


def text(result: dict[str, Any]) -> str:
    """The report for a reader."""
    s = result["setting"]
    lines = [
        f"d = {s['inputs']} inputs, h = {s['hidden']} hidden, k = {s['outputs']} outputs, "
        f"alpha = {s['rate']}, Sigma = diag({', '.join(map(str, s['covariance']))})",
        f"Convention: {result['convention']}.",
        "",
        "L(A, B) = 0  iff  AB = 0,  AA' = s^2 I,  B'B = Sigma^-1/alpha - s^2 I  for some s",
        f"attainable iff h >= min(d, k + d - m) = {result['width_for_zero']}"
        f" (representing every task takes h >= {result['width_to_represent_all_tasks']}): "
        + ("yes" if result["zero_excess"] else "no"),
    ]
    if result["zero_excess"]:
        lines.append(f"the set has {result['components']} connected component(s):")
    for piece in result["strata"]:
        low, high = piece["scale"]
        where = f"s^2 = {low}" if low == high else f"{low} < s^2 < {high}"
        lines.append(
            f"  {piece['name']:<15} {where}: dimension {piece['dimension']}, frames V_{piece['frame']}"
        )
        lines.append(
            f"    Hessian at s^2 = {piece['at_scale']}: 0 (x{piece['nullity']}), "
            + _listing(piece["hessian"])
        )
        lines.append(
            "    a non-degenerate (Morse-Bott) minimum"
            if piece["degeneracy"] == 0
            else f"    {piece['degeneracy']} more zero eigenvalue(s) than dimensions: degenerate"
        )
    if "least_excess" in result:
        b = result["least_excess"]
        value = (
            b["upper"] if b["lower"] == b["upper"] else f"between {b['lower']} and {b['upper']} (attained)"
        )
        lines.append(f"least excess loss: {value}, s^2 = {b['scale']}, served directions {list(b['served'])}")
    if "trap" in result:
        lines.append(f"h < d: also local minima that are not global, at a = 0, with L = {result['trap']}")
    lines.append("one layer fixed: " + "; ".join(result["one_layer_fixed"]))
    proof = result["certificate"]
    lines.append(
        f"certificate for (k, h, d) = {proof['shape']}, {proof['terms']} terms, Sigma and alpha symbolic:"
    )
    lines += [f"  {check}" for check in proof["checks"]]
    if "chain" in result:
        lines.append(
            f"chain with hidden widths {result['chain']['widths']}: "
            "zero excess iff the first is >= d - m + 1; verified:"
        )
        lines += [f"  {check}" for check in result["chain"]["checks"]]
        lines.append(
            "  zero excess iff u = 0, S = Sigma^-1/alpha, and the terms of each degree 2 to "
            f"{result['chain']['corrections']} without neighbouring layers cancel (theorem 9)"
        )
    return "\n".join(lines)


def _listing(rows: list[dict[str, Any]]) -> str:
    return ", ".join(f"{row['exact'] or row['approx']} (x{row['multiplicity']})" for row in rows)


def check(setting: Setting, more: Sequence[int] = ()) -> Residuals:
    """PyTorch against the exact statements at a point of every piece.

    Raises:
        ValueError: the Hessian would be too large for a check that ends soon.
    """
    if setting.outputs * setting.inputs > 16 or setting.hidden * (setting.outputs + setting.inputs) > 60:
        raise ValueError("--check differentiates twice numerically: keep k d <= 16 and h (k + d) <= 60")
    import torch

    from analysis.numeric.dimensions import Regression, inputs_with_second_moment, meta_hessian, meta_loss
    from analysis.numeric.residuals import Residual, Residuals

    def tensor(rows: Any) -> Any:
        return torch.tensor([[float(x) for x in row] for row in rows], dtype=torch.float64)

    moment = torch.diag(torch.tensor([float(x) for x in setting.eigenvalues], dtype=torch.float64))
    problem = Regression(inputs_with_second_moment(moment), float(setting.rate))
    ones, residuals = [1.0] * setting.inputs, []
    for piece in strata(setting):
        a, b = representative(setting, piece)
        layers = [tensor(b.rows), tensor(a.rows)]
        found = spectrum(setting, piece).floats()
        hessian = torch.linalg.eigvalsh(meta_hessian(problem, layers, ones))
        worst = float((hessian - torch.tensor(found, dtype=torch.float64)).abs().max())
        tracked = [layer.clone().requires_grad_() for layer in layers]
        loss = float(meta_loss(problem, tracked, ones).detach())
        residuals += [
            Residual(f"excess loss, {piece.name!r}", loss, 1e-12),
            Residual(f"Hessian eigenvalues, {piece.name!r}", worst, 1e-9 * (1 + found[-1])),
        ]
    if more and setting.outputs == 1 and strata(setting):
        chain = [
            tensor(m.rows).requires_grad_() for m in representative_chain(setting, (setting.hidden, *more))
        ]
        tasks = torch.randn(
            16, 1, setting.inputs, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
        )
        worst = max(float(problem.adapted_error(chain, task).detach()) for task in tasks)
        residuals.append(Residual(f"excess loss of {len(chain)} layers", worst, 1e-12, "16 tasks"))
    return Residuals(tuple(residuals))


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    args = parser().parse_args(argv)
    setting = Setting(args.outputs, args.inputs, args.hidden, args.alpha, args.covariance)
    if args.more and setting.outputs != 1:
        raise ValueError("--more (a chain of layers) is proved for one output: leave --outputs at 1")
    if args.check:
        require_torch()
    answer = report(setting, args.more)
    residuals = check(setting, args.more) if args.check else None
    return deliver(answer, text(answer), residuals, as_json=args.json)


def entry() -> None:
    """The process `python -m analysis.dimensions`."""
    run(main, "python -m analysis.dimensions", ValueError, MissingExtra)
