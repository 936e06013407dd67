"""MAML by automatic differentiation on ŷ = g(w) x, over a batch of tasks and a batch of data points.

Two ways of taking the expectation over θ, x and the noise ε of y = θ x + ε:

* `quadrature`: Gauss–Hermite nodes in all three, exact for the polynomials that occur, in float64;
* `sampled_tasks`, `sampled_data`: independent draws, for estimates with error bars.

The task loss is ½ E(y − ŷ)² over the data axis; its excess over ½ E ε² is what the symbolic side calls L.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np
import torch
from torch import Tensor

Predictor = Callable[[Tensor, Tensor], Tensor]  # parameters (n, …), inputs (…) → predictions (…)


def product_predictor(parameters: Tensor, x: Tensor) -> Tensor:
    """ŷ = w₁ ⋯ w_N x; parameters (n, tasks), x (tasks, points).

    Not `torch.prod`: the second derivative of that divides by the factors, and near a zero one it is wrong.
    """
    return reduce(torch.mul, parameters.unbind(0)).unsqueeze(-1) * x


@dataclass(frozen=True)
class Tasks:
    """A weighted batch of regression tasks.

    Attributes:
        x, y: (tasks, points) inputs and outputs.
        task_weights: (tasks,), summing to 1.
        point_weights: (tasks, points), each row summing to 1.
        noise_loss: ½ E ε² as this batch has it, to be subtracted for the excess.
    """

    x: Tensor
    y: Tensor
    task_weights: Tensor
    point_weights: Tensor
    noise_loss: Tensor


def with_exact_data(theta: Tensor, task_weights: Tensor) -> Tasks:
    """Tasks θ (tasks,) whose x and ε lie on 3 × 3 Gauss–Hermite nodes, so that every task loss is exact."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(3)
    inner, q = torch.tensor(nodes), torch.tensor(weights / weights.sum())
    x, noise = (grid.reshape(-1) for grid in torch.meshgrid(inner, inner, indexing="ij"))
    weight = torch.outer(q, q).reshape(-1)
    y = theta[:, None] * x + noise
    return Tasks(x.expand_as(y), y, task_weights, weight.expand_as(y), 0.5 * (weight * noise**2).sum())


def task_nodes(nodes: int, law: str) -> tuple[np.ndarray, np.ndarray]:
    """Gauss quadrature for the law of θ: exact for polynomials of degree < 2·nodes.

    Raises:
        ValueError: the law is not one of the named ones.
    """
    if law == "gaussian":
        points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    elif law == "rademacher":
        points, weights = np.array([-1.0, 1.0]), np.ones(2)
    elif law == "uniform":
        points, weights = np.polynomial.legendre.leggauss(nodes)
        points = math.sqrt(3) * points
    elif law == "laplace":  # |θ|√2 is exponential: Gauss–Laguerre on each side
        half, weights = np.polynomial.laguerre.laggauss(nodes)
        points = np.concatenate([-half, half]) / math.sqrt(2)
        weights = np.concatenate([weights, weights])
    else:
        raise ValueError(f"no numerical law {law!r}: choose gaussian, rademacher, uniform or laplace")
    return points, weights / weights.sum()


def quadrature(nodes: int, law: str = "gaussian") -> Tasks:
    """θ on the quadrature nodes of its law, with exact data."""
    points, weights = task_nodes(nodes, law)
    return with_exact_data(torch.tensor(points), torch.tensor(weights))


def sampled_theta(tasks: int, generator: torch.Generator, law: str) -> Tensor:
    """Independent draws of θ, mean 0 and variance 1, (tasks,)."""
    normal = torch.randn(tasks, generator=generator, dtype=torch.float64)
    uniform = torch.rand(tasks, generator=generator, dtype=torch.float64)
    if law == "gaussian":
        return normal
    if law == "rademacher":
        return torch.sign(normal)
    if law == "uniform":
        return math.sqrt(3) * (2 * uniform - 1)
    return torch.sign(normal) * -torch.log1p(-uniform) / math.sqrt(2)


def sampled_tasks(tasks: int, generator: torch.Generator, law: str = "gaussian") -> Tasks:
    """Independent draws of θ, each with exact data."""
    theta = sampled_theta(tasks, generator, law)
    return with_exact_data(theta, torch.full((tasks,), 1 / tasks, dtype=torch.float64))


def sampled_data(
    tasks: int, points: int, generator: torch.Generator, law: str = "gaussian"
) -> tuple[Tasks, Tasks]:
    """(support, query) for the same sampled tasks, `points` independent data each, x and ε ∼ N(0, 1)."""
    theta = sampled_theta(tasks, generator, law)[:, None]
    return _draw(theta, points, generator), _draw(theta, points, generator)


def _draw(theta: Tensor, points: int, generator: torch.Generator) -> Tasks:
    x, noise = torch.randn(2, len(theta), points, generator=generator, dtype=torch.float64)
    weights = torch.full_like(x, 1 / points)
    return Tasks(
        x, theta * x + noise, weights[:, 0] * points / len(theta), weights, torch.tensor(0.5).double()
    )


def task_losses(parameters: Tensor, batch: Tasks, predictor: Predictor) -> Tensor:
    """½ E(y − ŷ)² for every task; parameters (n, tasks)."""
    residual = batch.y - predictor(parameters, batch.x)
    return 0.5 * (batch.point_weights * residual**2).sum(dim=1)


def adapted(
    w: Tensor, batch: Tasks, rate: float, steps: int, predictor: Predictor, adapting: Tensor | None = None
) -> Tensor:
    """The parameters of every task after `steps` gradient steps, (n, tasks), differentiable in w (n,).

    Args:
        w: the common initialisation (n,), or one for every task (n, tasks).
        batch: the tasks.
        rate: α.
        steps: K.
        predictor: the model.
        adapting: (n,) mask of the parameters that move; None means all.
    """
    parameters = w.unsqueeze(-1).expand(-1, batch.x.shape[0]) if w.dim() == 1 else w
    mask = torch.ones(len(w), dtype=w.dtype) if adapting is None else adapting
    for _ in range(steps):
        total = task_losses(parameters, batch, predictor).sum()
        (gradient,) = torch.autograd.grad(total, parameters, create_graph=True)
        parameters = parameters - rate * mask.unsqueeze(-1) * gradient
    return parameters


def excess_losses(
    w: Tensor,
    support: Tasks,
    query: Tasks,
    rate: float,
    steps: int = 1,
    predictor: Predictor = product_predictor,
    adapting: Tensor | None = None,
) -> Tensor:
    """The excess loss of every task after adapting on `support`, measured on `query`; (tasks,)."""
    parameters = adapted(w, support, rate, steps, predictor, adapting)
    return task_losses(parameters, query, predictor) - query.noise_loss


def derivatives(
    w: Tensor, batch: Tasks, rate: float, steps: int = 1, predictor: Predictor = product_predictor
) -> tuple[Tensor, Tensor, Tensor]:
    """(L, ∇L, ∇²L) of the excess MAML loss at w by automatic differentiation; shapes (), (n,), (n, n)."""

    def loss(point: Tensor) -> Tensor:
        return (batch.task_weights * excess_losses(point, batch, batch, rate, steps, predictor)).sum()

    w = w.detach().clone().requires_grad_()
    value = loss(w)
    (gradient,) = torch.autograd.grad(value, w, create_graph=True)
    rows = [torch.autograd.grad(component, w, retain_graph=True)[0] for component in gradient]
    return value.detach(), gradient.detach(), torch.stack(rows)
