"""Meta-optimizers as linear maps: T-Nets (25), Kronecker factors and the Cholesky form of C.1."""

from __future__ import annotations

from itertools import permutations
from math import prod
from typing import Any

from analysis.algebra.matrices import Matrix, diagonal, entry_names, generic, matrix
from analysis.algebra.polynomials import context
from analysis.claims.notation import parse
from analysis.claims.quantities import Quantity, gen

_RING = context([name for letter in "LRTWXG" for name in entry_names(letter, (3, 3))])
_ZERO = _RING.constant(0)


def _t_net_slope(step_on_product: bool) -> Quantity:
    """The slope TW after one step: of TW against the gradient in TW (25), or of W against the gradient
    in W."""
    product, error = parse("TW"), parse("TW − θ")
    if step_on_product:
        return product - gen("alpha") * error
    return gen("T") * (gen("W") - gen("alpha") * gen("T") * error)


def t_nets_as_printed_ignore_t() -> bool:
    """(25) as printed moves A(θ) = TW against ∂ℓ/∂(TW): f = (1−α)TW + αθ depends on TW alone, as without
    T."""
    printed = _t_net_slope(step_on_product=True)
    return printed == parse("(1−α)c + αθ").at(c=parse("TW"))


def t_nets_precondition(slope: str = "(1−αT²)TW + αT²θ") -> bool:
    """Moving W alone, f = (1−αT²)TW + αT²θ: T² is a learned rate for the merged weight c = TW."""
    return _t_net_slope(step_on_product=False) == parse(slope)


def t_nets_keep_the_model() -> bool:
    """T(Wx) = (TW)x, and TW has W's shape; T = 1 gives back every W. So no function is added."""
    t, w, x = _generic("T", 2, 2), _generic("W", 2, 3), _generic("X", 3, 1)
    return t @ (w @ x) == (t @ w) @ x and (t @ w).shape == w.shape


def _generic(name: str, rows: int, columns: int) -> Matrix:
    return generic(_RING, name, (rows, columns))


def _kronecker(left: Matrix, right: Matrix) -> Matrix:
    return matrix([[x * y for x in a for y in b] for a in left.rows for b in right.rows])


def _vec(stacked: Matrix) -> Matrix:
    """Columns on top of each other."""
    return matrix([[entry] for entry in stacked.T])


def _determinant(square: Matrix) -> Any:
    size = range(len(square.rows))
    total = _ZERO
    for order in permutations(size):
        inversions = sum(order[i] > order[j] for j in size for i in range(j))
        total += prod((square[i, k] for i, k in enumerate(order)), start=_ZERO + (-1) ** inversions)
    return total


def kronecker_shapes(m: int = 2, n: int = 3) -> bool:
    """With the printed R (m × m) and L (n × n), (Rᵀ⊗L) vec(G) = vec(LGR) is true for G of size n × m, the
    shape of Wᵀ; for G of size m × n the product LGR does not exist."""
    left, right = _generic("L", n, n), _generic("R", m, m)
    fits = _generic("G", n, m)
    agrees = _kronecker(right.T, left) @ _vec(fits) == _vec(left @ fits @ right)
    try:
        left @ _generic("G", m, n) @ right
    except ValueError:
        return agrees
    return False


def kronecker_is_no_weight(m: int = 2, n: int = 3) -> bool:
    """Rᵀ⊗L is mn × mn; the W ∈ ℝ^{m×n} that C.1 sets equal to it is m × n."""
    return _kronecker(_generic("R", m, m), _generic("L", n, n)).shape == (m * n, m * n) != (m, n)


def kronecker_full_rank() -> bool:
    """det(Rᵀ⊗L) = det(R)² det(L)² for generic 2 × 2 factors: zero only if one of them is singular."""
    left, right = _generic("L", 2, 2), _generic("R", 2, 2)
    return _determinant(_kronecker(right.T, left)) == _determinant(left) ** 2 * _determinant(right) ** 2


def kronecker_contains_identity() -> bool:
    """I⊗I = I."""
    two, three, six = (diagonal([1] * size) for size in (2, 3, 6))
    return _kronecker(two, three) == six


def low_rank_cholesky_is_only_semidefinite() -> bool:
    """For L with k = 3 rows and r = 2 columns det(LLᵀ) = 0, while xᵀLLᵀx is the sum of squares |Lᵀx|²."""
    factor, x = _generic("L", 3, 2), _generic("X", 3, 1)
    product, image = factor @ factor.T, factor.T @ x
    return not _determinant(product) and x.T @ product @ x == image.T @ image and product == product.T


def kfo_on_filters_is_a_special_curvature() -> bool:
    """On a convolution’s gradient as a Cout × (Cin·d) matrix Meta-Curvature is M_o G (M_i⊗M_f)ᵀ; linear KFO,
    LGR on every output filter, is G (L⊗Rᵀ)ᵀ, the same with M_o = I, M_i = L, M_f = Rᵀ."""
    left, right, filters = (
        _generic("L", 2, 2),
        _generic("R", 2, 2),
        [_generic("G", 2, 2), _generic("X", 2, 2)],
    )
    by_filter = [list(left @ one @ right) for one in filters]
    at_once = matrix([list(one) for one in filters]) @ _kronecker(left, right.T).T
    return matrix(by_filter) == at_once


def kronecker_parameters(factors: int = 2_588_900, model: int = 46_981, smaller_model: int = 10_437) -> bool:
    """CNN(2) on mini-ImageNet, 64 filters: the factors have 2 588 900 entries, the model 46 981; on CIFAR-FS,
    32 filters, the model has 10 437."""
    large, small = _cnn2_shapes(3, 64, head=25 * 64), _cnn2_shapes(3, 32, head=32)
    found = (sum(n * n + m * m for _, n, m in large), _size(large), _size(small))
    return found == (factors, model, smaller_model)


def _size(shapes: list[tuple[int, int, int]]) -> int:
    return sum(copies * n * m for copies, n, m in shapes)


def _cnn2_shapes(channels: int, filters: int, head: int, ways: int = 5) -> list[tuple[int, int, int]]:
    """(copies, n, m) of every parameter's gradient matrices: one pair of factors for all copies."""
    vector = (1, filters, 1)
    blocks = [[(filters, inputs, 9), vector, vector, vector] for inputs in (channels, filters)]
    return [shape for block in blocks for shape in block] + [(1, ways, head), (1, ways, 1)]


def relu_is_not_identity(gradient: tuple[int, ...] = (3, -1, 0, -2)) -> bool:
    """I·relu(I·g) = (3, 0, 0, 0) for g = (3, −1, 0, −2): identity factors around a ReLU are not the
    identity."""
    return tuple(max(entry, 0) for entry in gradient) != gradient
