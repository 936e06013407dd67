"""What one inner step of a deep linear network does to the map it computes: the induced meta-optimizer.

Let ŷ = Ux with U = W_N ⋯ W₁ (W_j of shape n_j × n_{j−1}), and let ℓ be any loss of U with gradient G =
∂ℓ/∂U (k × d). Write A_j = W_N ⋯ W_{j+1} and C_j = W_{j−1} ⋯ W₁ for what lies above and below layer j. By
the chain rule ∂ℓ/∂W_j = A_jᵀ G C_jᵀ, and one gradient step on every layer, W_j ← W_j − α A_jᵀ G C_jᵀ,
changes the collapsed map *exactly* by

    U′ = U + Σ_{∅ ≠ J ⊆ {1..N}} (−α)^{|J|} T_J(G),                                               (theorem 1)

    T_J = (A_{j₁}A_{j₁}ᵀ) G K_{j₁j₂} G K_{j₂j₃} ⋯ G (C_{j_m}ᵀ C_{j_m}),      J = {j₁ > j₂ > ⋯ > j_m},
    K_{ij} = C_iᵀ (W_{i−1} ⋯ W_{j+1}) A_jᵀ,   a d × k matrix.

*Proof.* Expand the product ∏_j (W_j − α A_jᵀGC_jᵀ); J is the set of layers from which the second term is
taken. The factors between two of them are C_iᵀ W_{i−1}⋯W_{j+1} A_jᵀ; above the first they are A_{j₁}; below
the last C_{j_m}. ∎   The |J| = 1 terms are the familiar first-order part: the linear preconditioner

    G ↦ Σ_j (A_jA_jᵀ) G (C_jᵀC_j),   in vec notation  Σ_j (C_jᵀC_j) ⊗ (A_jA_jᵀ),

symmetric and positive semidefinite, a sum of at most N Kronecker products. The other 2ᴺ − 1 − N terms are
the corrections; they are polynomials of degree 2..N in the gradient, so an external optimizer that copies
depth exactly is not linear. For N = 2, U = AB, there is one:

    U′ = U − α(AAᵀG + GBᵀB) + α² G Uᵀ G,                                                          (theorem 2)

and for N scalars with product c, e_k being the elementary symmetric polynomials,

    c′ = c + Σ_{m=1}^{N} (−αg)ᵐ c^{m−1} e_{N−m}(w₁², …, w_N²).                                     (theorem 3)

The corrections of theorems 2 and 3 carry a factor U (or c), so where the collapsed map is zero a two-layer
net, or a product of any number of scalars, is *exactly* a linearly preconditioned shallow model. It is zero
at every zero-excess point when the law of the tasks is not confined to a hypersurface
(`analysis.dimensions`; for scalars f = θ as polynomials in θ, and the coefficient of θᴺ is αᴺc^{N−1}). For
θ = ±1 it need not be: at ab = 1, a² + b² = (1 + 2α²)/α the quadratic term carries c = 1 over to −1. Three
layers or more keep a correction where U = 0. The functions below carry out both sides for given layer sizes
on polynomial entries; `verify` compares. The first-order part alone is the preconditioner of Arora, Cohen &
Hazan (2018, "On the optimization of deep networks", claim 2) for gradient flow; the finite-step corrections
are what MAML's one step needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from math import prod

from flint import fmpq, fmpq_mpoly

from analysis.algebra.matrices import Matrix, chain, diagonal, entry_names, generic
from analysis.algebra.polynomials import context

Layers = Sequence[Matrix]  # (W₁, …, W_N), the layer that sees the input first


def _identity(size: int, like: Matrix) -> Matrix:
    zero = like[0, 0] - like[0, 0]
    return diagonal([zero + 1] * size, zero)


def collapse(layers: Layers) -> Matrix:
    """U = W_N ⋯ W₁."""
    return chain(reversed(layers))


def above(layers: Layers, j: int) -> Matrix:
    """A_j = W_N ⋯ W_{j+1}, the identity for j = N (layers are numbered from 1)."""
    return chain(reversed(layers[j:])) if j < len(layers) else _identity(layers[-1].shape[0], layers[-1])


def below(layers: Layers, j: int) -> Matrix:
    """C_j = W_{j−1} ⋯ W₁, the identity for j = 1."""
    return chain(reversed(layers[: j - 1])) if j > 1 else _identity(layers[0].shape[1], layers[0])


def between(layers: Layers, i: int, j: int) -> Matrix:
    """K_{ij} = C_iᵀ W_{i−1} ⋯ W_{j+1} A_jᵀ for i > j."""
    middle = list(reversed(layers[j : i - 1]))
    return chain([below(layers, i).T, *middle, above(layers, j).T])


def step(layers: Layers, gradient: Matrix, rate: object) -> list[Matrix]:
    """The layers after one gradient step on all of them: W_j − α A_jᵀ G C_jᵀ."""
    return [
        layer - chain([above(layers, j).T, gradient, below(layers, j).T]).scale(rate)
        for j, layer in enumerate(layers, start=1)
    ]


def term(layers: Layers, gradient: Matrix, chosen: Sequence[int]) -> Matrix:
    """T_J(G) of theorem 1 for J = `chosen`, a non-empty set of layer numbers."""
    descending = sorted(chosen, reverse=True)
    top, bottom = above(layers, descending[0]), below(layers, descending[-1])
    factors = [top @ top.T, gradient]
    for i, j in pairwise(descending):
        factors += [between(layers, i, j), gradient]
    return chain([*factors, bottom.T @ bottom])


def subsets(factors: int) -> list[tuple[int, ...]]:
    """Every non-empty J ⊆ {1..N}, smallest first."""
    return [j for m in range(1, factors + 1) for j in combinations(range(1, factors + 1), m)]


def induced_update(layers: Layers, gradient: Matrix, rate: object) -> Matrix:
    """U′ by theorem 1: the collapsed map after one step, from the collapsed gradient alone."""
    total = collapse(layers)
    for chosen in subsets(len(layers)):
        sign = prod([-rate] * len(chosen), start=1)  # type: ignore[operator]
        total = total + term(layers, gradient, chosen).scale(sign)
    return total


def elementary_symmetric(values: Sequence[fmpq_mpoly], degree: int) -> fmpq_mpoly | int:
    """e_degree(values)."""
    return sum(prod(subset) for subset in combinations(values, degree))


def verify(widths: Sequence[int]) -> int:
    """Prove theorem 1 for generic layers of these widths (n₀ = d, n₁, …, n_N = k) by polynomial identity.

    The left side takes the inner step by differentiating tr(Gᵀ W_N⋯W₁) with respect to every weight, so the
    chain rule is checked as well. α is set to 1, which loses nothing: it is the scale of G.

    Returns:
        The number of polynomial terms compared.

    Raises:
        AssertionError: the two sides differ (they do not).
    """
    shapes = list(zip(widths[1:], widths[:-1], strict=True))
    labels = [f"w{j}_" for j in range(1, len(shapes) + 1)]
    weight_names = [n for label, shape in zip(labels, shapes, strict=True) for n in entry_names(label, shape)]
    outer = (widths[-1], widths[0])
    ring = context((*weight_names, *entry_names("g", outer)))
    layers = [generic(ring, label, shape) for label, shape in zip(labels, shapes, strict=True)]
    gradient = generic(ring, "g", outer)
    collapsed = collapse(layers)
    linear_loss = sum((x * y for x, y in zip(collapsed, gradient, strict=True)), ring.constant(fmpq(0)))
    place = {name: i for i, name in enumerate(ring.names())}
    moved = [layer.map(lambda w: w - linear_loss.derivative(place[str(w)])) for layer in layers]
    left, right = collapse(moved), induced_update(layers, gradient, 1)
    if not (left - right).is_zero():
        raise AssertionError(f"theorem 1 fails for widths {tuple(widths)}")
    return sum(len(entry.to_dict()) for entry in left)


def verify_scalars(factors: int) -> int:
    """Prove theorem 3 for N = `factors` scalars; returns the number of terms compared.

    Raises:
        AssertionError: the two sides differ (they do not).
    """
    ring = context((*(f"w{j}" for j in range(1, factors + 1)), "g"))
    *weights, g = ring.gens()
    c = prod(weights, start=ring.constant(1))
    left = prod((w - c.derivative(j) * g for j, w in enumerate(weights)), start=ring.constant(1))
    squares = [w * w for w in weights]
    right = c
    for m in range(1, factors + 1):
        right += (-g) ** m * c ** (m - 1) * elementary_symmetric(squares, factors - m)
    if left != right:
        raise AssertionError(f"theorem 3 fails for {factors} factors")
    return len(left.to_dict())
