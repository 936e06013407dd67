"""MAML with n support samples: what remains of the infinite-data analysis of §4.

`moments` and `expected_loss` derive the exact expected loss for every n at once, `best` the best rate and
start, `deep` all stationary points of the deep loss at given numbers, `global_minima` which are global. In
one sentence: with x, θ, ε standard normal the best one-step loss is ½·3/(n + 3), reached by a shallow model
with rate n/(n + 3) as by the deep one at a² = n/((n + 3)α), b = 0; the deep model's four minima survive for
every n, moved inward, with a positive loss, and stay the global ones. With heavy-tailed inputs they are
not: there depth is more than a learned step size.
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
from analysis.finite_samples.global_minima import certify_global_minima
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
    "certify_global_minima",
    "deep_minima",
    "derive",
    "shallow_loss",
    "support_moments",
]
