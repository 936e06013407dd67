"""Every execution of the engine against the slow reference, in float64, on shapes that hypothesis chooses."""

from types import SimpleNamespace

import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from empirical.engine import EXECUTIONS, Engine
from empirical.engine.sweep import Sweep, off_tape, ordinary
from empirical.learner import Learner
from empirical.networks import cnn, softmax_regression
from empirical.update_rules import update_rule
from tests.empirical import reference
from tests.empirical.zoo import RULES, cnns, linear_models, moved, random_tasks, synthetic_models

TOLERANCE = 1e-10
few = settings(max_examples=5, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])


def agree(learner, execution, count=3, examples=7, **options):
    """Loss and meta-gradient of the engine equal the reference's."""
    if execution in ("sweep", "grouped") and not Sweep.runs(learner):
        with pytest.raises(ValueError, match="the hand-written sweep does not cover"):
            Engine(learner, execution=execution, **options)
        return
    tasks = random_tasks(learner.network, count, examples, learner.loss)
    meta = moved(learner.init(0, torch.float64))
    slow = reference.meta_gradient(learner, meta, tasks)
    engine = Engine(learner, execution=execution, **options)
    fast = engine.meta_gradient(meta, tasks)
    torch.testing.assert_close(fast.loss, slow.loss, rtol=TOLERANCE, atol=TOLERANCE)
    assert list(fast.gradients) == list(meta)
    scale = max(float(g.abs().max()) for g in slow.gradients.values())
    for name, gradient in fast.gradients.items():
        error = float((gradient - slow.gradients[name]).abs().max())
        assert error <= TOLERANCE * max(scale, 1.0), (name, error, scale)


@pytest.mark.parametrize("execution", EXECUTIONS)
@pytest.mark.parametrize("rule", RULES)
@few
@given(network=cnns(), steps=st.integers(0, 3), order=st.sampled_from([2, 2, 1]))
def test_maml_on_cnns(execution, rule, network, steps, order):
    agree(Learner(network, update_rule(rule), steps=steps, rate=0.3, order=order), execution)


@pytest.mark.parametrize("execution", EXECUTIONS)
@pytest.mark.parametrize("rule", RULES)
@few
@given(network=linear_models(), steps=st.integers(1, 4), order=st.sampled_from([2, 2, 1]))
def test_maml_on_linear_models(execution, rule, network, steps, order):
    agree(Learner(network, update_rule(rule), steps=steps, rate=0.3, order=order), execution)


@pytest.mark.parametrize("execution", EXECUTIONS)
@pytest.mark.parametrize("rule", [rule for rule in RULES if rule not in ("t-nets", "warp")])
@few
@given(network=cnns(2), order=st.integers(1, 2))
def test_anil(execution, rule, network, order):
    agree(Learner(network, update_rule(rule), "head", order, steps=3, rate=0.3), execution)


@pytest.mark.parametrize("execution", EXECUTIONS)
@pytest.mark.parametrize("rule", [rule for rule in RULES if update_rule(rule).adapts_in_task])
@few
@given(network=cnns(2) | linear_models(), adapts=st.sampled_from(["all", "head"]), order=st.integers(1, 2))
def test_rule_that_moves_inside_the_task(execution, rule, network, adapts, order):
    agree(Learner(network, update_rule(rule), adapts, order, steps=3, rate=0.1, adapt_rule=True), execution)


@pytest.mark.parametrize("execution", EXECUTIONS)
@few
@given(network=cnns(2), data=st.data(), rule=st.sampled_from(["sgd", "meta-sgd", "kfo"]))
def test_any_subset_of_parameters(execution, network, data, rule):
    names = data.draw(st.lists(st.sampled_from(list(network.shapes)), min_size=1, unique=True))
    agree(Learner(network, update_rule(rule), tuple(names), steps=2, rate=0.3), execution)


@pytest.mark.parametrize("execution", EXECUTIONS)
@few
@given(model=synthetic_models(), steps=st.integers(1, 3), rule=st.sampled_from(["sgd", "kfo"]))
def test_synthetic_models(execution, model, steps, rule):
    network, loss = model
    agree(Learner(network, update_rule(rule), steps=steps, rate=0.3, loss=loss), execution)


@pytest.mark.parametrize("execution", EXECUTIONS)
@few
@given(network=cnns(2) | linear_models(), adapts=st.sampled_from(["all", "head"]))
def test_reptile(execution, network, adapts):
    agree(Learner(network, adapts=adapts, steps=3, rate=0.3, method="reptile"), execution)


@pytest.mark.parametrize("execution", EXECUTIONS)
@pytest.mark.parametrize(("chunk", "workers"), [(1, 1), (2, 1), (3, 2), (None, 2), (5, 1), (9, 3)])
def test_chunks_and_workers_change_nothing(execution, chunk, workers):
    learner = Learner(cnn("omniglot", 2, filters=3, pixels=7), update_rule("kfo"), steps=2, rate=0.3)
    agree(learner, execution, count=5, chunk=chunk, workers=workers)


