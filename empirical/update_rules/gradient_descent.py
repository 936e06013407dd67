"""Gradient descent, the rule without ξ: U(G) = α G (eq. 4)."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from empirical.update_rules.rule import Tensors, UpdateRule


@dataclass(frozen=True)
class GradientDescent(UpdateRule):
    """U(G) = α G."""

    name = "sgd"

    def update(self, xi: Mapping[str, Tensor], gradients: Tensors, rate: float) -> Tensors:
        return {name: rate * gradient for name, gradient in gradients.items()}
