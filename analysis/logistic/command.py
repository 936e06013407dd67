"""`python -m analysis.logistic`: what one step does to a linear classifier, exactly; what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from analysis.command_line import (
    MissingExtra,
    OneLineParser,
    conclude,
    exact_json,
    integer_between,
    non_negative,
    positive,
    require_torch,
    run,
)
from analysis.logistic import (
    LABELS,
    Labels,
    accuracy_from_start,
    adapted_performance,
    balanced,
    bayes_accuracy,
    bayes_loss,
    best_rate,
    can_adapt,
    few_shot_accuracy,
    neutral,
    read_table,
    select,
)

SETTING = """\
theta, x ~ N(0, I_2); logit c x, c = W_N ... W_1: depth 1 is LR, 2 is a'Bx, 3 is a'B2B1x; loss in nats;
one inner step with infinite data; labels sampled, y ~ Bernoulli(sigma(theta'x)), or deterministic,
y = 1[theta'x > 0]
"""
SHOTS = (1, 5, 20, 100)
DEFAULT_STARTS = [Fraction(0), Fraction(1, 2), Fraction(1), Fraction(2)]
READINGS = {
    "before": "without adaptation",
    "after": "threshold prediction after one step, against the labels",
    "after_teacher": "threshold prediction after one step, against 1[theta'x > 0]",
    "after_sampled": "prediction drawn from Bernoulli(sigma(c x)) (section 4.2), against the labels",
}


def adapted_rows(
    alpha: float, labels: Labels, starts: Sequence[Fraction], depths: Sequence[int]
) -> list[dict[str, Any]]:
    """After one step: from balanced starts of these norms; from c = 0 with P = ρI, which depth can learn."""
    rows = []
    for depth in depths:
        steps = (1.0, 4.0, 16.0) if depth > 1 else (1.0,)
        cells = [("balanced", float(norm), balanced(depth, [float(norm), 0.0])) for norm in starts]
        cells += [("neutral", step, neutral(depth, step)) for step in steps]
        for kind, size, factors in cells:
            figures = adapted_performance(factors, alpha, labels, radial=24, angular=64)
            row = {"depth": depth, "start": kind, "size": size, "moves": can_adapt(factors)}
            rows.append(row | figures)
    return rows


def exact(
    alpha: Fraction, labels: Labels, starts: Sequence[Fraction], depths: Sequence[int]
) -> dict[str, Any]:
    """The derived results under one label rule."""
    sampled = labels == "sampled"
    law = accuracy_from_start([float(norm) for norm in starts], float(alpha), labels)
    return {
        "bayes_accuracy": {"exact": "log(2)" if sampled else "1", "approx": float(bayes_accuracy(labels))},
        "bayes_loss": {
            "exact": "2*log(2) - pi**2/12" if sampled else "0",
            "approx": float(bayes_loss(labels)),
        },
        "best_rate": best_rate(labels) if sampled else None,
        "few_shot_accuracy_at_origin": {str(n): few_shot_accuracy(n, labels) for n in SHOTS},
        "one_step": adapted_rows(float(alpha), labels, starts, depths),
        "regression_accuracy_against_teacher": dict(zip(map(str, starts), law.tolist(), strict=True)),
    }


def measured() -> dict[str, Any]:
    """The committed PyTorch runs at the paper's rates, width 32, default start: one cell a reading."""
    header, rows = read_table()
    last = header["protocol"]["checkpoints"][-1]
    chosen = select(rows, start="default", alpha=0.9, momentum=0.0, iteration=last)
    cells = [
        {"reading": name, "labels": labels, "shots": shots}
        | {
            str(row["depth"]): row[name]
            for row in select(chosen, labels=labels, shots=shots)
            if row["width"] in (0, 32)
        }
        for name in READINGS
        for labels in LABELS
        for shots in sorted({row["shots"] for row in rows})
    ]
    return {"header": header, "readings": READINGS, "cells": cells}


def show_exact(labels: str, part: dict[str, Any]) -> None:
    """Print `exact` for people."""
    best = "none, the larger the better" if part["best_rate"] is None else f"{part['best_rate']:.6f}"
    for name in ("bayes_accuracy", "bayes_loss"):
        print(f"{labels} labels: {name.replace('_', ' ')} {part[name]['exact']} = {part[name]['approx']:.6f}")
    print(f"{labels} labels: rate of least loss from c = 0: {best}")
    shots = ", ".join(f"{value:.4f} ({n})" for n, value in part["few_shot_accuracy_at_origin"].items())
    print(f"{labels} labels: accuracy against 1[theta'x > 0] from c = 0 on n examples: {shots}")
    print("  depth  start              accuracy  of sampled predictions  loss")
    for row in part["one_step"]:
        name = f"|c| = {row['size']:g}" if row["start"] == "balanced" else f"c = 0, P = {row['size']:g} I"
        figures = f"{row['threshold']:8.3f}  {row['sampled']:22.3f}  {row['loss']:.4f}"
        print(f"  {row['depth']:5d}  {name:17s}  {figures}{'' if row['moves'] else '  (no step moves it)'}")
    print()


def show_measured(table: dict[str, Any]) -> None:
    """Print `measured` for people."""
    protocol = table["header"]["protocol"]
    print(f"measured in PyTorch {table['header']['versions']['torch']}: {protocol['seeds']} seeds, ", end="")
    print(f"{protocol['test_tasks']} test tasks, {protocol['checkpoints'][-1]} meta-iterations; alpha = 0.9,")
    print("meta rates of Table D.5, default start, width 32; mean +- half of the 95 % interval over seeds")
    for name, meaning in table["readings"].items():
        print(f"  {meaning}\n    labels         shots   LR               depth 2          depth 3")
        for cell in (c for c in table["cells"] if c["reading"] == name):
            figures = [
                "{:.3f} +- {:.3f}".format(*cell[n]) if cell[n] else "diverged       " for n in ("1", "2", "3")
            ]
            print(f"    {cell['labels']:13s} {cell['shots']:6d}   ", "  ".join(figures), sep="")


def parser() -> OneLineParser:
    """The command's arguments."""
    p = OneLineParser(prog="python -m analysis.logistic", description=__doc__)
    p.add_argument("--alpha", type=positive, default=Fraction(9, 10), help="adaptation rate, default 9/10")
    p.add_argument("--labels", choices=LABELS, help="one label rule, default both")
    p.add_argument("--starts", type=non_negative, nargs="+", default=DEFAULT_STARTS, help="norms |c|")
    p.add_argument("--depths", type=integer_between(1, 6), nargs="+", default=[1, 2, 3], help="1 to 6")
    p.add_argument("--check", action="store_true", help="compare with PyTorch; exit 1 on disagreement")
    p.add_argument("--json", action="store_true", help="machine-readable output")
    return p


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status.

    Raises:
        MissingExtra: --check without PyTorch.
    """
    options = parser().parse_args(argv)
    if options.check:
        require_torch()
    rules: Sequence[Labels] = LABELS if options.labels is None else (options.labels,)
    parts = {labels: exact(options.alpha, labels, options.starts, options.depths) for labels in rules}
    residuals = None
    if options.check:
        from analysis.numeric.logistic import compare

        residuals = compare(float(options.alpha))
    if options.json:
        report = {"setting": SETTING, "alpha": options.alpha, "exact": parts, "measured": measured()}
        print(exact_json(report))
    else:
        print(f"{SETTING}adaptation rate alpha = {options.alpha}\n")
        for labels, part in parts.items():
            show_exact(labels, part)
        print("LR from c = 0 adapts to exactly the direction of theta: its accuracy is Bayes, at every rate.")
        print("Before the step every accuracy is 1/2, at every depth.\n")
        show_measured(measured())
    return conclude(residuals, as_json=options.json)


def entry() -> None:
    """The process `python -m analysis.logistic`."""
    run(main, "python -m analysis.logistic", MissingExtra)
