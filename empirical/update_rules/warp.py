"""Warp layers (Flennerhag et al., 2019): non-linear T-Nets.

A warp layer stands after every affine layer, is learned by the outer loop and is left alone by the task. This
project uses the residual form on the channels of a layer's output o (1×1 convolutions after a convolution),

    ω(o) = o + V relu(U o),          U = I, V = 0 at start,

so the network starts unchanged and the inner loop as plain gradient descent. The task's gradient passes
through ω, and that is the whole mechanism: no explicit transform of the gradient appears. The paper discusses
the method and leaves it out of its tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from empirical.networks import Layers
from empirical.update_rules.rule import Rate, Tensors, UpdateRule, scaled
from empirical.update_rules.t_nets import layer_of


@dataclass(frozen=True)
class Warp(UpdateRule):
    """ω(o) = o + V relu(U o) after every affine layer."""

    name = "warp"

    def init(self, parameters: Mapping[str, Tensor], rate: float) -> Tensors:
        xi: Tensors = {}
        for name, p in parameters.items():
            if name.endswith(".weight") and not name.startswith("norm"):
                identity = torch.eye(p.shape[0], dtype=p.dtype, device=p.device)
                xi[f"{layer_of(name)}.U"], xi[f"{layer_of(name)}.V"] = identity, torch.zeros_like(identity)
        return xi

    def layers(self, xi: Mapping[str, Tensor]) -> Layers:
        def warp(layer: str, output: Tensor, tasks: int) -> Tensor:
            if f"{layer}.U" not in xi:
                return output
            U, V = xi[f"{layer}.U"], xi[f"{layer}.V"]
            if not layer.startswith("conv"):
                return output + torch.relu(output @ U.mT) @ V.mT
            channels = output.unflatten(1, (tasks, -1)).movedim(2, -1)  # (B, T, H, W, O)
            if U.dim() > 2:
                U, V = U.unsqueeze(1), V.unsqueeze(1)
            change = torch.relu(channels @ U.mT) @ V.mT
            return output + change.movedim(-1, 2).flatten(1, 2)

        return warp

    def update(self, xi: Mapping[str, Tensor], gradients: Tensors, rate: Rate) -> Tensors:
        return {name: scaled(rate, gradient) for name, gradient in gradients.items()}
