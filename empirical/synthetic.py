"""The synthetic tasks of §4.1 and B.1, as streams of episodes like any benchmark's.

* ``regression``: θ ~ N(0, 1), x ~ N(0, 1), y ~ N(θ x, 1).
* ``logistic``: θ ~ N(0, I₂), x ~ N(0, I₂), y ~ Bernoulli(σ(θᵀx)), the law that B.1 prints. Bernoulli labels
  leave noise that no classifier removes; the best possible accuracy is E σ(|θᵀx|) = ln 2, over tasks.
  The caption of Figure B.1 says "linear separable data" instead: ``separable`` makes the labels 1[θᵀx > 0].

Task batch, samples per task and length are [open]: 16 tasks, 100 samples to adapt and 100 to be judged, 1,000
iterations. Task i is a pure function of (seed, split, i), by the same counter-based generator as the images'.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from .benchmarks import SPLITS
from .episodes import EVALUATION_SEED, Episode
from .philox import uniform

STREAM = 100
"""First stream of the generator used here; below it are the images'."""


@dataclass(frozen=True)
class SyntheticTasks:
    """Tasks of ``kind`` (``regression`` or ``logistic``); ``seed`` None is the fixed evaluation list."""

    kind: str
    split: str
    shots: int
    queries: int
    seed: int | None = None
    separable: bool = False
    device: str = "cpu"

    def batch(self, first: int, count: int) -> Episode:
        """Tasks first … first+count−1: x (T, B, d), y (T, B) real."""
        d = 1 if self.kind == "regression" else 2
        samples = self.shots + self.queries
        seed = EVALUATION_SEED if self.seed is None else self.seed
        numbers = torch.arange(first, first + count)
        stream = STREAM + 2 * SPLITS.index(self.split)
        drawn = normal(seed, stream, numbers, d + samples * d)
        theta, x = drawn[:, :d], drawn[:, d:].reshape(count, samples, d)
        signal = torch.einsum("tbd,td->tb", x, theta)
        if self.kind == "regression":
            y = signal + normal(seed, stream + 1, numbers, samples)
        elif self.separable:
            y = (signal > 0).to(x.dtype)
        else:
            y = (uniform(seed, stream + 1, numbers, samples) < torch.sigmoid(signal)).to(x.dtype)
        x, y = x.float().to(self.device), y.float().to(self.device)
        return Episode(x[:, : self.shots], y[:, : self.shots], x[:, self.shots :], y[:, self.shots :])


def normal(seed: int, stream: int, numbers: Tensor, count: int) -> Tensor:
    """Standard normal (T, count) by Box and Muller: √(−2 log u) cos 2πv."""
    pairs = uniform(seed, stream, numbers, 2 * count).double()
    u, v = 1.0 - pairs[:, :count], pairs[:, count:]
    return torch.sqrt(-2.0 * torch.log(u)) * torch.cos(2.0 * math.pi * v)
