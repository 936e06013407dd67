"""Figure 3's horizontal line: the same model, trained on ample data of each meta-test task instead of
meta-learned.

Softmax regression on a task's five classes with every image of them but the queries, by minimising

    F(W, b) = −(1/n) Σ_i log softmax(W x_i + b)_{y_i} + (λ/2) ‖W‖²

to convergence. F is convex and its gradient is Lipschitz: the Hessian of log-sum-exp is at most ½ I (Böhning,
1992), so that

    L = ½ λ_max(X'X/n) + λ          (X with a column of ones for b),

and Nesterov's method with step 1/L needs no tuning. λ is the one of a small grid with the best accuracy on
validation tasks. A linear net has the capacity of its product, so the line is the same with LinNet. [open] in
the paper: how much data, and how trained.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import log_softmax, one_hot

from .deadline import Deadline
from .evaluation import Measurement, interval
from .experiments import ExperimentError
from .models import Data

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)
VALIDATION_TASKS = 40
TEST_TASKS = 200
STEPS = 300
PIXELS_AT_ONCE = 40_000_000
"""Bounds memory: at most so many numbers of support images at a time."""
SECONDS = 60.0
"""Not started with less time than this left."""


def fit(x: Tensor, y: Tensor, ways: int, penalty: float, steps: int = STEPS) -> Tensor:
    """Minimiser of F for each task: x (T, n, d) with its column of ones last, y (T, n) → weights (T, d,
    ways)."""
    tasks, n, d = x.shape
    target = one_hot(y, ways).to(x.dtype)
    decay = torch.full((d, 1), penalty, dtype=x.dtype, device=x.device)
    decay[-1] = 0.0
    lipschitz = 0.5 * largest_eigenvalue(x) / n + penalty
    step = (1.0 / lipschitz)[:, None, None]
    weights = momentum = torch.zeros(tasks, d, ways, dtype=x.dtype, device=x.device)
    t = 1.0
    for _ in range(steps):
        residual = torch.softmax(x @ momentum, dim=-1) - target
        moved = momentum - step * (x.mT @ residual / n + decay * momentum)
        following = 0.5 * (1.0 + math.sqrt(1.0 + 4.0 * t * t))
        momentum = moved + (t - 1.0) / following * (moved - weights)
        weights, t = moved, following
    return weights


def largest_eigenvalue(x: Tensor, rounds: int = 30) -> Tensor:
    """λ_max(X'X) for each task (T, n, d) → (T), by power iteration with two per cent on top for what is
    missing."""
    vector = torch.ones(x.shape[0], x.shape[2], 1, dtype=x.dtype, device=x.device)
    for _ in range(rounds):
        vector = x.mT @ (x @ vector)
        vector = vector / vector.norm(dim=1, keepdim=True)
    return 1.02 * (x @ vector).square().sum(dim=(1, 2))


def with_ones(x: Tensor) -> Tensor:
    """Flattened images with a column of ones: (T, B, …) → (T, B, d+1)."""
    flat = x.flatten(2)
    return torch.cat([flat, torch.ones_like(flat[..., :1])], dim=-1)


def accuracies(data: Data, split: str, count: int, penalty: float) -> tuple[list[float], list[float]]:
    """Accuracy and loss on the queries of tasks 0 … count−1 of a split, with all other images to train on."""
    tasks = data.ample(split)
    per_task = data.setting.ways * tasks.shots * math.prod(data.shape)
    chunk = max(1, PIXELS_AT_ONCE // per_task)
    right: list[float] = []
    losses: list[float] = []
    for first in range(0, count, chunk):
        episode = tasks.batch(first, min(chunk, count - first))
        weights = fit(with_ones(episode.support_x), episode.support_y, data.setting.ways, penalty)
        logits = with_ones(episode.query_x) @ weights
        right += (logits.argmax(-1) == episode.query_y).double().mean(1).tolist()
        chosen = log_softmax(logits, dim=-1).gather(-1, episode.query_y.unsqueeze(-1))
        losses += (-chosen.squeeze(-1)).double().mean(1).tolist()
    return right, losses


def sufficient_data(data: Data, deadline: Deadline) -> Measurement | None:
    """The line of Figure 3 for a softmax setting; None when too little time is left to start."""
    if data.setting.network != "softmax":
        raise ExperimentError("the ample-data line exists for softmax regression only")
    if not deadline.allows(SECONDS):
        return None
    scores = {p: math.fsum(accuracies(data, "validation", VALIDATION_TASKS, p)[0]) for p in PENALTIES}
    right, losses = accuracies(data, "test", TEST_TASKS, max(scores, key=scores.__getitem__))
    mean, loss = math.fsum(right) / TEST_TASKS, math.fsum(losses) / TEST_TASKS
    answers = data.setting.ways * data.setting.queries
    return Measurement(
        accuracy=mean,
        interval=interval(right),
        loss=loss,
        loss_interval=interval(losses),
        tasks=TEST_TASKS,
        per_step=[mean],
        losses=[loss],
        correct=[round(a * answers) for a in right],
    )
