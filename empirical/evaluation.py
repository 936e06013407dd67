"""Accuracy after adaptation on a fixed list of tasks, with a 95 % interval over tasks.

For tasks τ = 1 … n with accuracies a_τ the interval is ā ± 1.96 s/√n, s the sample standard deviation of the
a_τ: what a fresh sample of tasks would give for *this* set of meta-parameters. It says nothing of another
seed; the report adds that. The number of correct answers of each task is kept, so that two runs on the same
list can be compared task by task.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .meta_training import Parameters, Tasks

Z95 = 1.96


@dataclass(frozen=True)
class Measurement:
    """Accuracy in [0, 1] and loss after the last step with their 95 % half-widths over tasks, and both after
    each step.

    A regression has no accuracy: None, and the lists that belong to it are empty.
    """

    accuracy: float | None
    interval: float | None
    loss: float
    loss_interval: float
    tasks: int
    per_step: list[float]
    losses: list[float]
    correct: list[int]

    def as_json(self) -> dict[str, Any]:
        """The measurement as it stands in a result row."""
        return {name: rounded(value) for name, value in vars(self).items()}


def rounded(value: Any) -> Any:
    """Six decimals for floats, None for what is not finite, lists item by item."""
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def interval(values: list[float]) -> float:
    """1.96 s/√n of a sample; infinite for a single value."""
    n = len(values)
    if n < 2:
        return math.inf
    mean = math.fsum(values) / n
    return Z95 * math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1) / n)


def measure(
    evaluate: Callable[[Parameters, Any], tuple[Tensor, Tensor]],
    parameters: Parameters,
    tasks: Tasks,
    count: int,
    answers: int,
    chunk: int = 100,
) -> Measurement:
    """Evaluate tasks 0 … count−1 in chunks; ``evaluate`` returns accuracies and losses (steps + 1, chunk),
    ``answers`` is N·Q."""
    accuracies, losses = [], []
    for first in range(0, count, chunk):
        accuracy, loss = evaluate(parameters, tasks.batch(first, min(chunk, count - first)))
        accuracies.append(accuracy.detach().double().cpu())
        losses.append(loss.detach().double().cpu())
    right, wrong = torch.cat(accuracies, dim=1), torch.cat(losses, dim=1)
    final = right[-1].tolist()
    classifies = not math.isnan(final[0])
    return Measurement(
        accuracy=math.fsum(final) / count if classifies else None,
        interval=interval(final) if classifies else None,
        loss=math.fsum(wrong[-1].tolist()) / count,
        loss_interval=interval(wrong[-1].tolist()),
        tasks=count,
        per_step=right.mean(dim=1).tolist() if classifies else [],
        losses=wrong.mean(dim=1).tolist(),
        correct=[round(a * answers) for a in final] if classifies else [],
    )
