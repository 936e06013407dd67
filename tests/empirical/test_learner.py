"""The learner: Algorithm 1 step by step, what adapts, and the combinations that are refused."""

import pytest
import torch

from empirical.engine.passes import Chunk
from empirical.engine.tape import Tape
from empirical.learner import Learner
from empirical.networks import cnn, scalar_regression, softmax_regression
from empirical.update_rules import KFO, TNets, Warp, update_rule
from tests.empirical import reference
from tests.empirical.zoo import moved, random_tasks


@pytest.mark.parametrize("rule", ["kfo", "kfo-psd", "kfo-nonlinear-1", "meta-curvature", "cholesky-2"])
def test_algorithm_1_step_by_step(rule):
    """θ_t and ξ_t of every step against a loop that differentiates the support loss itself by ξ_t."""
    network = cnn("cifar-fs", 2, filters=3, pixels=6)
    learner = Learner(network, update_rule(rule), steps=4, rate=0.2, adapt_rule=True)
    meta = {k: v.requires_grad_() for k, v in moved(learner.init(0, torch.float64)).items()}
    theta, xi = learner.split(meta)
    tasks = random_tasks(network, 1, 8)
    one = Chunk(tasks.support_x[0], tasks.support_y[0], tasks.query_x[0], tasks.query_y[0])
    _, _, expected_xi = reference.adapt(learner, theta, xi, *one)

    seen_xi = []
    original = type(learner.rule).update

    class Spy(type(learner.rule)):
        def update(self, xi, gradients, rate):
            seen_xi.append(xi)
            return original(self, xi, gradients, rate)

    spy = Spy(**vars(learner.rule))
    spied = Learner(network, spy, steps=4, rate=0.2, adapt_rule=True)
    course = list(spied.inner_loop(theta, xi, Tape(learner, theta, xi, one).gradient))

    assert all(seen_xi[0][k] is xi[k] for k in xi), "the first move of ξ is zero"
    for ours, theirs in zip(seen_xi, expected_xi, strict=True):
        for key in xi:
            torch.testing.assert_close(ours[key], theirs[key], rtol=1e-11, atol=1e-12)
    assert any((seen_xi[3][k] - xi[k]).abs().max() > 1e-6 for k in xi), "ξ has moved"
    for t, parameters in enumerate(course):
        shorter = Learner(network, learner.rule, steps=t, rate=0.2, adapt_rule=True)
        _, expected, _ = reference.adapt(shorter, theta, xi, *one)
        for key in theta:
            torch.testing.assert_close(parameters[key], expected[key], rtol=1e-11, atol=1e-12)


def test_one_step_on_a_scalar_by_hand():
    """ŷ = c x: c₂ = c − α (c S_xx − S_xy), with the ½ in the loss."""
    learner = Learner(scalar_regression(1), steps=1, rate=0.1, loss="squared")
    tasks = random_tasks(learner.network, 1, 5, "squared")
    x, y = tasks.support_x[0, :, 0], tasks.support_y[0]
    c = torch.tensor([[0.7]], dtype=torch.float64, requires_grad=True)
    one = Chunk(tasks.support_x[0], y, tasks.query_x[0], tasks.query_y[0])
    start = {"head.weight": c}
    _, after = learner.inner_loop(start, {}, Tape(learner, start, {}, one).gradient)
    expected = 0.7 - 0.1 * (0.7 * x.square().mean() - (x * y).mean())
    torch.testing.assert_close(after["head.weight"].squeeze(), expected)


def test_what_adapts():
    network = cnn("omniglot", 2, linnet=(8, 7))
    assert Learner(network, adapts="head").adapted == (
        "linear1.weight",
        "linear2.weight",
        "head.weight",
        "head.bias",
    )
    assert Learner(network).adapted == tuple(network.shapes)
    assert Learner(network, adapts=("head.bias",)).features_once
    assert not Learner(network, adapts=("norm2.bias",)).features_once
    assert not Learner(softmax_regression(4), adapts="head").features_once
    meta = Learner(network, KFO(), adapts="head").init(0)
    assert {k.split(".")[1] for k in meta if k.startswith("rule.")} == {"linear1", "linear2", "head"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"adapts": "body"}, "adapts is 'all', 'head' or a tuple"),
        (
            {"adapts": ("conv9.weight",)},
            r"cannot adapt \['conv9.weight'\]; the parameters are conv1.weight, ",
        ),
        ({"adapts": ()}, "cannot adapt nothing"),
        ({"order": 3}, "order is one of 1, 2, not 3"),
        ({"loss": "hinge"}, "loss is one of cross-entropy, squared, logistic, not 'hinge'"),
        ({"method": "imaml"}, "method is one of maml, reptile"),
        ({"statistics": "running"}, "statistics is one of batch, support"),
        ({"steps": -1}, "not negative"),
        ({"adapt_rule": True}, "the ξ of sgd does not move inside a task"),
        ({"adapt_rule": True, "rule": update_rule("meta-sgd")}, "the ξ of meta-sgd"),
        ({"rule": TNets(), "adapts": "head"}, "not usable with ANIL"),
        ({"rule": Warp(), "adapts": "head"}, "warp layers act on"),
    ],
)
def test_combinations_that_do_not_exist(options, message):
    with pytest.raises(ValueError, match=message):
        Learner(cnn("omniglot", 2), **options)