@pytest.mark.parametrize("execution", EXECUTIONS)
@pytest.mark.parametrize("workers", [1, 2])
def test_same_inputs_same_bits(execution, workers):
    learner = Learner(cnn("omniglot", 2, filters=8), update_rule("kfo"), steps=3, rate=0.1)
    tasks = random_tasks(learner.network, 4, 10)
    tasks.support_x, tasks.query_x = tasks.support_x.float(), tasks.query_x.float()
    meta = learner.init(0)
    engine = Engine(learner, execution=execution, workers=workers)
    first = engine.meta_gradient(meta, tasks)
    for _ in range(3):
        again = engine.meta_gradient(meta, tasks)
        assert torch.equal(first.loss, again.loss)
        assert all(torch.equal(first.gradients[name], again.gradients[name]) for name in meta)


@pytest.mark.parametrize("execution", EXECUTIONS)
@pytest.mark.parametrize(
    ("rule", "adapt_rule"), [("sgd", False), ("kfo", False), ("kfo", True), ("t-nets", False)]
)
def test_course_of_adaptation(execution, rule, adapt_rule):
    """Row k of `evaluate` is the query loss after k steps, and `adapt` is where the last one ends."""
    network = cnn("cifar-fs", 2, filters=3, pixels=6)
    learner = Learner(network, update_rule(rule), steps=3, rate=0.3, adapt_rule=adapt_rule)
    tasks, meta = random_tasks(network, 3, 8), moved(learner.init(0, torch.float64))
    engine = Engine(learner, execution=execution)
    accuracies, losses = engine.evaluate(meta, tasks)
    assert accuracies.shape == losses.shape == (4, 3)
    for k in range(4):
        shorter = Learner(network, learner.rule, steps=k, rate=0.3, adapt_rule=adapt_rule)
        slow = reference.meta_gradient(shorter, meta, tasks)
        torch.testing.assert_close(losses[k].mean(), slow.loss, rtol=TOLERANCE, atol=0)
    if rule != "t-nets":
        adapted = engine.adapt(meta, tasks)
        for i, expected in enumerate(slow.adapted):
            for name in network.shapes:
                torch.testing.assert_close(adapted[name][i], expected[name], rtol=TOLERANCE, atol=1e-12)


def test_support_statistics_normalise_the_queries():
    """With the support set's statistics, one query image is classified the same alone and in company."""
    network = cnn("omniglot", 2, filters=4, pixels=8)
    learner = Learner(network, steps=1, rate=0.2, statistics="support")
    tasks, meta = random_tasks(network, 1, 8), learner.init(0, torch.float64)
    losses = []
    for row in range(9):
        alone = random_tasks(network, 1, 8)
        alone.query_x, alone.query_y = tasks.query_x[:, row : row + 1], tasks.query_y[:, row : row + 1]
        losses.append(Engine(learner).meta_gradient(meta, alone).loss)
    torch.testing.assert_close(torch.stack(losses).mean(), Engine(learner).meta_gradient(meta, tasks).loss)


@pytest.mark.parametrize("execution", EXECUTIONS)
def test_a_single_value_a_channel_is_refused(execution):
    """One picture whose last map is one pixel: its variance is zero, and PyTorch refuses it too."""
    learner = Learner(cnn("omniglot", 2, filters=3, pixels=4), steps=1)
    assert learner.network.smallest_map == 1
    engine = Engine(learner, execution=execution)
    tasks, meta = random_tasks(learner.network, 2, 1), learner.init(0, torch.float64)
    with pytest.raises(ValueError, match="more than one value a channel"):
        engine.meta_gradient(meta, tasks)
    agree(learner, execution, examples=2)
    agree(Learner(learner.network, adapts="head", steps=1), execution, examples=1)


def test_what_does_not_exist_is_named():
    learner = Learner(softmax_regression(4))
    with pytest.raises(
        ValueError, match=r"unknown execution 'fast'; known: auto, loop, batched, sweep, grouped"
    ):
        Engine(learner, execution="fast")
    with pytest.raises(ValueError, match="CUDA graphs need a GPU, not 'cpu'"):
        Engine(learner, graph=True)
    with pytest.raises(ValueError, match="chunk is at least 1, not 0"):
        Engine(learner, chunk=0)
    with pytest.raises(ValueError, match=r"device 'cuda:99' is not available"):
        Engine(learner, device="cuda:99")


@pytest.mark.parametrize("on_gpu", [False, True])
def test_passes_record_nothing_on_either_device(on_gpu: bool) -> None:
    leaf = torch.ones(2, requires_grad=True)
    with off_tape(SimpleNamespace(is_cuda=on_gpu)):
        value = 2 * leaf
    assert not value.requires_grad
    assert (ordinary(value) * leaf).sum().requires_grad  # autograd takes it as a constant
