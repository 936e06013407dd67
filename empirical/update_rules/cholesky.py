"""Low-rank Cholesky meta-optimizer (appendix C.1): A = L Lᵀ with L (n×r), where r sets the memory.

The identity is not in the span of L Lᵀ when r < n, so as it stands this factorisation cannot start as
gradient descent. The useful form is I + L Lᵀ; but started at L = 0 it stays there, because the gradient of vᵀ
L Lᵀ g with respect to L, (v gᵀ + g vᵀ) L, vanishes with L. This project's choice keeps both properties:

    U(G) = α (I + L Lᵀ − L₀ L₀ᵀ) vec(G),        L = L₀ at start.

L₀ is fixed: half of the first r vectors of the orthonormal cosine basis (DCT-II), computed where it is needed
and never stored. Its columns are orthogonal with norm ½, hence A ⪰ I − ¼ I ≻ 0 for every L: symmetric,
positive definite, n·r numbers per parameter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi, sqrt

import torch
from torch import Tensor

from empirical.update_rules.rule import Rate, Tensors, UpdateRule, rank, scaled


def cosine_basis(n: int, r: int, like: Tensor) -> Tensor:
    """½ of the first min(r, n) orthonormal DCT-II vectors of length n, as columns."""
    i = torch.arange(n, dtype=torch.float64, device=like.device)[:, None]
    j = torch.arange(min(r, n), dtype=torch.float64, device=like.device)[None, :]
    basis = torch.cos(pi * (i + 0.5) * j / n) * sqrt(2 / n)
    basis[:, 0] = sqrt(1 / n)
    return (0.5 * basis).to(like.dtype)


@dataclass(frozen=True)
class LowRankCholesky(UpdateRule):
    """U(G) = α (I + L Lᵀ − L₀L₀ᵀ) vec(G) with L of `columns` columns."""

    columns: int = 4
    adapts_in_task = True

    def __post_init__(self) -> None:
        if self.columns < 1:
            raise ValueError(f"the rank of a Cholesky factor is at least 1, not {self.columns}")

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"cholesky-{self.columns}"

    def init(self, parameters: Mapping[str, Tensor], rate: float) -> Tensors:
        return {f"{name}.L": cosine_basis(p.numel(), self.columns, p) for name, p in parameters.items()}

    def update(self, xi: Mapping[str, Tensor], gradients: Tensors, rate: Rate) -> Tensors:
        steps: Tensors = {}
        for name, gradient in gradients.items():
            L = xi[f"{name}.L"]
            start = cosine_basis(L.shape[-2], self.columns, L)
            row = gradient.flatten(-rank(name)).unsqueeze(-2)
            change = (row @ L) @ L.mT - (row @ start) @ start.mT
            steps[name] = scaled(rate, gradient + change.reshape(gradient.shape))
        return steps
