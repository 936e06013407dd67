"""Appendix B.1, binary logistic regression: one-step adaptation exactly, and what was measured of it.

**What really happens.** B.1 reports that MAML on logistic regression "fails to perform better than chance",
while two or three linear layers "attain nearly perfect classification". Derived, with infinite data, and
measured:

1. The MAML solution of regression is the origin (proved), and from there one step gives *Bayes accuracy* at
   every rate; with n examples 75 % (n = 1), 86.8 % (5), 93.0 % (20), 96.8 % (100), exactly, under
   deterministic labels. In accuracy depth has nothing to add: meta-trained at the paper's rates, models of
   depth 1, 2 and 3 agree within 2.5 % when counted against the labels. (Against 1[θᵀx > 0], adapting on
   sampled labels, regression, whose meta rate is ten times smaller, trails by 5.4 % at 100 examples, ± 5.2.)
2. Under the labels of the text, y ~ Bernoulli(σ(θᵀx)), the ceiling is ln 2 = 69.3 % for every method:
   "nearly perfect" can only mean deterministic labels, or accuracy against 1[θᵀx > 0].
3. What depth does buy is the *length* of the adapted classifier, hence loss and confidence: c' = αP E[yx]
   with a learned P, where regression is stuck at α. So if predictions are *drawn*, ŷ ~ Bernoulli(σ(cᵀx)), as
   §4.2 writes the model, the claim nearly holds: 57 % for regression against 92 % at depth 2 and 3 (100
   examples, deterministic labels; 52 % against 61 % under sampled ones). No other reading was found under
   which it holds for models trained to the end at the paper's rates.
4. Near-chance threshold accuracy of regression appears where the start is large beside α/√(2π): before or
   early in meta-training (its meta rate is ten times smaller, Table D.5), or at a small α. It is a matter of
   time and rate, not of depth.

`stein` (the population gradient), `bayes` (the ceiling, ln 2), `adaptation` (any depth, any start),
`population` (accuracy and loss), `few_shot` (n examples), `measured` (the committed PyTorch measurements).
Command: `python -m analysis.logistic`. The numerical counterparts are `analysis.numeric.logistic`, which
judges the formulas, and `analysis.numeric.logistic_measurement`, which measures what the appendix claims.
"""

from analysis.logistic.adaptation import (
    adapt,
    balanced,
    can_adapt,
    collapse,
    depth_two_residual,
    neutral,
    origin_hessian,
    preconditioner,
)
from analysis.logistic.bayes import bayes_accuracy, bayes_loss, eta_weights, integrated_bayes
from analysis.logistic.few_shot import few_shot_accuracy
from analysis.logistic.measured import TABLE, read_table, select
from analysis.logistic.population import (
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
from analysis.logistic.stein import LABELS, Labels, certified_gain, gain, gradient, teacher

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
    "few_shot_accuracy",
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
