"""Meta-optimizers as linear maps: T-Nets (25), Kronecker factors and the Cholesky form of C.1."""

from __future__ import annotations

from itertools import permutations
from math import prod

from flint import fmpq_mpoly

from analysis.algebra.polynomials import context
from analysis.claims.notation import parse
from analysis.claims.quantities import Quantity, gen

Matrix = list[list[fmpq_mpoly]]


def _t_net_slope(step_on_product: bool) -> Quantity:
    """The slope TW after one step: of TW against the gradient in TW (25), or of W against the gradient in W.
    The slope TW after one step: of TW against the gradient in TW (25), or of W against the gradient in W."""
    product, error = parse("TW"), parse("TW − θ")
    if step_on_product:
        return product - gen("alpha") * error
    return gen("T") * (gen("W") - gen("alpha") * gen("T") * error)


def t_nets_as_printed_ignore_t() -> bool:
    """(25) as printed moves A(θ) = TW against ∂ℓ/∂(TW): f = (1−α)TW + αθ depends on TW alone, as without T.
    (25) as printed moves A(θ) = TW against ∂ℓ/∂(TW): f = (1−α)TW + αθ depends on TW alone, as without T."""
    printed = _t_net_slope(step_on_product=True)
    return printed == parse("(1−α)c + αθ").at(c=parse("TW"))


def t_nets_precondition(slope: str = "(1−αT²)TW + αT²θ") -> bool:
    """Moving W alone, f = (1−αT²)TW + αT²θ: T² is a learned rate for the merged weight c = TW."""
    return _t_net_slope(step_on_product=False) == parse(slope)


def t_nets_keep_the_model() -> bool:
    """T(Wx) = (TW)x: with T = 1 every W is reached, and TW is a matrix of W's shape, so no function is added.
    T(Wx) = (TW)x: with T = 1 every W is reached, and TW is a matrix of W's shape, so no function is added."""
    ring_t, w = _generic("T", 2, 2), _generic("W", 2, 3)
    x = _generic("X", 3, 1)
    return _multiply(ring_t, _multiply(w, x)) == _multiply(_multiply(ring_t, w), x) and _shape(
        _multiply(ring_t, w)
    ) == _shape(w)


_RING = context(
    [
        f"{m}{i}{j}"
        for m, n in (("L", 3), ("R", 3), ("T", 2), ("W", 3), ("X", 3), ("G", 3))
        for i in range(n)
        for j in range(n)
    ]
)


def _generic(name: str, rows: int, columns: int) -> Matrix:
    return [[_RING.gen(_RING.names().index(f"{name}{i}{j}")) for j in range(columns)] for i in range(rows)]


def _shape(matrix: Matrix) -> tuple[int, int]:
    return len(matrix), len(matrix[0])


def _transpose(matrix: Matrix) -> Matrix:
    return [list(row) for row in zip(*matrix, strict=True)]


def _multiply(left: Matrix, right: Matrix) -> Matrix:
    if _shape(left)[1] != _shape(right)[0]:
        raise ValueError(f"shapes {_shape(left)} and {_shape(right)} cannot be multiplied")
    columns = _transpose(right)
    zero = _RING.constant(0)
    return [
        [sum((x * y for x, y in zip(row, column, strict=True)), zero) for column in columns] for row in left
    ]


def _kronecker(left: Matrix, right: Matrix) -> Matrix:
    return [[x * y for x in a for y in b] for a in left for b in right]


def _vec(matrix: Matrix) -> Matrix:
    """Columns stacked."""
    return [[entry] for column in _transpose(matrix) for entry in column]


def _determinant(matrix: Matrix) -> fmpq_mpoly:
    total = _RING.constant(0)
    for order in permutations(range(len(matrix))):
        inversions = sum(order[i] > order[j] for j in range(len(order)) for i in range(j))
        total += prod((matrix[i][k] for i, k in enumerate(order)), start=_RING.constant((-1) ** inversions))
    return total


def kronecker_shapes(m: int = 2, n: int = 3) -> bool:
    """(Rᵀ⊗L) vec(G) = vec(LGR) needs G with n rows, m columns for the printed R (m×m), L (n×n): G is Wᵀ's
    shape."""
    left, right = _generic("L", n, n), _generic("R", m, m)
    operator = _kronecker(_transpose(right), left)
    fits = _generic("G", n, m)
    agrees = _multiply(operator, _vec(fits)) == _vec(_multiply(_multiply(left, fits), right))
    try:
        _multiply(_multiply(left, _generic("G", m, n)), right)
    except ValueError:
        return agrees
    return False


def kronecker_is_no_weight(m: int = 2, n: int = 3) -> bool:
    """Rᵀ⊗L is mn × mn; the W ∈ ℝ^{m×n} that C.1 sets equal to it is m × n."""
    return _shape(_kronecker(_generic("R", m, m), _generic("L", n, n))) == (m * n, m * n) != (m, n)


def kronecker_full_rank() -> bool:
    """det(Rᵀ⊗L) = det(R)² det(L)² for generic 2×2 factors: zero only if one of them is singular."""
    left, right = _generic("L", 2, 2), _generic("R", 2, 2)
    product = _determinant(_kronecker(_transpose(right), left))
    return product == _determinant(left) ** 2 * _determinant(right) ** 2


def kronecker_contains_identity() -> bool:
    """I⊗I = I."""
    one, zero = _RING.constant(1), _RING.constant(0)
    identity = {n: [[one if i == j else zero for j in range(n)] for i in range(n)] for n in (2, 3, 6)}
    return _kronecker(identity[2], identity[3]) == identity[6]


def low_rank_cholesky_is_only_semidefinite() -> bool:
    """For L with k = 3 rows and r = 2 columns det(LLᵀ) = 0, while xᵀLLᵀx is the sum of squares |Lᵀx|²."""
    factor, x = _generic("L", 3, 2), _generic("X", 3, 1)
    product = _multiply(factor, _transpose(factor))
    image = _multiply(_transpose(factor), x)
    form = _multiply(_transpose(x), _multiply(product, x))
    return (
        not _determinant(product)
        and form == _multiply(_transpose(image), image)
        and product == _transpose(product)
    )


def kronecker_parameters(factors: int = 2_588_900, model: int = 46_981) -> bool:
    """CNN(2) on mini-ImageNet, 64 filters: the factors have 2,588,900 entries, the model 46,981."""
    shapes = _cnn2_shapes(channels=3, filters=64, head=25 * 64)
    return (sum(n * n + m * m for _, n, m in shapes), sum(copies * n * m for copies, n, m in shapes)) == (
        factors,
        model,
    )


def _cnn2_shapes(channels: int, filters: int, head: int, ways: int = 5) -> list[tuple[int, int, int]]:
    """(copies, n, m) of every parameter's gradient matrices: one pair of factors for all copies."""
    vector = (1, filters, 1)
    blocks = [[(filters, inputs, 9), vector, vector, vector] for inputs in (channels, filters)]
    return [shape for block in blocks for shape in block] + [(1, ways, head), (1, ways, 1)]


def relu_is_not_identity(gradient: tuple[int, ...] = (3, -1, 0, -2)) -> bool:
    """I·relu(I·g) = (3, 0, 0, 0) for g = (3, −1, 0, −2): identity factors around a ReLU are not the identity.
    I·relu(I·g) = (3, 0, 0, 0) for g = (3, −1, 0, −2): identity factors around a ReLU are not the identity."""
    return tuple(max(entry, 0) for entry in gradient) != gradient
