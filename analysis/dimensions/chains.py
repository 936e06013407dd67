"""ŷ = aᵀB_{N−1}⋯B₁x: zero excess loss with any number of linear layers, one output.

Layers W₁ (n₁ × d), …, W_N = aᵀ (1 × n_{N−1}), all adapting, N ≥ 2; u = Uᵀ ∈ R^d the collapsed map, g =
Σ(u − θ).

**Theorem 4.** Zero excess loss is attainable iff n₁ ≥ min(d, d − m + 1) = d − m + 1, m being the
multiplicity of Σ's largest eigenvalue: only the first hidden layer's width matters, and further depth
neither helps nor hurts.

*Proof.* By theorem 1 of `analysis.equivalence.collapsed` the term of degree N in g is (−α)ᴺ (uᵀg)^{N−1}
g, so u = 0 is necessary (checked below as a polynomial identity). The term of degree 1 gives S = Σ⁻¹/α
with S = Σ_j |A_j|² C_jᵀC_j = |A₁|² I + W₁ᵀ M W₁ and M ⪰ 0 (every C_j with j ≥ 2 ends in W₁). If A₁ = 0
then rank W₁ ≥ d, so n₁ ≥ d. Otherwise u = W₁ᵀA₁ᵀ = 0 leaves W₁ rank at most n₁ − 1, and Σ⁻¹/α − |A₁|²I
has rank d − m at least. Conversely let every layer above the first be the one-neuron path W₂ = e bᵀ, W_j
= e eᵀ (j ≥ 3), with (b, W₁) = (a, B) a zero-excess point of the two-layer net: the layers above the
second see the gradient uᵀg = 0 times a constant and stay, and the rest is theorem 2. ∎

**Theorem 5.** For N = 3, ŷ = aᵀB₂B₁x, the excess loss is zero iff

    B₁ᵀB₂ᵀa = 0,   B₁ᵀB₂ᵀB₂B₂ᵀa = 0,   |B₂ᵀa|² I + B₁ᵀ(|a|² I + B₂ᵀB₂)B₁ = Σ⁻¹/α.

*Proof.* The terms of degree 2 are α² (gᵀu)(|a|²I + B₁ᵀB₁)g + α² (gᵀp) g with p = B₁ᵀB₂ᵀB₂B₂ᵀa, that of
degree 3 is −α³ (gᵀu)² g (identities checked below); u = 0 from the last, then p = 0 from the second. ∎
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from analysis.algebra.matrices import Matrix, chain, diagonal, entry_names, generic, matrix
from analysis.algebra.polynomials import context
from analysis.dimensions.zero_excess import Setting, representative, strata
from analysis.equivalence.collapsed import Layers, above, below, collapse, step, term


def width_for_zero(setting: Setting) -> int:
    """The least first hidden width n₁ with which a chain with one output reaches zero: d − m + 1."""
    return setting.inputs - setting.top_multiplicity + 1


def certify_chain(widths: Sequence[int]) -> tuple[str, ...]:
    """Prove the identities of theorems 4 and 5 for generic layers of widths (d, n₁, …, n_{N−1}, 1).

    Returns:
        The identities that hold.

    Raises:
        AssertionError: one fails (none does).
        ValueError: the last width is not 1, or there are fewer than two layers.
    """
    if len(widths) < 3 or widths[-1] != 1:
        raise ValueError("a chain has widths d, n1, ..., 1 with at least two layers and one output")
    shapes = list(zip(widths[1:], widths[:-1], strict=True))
    labels = [f"w{j}_" for j in range(1, len(shapes) + 1)]
    weights = [n for label, shape in zip(labels, shapes, strict=True) for n in entry_names(label, shape)]
    ring = context((*weights, *entry_names("g", (1, widths[0]))))
    layers = [generic(ring, label, shape) for label, shape in zip(labels, shapes, strict=True)]
    row = generic(ring, "g", (1, widths[0]))
    u, count = collapse(layers), len(layers)
    along = (row @ u.T)[0, 0]
    _require(term(layers, row, range(1, count + 1)) == row.scale(along ** (count - 1)), "top term")
    total = sum_of_squares(layers)
    first_order = [term(layers, row, (j,)) for j in range(1, count + 1)]
    _require(add(first_order) == row @ total, "first-order term")
    done = ["degree N: (u'g)^(N-1) g'", "degree 1: g'S with S = sum_j |A_j|^2 C_j'C_j"]
    if count == 3:
        b1, b2, top = layers
        p = chain([top, b2, b2.T, b2, b1])
        squared = (top @ top.T)[0, 0]
        claimed = [
            row.scale(along * squared),
            row.scale((row @ p.T)[0, 0]),
            (row @ b1.T @ b1).scale(along),
        ]
        _require([term(layers, row, j) for j in ((1, 2), (1, 3), (2, 3))] == claimed, "degree 2")
        done.append("degree 2: (g'u) g'(|a|^2 I + B1'B1) + (g'p) g' with p = B1'B2'B2B2'a")
    return tuple(done)


def sum_of_squares(layers: Layers) -> Matrix:
    """S = Σ_j |A_j|² C_jᵀC_j, the preconditioner of a chain with one output."""
    parts = []
    for j in range(1, len(layers) + 1):
        top, bottom = above(layers, j), below(layers, j)
        parts.append((bottom.T @ bottom).scale((top @ top.T)[0, 0]))
    return add(parts)


def add(parts: Sequence[Matrix]) -> Matrix:
    """The sum of the matrices."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def representative_chain(setting: Setting, widths: Sequence[int]) -> list[Matrix]:
    """A zero-excess point (W₁, …, W_N) of a chain with hidden widths n₁, …, n_{N−1} = `widths`.

    `setting.hidden` is n₁; the entries are rational where theorem 2's square roots are.

    Raises:
        ValueError: n₁ < d − m + 1, more than one output, or n₁ disagrees with the setting.
    """
    if setting.outputs != 1 or not widths or widths[0] != setting.hidden:
        raise ValueError(
            "the setting must have one output and its hidden width must be the first of the widths"
        )
    pieces = strata(setting)
    if not pieces:
        raise ValueError(f"zero excess loss needs a first hidden width of at least {width_for_zero(setting)}")
    a, b = representative(setting, pieces[-1])
    layers = [b]
    carried = a
    for width in widths[1:]:
        layers.append(_first_row(carried, width))
        carried = matrix([[Fraction(int(j == 0)) for j in range(width)]])
    return [*layers, carried]


def _first_row(row: Matrix, height: int) -> Matrix:
    """The matrix whose first row is given and whose other rows are zero: e·rowᵀ."""
    zeros = [[Fraction(0)] * row.shape[1] for _ in range(height - 1)]
    return matrix([row.rows[0], *zeros])


def excess_of_chain(layers: Layers, setting: Setting, task: Matrix) -> Matrix:
    """f − θ after one step of a chain on the task θ (1 × d), in the arithmetic of the entries."""
    residual = collapse(layers) - task
    gradient = residual @ diagonal(setting.eigenvalues, Fraction(0))
    return collapse(step(layers, gradient, setting.rate)) - task


def _require(holds: bool, statement: str) -> None:
    if not holds:
        raise AssertionError(f"identity fails: {statement}")
