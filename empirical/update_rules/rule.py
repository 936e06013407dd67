"""What an update rule is: the map U_ξ that turns a task gradient into a step (§5.3, Algorithm 1).

    θ_{t+1} = θ_t − U_ξ(∇ℓ_τ(θ_t)).

`update` returns U_ξ(G), the amount to *subtract*, with the adaptation rate α in it: most rules are α times a
transformed gradient, but Meta-SGD's ξ is itself the rate. Two more hooks complete the family:

* `effective(ξ, θ)` and its chain rule `pull_back(ξ, G)`, for rules that reparametrise the network (T-Nets):
  what the network reads, and the gradient with respect to θ from the one with respect to what the network
  reads;
* `layers(ξ)`: extra layers in the forward pass (warp).

All methods are pure. ξ is a flat dictionary; parameters, gradients and, where it differs by task, ξ itself
may carry one leading task axis, so every rule is written with `...` in front, and `rank` says how many axes
belong to a parameter. At its initial ξ every rule is gradient descent, bit for bit; a float64 test holds it
to that.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from empirical.networks import Layers

Tensors = dict[str, Tensor]
Rate = float | Tensor
"""The adaptation rate α: one number, or one for each task (T)."""


def rank(name: str) -> int:
    """Axes of the parameter `name` without the task axis: 4 for a convolution, 2 for a matrix, else 1."""
    if name.endswith(".weight") and not name.startswith("norm"):
        return 4 if name.startswith("conv") else 2
    return 1


def scaled(rate: Rate, gradient: Tensor) -> Tensor:
    """α G."""
    if isinstance(rate, Tensor):
        rate = rate.view(-1, *[1] * (gradient.dim() - 1))
    return rate * gradient


def as_matrices(name: str, gradient: Tensor) -> Tensor:
    """The matrix, or batch of matrices, that Kronecker-factored rules see in a gradient (METHODS, meta-KFO).

    Matrix (m, n): itself. Vector (n): one column (n, 1). Convolution (O, C, kh, kw): O matrices (C, kh·kw).
    """
    axes = rank(name)
    if axes == 4:
        return gradient.flatten(-2)
    return gradient if axes == 2 else gradient.unsqueeze(-1)


def left(factor: Tensor, matrices: Tensor) -> Tensor:
    """factor · matrix, where `matrices` may have more leading axes than (task axis, matrix).

    Written as (Mᵀ Lᵀ)ᵀ: a factor shared by all tasks then is the right operand of one large matrix product,
    instead of being broadcast into hundreds of small ones.
    """
    return right(matrices.mT, factor.mT).mT


def right(matrices: Tensor, factor: Tensor) -> Tensor:
    """matrix · factor; a factor with a task axis meets the extra axes of `matrices` by broadcasting."""
    if factor.dim() > 2 and matrices.dim() > factor.dim():
        factor = factor.unsqueeze(-3)
    return matrices @ factor


@dataclass(frozen=True)
class UpdateRule:
    """Base of all rules: no ξ, nothing added to the network, parameters adapted as they are."""

    name = "rule"
    adapts_in_task = False
    """Whether ξ can move inside the task (Algorithm 1)."""

    def init(self, parameters: Mapping[str, Tensor], rate: float) -> Tensors:
        """The initial ξ for the parameters that adapt."""
        return {}

    def effective(self, xi: Mapping[str, Tensor], parameters: Tensors) -> Tensors:
        """The adapted parameters as `network.apply` reads them."""
        return parameters

    def pull_back(self, xi: Mapping[str, Tensor], gradients: Tensors) -> Tensors:
        """The gradient with respect to the parameters, given the one with respect to `effective` of them."""
        return gradients

    def layers(self, xi: Mapping[str, Tensor]) -> Layers | None:
        """Layers that the rule adds to the network, or None."""
        return None

    def update(self, xi: Mapping[str, Tensor], gradients: Tensors, rate: Rate) -> Tensors:
        """U_ξ(G), to be subtracted from the parameters."""
        raise TypeError(f"{type(self).__name__} has no update")
