"""Meta-Curvature (Park and Oliva, 2019): one learned factor per axis of each gradient.

With ×ₖ the mode product (a matrix applied along axis k),

    vector:       U(G) = α m ⊙ G
    matrix:       U(G) = α M_o G M_i                        M_o (m×m), M_i (n×n)
    convolution:  U(G) = α G ×₁ M_o ×₂ M_i ×₃ M_f           M_o (O×O), M_i (C×C), M_f (kh·kw × kh·kw)

all starting at the identity. Products along different axes commute, so the order below is free; with G
reshaped to O matrices (C, kh·kw), M_i acts from the left and M_f from the right.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from empirical.update_rules.rule import Rate, Tensors, UpdateRule, as_matrices, left, rank, right, scaled


@dataclass(frozen=True)
class MetaCurvature(UpdateRule):
    """One square factor per axis, identity at start."""

    name = "meta-curvature"
    adapts_in_task = True

    def init(self, parameters: Mapping[str, Tensor], rate: float) -> Tensors:
        xi: Tensors = {}
        for name, p in parameters.items():
            if p.dim() == 1:
                xi[f"{name}.gains"] = torch.ones_like(p)
                continue
            axes = {"out": p.shape[0], "in": p.shape[1]}
            if p.dim() == 4:
                axes["filter"] = p.shape[2] * p.shape[3]
            for axis, size in axes.items():
                xi[f"{name}.{axis}"] = torch.eye(size, dtype=p.dtype, device=p.device)
        return xi

    def update(self, xi: Mapping[str, Tensor], gradients: Tensors, rate: Rate) -> Tensors:
        return {
            name: scaled(rate, self.transform(name, xi, gradient)) for name, gradient in gradients.items()
        }

    def transform(self, name: str, xi: Mapping[str, Tensor], gradient: Tensor) -> Tensor:
        """The curvature of one parameter applied to its gradient."""
        axes = rank(name)
        if axes == 1:
            return xi[f"{name}.gains"] * gradient
        out, inner = xi[f"{name}.out"], xi[f"{name}.in"]
        if axes == 2:
            return left(out, right(gradient, inner))
        matrices = right(left(inner, as_matrices(name, gradient)), xi[f"{name}.filter"])
        rows = matrices.flatten(-2)
        return left(out, rows).reshape(gradient.shape)
