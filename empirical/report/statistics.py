"""From result rows to estimates with intervals, and from estimates to the verdict on a claim.

Everything a table claims is a linear contrast of accuracies, such as (KFO − MAML at CNN(2)) − (KFO − MAML at
CNN(6)), compared with a threshold. All runs are measured on the *same* test tasks, so a contrast is formed
task by task, averaged over seeds, and

    half-width² = (1.96 s_tasks/√n)² + (t_{S−1} s_seeds/√S)²,

s_tasks the standard deviation of the contrast over the n tasks, s_seeds over the S seeds' means, t the 97.5 %
point of Student's law: the first term is chance in the choice of tasks, the second in the start and the
training tasks. With one seed the second is unknown and left out, and the estimate says ``seeds = 1``. A claim
"contrast > c" *holds* if the whole interval lies above c, *does not hold* if it lies below, and is
*undecided* otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..experiments import find
from ..results import Row, best_rows

STUDENT = (math.nan, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""97.5 % points of Student's t with 0 … 10 degrees of freedom."""


def student(degrees: int) -> float:
    """97.5 % point of Student's t; beyond the table its last entry, which is too large: on the safe side."""
    return STUDENT[degrees] if degrees < len(STUDENT) else STUDENT[-1]


@dataclass(frozen=True)
class Estimate:
    """A value in percent (or a loss), its 95 % half-width, and what it rests on."""

    value: float
    half_width: float
    seeds: int
    tasks: int
    iterations: int
    planned: int

    @property
    def budget(self) -> float:
        """Length of the shortest run used, relative to the paper's."""
        return self.iterations / self.planned if self.planned else 1.0


@dataclass(frozen=True)
class Term:
    """``weight`` × a measure of a record; the measure is the record's own unless given."""

    weight: float
    record: str
    measure: str | None = None


def rows_of(rows: Sequence[Row], record: str, measure: str) -> dict[int, Row]:
    """The complete rows of a record's setting that have the measure, by seed."""
    found = best_rows(rows, find(record).setting.key)
    kind = "test" if measure == "loss" else measure
    return {row["seed"]: row for row in found if kind in row["measures"]}


def per_task(row: Row, measure: str) -> list[float]:
    """Percent correct on each test task; empty for a regression, whose rows keep no list."""
    answers = row["setting"]["ways"] * row["setting"]["queries"]
    return [100.0 * c / answers for c in row["measures"]["test" if measure == "loss" else measure]["correct"]]


def estimate(rows: Sequence[Row], terms: Sequence[Term]) -> Estimate | None:
    """The contrast Σ weight · measure, or None if a record in it has no row. Terms pair by seed where they
    share seeds."""
    found = []
    for term in terms:
        measure = term.measure or find(term.record).measure
        by_seed = rows_of(rows, term.record, measure)
        if not by_seed:
            return None
        found.append((term, measure, by_seed))
    used = [row for _, _, by_seed in found for row in by_seed.values()]
    iterations, planned = min(((row["iterations"], row["planned"]) for row in used), key=fraction)
    if any(measure == "loss" for _, measure, _ in found):
        value, half, seeds, tasks = from_summaries(found)
    else:
        value, half, seeds, tasks = from_tasks(found)
    return Estimate(value, half, seeds, tasks, iterations, planned)


def fraction(pair: tuple[int, int]) -> float:
    """Iterations done over planned; a run that needs none is complete."""
    return pair[0] / pair[1] if pair[1] else 1.0


Found = list[tuple[Term, str, dict[int, Row]]]


def from_tasks(found: Found) -> tuple[float, float, int, int]:
    """Value, half-width, seeds and tasks of a contrast formed task by task."""
    n = min(len(per_task(row, measure)) for _, measure, by_seed in found for row in by_seed.values())
    profiles = [
        (term.weight, {seed: per_task(row, measure)[:n] for seed, row in by_seed.items()})
        for term, measure, by_seed in found
    ]
    means = [sum(weight * mean(column) for weight, column in zip_terms(profiles, i)) for i in range(n)]
    value = mean(means)
    variance = (1.96 * deviation(means) / math.sqrt(n)) ** 2 + seed_term(profiles)
    return value, math.sqrt(variance), min(len(seeds) for _, seeds in profiles), n


def zip_terms(
    profiles: list[tuple[float, dict[int, list[float]]]], i: int
) -> list[tuple[float, list[float]]]:
    """For task i: each term's weight and its values over seeds."""
    return [(weight, [values[i] for values in seeds.values()]) for weight, seeds in profiles]


def seed_term(profiles: list[tuple[float, dict[int, list[float]]]]) -> float:
    """Squared half-width from seeds: paired where all terms have the same seeds, else added up term by
    term."""
    seeds = [set(by_seed) for _, by_seed in profiles]
    if all(s == seeds[0] for s in seeds):
        totals = [sum(weight * mean(by_seed[seed]) for weight, by_seed in profiles) for seed in seeds[0]]
        return spread(totals)
    return sum(weight**2 * spread([mean(v) for v in by_seed.values()]) for weight, by_seed in profiles)


def from_summaries(found: Found) -> tuple[float, float, int, int]:
    """The same for losses, of which rows keep the mean and half-width only: terms are treated as
    independent."""
    value = variance = 0.0
    seeds, tasks = [], []
    for term, _, by_seed in found:
        of_seed = [row["measures"]["test"] for row in by_seed.values()]
        losses = [m["loss"] for m in of_seed]
        value += term.weight * mean(losses)
        variance += term.weight**2 * (mean([m["loss_interval"] ** 2 for m in of_seed]) + spread(losses))
        seeds.append(len(losses))
        tasks.append(min(m["tasks"] for m in of_seed))
    return value, math.sqrt(variance), min(seeds), min(tasks)


def spread(values: list[float]) -> float:
    """(t s/√S)² of one value a seed; 0 for a single seed."""
    s = len(values)
    return (student(s - 1) * deviation(values)) ** 2 / s if s > 1 else 0.0


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean."""
    return math.fsum(values) / len(values)


def deviation(values: Sequence[float]) -> float:
    """Sample standard deviation; 0 for a single value."""
    if len(values) < 2:
        return 0.0
    m = mean(values)
    return math.sqrt(math.fsum((v - m) ** 2 for v in values) / (len(values) - 1))
