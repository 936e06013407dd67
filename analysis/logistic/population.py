r"""Population accuracy and loss of a classifier on a task, and their averages over tasks (d = 2).

Let ω be the angle between a classifier c and the teacher θ. A *threshold* prediction is 1[cᵀx > 0], what
accuracy usually means; a *sampled* prediction is ŷ ~ Bernoulli(σ(cᵀx)), what §4.2 of the paper writes. With

    F(s, ω) = ½ + E[(σ(sZ) − ½) erf(Z cot ω / √2)],    F(∞, ω) = 1 − ω/π,    F(s, 0) = E σ(s|Z|),

the accuracy is, because E[sign(cᵀx) | θᵀx = |θ|z] = erf(z cot ω/√2) for jointly normal logits,

    labels          threshold prediction     sampled prediction
    deterministic   1 − ω/π                  F(|c|, ω)
    sampled         F(|θ|, ω)                ½ + 2 E[(σ(θᵀx) − ½)(σ(cᵀx) − ½)]

The loss is E ln(2 cosh(|c|Z/2)) − cᵀE[yx], as softplus(t) = t/2 + ln 2cosh(t/2).

**Logistic regression from a start of norm ρ: a closed form** (deterministic labels, threshold). By `stein`
c' = A e + B θ̂ with e the start's direction, A = ρ(1 − ακ(ρ)), B = α/√(2π), and θ̂ uniform on the circle.
With k = |A|/B and φ the angle from e to θ̂, the angle of c' to θ̂ is ω = |arg(1 + k e^{iφ})|. For k < 1 the
series Σ (−1)^{n+1} kⁿ sin(nφ)/n integrates term by term over 0 < φ < π; for k > 1 use arg(1 + k e^{iφ}) = φ
− arg(1 + e^{iφ}/k). With Legendre's χ₂(k) = Σ_{n odd} kⁿ/n²,

    accuracy = 1 − (2/π²) χ₂(k)  for k ≤ 1,      ½ + (2/π²) χ₂(1/k)  for k ≥ 1.

It falls from 1 at the origin through 3/4 at k = 1 towards chance, ½, which it never reaches: near-chance
accuracy is the signature of a *start too large for the rate*, not of a model without depth.

**One example.** From the origin, with deterministic labels and a single support example, c' ∝ ±x on the
teacher's side, ω is uniform on [0, π/2], and the accuracy is exactly 3/4 at every rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import erf, expit, spence

from analysis.logistic.adaptation import adapt
from analysis.logistic.stein import NODES, WEIGHTS, Array, Labels, gain, gradient, teacher

Prediction = Literal["threshold", "sampled"]
PREDICTIONS: tuple[Prediction, ...] = get_args(Prediction)
RADIUS = 9.0


def task_quadrature(radial: int = 64, angular: int = 64) -> tuple[Array, Array]:
    """θ (radial·angular, 2) and weights for N(0, I₂): Gauss–Legendre in |θ| ≤ 9, trapezoid in the angle."""
    nodes, weights = np.polynomial.legendre.leggauss(radial)
    norm = RADIUS * (nodes + 1) / 2
    mass = RADIUS / 2 * weights * norm * np.exp(-(norm**2) / 2)
    angle = 2 * np.pi * (np.arange(angular) + 0.5) / angular
    theta = norm[:, None, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return theta.reshape(-1, 2), np.repeat(mass / mass.sum() / angular, angular)


def _agreement(norm: Array, cotangent: Array) -> Array:
    """F(s, ω) of the module docstring, elementwise, from s = `norm` and cot ω (±∞ allowed)."""
    step = erf(NODES * cotangent[..., None] / np.sqrt(2))
    return np.asarray(0.5 + ((expit(norm[..., None] * NODES) - 0.5) * step) @ WEIGHTS)


def _agreement_of_logits(weights: Array, theta: Array) -> Array:
    """½ + 2E[(σ(θᵀx) − ½)(σ(cᵀx) − ½)], d = 2, by the trapezoid rule of step 1/4 on [−7, 7]²."""
    grid = np.arange(-28, 29) / 4
    x = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    mass = np.exp(-np.sum(x**2, axis=1) / 2)
    student, master = np.broadcast_arrays(weights, theta)
    return 0.5 + 2 * ((expit(student @ x.T) - 0.5) * (expit(master @ x.T) - 0.5)) @ (mass / mass.sum())


def accuracy(
    weights: ArrayLike, theta: ArrayLike, labels: Labels, prediction: Prediction = "threshold"
) -> Array:
    """Population accuracy (...) of classifiers c (..., 2) on tasks θ (..., 2), ½ for c = 0.

    Absolute error below 2e-8 at norms up to 20, except where labels and predictions are both sampled: 1e-12
    at norm 1, 2e-6 at norms 5, 7e-5 at norms 7.
    """
    weights, theta = np.broadcast_arrays(np.asarray(weights, dtype=float), np.asarray(theta, dtype=float))
    inner = np.sum(weights * theta, axis=-1)
    cross = np.abs(weights[..., 0] * theta[..., 1] - weights[..., 1] * theta[..., 0])
    if labels == "deterministic" and prediction == "threshold":
        value = 1 - np.arctan2(cross, inner) / np.pi
    elif labels == "sampled" and prediction == "sampled":
        value = _agreement_of_logits(weights, theta)
    else:
        cotangent = inner / np.maximum(cross, 1e-150)
        value = _agreement(np.linalg.norm(theta if labels == "sampled" else weights, axis=-1), cotangent)
    return np.where(np.any(weights != 0, axis=-1), value, 0.5)


def loss(weights: ArrayLike, theta: ArrayLike, labels: Labels) -> Array:
    """Population cross-entropy ℓ_θ(c), nats, shape (...), for c and θ of shape (..., d)."""
    weights = np.asarray(weights, dtype=float)
    half = np.linalg.norm(weights, axis=-1)[..., None] * NODES / 2
    return np.asarray(np.logaddexp(half, -half) @ WEIGHTS - np.sum(weights * teacher(theta, labels), axis=-1))


def adapted_performance(
    factors: Sequence[ArrayLike], alpha: float, labels: Labels, radial: int = 64, angular: int = 64
) -> dict[str, float]:
    """Task averages one inner step after `factors` (bottom layer first): loss and both accuracies.

    Keys: "loss" (the MAML loss, nats), "threshold" and "sampled" (accuracies by prediction rule). Before the
    step both accuracies are ½ from every start and at every depth, because θ and −θ are equally likely.
    """
    theta, mass = task_quadrature(radial, angular)
    adapted = adapt(factors, theta, alpha, labels)
    result = {"loss": float(mass @ loss(adapted, theta, labels))}
    for prediction in PREDICTIONS:
        result[prediction] = float(mass @ accuracy(adapted, theta, labels, prediction))
    return result


def legendre_chi(k: ArrayLike) -> Array:
    """χ₂(k) = Σ_{n odd} kⁿ/n² = (Li₂(k) − Li₂(−k))/2 for 0 ≤ k ≤ 1."""
    k = np.asarray(k, dtype=float)
    return np.asarray((spence(1 - k) - spence(1 + k)) / 2)


def accuracy_from_start(
    norm: ArrayLike, alpha: float, labels: Labels = "deterministic", radial: int = 64
) -> Array:
    """Threshold accuracy against the teacher's side 1[θᵀx > 0], one step of logistic regression from |c| =
    `norm`.

    The χ₂ law of the module docstring; `labels` says what the model *adapts on*: deterministic is the
    closed form, sampled averages it over |θ|, whose B = α|θ|κ(|θ|) depends on the task.
    """
    norm = np.asarray(norm, dtype=float)
    start = np.abs(norm * (1 - alpha * gain(norm)))
    nodes, weights = np.polynomial.legendre.leggauss(radial)
    task = RADIUS * (nodes + 1) / 2
    mass = weights * task * np.exp(-(task**2) / 2)
    pull = alpha * (task * gain(task) if labels == "sampled" else np.full_like(task, 1 / np.sqrt(2 * np.pi)))
    small, large = np.minimum(start[..., None], pull), np.maximum(start[..., None], pull)
    chi = 2 / np.pi**2 * legendre_chi(small / large)
    return np.asarray(np.where(start[..., None] <= pull, 1 - chi, 0.5 + chi) @ (mass / mass.sum()))


def best_rate(labels: Labels) -> float:
    """The rate ρ* at which one step from the origin has the least expected loss E_θ ℓ_θ(ρ E[yx]).

    The loss is convex in ρ, so ρ* is the only zero of its derivative. Infinite for deterministic labels: the
    loss then falls towards 0 as ρ grows, because s κ(s) < 1/√(2π). Depth can learn ρ* = αρ, a fixed α cannot.
    """
    if labels == "deterministic":
        return float("inf")
    theta, mass = task_quadrature(angular=1)
    direction = teacher(theta, labels)

    def slope(rate: float) -> float:
        return float(mass @ np.sum(gradient(rate * direction, theta, labels) * direction, axis=-1))

    return float(brentq(slope, 0.0, 1000.0, xtol=1e-13))
