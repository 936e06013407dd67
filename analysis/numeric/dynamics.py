"""Per-task meta-gradients by double backward, stability by simulated SGD: the judge of `analysis.dynamics`.

The models are written as their predictors, the inner step is taken by `torch.autograd`, expectations over
tasks are Gauss–Hermite sums, and the stochastic statements are checked on real SGD runs: many independent
chains, each with its own sampled tasks (and, for `query_noise`, its own sampled data).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import torch
from flint import arb, fmpq_mpoly
from numpy.typing import ArrayLike
from torch import Tensor

from analysis import dynamics as derived
from analysis.algebra.polynomials import evaluate
from analysis.landscape import Problem, derive
from analysis.models import DEEP, SHALLOW
from analysis.numeric.residuals import Residual, Residuals


def task_loss(parameters: Tensor, theta: Tensor, alpha: float) -> Tensor:
    """½ (θ − f)² (...) after one inner step, for parameters (..., 1 or 2) and tasks θ (...)."""
    with torch.enable_grad():
        start = parameters if parameters.requires_grad else parameters.clone().requires_grad_()
        inner = ((theta - start.prod(-1)) ** 2 / 2).sum()
        (step,) = torch.autograd.grad(inner, start, create_graph=True)
        return (theta - (start - alpha * step).prod(-1)) ** 2 / 2


def task_gradient(parameters: Tensor, theta: Tensor, alpha: float, create_graph: bool = False) -> Tensor:
    """g_τ (..., 1 or 2), the derivative of `task_loss` through the inner step."""
    leaf = parameters if create_graph else parameters.detach().clone().requires_grad_()
    return torch.autograd.grad(task_loss(leaf, theta, alpha).sum(), leaf, create_graph=create_graph)[0]


def task_hessian(parameters: Tensor, theta: Tensor, alpha: float) -> Tensor:
    """∂g_τ/∂w (n, n) at one point (n,) and one task."""
    leaf = parameters.clone().requires_grad_()
    gradient = task_gradient(leaf, theta, alpha, create_graph=True)
    return torch.stack([torch.autograd.grad(g, leaf, retain_graph=True)[0] for g in gradient])


def tasks(order: int = 40) -> tuple[Tensor, Tensor]:
    """θ (order,) and weights of the Gauss–Hermite rule for θ ~ N(0, 1), exact to degree 2·order − 1."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(order)
    return torch.tensor(nodes), torch.tensor(weights / weights.sum())


def covariance(parameters: Tensor, alpha: float) -> Tensor:
    """The covariance (n, n) of g_τ over Gaussian tasks, by quadrature."""
    theta, weights = tasks()
    gradients = task_gradient(parameters.expand(len(theta), -1), theta, alpha)
    mean = weights @ gradients
    return torch.einsum("t,ti,tj->ij", weights, gradients, gradients) - mean[:, None] * mean


def second_moments(alpha: float, rate: float, momentum: float, state: Tensor) -> Tensor:
    """E[A s sᵀ Aᵀ] (4, 4) of one heavy-ball step, one task, linearised at the deep minimum by autograd."""
    minimum = torch.tensor([alpha**-0.5, 0.0], dtype=torch.float64)
    now, before = state[:2], state[2:]
    total = torch.zeros(4, 4, dtype=torch.float64)
    for theta, weight in zip(*tasks(), strict=True):
        moved = now + momentum * (now - before) - rate * task_hessian(minimum, theta, alpha) @ now
        new = torch.cat([moved, now])
        total += weight * new[:, None] * new
    return total


def sgd(
    start: Tensor, alpha: float, rate: float, momentum: float, steps: int, generator: torch.Generator
) -> Tensor:
    """End points (chains, n) of heavy-ball SGD from start (chains, n), one Gaussian task a step and chain."""
    point, velocity = start.clone(), torch.zeros_like(start)
    for _ in range(steps):
        theta = torch.randn(len(point), generator=generator, dtype=point.dtype)
        velocity = momentum * velocity + task_gradient(point, theta, alpha)
        point = point - rate * velocity
    return point


def flow(starts: Tensor, alpha: float, steps: int) -> Tensor:
    """End points (n, 2) of the gradient flow of the Gaussian MAML loss: Runge–Kutta 4, tasks by quadrature.

    A step moves a point by at most 3 % of 1/√α and lasts at most half a minimum's shortest time constant.
    """
    theta, weights = tasks(8)
    longest, farthest = 0.5 / max(4 * alpha, 3 * alpha**3), 0.03 * alpha**-0.5

    def velocity(points: Tensor) -> Tensor:
        copies = points[:, None, :].expand(-1, len(theta), -1)
        return -torch.einsum(
            "t,nti->ni", weights, task_gradient(copies, theta.expand(len(points), -1), alpha)
        )

    points = starts
    for _ in range(steps):
        k1 = velocity(points)
        step = (farthest / k1.norm(dim=1, keepdim=True)).clamp(max=longest)
        k2 = velocity(points + step / 2 * k1)
        k3 = velocity(points + step / 2 * k2)
        points = points + step / 6 * (k1 + 2 * k2 + 2 * k3 + velocity(points + step * k3))
    return points


