"""Task losses and what counts as being right.

| name | ℓ(outputs, targets), a mean over the examples | targets |
|---|---|---|
| cross-entropy | −log softmax(z)_y | class indices |
| squared | ½ (ŷ − y)² — **with the ½**, the convention of the whole repository | real numbers |
| logistic | log(1 + eᶻ) − y z | 0 or 1 |

Outputs are (..., B, k) and targets (..., B); losses and accuracies are (...): one number a task. k = 1 for
squared and logistic. Accuracy of a regression is undefined and comes back as NaN rather than as some other
number in its place.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Loss:
    """A loss, its first two derivatives by the outputs, and its notion of accuracy.

    `slope(outputs, targets)` is ∂ℓ/∂outputs and `curvature(outputs, v)` is ∂²ℓ/∂outputs² · v; none of the
    three losses has a curvature that depends on the targets.
    """

    name: str
    value: Callable[[Tensor, Tensor], Tensor]
    slope: Callable[[Tensor, Tensor], Tensor]
    curvature: Callable[[Tensor, Tensor], Tensor]
    accuracy: Callable[[Tensor, Tensor], Tensor]


def cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean of −log softmax(z)_y over the examples."""
    logarithms = F.log_softmax(outputs, -1)
    return -logarithms.gather(-1, targets.unsqueeze(-1)).squeeze(-1).mean(-1)


def cross_entropy_slope(outputs: Tensor, targets: Tensor) -> Tensor:
    """(softmax(z) − onehot(y)) / B."""
    shares, right = outputs.softmax(-1), targets.unsqueeze(-1)
    return shares.scatter_add(-1, right, -torch.ones_like(shares[..., :1])) / outputs.shape[-2]


def cross_entropy_curvature(outputs: Tensor, v: Tensor) -> Tensor:
    """(diag(p) − p pᵀ) v / B with p = softmax(z)."""
    weighted = outputs.softmax(-1) * (v / outputs.shape[-2])
    return weighted - outputs.softmax(-1) * weighted.sum(-1, keepdim=True)


def squared(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean of ½ (ŷ − y)² over the examples."""
    return 0.5 * (outputs.squeeze(-1) - targets).square().mean(-1)


def squared_slope(outputs: Tensor, targets: Tensor) -> Tensor:
    """(ŷ − y) / B."""
    return (outputs - targets.unsqueeze(-1)) / outputs.shape[-2]


def squared_curvature(outputs: Tensor, v: Tensor) -> Tensor:
    """v / B."""
    return v / outputs.shape[-2]


def logistic(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean of log(1 + eᶻ) − y z over the examples."""
    z = outputs.squeeze(-1)
    return (F.softplus(z) - targets * z).mean(-1)


def logistic_slope(outputs: Tensor, targets: Tensor) -> Tensor:
    """(σ(z) − y) / B."""
    return (outputs.sigmoid() - targets.unsqueeze(-1)) / outputs.shape[-2]


def logistic_curvature(outputs: Tensor, v: Tensor) -> Tensor:
    """σ(z) σ(−z) v / B."""
    return outputs.sigmoid() * (-outputs).sigmoid() * v / outputs.shape[-2]


def classified(outputs: Tensor, targets: Tensor) -> Tensor:
    """Share of the examples whose largest logit is the right one."""
    return (outputs.argmax(-1) == targets).to(outputs.dtype).mean(-1)


def signed(outputs: Tensor, targets: Tensor) -> Tensor:
    """Share of the examples on the right side of z = 0."""
    return ((outputs.squeeze(-1) > 0) == (targets > 0.5)).to(outputs.dtype).mean(-1)


def undefined(outputs: Tensor, targets: Tensor) -> Tensor:
    """NaN for every task."""
    return torch.full_like(outputs[..., 0, 0], torch.nan)


LOSSES = {
    loss.name: loss
    for loss in (
        Loss("cross-entropy", cross_entropy, cross_entropy_slope, cross_entropy_curvature, classified),
        Loss("squared", squared, squared_slope, squared_curvature, undefined),
        Loss("logistic", logistic, logistic_slope, logistic_curvature, signed),
    )
}
