"""The data behind Figures 3, 4, B.2, B.3 and B.4, from the rows: what the modules of ``figures`` draw.

Each function returns plain dictionaries of lists, with None or an empty list where nothing has been measured;
accuracies are percent.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..experiments import find
from ..experiments.paper import BENCHMARKS, DEPTHS, TABLE_1
from ..results import ROWS_DIRECTORY, Row, best_rows, read
from .statistics import Term, estimate

VALIDATION_COLUMN = 3
"""Columns of a row's curve: iteration, meta-loss, query accuracy, validation accuracy, and validation
accuracy collapsed."""


def training_curve(
    rows: Sequence[Row], record: str, column: int = VALIDATION_COLUMN
) -> dict[str, list[float]]:
    """Post-adaptation accuracy on validation tasks against meta-iterations: mean over seeds, lowest, highest.

    Seeds of different length are compared where all have a point.
    """
    curves = [row["curve"] for row in best_rows(rows, find(record).setting.key)]
    curves = [curve for curve in curves if curve and len(curve[0]) > column]
    by_iteration: dict[int, list[float]] = {}
    for curve in curves:
        for point in curve:
            by_iteration.setdefault(int(point[0]), []).append(100.0 * point[column])
    shared = sorted(i for i, values in by_iteration.items() if len(values) == len(curves))
    return {
        "iteration": [float(i) for i in shared],
        "mean": [sum(by_iteration[i]) / len(by_iteration[i]) for i in shared],
        "low": [min(by_iteration[i]) for i in shared],
        "high": [max(by_iteration[i]) for i in shared],
    }


def final(rows: Sequence[Row], record: str, measure: str | None = None) -> dict[str, float] | None:
    """Meta-test accuracy and its half-width, or None."""
    found = estimate(rows, [Term(1.0, record, measure)])
    return (
        None
        if found is None
        else {"value": found.value, "half_width": found.half_width, "budget": found.budget}
    )


def per_step(rows: Sequence[Row], record: str, measure: str | None = None) -> list[float]:
    """Mean accuracy over seeds after 0, 1, … inner steps on meta-test tasks; empty if not measured."""
    kind = measure or find(record).measure
    found = [
        row["measures"][kind]["per_step"]
        for row in best_rows(rows, find(record).setting.key)
        if kind in row["measures"]
    ]
    return [100.0 * sum(column) / len(column) for column in zip(*found, strict=True)] if found else []


def figure_3(
    benchmarks: Sequence[str] = BENCHMARKS[:2], directory: Path = ROWS_DIRECTORY
) -> dict[str, dict[str, Any]]:
    """Figure 3 and B.2: for each benchmark the curves of softmax regression without and with LinNet, and the
    horizontal line."""
    rows, _ = read(directory)
    return {
        b: {
            "lr": training_curve(rows, f"figureB2/{b}/softmax/maml"),
            "linnet": training_curve(rows, f"figureB2/{b}/softmax/maml-linnet"),
            "lr test": final(rows, f"figureB2/{b}/softmax/maml"),
            "linnet test": final(rows, f"figureB2/{b}/softmax/maml-linnet"),
            "bound": final(rows, f"figureB2/{b}/softmax/ample-data"),
        }
        for b in benchmarks
    }


def figure_b2(directory: Path = ROWS_DIRECTORY) -> dict[str, dict[str, Any]]:
    """Figure B.2: Figure 3 with mini-ImageNet."""
    return figure_3(BENCHMARKS, directory)


def figure_b3(
    benchmarks: Sequence[str] = BENCHMARKS[:2], directory: Path = ROWS_DIRECTORY
) -> dict[str, dict[str, Any]]:
    """Figure B.3: Figure 3's curves and the collapsed network's; and all three against inner steps on
    meta-test tasks."""
    rows, _ = read(directory)
    stem = "figureB3/{}/softmax/maml"
    return {
        b: {
            "lr": training_curve(rows, stem.format(b)),
            "linnet": training_curve(rows, stem.format(b) + "-linnet"),
            "collapsed": training_curve(rows, stem.format(b) + "-linnet", VALIDATION_COLUMN + 1),
            "lr per step": per_step(rows, stem.format(b)),
            "linnet per step": per_step(rows, stem.format(b) + "-linnet"),
            "collapsed per step": per_step(rows, stem.format(b) + "-linnet-collapsed"),
        }
        for b in benchmarks
    }


def figure_4(
    benchmarks: Sequence[str] = BENCHMARKS[:2], directory: Path = ROWS_DIRECTORY
) -> dict[str, dict[str, Any]]:
    """Figure 4 and B.4: accuracy of MAML and meta-KFO, and the net gain, against the number of convolutional
    layers.

    ``depth`` lists the paper's depths; the other lists have an entry for each, None where not measured.
    ``paper maml`` is Table 1's row.
    """
    rows, _ = read(directory)
    found = {}
    for b in benchmarks:
        names = {m: [f"figureB4/{b}/cnn{x}/{m}" for x in DEPTHS] for m in ("maml", "maml-kfo")}
        gains = [
            estimate(rows, [Term(1.0, kfo), Term(-1.0, maml)])
            for kfo, maml in zip(names["maml-kfo"], names["maml"], strict=True)
        ]
        found[b] = {
            "depth": list(DEPTHS),
            "maml": [final(rows, name) for name in names["maml"]],
            "kfo": [final(rows, name) for name in names["maml-kfo"]],
            "gain": [None if g is None else {"value": g.value, "half_width": g.half_width} for g in gains],
            "paper maml": list(TABLE_1[b]["maml"]),
        }
    return found


def figure_b4(directory: Path = ROWS_DIRECTORY) -> dict[str, dict[str, Any]]:
    """Figure B.4: Figure 4 with mini-ImageNet."""
    return figure_4(BENCHMARKS, directory)
