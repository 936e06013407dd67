"""Small networks, random tasks and moved meta-parameters: the registry that the engine's tests cross."""

from types import SimpleNamespace

import torch
from hypothesis import strategies as st

from empirical.networks import Block, Network, binary_logistic, scalar_regression, softmax_regression

RULES = (
    "sgd",
    "meta-sgd",
    "meta-curvature",
    "t-nets",
    "warp",
    "kfo",
    "kfo-psd",
    "kfo-nonlinear-0",
    "kfo-nonlinear-1",
    "kfo-nonlinear-2",
    "cholesky-2",
)


def cnns(max_depth: int = 3):
    """CNNs of a few filters: strided, pooled or neither, averaged or flattened, with LinNet or not."""

    @st.composite
    def build(draw):
        channels, filters = draw(st.integers(1, 3)), draw(st.integers(2, 4))
        pixels, stride = draw(st.integers(4, 7)), draw(st.integers(1, 2))
        side, blocks = pixels, []
        for i in range(draw(st.integers(1, max_depth))):
            pool = draw(st.sampled_from([p for p in (1, 2, 3) if p <= (side - 1) // stride + 1]))
            blocks.append(Block(channels if i == 0 else filters, filters, stride, pool))
            side = blocks[-1].size(side)
        return Network(
            "small CNN",
            (channels, pixels, pixels),
            tuple(blocks),
            draw(st.sampled_from(["mean", "flatten"])),
            draw(st.sampled_from([(), (4,), (3, 5)])),
            draw(st.integers(2, 4)),
        )

    return build()


def linear_models():
    """Softmax regression with any LinNet."""
    widths = st.lists(st.integers(1, 5), max_size=3).map(tuple)
    return st.builds(softmax_regression, st.integers(1, 6), st.integers(2, 4), widths)


def synthetic_models():
    """(network, loss) of the 1-D regression and the binary logistic experiments."""
    scalars = st.integers(1, 4).map(lambda n: (scalar_regression(n), "squared"))
    logistic = st.lists(st.just(2), max_size=2).map(lambda w: (binary_logistic(tuple(w)), "logistic"))
    return scalars | logistic


def random_tasks(network: Network, count: int, examples: int, loss: str = "cross-entropy", seed: int = 0):
    """Gaussian inputs and random targets in float64; every way appears at least once in a long enough set."""
    generator = torch.Generator().manual_seed(seed)

    def inputs(size):
        return torch.randn(count, size, *network.input_shape, generator=generator, dtype=torch.float64)

    def targets(size):
        if loss == "squared":
            return torch.randn(count, size, generator=generator, dtype=torch.float64)
        if loss == "logistic":
            return (torch.rand(count, size, generator=generator, dtype=torch.float64) > 0.5).double()
        return torch.randint(network.outputs, (count, size), generator=generator)

    queries = examples + 1
    return SimpleNamespace(
        support_x=inputs(examples),
        support_y=targets(examples),
        query_x=inputs(queries),
        query_y=targets(queries),
    )


def moved(meta_parameters, seed: int = 1, scale: float = 0.2):
    """Meta-parameters in general position: no identity, no zero, no symmetry left.

    Batch-norm shifts are pushed above zero: a network whose channels are all dead feeds constants to the next
    batch-norm, where 1/√ε amplifies rounding until two correct programs differ by more than the tolerance.
    """
    generator = torch.Generator().manual_seed(seed)
    return {
        name: value
        + scale * torch.randn(value.shape, generator=generator, dtype=value.dtype)
        + (0.5 if name.startswith("norm") else 0.0)
        for name, value in meta_parameters.items()
    }
