"""Networks against METHODS: parameter counts, map sizes, initial laws, dead biases, collapse of LinNet."""

import pytest
import torch
from hypothesis import given, settings
from torch.nn import functional as F

from empirical.networks import LINNET, cnn, collapse, scalar_regression, softmax_regression
from tests.empirical import reference
from tests.empirical.zoo import cnns, linear_models, moved

few = settings(max_examples=10, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("network", "size"),
    [
        (cnn("cifar-fs", 2), 10_437),
        (cnn("mini-imagenet", 2), 46_981),
        (cnn("omniglot", 2), 32 * 9 + 32 + 64 + 32 * 32 * 9 + 32 + 64 + 32 * 5 + 5),
        (softmax_regression(784), 784 * 5 + 5),
        (softmax_regression(3072, linnet=LINNET), 3072 * 256 + 256 * 128 + 128 * 64 + 64 * 64 + 64 * 5 + 5),
        (scalar_regression(1), 1),
        (scalar_regression(2), 2),
    ],
    ids=lambda value: getattr(value, "label", value),
)
def test_parameter_counts(network, size):
    assert network.size == size == sum(p.numel() for p in network.init(0).values())


@pytest.mark.parametrize(
    ("benchmark", "depth", "width"),
    [("omniglot", depth, 32) for depth in (1, 2, 3, 4, 5, 6, 8)]
    + [("cifar-fs", depth, 32) for depth in (1, 2, 4, 6)]
    + [
        ("mini-imagenet", depth, width)
        for depth, width in ((1, 6400), (2, 1600), (3, 6400), (4, 1600), (6, 1600))
    ],
)
def test_every_depth_builds_and_has_the_stated_head_input(benchmark, depth, width):
    network = cnn(benchmark, depth)
    assert network.width == width
    with torch.no_grad():
        x = torch.rand(2, *network.input_shape)
        assert network.features(network.init(0), x).shape == (2, width)
        assert network.apply(network.init(0), x).shape == (2, 5)


def test_small_images_stop_pooling_instead_of_vanishing():
    network = cnn("mini-imagenet", 4, pixels=6)
    assert [block.pool for block in network.blocks] == [2, 2, 1, 1]
    assert network.width == 64


def test_initial_laws():
    p = cnn("omniglot", 2).init(3, torch.float64)
    bound = (6 / (32 * 9 + 32 * 9)) ** 0.5
    assert 0.99 * bound < p["conv2.weight"].abs().max() <= bound
    assert 0 <= p["norm1.weight"].min() <= p["norm1.weight"].max() <= 1
    assert all(not p[name].any() for name in p if name.endswith("bias"))
    assert 0.8 < p["head.weight"].std() < 1.2
    assert cnn("cifar-fs", 2).init(3)["head.weight"].abs().max() <= (6 / 37) ** 0.5
    assert torch.equal(cnn("omniglot", 2).init(3)["conv2.weight"], p["conv2.weight"].float())
    assert not torch.equal(cnn("omniglot", 2).init(4)["conv2.weight"], p["conv2.weight"].float())


@few
@given(network=cnns() | linear_models())
def test_forward_is_the_reference_with_and_without_a_task_axis(network):
    from empirical.learner import Learner

    learner = Learner(network)
    batch = [moved(network.init(i, torch.float64), seed=i) for i in range(3)]
    x = torch.randn(3, 6, *network.input_shape, dtype=torch.float64)
    stacked = {name: torch.stack([p[name] for p in batch]) for name in network.shapes}
    together = network.apply(stacked, x)
    for i, p in enumerate(batch):
        expected = reference.head(learner, p, {}, reference.features(learner, p, {}, x[i]))
        torch.testing.assert_close(network.apply(p, x[i]), expected, rtol=1e-11, atol=1e-11)
        torch.testing.assert_close(together[i], expected, rtol=1e-11, atol=1e-11)
    shared = network.apply(batch[0], x)
    torch.testing.assert_close(shared[2], network.apply(batch[0], x[2]), rtol=1e-11, atol=1e-11)


def test_bias_before_batch_norm_is_dead_weight():
    network = cnn("cifar-fs", 2, filters=4, pixels=8)
    p = {k: v.requires_grad_() for k, v in moved(network.init(0, torch.float64)).items()}
    x, y = torch.randn(9, *network.input_shape, dtype=torch.float64), torch.arange(9) % 5
    slope = torch.autograd.grad(F.cross_entropy(network.apply(p, x), y), [p["conv1.bias"], p["conv2.bias"]])
    assert all(g.abs().max() < 1e-14 for g in slope)


@few
@given(network=cnns(2) | linear_models())
def test_collapse_keeps_the_function_and_changes_the_learner(network):
    p = moved(network.init(0, torch.float64))
    shallow, q = collapse(network, p)
    assert shallow.linnet == ()
    assert {k: tuple(v.shape) for k, v in q.items()} == shallow.shapes
    x = torch.randn(7, *network.input_shape, dtype=torch.float64)
    torch.testing.assert_close(network.apply(p, x), shallow.apply(q, x), rtol=1e-11, atol=1e-11)


def test_wrong_networks_are_refused_in_one_line():
    with pytest.raises(ValueError, match=r"no CNN for benchmark 'imagenet'; known: omniglot, "):
        cnn("imagenet")
    with pytest.raises(ValueError, match="needs X ≥ 1, not 0"):
        cnn("omniglot", 0)
    with pytest.raises(ValueError, match="layer widths are positive"):
        softmax_regression(4, linnet=(3, 0))
    with pytest.raises(ValueError, match="at least one factor"):
        scalar_regression(0)