def query_noise(minimum: Tensor, alpha: float, samples: int, runs: int, generator: torch.Generator) -> Tensor:
    """g (runs, n) at a minimum, each from one task and `samples` drawn query pairs with unit label noise."""
    theta = torch.randn(runs, generator=generator, dtype=torch.float64)
    x, noise = torch.randn(2, runs, samples, generator=generator, dtype=torch.float64)
    start = minimum.expand(runs, -1).clone().requires_grad_()
    (step,) = torch.autograd.grad(((theta - start.prod(-1)) ** 2 / 2).sum(), start, create_graph=True)
    slope = (start - alpha * step).prod(-1)
    y = theta[:, None] * x + noise
    query = ((y - slope[:, None] * x) ** 2 / 2).mean(1).sum()
    return torch.autograd.grad(query, start)[0]


def _value(poly: fmpq_mpoly, **point: float) -> float:
    """A polynomial at floats."""
    return float(evaluate(poly, [arb(point[name]) for name in poly.context().names()]))


def furthest(what: str, exact: ArrayLike, numeric: ArrayLike) -> Residual:
    """The entry of two arrays that differs most; allowed is 1e-10 of the largest entry, at least 1e-10."""
    exact, numeric = np.ravel(exact), np.ravel(numeric)
    worst = int(np.abs(exact - numeric).argmax())
    bound = 1e-10 * max(1.0, float(np.abs(exact).max()))
    return Residual.between(what, float(exact[worst]), float(numeric[worst]), bound)


def _variance(what: str, exact: Fraction, samples: Tensor) -> Residual:
    """The mean square of samples of mean zero, within four standard errors of the exact variance."""
    squares = samples**2
    bound = 4 * float(squares.std()) / len(squares) ** 0.5
    return Residual.between(what, float(exact), float(squares.mean()), bound, "4 standard errors")


def _matrix(polynomials: Sequence[Sequence[fmpq_mpoly]], **point: float) -> list[list[float]]:
    return [[_value(entry, **point) for entry in row] for row in polynomials]


def compare(alpha: Fraction, seed: int = 0) -> Residuals:
    """Every derived quantity against autograd and simulation, at random points."""
    generator = torch.Generator().manual_seed(seed)
    a = float(alpha)
    residuals = []
    for model in (SHALLOW, DEEP):
        point = a**-0.5 * torch.randn(len(model.parameters), generator=generator, dtype=torch.float64)
        named = dict(zip(model.parameters, point.tolist(), strict=True), alpha=a)
        exact = _matrix(derived.covariance(derive(Problem(model))), **named)
        residuals.append(furthest(f"{model.name}: gradient covariance", exact, covariance(point, a).numpy()))

    minimum = torch.tensor([a**-0.5, 0.0], dtype=torch.float64)
    theta = torch.randn((), generator=generator, dtype=torch.float64)
    exact = _matrix(derived.task_hessian(derive(Problem(DEEP))), alpha=a, theta=float(theta))
    hessian = task_hessian(minimum, theta, a).numpy()
    residuals.append(furthest("deep: task Hessian at the minimum", exact, hessian))
    gradients = task_gradient(minimum.expand(40, -1), tasks()[0], a).numpy()
    residuals.append(furthest("deep: all task gradients at the minimum", np.zeros_like(gradients), gradients))

    rate, momentum = Fraction(1, 20), Fraction(1, 2)
    mapping = derived.second_moment_map(*derived.hessian_moments(alpha), rate, momentum)
    packed = np.array([[float(entry.p) / float(entry.q) for entry in row] for row in mapping.tolist()])
    state = torch.randn(4, generator=generator, dtype=torch.float64)
    upper = np.triu_indices(4)
    moments = second_moments(a, float(rate), float(momentum), state).numpy()[upper]
    residuals.append(furthest("deep: second-moment map", packed @ np.outer(state, state)[upper], moments))

    if alpha != 1:
        rate = Fraction(1, 10) / (1 - alpha) ** 2
        chains = sgd(
            torch.zeros(20_000, 1, dtype=torch.float64), a, float(rate), float(momentum), 200, generator
        )
        variance = derived.stationary_variance(alpha, rate, momentum)
        residuals.append(_variance("shallow: stationary variance of SGD", variance, chains))
    expected = derived.query_noise(alpha, 5, Fraction(1))
    for name, at in (("deep", minimum), ("shallow", torch.zeros(1, dtype=torch.float64))):
        drawn = query_noise(at, a, 5, 200_000, generator)
        for parameter, variance in zip(drawn.T, expected[name], strict=True):
            residuals.append(_variance(f"{name}: noise of 5 query samples", variance, parameter))
    return Residuals(tuple(residuals))
