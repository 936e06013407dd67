"""MAML on deep linear nets in d dimensions by torch.autograd: the judge of `analysis.dimensions`.

Shares no formula with the exact side: a net is a list of weight matrices, its prediction a product of
matrix products, the inner step `torch.autograd.grad` of the squared error with the graph kept. Two
expectations are exact quadratures instead of samples:

    over x     2d points ±√d ℓ_j, ℓ_j the columns of Σ's Cholesky factor: the loss is quadratic in x;
    over Θ     the fifth-degree rule for N(0, I_m), m = kd: 0, ±√3 e_i, ±√3 e_i ± √3 e_j, weighted; the
               excess loss of a two-layer net is a quartic in Θ (Stroud 1971, U_n rules of product type).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def inputs_with_second_moment(second_moment: Tensor) -> Tensor:
    """2d points (2d, d), equally weighted, whose second moment is the given positive definite matrix."""
    import torch

    half = sqrt(second_moment.shape[0]) * torch.linalg.cholesky(second_moment).T
    return torch.cat([half, -half])


def gaussian_rule(dimension: int) -> tuple[Tensor, Tensor]:
    """(points (p, m), weights (p,)) integrating polynomials of degree ≤ 5 against N(0, I_m) exactly."""
    import torch

    r, m = sqrt(3.0), dimension
    points, weights = [torch.zeros(m, dtype=torch.float64)], [0.0]
    for i in range(m):
        for sign in (r, -r):
            point = torch.zeros(m, dtype=torch.float64)
            point[i] = sign
            points.append(point)
            weights.append((4 - m) / 18)
    for i, j in combinations(range(m), 2):
        for first in (r, -r):
            for second in (r, -r):
                point = torch.zeros(m, dtype=torch.float64)
                point[i], point[j] = first, second
                points.append(point)
                weights.append(1 / 36)
    weights[0] = 1 - sum(weights)
    return torch.stack(points), torch.tensor(weights, dtype=torch.float64)


@dataclass(frozen=True)
class Regression:
    """Population regression: the inputs' quadrature and the adaptation rate α."""

    inputs: Tensor
    rate: float

    def error(self, layers: Sequence[Tensor], task: Tensor) -> Tensor:
        """½ E|Θx − ŷ(x)|², the excess task loss."""
        output = self.inputs.T
        for layer in layers:
            output = layer @ output
        return 0.5 * ((task @ self.inputs.T - output) ** 2).sum(0).mean()

    def adapt(
        self, layers: Sequence[Tensor], task: Tensor, moving: Sequence[int] | None = None
    ) -> list[Tensor]:
        """The layers (first layer first) after one inner step on those numbered in `moving` (default all)."""
        import torch

        chosen = range(len(layers)) if moving is None else moving
        gradients = torch.autograd.grad(
            self.error(layers, task), [layers[i] for i in chosen], create_graph=True
        )
        moved = list(layers)
        for i, gradient in zip(chosen, gradients, strict=True):
            moved[i] = layers[i] - self.rate * gradient
        return moved

    def adapted_error(
        self, layers: Sequence[Tensor], task: Tensor, moving: Sequence[int] | None = None
    ) -> Tensor:
        """The excess task loss after adaptation; its mean over tasks is the excess MAML loss."""
        return self.error(self.adapt(layers, task, moving), task)


def meta_loss(problem: Regression, layers: Sequence[Tensor], variances: Sequence[float]) -> Tensor:
    """The excess MAML loss of a two-layer net for Θ_ij ~ N(0, variances[j]), exactly."""
    import torch

    shape = (layers[-1].shape[0], layers[0].shape[1])
    points, weights = gaussian_rule(shape[0] * shape[1])
    scale = torch.tensor([sqrt(v) for v in variances], dtype=torch.float64)
    total = torch.zeros((), dtype=torch.float64)
    for point, weight in zip(points, weights, strict=True):
        total = total + weight * problem.adapted_error(layers, point.reshape(shape) * scale)
    return total


def meta_hessian(problem: Regression, layers: Sequence[Tensor], variances: Sequence[float]) -> Tensor:
    """The Hessian of `meta_loss` in all weights, the last layer's first (the order of the exact side)."""
    import torch

    shapes = [layer.shape for layer in reversed(layers)]
    start = torch.cat([layer.reshape(-1) for layer in reversed(layers)]).detach()

    def loss(flat: Tensor) -> Tensor:
        parts = torch.split(flat, [s[0] * s[1] for s in shapes])
        return meta_loss(problem, [p.reshape(s) for p, s in zip(parts, shapes, strict=True)][::-1], variances)

    hessian = torch.autograd.functional.hessian(loss, start)
    assert isinstance(hessian, torch.Tensor)
    return hessian
