"""One-step logistic adaptation by `torch.autograd` on the layered model itself: the judge of
`analysis.logistic`.

Expectations over x are integrals on a grid whose axes are turned to the teacher, Gauss–Legendre on either
side of the decision boundary and Gauss–Hermite along it, so that deterministic labels are integrated as
exactly as sampled ones; accuracies are counted on drawn points. No Stein identity, angle, error function or
closed form is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from analysis import logistic as derived
from analysis.logistic import LABELS, PREDICTIONS, Labels, Prediction
from analysis.numeric.dynamics import furthest
from analysis.numeric.residuals import Residual, Residuals


def grid(theta: Tensor, order: int = 80) -> tuple[Tensor, Tensor]:
    """x (m, 2) and weights (m,) of E over x ~ N(0, I₂), to rounding for integrands smooth off θᵀx = 0."""
    legendre, legendre_mass = np.polynomial.legendre.leggauss(order)
    half = 10 * (legendre + 1) / 2
    half_mass = 5 * legendre_mass * np.exp(-(half**2) / 2) / np.sqrt(2 * np.pi)
    hermite, hermite_mass = np.polynomial.hermite_e.hermegauss(order)
    along = torch.tensor(np.concatenate([-half, half]))
    mass = torch.tensor(np.outer(np.tile(half_mass, 2), hermite_mass / np.sqrt(2 * np.pi)).ravel())
    unit = theta / theta.norm()
    normal = torch.stack([-unit[1], unit[0]])
    x = along[:, None, None] * unit + torch.tensor(hermite)[None, :, None] * normal
    return x.reshape(-1, 2), mass


def cross_entropy(factors: Sequence[Tensor], theta: Tensor, labels: Labels) -> Tensor:
    """ℓ_θ of the layered classifier, factors (out, in) bottom first, by quadrature; differentiable."""
    x, mass = grid(theta)
    teacher = x @ theta
    y = torch.sigmoid(teacher) if labels == "sampled" else (teacher > 0).to(x)
    logits = x
    for factor in factors:
        logits = logits @ factor.T
    return mass @ (softplus(logits[:, 0]) - y * logits[:, 0])


def adapt(factors: Sequence[Tensor], theta: Tensor, alpha: float, labels: Labels) -> list[Tensor]:
    """Every factor after one gradient step on the task; differentiable in factors that require it."""
    leaves = [f if f.requires_grad else f.detach().requires_grad_() for f in factors]
    gradients = torch.autograd.grad(cross_entropy(leaves, theta, labels), leaves, create_graph=True)
    return [f - alpha * g for f, g in zip(leaves, gradients, strict=True)]


def origin_hessian(alpha: float, labels: Labels, tasks: tuple[Tensor, Tensor]) -> Tensor:
    """Hessian (2, 2) at c = 0 of logistic regression's MAML loss over tasks θ (n, 2) with weights (n,)."""

    def maml_loss(c: Tensor) -> Tensor:
        losses = [
            cross_entropy(adapt([c[None, :]], theta, alpha, labels), theta, labels) for theta in tasks[0]
        ]
        return tasks[1] @ torch.stack(losses)

    hessian = torch.autograd.functional.hessian(maml_loss, torch.zeros(2, dtype=torch.float64))
    assert isinstance(hessian, Tensor)
    return hessian


def integrated_accuracy(c: Tensor, theta: Tensor, labels: Labels, prediction: Prediction) -> float:
    """Accuracy of c (2,) on a grid turned to its one discontinuity; not for thresholds on both sides."""
    x, mass = grid(c if prediction == "threshold" else theta)

    def chance_of_one(logit: Tensor, sampled: bool) -> Tensor:
        return torch.sigmoid(logit) if sampled else (logit > 0).to(logit)

    label, answer = (
        chance_of_one(x @ theta, labels == "sampled"),
        chance_of_one(x @ c, prediction == "sampled"),
    )
    return float(mass @ (label * answer + (1 - label) * (1 - answer)))


def counted_accuracy(
    c: Tensor, theta: Tensor, labels: Labels, prediction: Prediction, generator: torch.Generator, count: int
) -> tuple[float, float]:
    """(accuracy, its standard error) of a classifier c (2,) on `count` drawn points with drawn labels."""
    x = torch.randn(count, 2, generator=generator, dtype=torch.float64)

    def outcome(logit: Tensor, sampled: bool) -> Tensor:
        chance = (
            torch.rand(count, generator=generator, dtype=torch.float64)
            if sampled
            else torch.full((count,), 0.5)
        )
        return torch.sigmoid(logit) > chance

    right = outcome(x @ theta, labels == "sampled") == outcome(x @ c, prediction == "sampled")
    mean = float(right.double().mean())
    return mean, (mean * (1 - mean) / count) ** 0.5


def compare(alpha: float, seed: int = 0, count: int = 100_000) -> Residuals:
    """Every derived quantity against autograd and counting, at random starts and tasks."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    residuals = []
    for labels in LABELS:
        for sizes in ((2, 1), (2, 3, 1), (2, 3, 2, 1)):
            theta = normal(2)
            factors = [normal(v, u) / 2 for u, v in pairwise(sizes)]
            adapted = adapt(factors, theta, alpha, labels)
            c = derived.adapt([f.numpy() for f in factors], theta.numpy(), alpha, labels)
            name = f"{labels}, depth {len(factors)}"
            measured = derived.collapse([f.detach().numpy() for f in adapted])
            residuals.append(furthest(f"{name}: adapted classifier", c, measured))
            exact = derived.loss(c, theta.numpy(), labels)
            value = cross_entropy(adapted, theta, labels).detach().numpy()
            residuals.append(furthest(f"{name}: loss after the step", exact, value))
        tasks, weights = derived.task_quadrature(radial=6, angular=4)
        autograd = origin_hessian(alpha, labels, (torch.tensor(tasks), torch.tensor(weights))).numpy()
        exact = derived.origin_hessian(alpha, labels, (tasks, weights))
        residuals.append(furthest(f"{labels}: MAML Hessian at the origin", exact, autograd))
        for prediction in PREDICTIONS:
            student, theta = normal(2), normal(2)
            accuracy = float(derived.accuracy(student.numpy(), theta.numpy(), labels, prediction))
            mean, error = counted_accuracy(student, theta, labels, prediction, generator, count)
            name = f"{labels} labels, {prediction} prediction: accuracy"
            residuals.append(Residual.between(f"{name}, counted", accuracy, mean, 4 * error))
            if (labels, prediction) != ("deterministic", "threshold"):
                integral = integrated_accuracy(student, theta, labels, prediction)
                residuals.append(Residual.between(f"{name}, integrated", accuracy, integral, 1e-6))
    return Residuals(tuple(residuals))
