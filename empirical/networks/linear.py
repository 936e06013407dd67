"""Linear models: softmax regression, the scalar models of §4, binary logistic regression, each with LinNet of
any widths.

LinNet puts linear layers without activation before the head. The set of functions stays that of the shallow
model as long as no width is smaller than the number of outputs (or inputs, if that is less); what changes is
where gradient descent goes. Widths:

* LR + LinNet on images: 256-128-64-64, five linear maps (appendix D);
* 1-D regression: shallow ŷ = c x, deep ŷ = a b x, and N factors generally (eqs. 6–7);
* binary logistic on R²: LinNet(2) and LinNet(3) of appendix B.1, "LR with 2 or 3 linear layers". Their widths
  are stated nowhere; 2, the input dimension, is the least that keeps every direction reachable.
"""

from empirical.networks.cnn import label_of
from empirical.networks.network import Network

LINNET = (256, 128, 64, 64)
"""Hidden widths of LR + LinNet on the image benchmarks."""


def softmax_regression(in_features: int, ways: int = 5, linnet: tuple[int, ...] = ()) -> Network:
    """Softmax regression on flattened inputs (784 for Omniglot, 3072 for colour)."""
    return Network("LR" + label_of(linnet), (in_features,), linnet=tuple(linnet), outputs=ways)


def scalar_regression(factors: int = 1) -> Network:
    """ŷ = w_N ⋯ w₂ w₁ x, without bias: `factors` = 1 is the shallow model (eq. 6), 2 the deep one (eq. 7)."""
    if factors < 1:
        raise ValueError(f"a product has at least one factor, not {factors}")
    label = {1: "c x", 2: "a b x"}.get(factors, f"product of {factors} scalars")
    return Network(label, (1,), linnet=(1,) * (factors - 1), outputs=1, bias=False)


def binary_logistic(linnet: tuple[int, ...] = (), dimensions: int = 2) -> Network:
    """Logistic regression z = θᵀx without bias (appendix B.1), with LinNet widths before it."""
    return Network("LR" + label_of(linnet), (dimensions,), linnet=tuple(linnet), outputs=1, bias=False)
