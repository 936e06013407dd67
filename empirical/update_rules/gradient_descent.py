"""Gradient descent, the rule without ξ: U(G) = α G (eq. 4)."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from empirical.update_rules.rule import Rate, Tensors, UpdateRule, scaled


@dataclass(frozen=True)
class GradientDescent(UpdateRule):
    """U(G) = α G."""

    name = "sgd"

    def update(self, xi: Mapping[str, Tensor], gradients: Tensors, rate: Rate) -> Tensors:
        return {name: scaled(rate, gradient) for name, gradient in gradients.items()}
