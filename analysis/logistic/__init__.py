"""Appendix B.1, binary logistic regression: one-step adaptation exactly, and what was measured of it.

`_stein` (the population gradient), `_bayes` (the ceiling, ln 2), `_adaptation` (any depth, any start),
`_population` (accuracy and loss), `_measured` (the committed PyTorch measurements). Command:
`python -m analysis.logistic`. The numerical counterparts are `analysis.numeric.logistic`, which judges the
formulas, and `analysis.numeric.logistic_measurement`, which measures what the appendix claims.
"""

from analysis.logistic._adaptation import (
    adapt,
    balanced,
    can_adapt,
    collapse,
    depth_two_residual,
    neutral,
    origin_hessian,
    preconditioner,
)
from analysis.logistic._bayes import bayes_accuracy, bayes_loss, eta_weights, integrated_bayes
from analysis.logistic._measured import TABLE, read_table, select
from analysis.logistic._population import (
    PREDICTIONS,
    Prediction,
    accuracy,
    accuracy_from_start,
    adapted_performance,
    best_rate,
    legendre_chi,
    loss,
    task_quadrature,
)
from analysis.logistic._stein import LABELS, Labels, certified_gain, gain, gradient, teacher

__all__ = [
    "LABELS",
    "PREDICTIONS",
    "TABLE",
    "Labels",
    "Prediction",
    "accuracy",
    "accuracy_from_start",
    "adapt",
    "adapted_performance",
    "balanced",
    "bayes_accuracy",
    "bayes_loss",
    "best_rate",
    "can_adapt",
    "certified_gain",
    "collapse",
    "depth_two_residual",
    "eta_weights",
    "gain",
    "gradient",
    "integrated_bayes",
    "legendre_chi",
    "loss",
    "neutral",
    "origin_hessian",
    "preconditioner",
    "read_table",
    "select",
    "task_quadrature",
    "teacher",
]
