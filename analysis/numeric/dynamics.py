"""Per-task meta-gradients by double backward, stability by simulated SGD: the judge of `analysis.dynamics`.

The models are written as their predictors, the inner step is taken by `torch.autograd`, expectations over
tasks are Gauss–Hermite sums, and the stochastic statements are checked on real SGD runs: many independent
chains, each with its own sampled tasks (and, for `query_noise`, its own sampled data).
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import torch
from flint import arb, fmpq_mpoly
from torch import Tensor

from analysis import dynamics as derived
from analysis.algebra.polynomials import evaluate
from analysis.landscape import Problem, derive
from analysis.models import DEEP, SHALLOW
from analysis.numeric.residuals import Residual


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


def _standard_errors(samples: Tensor, expected: float) -> float:
    """|sample variance about zero − expected| in standard errors."""
    squares = samples**2
    return float(abs(squares.mean() - expected) / (squares.std() / len(squares) ** 0.5))


def compare(alpha: Fraction, seed: int = 0) -> list[Residual]:
    """Every derived quantity against autograd and simulation, at random points."""
    generator = torch.Generator().manual_seed(seed)
    a = float(alpha)
    scale = a**-0.5
    residuals = []
    for model in (SHALLOW, DEEP):
        landscape = derive(Problem(model))
        point = scale * torch.randn(len(model.parameters), generator=generator, dtype=torch.float64)
        named = dict(zip(model.parameters, point.tolist(), strict=True), alpha=a)
        exact = np.array([[_value(entry, **named) for entry in row] for row in derived.covariance(landscape)])
        error = np.abs(exact - covariance(point, a).numpy()).max() / np.abs(exact).max()
        residuals.append(
            Residual(f"{model.name}: gradient covariance, quadrature (relative)", float(error), 1e-10)
        )

    deep = derive(Problem(DEEP))
    minimum = torch.tensor([scale, 0.0], dtype=torch.float64)
    theta = torch.randn((), generator=generator, dtype=torch.float64)
    exact = np.array(
        [[_value(h, alpha=a, theta=float(theta)) for h in row] for row in derived.task_hessian(deep)]
    )
    error = np.abs(exact - task_hessian(minimum, theta, a).numpy()).max()
    residuals.append(Residual("deep: task Hessian at the minimum, double backward", float(error), 1e-10))
    gradients = task_gradient(minimum.expand(40, -1), tasks()[0], a)
    residuals.append(
        Residual("deep: every task gradient at the minimum", float(gradients.abs().max()), 1e-10)
    )

    rate, momentum = Fraction(1, 20), Fraction(1, 2)
    moments = derived.hessian_moments(alpha)
    mapping = derived.second_moment_map(*moments, rate, momentum)
    state = torch.randn(4, generator=generator, dtype=torch.float64)
    upper = np.triu_indices(4)
    packed = np.array([[float(entry.p) / float(entry.q) for entry in row] for row in mapping.tolist()])
    exact = packed @ np.outer(state, state)[upper]
    error = np.abs(exact - second_moments(a, float(rate), float(momentum), state).numpy()[upper]).max()
    residuals.append(Residual("deep: second-moment map, quadrature", float(error), 1e-10))

    shallow_rate = Fraction(1, 10) / (1 - alpha) ** 2 if alpha != 1 else Fraction(1)
    chains = sgd(torch.zeros(20_000, 1, dtype=torch.float64), a, float(shallow_rate), 0.5, 200, generator)
    expected = float(derived.stationary_variance(alpha, shallow_rate, Fraction(1, 2)))
    residuals.append(
        Residual("shallow: stationary variance, SGD (standard errors)", _standard_errors(chains, expected), 4)
    )
    for name, at in (("deep", minimum), ("shallow", torch.zeros(1, dtype=torch.float64))):
        drawn = query_noise(at, a, 5, 200_000, generator)
        for parameter, variance in zip(
            drawn.T, derived.query_noise(alpha, 5, Fraction(1))[name], strict=True
        ):
            error = _standard_errors(parameter, float(variance))
            residuals.append(Residual(f"{name}: noise of 5 query samples, drawn (standard errors)", error, 4))
    return residuals
