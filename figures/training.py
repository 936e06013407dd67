"""Meta-training courses for figures: what PyTorch does, and what the derived loss says it must do.

`courses` runs SGD with momentum on sampled tasks (`analysis.numeric.meta_training`) and `tested` judges where
it is, both by PyTorch alone. `predicted` iterates
the same heavy-ball map on the *derived* gradient, that is, with infinitely many tasks an iteration:

    v ← μ v + ∇L(w),   w ← w − β v,

from the same starts, and so has nothing free to fit. Losses are given as the mean squared error of the
paper's axis, E(y − ŷ)² = 2 (L + ½ σ²); its floor, the noise that no predictor removes, is σ² = 1.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from analysis.adaptation import InnerLoop
from analysis.algebra.arrays import values
from analysis.landscape import Problem, derive
from analysis.models import Model

Array = NDArray[np.float64]
RATE = Fraction(1, 10)  # appendix D
META_RATE, MOMENTUM = 0.01, 0.9  # appendix D
NOISE = 1.0


def problem(model: Model, rate: Fraction = RATE) -> Problem:
    """The paper's 1-D regression with a product model."""
    return Problem(model, loop=InnerLoop(rate=rate))


def courses(model: Model, starts: Array, iterations: int, every: int = 1, seed: int = 0) -> Array:
    """Measured: the parameters at every `every`-th iteration of meta-training, (times, runs, n)."""
    from itertools import islice

    import torch

    from analysis.numeric.meta_training import meta_training

    generator = torch.Generator().manual_seed(seed)
    course = meta_training(torch.tensor(starts), problem(model), generator)
    return torch.stack(list(islice(course, 0, iterations + 1, every))).numpy()


def tested(parameters: Array) -> Array:
    """MSE after adaptation (…) at parameters (…, n), by autograd over quadrature tasks."""
    import torch

    from analysis.numeric.maml import excess_losses, quadrature

    batch = quadrature(8)
    points = torch.tensor(parameters.reshape(-1, parameters.shape[-1]))
    losses = [excess_losses(w.requires_grad_(), batch, batch, float(RATE)).detach() for w in points]
    return 2 * (torch.stack(losses) @ batch.task_weights).numpy().reshape(parameters.shape[:-1]) + NOISE


def predicted(model: Model, starts: Array, iterations: int) -> tuple[Array, Array]:
    """Derived: parameters (iterations + 1, runs, n) and MSE after adaptation (iterations + 1, runs)."""
    landscape = derive(problem(model))
    w, velocity = starts.copy(), np.zeros_like(starts)
    course = [w]
    for _ in range(iterations):
        velocity = MOMENTUM * velocity + np.stack([values(g, *w.T) for g in landscape.gradient], axis=-1)
        w = w - META_RATE * velocity
        course.append(w)
    parameters = np.stack(course)
    return parameters, 2 * values(landscape.loss, *np.moveaxis(parameters, -1, 0)) + NOISE
