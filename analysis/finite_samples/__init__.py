"""MAML with n support samples: what remains of the infinite-data analysis of §4.

`moments` and `expected_loss` derive the exact expected loss for every n at once, `best` the best rate and
start, `deep` all stationary points of the deep loss at given numbers. In one sentence: with x, θ, ε
standard normal the best one-step loss of a shallow model is ½·3/(n + 3), at the rate n/(n + 3), and the
deep one has it at a² = n/((n + 3)α), b = 0, for every α: its four minima survive for every n (proved),
moved inward and with a positive loss, and are the global ones wherever that was computed. With heavy-tailed
inputs they are not: there depth is more than a learned step size.
"""

from analysis.finite_samples.best import (
    Best,
    best_in_dimension,
    best_shallow,
    certify_axis_identity,
    certify_axis_minima,
    shallow_loss,
)
from analysis.finite_samples.deep import DeepReport, deep_minima
from analysis.finite_samples.expected_loss import derive
from analysis.finite_samples.moments import NoiseError, Support, support_moments

__all__ = [
    "Best",
    "DeepReport",
    "NoiseError",
    "Support",
    "best_in_dimension",
    "best_shallow",
    "certify_axis_identity",
    "certify_axis_minima",
    "deep_minima",
    "derive",
    "shallow_loss",
    "support_moments",
]
