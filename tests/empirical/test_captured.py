"""What a recorded iteration demands, shown without a GPU, and on one where there is one.

Tracing on tensors without values fails at anything that looks at one (`.item()`, a shape read off the data);
running on the meta device shows whether anything is copied from the host.
The trace, run on other numbers, must give what the program gives: nothing of the first ones was kept.
"""

from dataclasses import replace

import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from empirical.engine import EXECUTIONS, Engine, Request
from empirical.engine.passes import Chunk, meta_gradient
from empirical.learner import Learner
from empirical.networks import cnn
from empirical.update_rules import update_rule
from tests.empirical.zoo import RULES, moved, random_tasks

NETWORK = cnn("cifar-fs", 2, filters=3, pixels=6, linnet=(4,))
LEARNERS = {
    **{rule: Learner(NETWORK, update_rule(rule), steps=2, rate=0.3) for rule in RULES},
    "first order": Learner(NETWORK, steps=2, rate=0.3, order=1),
    "reptile": Learner(NETWORK, steps=2, rate=0.3, method="reptile"),
    "anil": Learner(NETWORK, adapts="head", steps=2, rate=0.3),
    "kfo, moving": Learner(NETWORK, update_rule("kfo"), steps=2, rate=0.3, adapt_rule=True),
    "one channel": Learner(cnn("omniglot", 2, filters=3, pixels=8), steps=2, rate=0.3),
}


CASES = [(name, False) for name in LEARNERS] + [(name, True) for name in ("kfo", "anil", "reptile")]
"""(learner, whether two runs of it share the batch)."""

RATES = torch.tensor([0.3, 0.1], dtype=torch.float64)


def meta_of(learner: Learner, seed: int, runs: bool) -> dict[str, torch.Tensor]:
    """Meta-parameters in general position, of two runs together or of one."""
    rows = [moved(learner.init(seed, torch.float64), seed=seed + i) for i in range(2)]
    return {name: torch.stack([row[name] for row in rows]) if runs else rows[0][name] for name in rows[0]}


def chunk_of(learner: Learner, seed: int) -> Chunk:
    tasks = random_tasks(learner.network, 4, 5, seed=seed)
    return Chunk(tasks.support_x, tasks.support_y, tasks.query_x, tasks.query_y)


@pytest.mark.parametrize(("name", "runs"), CASES)
@pytest.mark.parametrize("execution", ["batched", "grouped"])
def test_nothing_looks_at_a_value(execution, name, runs):
    learner = LEARNERS[name]
    if execution == "grouped" and learner.rule.name == "warp":
        return  # not an execution of it
    rates = RATES if runs else None

    def flat(meta_parameters, *chunk):
        result = meta_gradient(learner, EXECUTIONS[execution], meta_parameters, Chunk(*chunk), rates)
        return result.loss, *result.gradients.values()

    first = meta_of(learner, 0, runs)
    recorded = make_fx(flat, tracing_mode="fake", _allow_non_fake_inputs=True)(first, *chunk_of(learner, 0))
    other, chunk = meta_of(learner, 1, runs), chunk_of(learner, 1)
    for replayed, computed in zip(recorded(other, *chunk), flat(other, *chunk), strict=True):
        torch.testing.assert_close(replayed, computed, rtol=1e-10, atol=1e-12)


class NothingFromTheHost(TorchDispatchMode):
    """Ends at the first operation that touches a tensor in the host's memory."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for leaf in tree_leaves((args, kwargs, result)):
            assert not (isinstance(leaf, torch.Tensor) and leaf.device.type == "cpu"), function
        return result


@pytest.mark.parametrize(("name", "runs"), CASES)
@pytest.mark.parametrize("execution", ["batched", "grouped"])
def test_nothing_comes_from_the_host(execution, name, runs):
    learner = LEARNERS[name]
    if execution == "grouped" and learner.rule.name == "warp":
        return  # not an execution of it
    meta = {key: value.to("meta") for key, value in meta_of(learner, 0, runs).items()}
    rates = RATES.to("meta") if runs else None
    chunk = Chunk(*(part.to("meta") for part in chunk_of(learner, 0)))
    with NothingFromTheHost():
        meta_gradient(learner, EXECUTIONS[execution], meta, chunk, rates)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", LEARNERS)
def test_a_replayed_graph_is_the_iteration(name):
    learner = LEARNERS[name]
    engine, plain = Engine(learner, "cuda", graph=True), Engine(learner, "cpu", execution="loop")
    for seed in (0, 1):
        meta, tasks = moved(learner.init(seed, torch.float64)), random_tasks(learner.network, 3, 5, seed=seed)
        got = engine.meta_gradient({key: value.cuda() for key, value in meta.items()}, tasks)
        for key, expected in plain.meta_gradient(meta, tasks).gradients.items():
            torch.testing.assert_close(got.gradients[key].cpu(), expected, rtol=1e-8, atol=1e-10)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", LEARNERS)
def test_a_replayed_graph_of_several_runs_is_each_of_them(name):
    learner = LEARNERS[name]
    engine = Engine(learner, "cuda", graph=True)
    for seed in (0, 1):
        tasks = random_tasks(learner.network, 3, 5, seed=seed)
        metas = [moved(learner.init(seed, torch.float64), seed=seed + i) for i in range(2)]
        requests = [
            Request({key: value.cuda() for key, value in meta.items()}, tasks, rate)
            for meta, rate in zip(metas, RATES.tolist(), strict=True)
        ]
        for got, meta, rate in zip(engine.meta_gradients(requests), metas, RATES.tolist(), strict=True):
            plain = Engine(replace(learner, rate=rate), "cpu", execution="loop")
            for key, expected in plain.meta_gradient(meta, tasks).gradients.items():
                torch.testing.assert_close(got.gradients[key].cpu(), expected, rtol=1e-8, atol=1e-10)
