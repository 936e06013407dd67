"""n-shot MAML by simulation: the judge of `analysis.finite_samples`.

Draws tasks, support inputs and noise, takes the inner step of a deep linear net with
`torch.autograd.grad` on the support set's mean squared error, and averages the population excess loss
over tasks. All tasks are one batch: every task has its own copy of the weights, so one backward pass
gives all inner gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Generator, Tensor

Sampler = Callable[["tuple[int, ...]", "Generator"], "Tensor"]


@dataclass(frozen=True)
class Estimate:
    """A Monte Carlo mean and its standard error."""

    mean: float
    standard_error: float

    def agrees(self, value: float, errors: float = 4.0) -> bool:
        """Whether the value is within that many standard errors."""
        return abs(self.mean - value) <= errors * self.standard_error


def gaussian(shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Standard normal draws."""
    import torch

    return torch.randn(shape, generator=generator, dtype=torch.float64)


def simulate(
    layers: Sequence[Tensor],
    rate: float,
    samples: int,
    *,
    tasks: int = 200_000,
    noise: float = 1.0,
    seed: int = 0,
    draw_task: Sampler = gaussian,
    draw_input: Sampler = gaussian,
    steps: int = 1,
) -> Estimate:
    """The excess MAML loss ½ E|Θ − f|² of a linear net that adapts to n samples, x with second moment I.

    Args:
        layers: weight matrices (out, in), the first layer first.
        rate: α.
        samples: n.
        tasks: how many tasks are drawn.
        noise: the standard deviation of ε, independent in every output.
        seed: of the generator.
        draw_task: draws the entries of Θ.
        draw_input: draws the entries of x, variance 1.
        steps: inner steps, all on the same support set.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    outputs, inputs = layers[-1].shape[0], layers[0].shape[1]
    theta = draw_task((tasks, outputs, inputs), generator)
    x = draw_input((tasks, inputs, samples), generator)
    y = theta @ x + noise * gaussian((tasks, outputs, samples), generator)
    copies = [layer.expand(tasks, *layer.shape).clone().requires_grad_() for layer in layers]
    for _ in range(steps):
        output = x
        for layer in copies:
            output = layer @ output
        support_loss = 0.5 * ((y - output) ** 2).sum(1).mean(1).sum()
        gradients = torch.autograd.grad(support_loss, copies)
        copies = [(w - rate * g).detach().requires_grad_() for w, g in zip(copies, gradients, strict=True)]
    adapted = copies[0].detach()
    for layer in copies[1:]:
        adapted = layer.detach() @ adapted
    excess = 0.5 * ((theta - adapted) ** 2).sum((1, 2))
    return Estimate(float(excess.mean()), float(excess.std() / tasks**0.5))
