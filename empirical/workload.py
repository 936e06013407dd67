"""Many runs under one budget: which are pending, in what order, and what became of each.

Seed by seed, and within a seed by value (:func:`empirical.experiments.in_order_of_value`): the first seed of
everything comes before the second of anything, so that a budget that ends early leaves the widest table, not
the deepest cell. Which runs are pending is read from the rows before each run, so that several commands at
once share the work. With ``together`` > 1 a run is joined by the next ones of the same learner, which may be
of another seed or another rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from . import results
from .benchmarks import DataError
from .deadline import Deadline
from .experiments import Record, in_order_of_value
from .meta_training import NonFiniteLoss
from .runs import Busy, Options, Task, carry_out_together
from .together import companions


def pending(records: Iterable[Record], seeds: int, options: Options, rows: list[results.Row]) -> list[Task]:
    """The runs that no row answers yet, most valuable first. A run without randomness has seed 0 only."""
    ordered = in_order_of_value(records, options.device)
    return [
        (record, seed)
        for seed in range(seeds)
        for record in ordered
        if (seed == 0 or not deterministic(record)) and not is_answered((record, seed), rows, options)
    ]


def deterministic(record: Record) -> bool:
    """Whether no seed enters: the ample-data line, and a zero start without meta-training."""
    setting = record.setting
    return setting.learner == "ample-data" or (setting.start == "zero" and setting.iterations == 0)


@dataclass
class Tally:
    """What became of the runs of one command."""

    finished: int = 0
    unfinished: int = 0
    busy: int = 0
    diverged: int = 0
    without_data: int = 0

    def __str__(self) -> str:
        said = [f"{count} {name.replace('_', ' ')}" for name, count in vars(self).items() if count]
        return ", ".join(said) or "nothing to do"


def work(tasks: list[Task], options: Options, deadline: Deadline, say: Callable[[str], None]) -> Tally:
    """Do the runs, as many together as the options say, until they are done or the deadline is reached."""
    tally = Tally()
    missing: dict[str, DataError] = {}
    while tasks and not deadline.passed:
        group, tasks = company(tasks, options.together)
        benchmark = group[0][0].setting.benchmark
        if benchmark in missing:
            tally.without_data += len(group)
            continue
        rows, _ = results.read(options.results_dir)
        group = [task for task in group if not is_answered(task, rows, options)]
        if not group:
            continue
        try:
            outcomes = carry_out_together(group, options, deadline)
        except DataError as error:
            missing[benchmark] = error
            tally.without_data += len(group)
            say(f"{benchmark}: {error}")
            continue
        for (record, seed), outcome in zip(group, outcomes, strict=True):
            if isinstance(outcome, Busy):
                tally.busy += 1
            elif isinstance(outcome, NonFiniteLoss):
                tally.diverged += 1
                say(f"{record.name} seed {seed}: {outcome}")
            elif outcome is None:
                tally.unfinished += 1
            else:
                tally.finished += 1
                say(summary(outcome))
    tally.unfinished += len(tasks)
    return tally


def company(tasks: list[Task], size: int) -> tuple[list[Task], list[Task]]:
    """(the first run and the next ones that may share an outer batch with it, at most ``size``; the rest)."""
    group, rest = tasks[:1], tasks[:0]
    for task in tasks[1:]:
        fits = len(group) < size and companions(group[0][0].setting, task[0].setting)
        twice = any(task[0].setting.key == r.setting.key and task[1] == seed for r, seed in group)
        (group if fits and not twice else rest).append(task)
    return group, rest


def is_answered(task: Task, rows: list[results.Row], options: Options) -> bool:
    """Whether a row answers a run."""
    record, seed = task
    return results.answered(rows, record.setting.key, seed, options.length(record.setting))


def summary(row: results.Row) -> str:
    """One line of a finished run."""
    test = row["measures"]["test"]
    value = (
        f"loss {test['loss']:.4f} ± {test['loss_interval']:.4f}"
        if test["accuracy"] is None
        else f"{100 * test['accuracy']:.2f} ± {100 * test['interval']:.2f} %"
    )
    return (
        f"{row['record']} seed {row['seed']}: {value}, {row['iterations']} iterations, {row['seconds']:.0f} s"
    )
