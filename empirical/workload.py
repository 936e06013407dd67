"""Many runs under one budget: which are pending, in what order, and what became of each.

Seed by seed, and within a seed by value (:func:`empirical.experiments.in_order_of_value`): the first seed of
everything comes before the second of anything, so that a budget that ends early leaves the widest table, not
the deepest cell. Which runs are pending is read from the rows before each run, so that several commands at
once share the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from . import results
from .benchmarks import DataError
from .deadline import Deadline
from .experiments import Record, in_order_of_value
from .meta_training import NonFiniteLoss
from .runs import Busy, Options, carry_out

Task = tuple[Record, int]


def pending(records: Iterable[Record], seeds: int, options: Options, rows: list[results.Row]) -> list[Task]:
    """The runs that no row answers yet, most valuable first. A run without randomness has seed 0 only."""
    ordered = in_order_of_value(records, options.device)
    return [
        (record, seed)
        for seed in range(seeds)
        for record in ordered
        if (seed == 0 or not deterministic(record))
        and not results.answered(rows, record.setting.key, seed, options.length(record.setting))
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
    """Do the runs one after another until they are done or the deadline is reached."""
    tally = Tally()
    missing: dict[str, DataError] = {}
    for position, (record, seed) in enumerate(tasks):
        benchmark = record.setting.benchmark
        if deadline.passed:
            tally.unfinished += len(tasks) - position
            break
        if benchmark in missing:
            tally.without_data += 1
            continue
        rows, _ = results.read(options.results_dir)
        if results.answered(rows, record.setting.key, seed, options.length(record.setting)):
            continue
        try:
            row = carry_out(record, seed, options, deadline)
        except Busy:
            tally.busy += 1
        except DataError as error:
            missing[benchmark] = error
            tally.without_data += 1
            say(f"{benchmark}: {error}")
        except NonFiniteLoss as error:
            tally.diverged += 1
            say(f"{record.name} seed {seed}: {error}")
        else:
            tally.finished += row is not None
            tally.unfinished += row is None
            if row is not None:
                say(summary(row))
    return tally


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
