"""ŷ = aᵀB_{N−1}⋯B₁x: exactly where it adapts to every task in one step, for any number N of layers.

Notation of `chains` and `analysis.equivalence.collapsed`: A_j and C_j are what lies above and below layer j,
u = Uᵀ, g = Σ(u − θ); for i > j let k_{ij} = C_iᵀ W_{i−1} ⋯ W_{j+1} A_jᵀ ∈ R^d. For one output theorem 1 is

    f − θ = (u − θ) + Σ_J (−α)^{|J|} |A_{j₁}|² (k_{j₁j₂}ᵀg) ⋯ (k_{j_{m−1}j_m}ᵀg) C_{j_m}ᵀC_{j_m} g,

J = {j₁ > ⋯ > j_m} ⊆ {1..N}. For neighbours k_{j+1,j} = u.

**Theorem 9.** The excess loss is zero if and only if u = 0, Σ_j |A_j|² C_jᵀC_j = Σ⁻¹/α, and for m = 2, …,
⌈N/2⌉ the sum of the terms over all J of m layers, no two of them neighbours, is zero as a polynomial in g.

*Proof.* f − θ vanishes for all θ in a set not contained in a hypersurface, so it vanishes as a polynomial in
g, degree by degree. Degree N is (−α)ᴺ (uᵀg)^{N−1} g (theorem 4), so u = 0, and every J with two neighbours
drops out. Of N layers at most ⌈N/2⌉ have no two neighbours. Degree 1: u − θ = Σ⁻¹g. ∎

So on the zero-excess set a chain is exactly a linearly preconditioned shallow model. Two layers leave no
correction once u = 0, three leave T_{31} (theorem 5). For N = 4, with p = |A₃|² k₃₁ + k₄₁ and q = k₄₂,

    (pᵀg) g + (qᵀg) W₁ᵀW₁ g = 0  for all g     ⟺     p = q = 0, or W₁ᵀW₁ = cI and p = −c q ≠ 0:

where qᵀg ≠ 0, g is an eigenvector of W₁ᵀW₁. The second case occurs, already for d = 1: W₁ = (1, 0)ᵀ, W₂ =
(1 −1; −1 0), W₃ = (0 1; 1 1), W₄ = (0 −1) have u = 0, p = −1, q = 1, and adapt to every task for α E[x²] =
1/6: single terms of theorem 1 need not vanish, only their sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

from flint import fmpq_mpoly

from analysis.algebra.matrices import Matrix, chain, diagonal, entry_names, generic
from analysis.algebra.polynomials import context, rational
from analysis.dimensions.chains import sum_of_squares
from analysis.dimensions.zero_excess import Setting
from analysis.equivalence.collapsed import Layers, above, below, between, collapse, subsets, term


def adapts_to_every_task(layers: Layers, setting: Setting) -> bool:
    """Theorem 9, decided exactly for layers (W₁, …, W_N) with rational entries and one output.

    Raises:
        ValueError: the layers do not map d inputs to one output.
    """
    if layers[0].shape[1] != setting.inputs or layers[-1].shape[0] != 1 or setting.outputs != 1:
        raise ValueError(f"the layers must map {setting.inputs} inputs to one output")
    if not collapse(layers).is_zero():
        return False
    inverse = diagonal(list(setting.precisions), setting.precisions[0] * 0)
    if not (sum_of_squares(layers) - inverse).is_zero():
        return False
    ring = context(entry_names("g", (1, setting.inputs)))
    row = generic(ring, "g", (1, setting.inputs))
    lifted = [layer.map(lambda x: ring.constant(rational(x))) for layer in layers]
    count = len(layers)
    return all(_of_degree(lifted, row, m).is_zero() for m in range(2, (count + 1) // 2 + 1))


def _of_degree(layers: Layers, row: Matrix, size: int) -> Matrix:
    """The terms of `size` layers, no two of them neighbours, for the gradient gᵀ = `row`; without (−α)^m."""
    total = row.scale(0)
    for chosen in without_neighbours(len(layers), size):
        total = total + factored(layers, row, chosen)
    return total


def without_neighbours(count: int, size: int) -> list[tuple[int, ...]]:
    """The sets of `size` numbers from 1 to `count`, ascending, no two of which differ by one."""
    return [
        chosen
        for chosen in combinations(range(1, count + 1), size)
        if all(j - i > 1 for i, j in pairwise(chosen))
    ]


def factored(layers: Layers, row: Matrix, chosen: Sequence[int]) -> Matrix:
    """|A_{j₁}|² ∏ (k_{ij}ᵀg) gᵀ C_{j_m}ᵀC_{j_m}, the term of J = `chosen` for one output."""
    descending = sorted(chosen, reverse=True)
    top, bottom = above(layers, descending[0]), below(layers, descending[-1])
    scale = (top @ top.T)[0, 0]
    for i, j in pairwise(descending):
        scale = scale * (row @ between(layers, i, j))[0, 0]
    return chain([row, bottom.T, bottom]).scale(scale)


def certify_terms(widths: Sequence[int]) -> int:
    """Prove that every term factors, and that neighbours have k = u, for generic layers of these widths.

    Returns:
        The number of terms compared.

    Raises:
        AssertionError: an identity fails (none does).
        ValueError: the last width is not 1.
    """
    if len(widths) < 3 or widths[-1] != 1:
        raise ValueError("a chain has widths d, n1, ..., 1 with at least two layers and one output")
    shapes = list(zip(widths[1:], widths[:-1], strict=True))
    labels = [f"w{j}_" for j in range(1, len(shapes) + 1)]
    weights = [n for label, shape in zip(labels, shapes, strict=True) for n in entry_names(label, shape)]
    ring = context((*weights, *entry_names("g", (1, widths[0]))))
    layers: list[Matrix] = [generic(ring, label, shape) for label, shape in zip(labels, shapes, strict=True)]
    row, count = generic(ring, "g", (1, widths[0])), len(layers)
    for chosen in subsets(count):
        if factored(layers, row, chosen) != term(layers, row, chosen):
            raise AssertionError(f"the term of layers {chosen} does not factor")
    neighbours: fmpq_mpoly = (row @ collapse(layers).T)[0, 0]
    if any((row @ between(layers, j + 1, j))[0, 0] != neighbours for j in range(1, count)):
        raise AssertionError("k is not u for neighbouring layers")
    return len(subsets(count))
