"""T-Nets (Lee and Choi, 2018): a learned linear map T after every affine layer; only W and b move inside the
task.

The layer is T(W x + b) with T = I at start: d_out×d_out for a matrix, a 1×1 convolution without bias for a
convolution. T is constant inside a task, so the layer *is* an ordinary one with merged weights W' = T W, b' =
T b, and by the chain rule ∂ℓ/∂W = Tᵀ ∂ℓ/∂W'. So the network keeps its ordinary layers and loses no speed; and
since

    W'_{t+1} = T (W_t − α Tᵀ G') = W'_t − α (T Tᵀ) G',

a T-Net is gradient descent preconditioned by T Tᵀ and started at T W. (The reference in tests/ runs the
layers T(W x + b) themselves.) Batch-norm parameters have no T. Not usable with ANIL, says the paper; the
learner refuses it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from empirical.update_rules.rule import Rate, Tensors, UpdateRule, left, rank, scaled


def layer_of(name: str) -> str:
    """'conv1.weight' → 'conv1'."""
    return name.split(".")[0]


def along_outputs(name: str, T: Tensor, parameter: Tensor) -> Tensor:
    """T applied along the output axis of a weight or bias."""
    axes = rank(name)
    if axes == 1:
        return left(T, parameter.unsqueeze(-1)).squeeze(-1)
    return left(T, parameter.flatten(1 - axes)).reshape(parameter.shape) if axes > 2 else left(T, parameter)


@dataclass(frozen=True)
class TNets(UpdateRule):
    """The network reads T·W and T·b; the task moves W and b."""

    name = "t-nets"

    def init(self, parameters: Mapping[str, Tensor], rate: float) -> Tensors:
        return {
            f"{layer_of(name)}.T": torch.eye(p.shape[0], dtype=p.dtype, device=p.device)
            for name, p in parameters.items()
            if name.endswith(".weight") and not name.startswith("norm")
        }

    def effective(self, xi: Mapping[str, Tensor], parameters: Tensors) -> Tensors:
        return self.merge(xi, parameters, transpose=False)

    def pull_back(self, xi: Mapping[str, Tensor], gradients: Tensors) -> Tensors:
        return self.merge(xi, gradients, transpose=True)

    def merge(self, xi: Mapping[str, Tensor], values: Tensors, transpose: bool) -> Tensors:
        """T, or Tᵀ, applied to every value of a layer that has one."""
        merged: Tensors = {}
        for name, value in values.items():
            T = xi.get(f"{layer_of(name)}.T")
            merged[name] = value if T is None else along_outputs(name, T.mT if transpose else T, value)
        return merged

    def update(self, xi: Mapping[str, Tensor], gradients: Tensors, rate: Rate) -> Tensors:
        return {name: scaled(rate, gradient) for name, gradient in gradients.items()}
