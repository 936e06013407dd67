"""Meta-optimizers on a shallow linear model, by autograd and numerical minimisation: the judge of
`analysis.equivalence.reach`.

The shallow model's inner gradient comes from `torch.autograd.grad` on the squared error over an exact
input quadrature; the meta-optimizer transforms it; the meta-loss is exact in the tasks as well; L-BFGS
then minimises over the initialisation and the meta-optimizer's parameters together. What it ends at is
compared with the closed forms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.numeric.dimensions import Regression, gaussian_rule, inputs_with_second_moment

if TYPE_CHECKING:
    from torch import Tensor

Transform = Callable[["Tensor", list["Tensor"]], "Tensor"]  # (gradient, parameters) ↦ update


@dataclass(frozen=True)
class Optimizer:
    """A linear meta-optimizer: its parameters' start and its action on one k × d gradient."""

    start: Callable[[int, int], list[Tensor]]
    update: Transform


def _optimizers() -> dict[str, Optimizer]:
    import torch

    def ones(*shape: int) -> Tensor:
        return torch.full(shape, 0.2, dtype=torch.float64)

    def eye(size: int) -> Tensor:
        return 0.5 * torch.eye(size, dtype=torch.float64)

    return {
        "best rate": Optimizer(lambda k, d: [ones(1)], lambda g, p: p[0] * g),
        "t-nets": Optimizer(lambda k, d: [eye(k)], lambda g, p: p[0] @ p[0].T @ g),
        "meta-sgd": Optimizer(lambda k, d: [ones(k, d)], lambda g, p: p[0] * g),
        "meta-curvature": Optimizer(lambda k, d: [eye(k), eye(d)], lambda g, p: p[0] @ g @ p[1]),
        "kfo-psd": Optimizer(lambda k, d: [eye(k), eye(d)], lambda g, p: p[0].T @ p[0] @ g @ p[1].T @ p[1]),
    }


OPTIMIZERS = ("best rate", "t-nets", "meta-sgd", "meta-curvature", "kfo-psd")


def least_loss(name: str, outputs: int, inputs: Tensor, tasks: Tensor) -> float:
    """The least excess MAML loss found for a shallow model with a meta-optimizer.

    Args:
        name: one of `OPTIMIZERS`.
        outputs: k.
        inputs: Σ, (d, d).
        tasks: T, (d, d), the covariance of each row of Θ.
    """
    import torch

    optimizer, size = _optimizers()[name], inputs.shape[0]
    problem = Regression(inputs_with_second_moment(inputs), 1.0)
    points, weights = gaussian_rule(outputs * size)
    thetas = points.reshape(-1, outputs, size) @ torch.linalg.cholesky(tasks).T
    start = torch.full((outputs, size), 0.3, dtype=torch.float64)
    parameters = [p.requires_grad_() for p in [start, *optimizer.start(outputs, size)]]
    search = torch.optim.LBFGS(
        parameters, max_iter=500, tolerance_grad=1e-12, tolerance_change=1e-16, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        total = torch.zeros((), dtype=torch.float64)
        for theta, weight in zip(thetas, weights, strict=True):
            (gradient,) = torch.autograd.grad(
                problem.error(parameters[:1], theta), parameters[:1], create_graph=True
            )
            adapted = parameters[0] - optimizer.update(gradient, parameters[1:])
            total = total + weight * problem.error([adapted], theta)
        return total

    def closure() -> float:
        search.zero_grad()
        value = loss()
        value.backward()
        return float(value.detach())

    search.step(closure)
    return float(loss().detach())
