"""meta-KFO (§5.3): a separate network, with Kronecker-factored layers, transforms the gradients.

One linear layer on the vectorised gradient would be a matrix with as many entries as the square of the number
of weights. Factored as a Kronecker product it is two small ones, by the identity (column-major vec)

    (Rᵀ ⊗ L) vec(G) = vec(L G R),          G (n×m),  L (n×n),  R (m×m),

so the layer is L G R. `rule.as_matrices` says which matrix each parameter is; a convolution is O matrices
that share one pair. L = R = I at start: gradient descent.

* **linear** (`kfo`): U(G) = α L G R.
* **psd** (`kfo-psd`): effective factors LᵀL and RᵀR, so that U is positive semi-definite and never turns a
  descent direction into an ascent direction. On by default in both released scripts; the paper's text never
  mentions it.
* **non-linear** (`kfo-nonlinear-h`, h = 0, 1, 2 hidden layers): "typically two hidden layers" says the paper,
  and nothing on activation, bias or start. A stack of identity factors with a ReLU between is not the
  identity: it kills negative gradients. This project's own choice is the residual form

      U(G) = α [ G + K_{h+1}(σ(K_h(… σ(K₁ G)))) ],     K G = L G R,  σ = ReLU,

  whose last L is zero at start, all other factors the identity: exactly gradient descent, with a gradient
  that does not vanish.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from empirical.update_rules.rule import Rate, Tensors, UpdateRule, as_matrices, left, right, scaled


def identity_factors(name: str, parameter: Tensor) -> tuple[Tensor, Tensor]:
    """(L, R) = (I_n, I_m) for a parameter."""
    n, m = as_matrices(name, parameter).shape[-2:]
    L, R = (torch.eye(size, dtype=parameter.dtype, device=parameter.device) for size in (n, m))
    return L, R


@dataclass(frozen=True)
class KFO(UpdateRule):
    """U(G) = α L G R, or α (LᵀL) G (RᵀR) with `psd`."""

    psd: bool = False
    adapts_in_task = True

    @property
    def name(self) -> str:  # type: ignore[override]
        return "kfo-psd" if self.psd else "kfo"

    def init(self, parameters: Mapping[str, Tensor], rate: float) -> Tensors:
        xi: Tensors = {}
        for name, p in parameters.items():
            xi[f"{name}.L"], xi[f"{name}.R"] = identity_factors(name, p)
        return xi

    def update(self, xi: Mapping[str, Tensor], gradients: Tensors, rate: Rate) -> Tensors:
        steps: Tensors = {}
        for name, gradient in gradients.items():
            L, R = xi[f"{name}.L"], xi[f"{name}.R"]
            if self.psd:
                L, R = L.mT @ L, R.mT @ R
            steps[name] = scaled(rate, right(left(L, as_matrices(name, gradient)), R).reshape(gradient.shape))
        return steps


@dataclass(frozen=True)
class NonlinearKFO(UpdateRule):
    """U(G) = α [G + K(σ(… K G))] with `hidden` hidden layers; the last left factor is zero at start."""

    hidden: int = 2
    adapts_in_task = True

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"kfo-nonlinear-{self.hidden}"

    def init(self, parameters: Mapping[str, Tensor], rate: float) -> Tensors:
        xi: Tensors = {}
        for name, p in parameters.items():
            for layer in range(self.hidden + 1):
                L, R = identity_factors(name, p)
                xi[f"{name}.L{layer}"] = torch.zeros_like(L) if layer == self.hidden else L
                xi[f"{name}.R{layer}"] = R
        return xi

    def update(self, xi: Mapping[str, Tensor], gradients: Tensors, rate: Rate) -> Tensors:
        steps: Tensors = {}
        for name, gradient in gradients.items():
            flow = as_matrices(name, gradient)
            for layer in range(self.hidden + 1):
                flow = torch.relu(flow) if layer else flow
                flow = right(left(xi[f"{name}.L{layer}"], flow), xi[f"{name}.R{layer}"])
            steps[name] = scaled(rate, gradient + flow.reshape(gradient.shape))
        return steps
