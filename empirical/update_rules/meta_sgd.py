"""Meta-SGD (Li et al., 2017): one learned rate per weight, U(G) = A ⊙ G.

A starts at the constant adaptation rate α, so no other rate appears, and only the outer loop learns it.
Nothing keeps it positive: an entry may cross zero and turn descent into ascent for that weight.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from empirical.update_rules.rule import Rate, Tensors, UpdateRule


@dataclass(frozen=True)
class MetaSGD(UpdateRule):
    """U(G) = A ⊙ G with A = α at start."""

    name = "meta-sgd"

    def init(self, parameters: Mapping[str, Tensor], rate: float) -> Tensors:
        return {f"{name}.rates": torch.full_like(p, rate) for name, p in parameters.items()}

    def update(self, xi: Mapping[str, Tensor], gradients: Tensors, rate: Rate) -> Tensors:
        return {name: xi[f"{name}.rates"] * gradient for name, gradient in gradients.items()}
