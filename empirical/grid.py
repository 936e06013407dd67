"""Grid search over the two rates on validation tasks, as the paper tuned each architecture and algorithm
(appendix D).

Every pair (α, β) is meta-trained for a fraction of the full length and judged by its best post-adaptation
accuracy on the validation list; test tasks are never touched. The pairs are runs like any other: resumable,
one row each, in a file of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product

from . import results
from .deadline import Deadline
from .experiments import ExperimentError, Record, Setting
from .meta_training import NonFiniteLoss
from .models import Data, check_device, learner_of
from .progress import observers
from .runs import Options, claimed, folder, prepare, state_of


@dataclass(frozen=True)
class Pair:
    """A pair of rates and the validation accuracy it reached; None if it diverged, or is not done yet."""

    adaptation_rate: float
    meta_rate: float
    accuracy: float | None
    status: str


def settings(record: Record, adaptation: Sequence[float], meta: Sequence[float]) -> list[Setting]:
    """The record's setting at every pair of rates."""
    if not adaptation or not meta:
        raise ExperimentError("a grid needs at least one adaptation rate and one meta rate")
    if min(*adaptation, *meta) <= 0:
        raise ExperimentError("rates must be positive")
    return [replace(record.setting, adaptation_rate=a, meta_rate=b) for a, b in product(adaptation, meta)]


def search(
    record: Record,
    adaptation: Sequence[float],
    meta: Sequence[float],
    options: Options,
    deadline: Deadline,
    say: Callable[[str], None],
) -> list[Pair]:
    """Judge every pair, best first; pairs for which there was no time are last, as ``not yet``."""
    check_device(options.device)
    grid = settings(record, adaptation, meta)
    data = Data.of(record.setting, options.device, options.data_dir)
    pairs = []
    for setting in grid:
        row = known(setting, options)
        if row is None and not deadline.passed:
            row = judge(record, setting, data, options, deadline)
            if row is not None:
                rates = f"α = {setting.adaptation_rate:g}, β = {setting.meta_rate:g}"
                say(f"{rates}: {row['status']} {row['validation']}")
        status = row["status"] if row else "not yet"
        pairs.append(
            Pair(setting.adaptation_rate, setting.meta_rate, row["validation"] if row else None, status)
        )
    return sorted(pairs, key=lambda pair: -1.0 if pair.accuracy is None else pair.accuracy, reverse=True)


def known(setting: Setting, options: Options) -> results.Row | None:
    """The row of an earlier search, if it is as long."""
    rows, _ = results.read(options.results_dir)
    long = [r for r in results.best_rows(rows, setting.key) if r["iterations"] >= options.length(setting)]
    fallen = [r for r in rows if r["key"] == setting.key and r["status"] == "diverged"]
    return next(iter(long or fallen), None)


def judge(
    record: Record, setting: Setting, data: Data, options: Options, deadline: Deadline
) -> results.Row | None:
    """Meta-train one pair and append its row; None when time ran out."""
    path = folder(setting, 0, options)
    learner = learner_of(setting, data.shape)
    until = options.length(setting)
    title = f"{record.name} α={setting.adaptation_rate:g} β={setting.meta_rate:g}"
    with claimed(path):
        training = prepare(setting, 0, options, data, learner, path)
        state = state_of(training, learner, setting, 0, options)
        status = "complete"
        try:
            with observers(options.progress, title, state.iteration, until, options.tensorboard) as observe:
                if not training.advance(state, until, deadline, observe):
                    return None
        except NonFiniteLoss:
            status = "diverged"
        row: results.Row = {
            "record": f"grid/{record.name}",
            "key": setting.key,
            "seed": 0,
            "iterations": state.iteration,
            "status": status,
            "setting": asdict(setting),
            "measures": {},
            "validation": state.best_accuracy if status == "complete" else None,
        }
        results.append(row, options.results_dir)
        return row
