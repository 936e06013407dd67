"""Grid search over the two rates on validation tasks, as the paper tuned each architecture and algorithm
(appendix D).

Every pair (α, β) is meta-trained for a fraction of the full length and judged by its best post-adaptation
accuracy on the validation list; test tasks are never touched. The pairs are runs like any other: resumable,
one row each, in a file of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from itertools import product

from . import results
from .deadline import Deadline
from .experiments import ExperimentError, Record, Setting
from .meta_training import NonFiniteLoss
from .models import Data, check_device
from .precision import computing_in
from .runs import Options, Plan, Trained, claimed, folder, train


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
    rows = {setting.key: known(setting, options) for setting in grid}
    waiting = [setting for setting in grid if rows[setting.key] is None]
    while waiting and not deadline.passed:
        group, waiting = waiting[: options.together], waiting[options.together :]
        for setting, row in zip(group, judge(record, group, data, options, deadline), strict=True):
            rows[setting.key] = row
            if row is not None:
                rates = f"α = {setting.adaptation_rate:g}, β = {setting.meta_rate:g}"
                say(f"{rates}: {row['status']} {row['validation']}")
    pairs = [pair(setting, rows[setting.key]) for setting in grid]
    return sorted(pairs, key=lambda pair: -1.0 if pair.accuracy is None else pair.accuracy, reverse=True)


def pair(setting: Setting, row: results.Row | None) -> Pair:
    """What a row says of a pair of rates."""
    status, accuracy = (row["status"], row["validation"]) if row else ("not yet", None)
    return Pair(setting.adaptation_rate, setting.meta_rate, accuracy, status)


def known(setting: Setting, options: Options) -> results.Row | None:
    """The row of an earlier search, if it is as long."""
    rows, _ = results.read(options.results_dir)
    long = [r for r in results.best_rows(rows, setting.key) if r["iterations"] >= options.length(setting)]
    fallen = [r for r in rows if r["key"] == setting.key and r["status"] == "diverged"]
    return next(iter(long or fallen), None)


def judge(
    record: Record, group: Sequence[Setting], data: Data, options: Options, deadline: Deadline
) -> list[results.Row | None]:
    """Meta-train some pairs, in one outer batch, and append their rows; None when time ran out."""
    plans = [Plan(f"{record.name} α={s.adaptation_rate:g} β={s.meta_rate:g}", s, seed=0) for s in group]
    with ExitStack() as claims:
        for setting in group:
            claims.enter_context(claimed(folder(setting, 0, options)))
        with computing_in(options.precision):
            trained = train(plans, data, options, deadline)
        return [judged(record, setting, run, options) for setting, run in zip(group, trained, strict=True)]


def judged(record: Record, setting: Setting, run: Trained, options: Options) -> results.Row | None:
    """Append the row of a pair that came to its end."""
    if not run.outcome:
        return None
    status = "diverged" if isinstance(run.outcome, NonFiniteLoss) else "complete"
    row: results.Row = {
        "record": f"grid/{record.name}",
        "key": setting.key,
        "seed": 0,
        "iterations": run.state.iteration,
        "status": status,
        "setting": asdict(setting),
        "measures": {},
        "validation": run.state.best_accuracy if status == "complete" else None,
    }
    results.append(row, options.results_dir)
    return row
