"""Real meta-training, eq. (3): SGD with momentum on sampled tasks, many runs side by side.

    v ← μ v + ∂/∂w mean_τ ℓ_τ(w adapted to τ),      w ← w − β v

with the meta-gradient taken by `torch.autograd` through the inner steps. Every task's data are exact (its
loss is the population loss), the tasks are drawn; so what is random is what the paper's p(τ) makes random.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from analysis.landscape import Problem
from analysis.numeric.maml import Tasks, adapted, product_predictor, sampled_tasks, task_losses

META_RATE, MOMENTUM = 0.01, 0.9  # appendix D


def meta_training(
    starts: Tensor, problem: Problem, generator: torch.Generator, tasks: int = 64
) -> Iterator[Tensor]:
    """The parameters (runs, n) before the first iteration, after it, and so on without end.

    Args:
        starts: (runs, n) initial parameters.
        problem: a product model; α is read from its inner loop.
        generator: draws the tasks; all runs see the same ones.
        tasks: how many an iteration.
    """
    runs, loop = len(starts), problem.loop
    rate = float(loop.rate) if loop.rate is not None else 0.0
    w, velocity = starts.clone(), torch.zeros_like(starts)
    while True:
        yield w
        batch = sampled_tasks(tasks, generator, problem.task.name)
        wide = Tasks(
            batch.x.repeat(runs, 1),
            batch.y.repeat(runs, 1),
            batch.task_weights.repeat(runs),
            batch.point_weights.repeat(runs, 1),
            batch.noise_loss,
        )
        point = w.detach().requires_grad_()
        repeated = point.repeat_interleave(tasks, dim=0).T  # (n, runs·tasks): the runs as one batch of tasks
        moved = adapted(repeated, wide, rate, loop.steps, product_predictor)
        total = (wide.task_weights * task_losses(moved, wide, product_predictor)).sum()
        (gradient,) = torch.autograd.grad(total, point)
        velocity = MOMENTUM * velocity + gradient
        w = w - META_RATE * velocity
