"""What a recorded iteration demands, shown without a GPU, and on one where there is one.

Tracing on tensors without values fails at anything that looks at one (`.item()`, a shape read off the data);
running on the meta device shows whether anything is copied from the host.
The trace, run on other numbers, must give what the program gives: nothing of the first ones was kept.
"""

import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from empirical.engine import EXECUTIONS, Engine
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


def chunk_of(learner: Learner, seed: int) -> Chunk:
    tasks = random_tasks(learner.network, 3, 5, seed=seed)
    return Chunk(tasks.support_x, tasks.support_y, tasks.query_x, tasks.query_y)


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("execution", ["batched", "grouped"])
def test_nothing_looks_at_a_value(execution, name):
    learner = LEARNERS[name]
    if execution == "grouped" and learner.rule.name == "warp":
        return  # not an execution of it
    meta = moved(learner.init(0, torch.float64))

    def flat(meta_parameters, *chunk):
        result = meta_gradient(learner, EXECUTIONS[execution], meta_parameters, Chunk(*chunk))
        return result.loss, *result.gradients.values()

    recorded = make_fx(flat, tracing_mode="fake")(meta, *chunk_of(learner, 0))
    other, chunk = moved(learner.init(1, torch.float64)), chunk_of(learner, 1)
    for replayed, computed in zip(recorded(other, *chunk), flat(other, *chunk), strict=True):
        torch.testing.assert_close(replayed, computed, rtol=1e-10, atol=1e-12)


class NothingFromTheHost(TorchDispatchMode):
    """Ends at the first operation that touches a tensor in the host's memory."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for leaf in tree_leaves((args, kwargs, result)):
            assert not (isinstance(leaf, torch.Tensor) and leaf.device.type == "cpu"), function
        return result


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("execution", ["batched", "grouped"])
def test_nothing_comes_from_the_host(execution, name):
    learner = LEARNERS[name]
    if execution == "grouped" and learner.rule.name == "warp":
        return  # not an execution of it
    meta = {key: value.to("meta") for key, value in learner.init(0, torch.float64).items()}
    chunk = Chunk(*(part.to("meta") for part in chunk_of(learner, 0)))
    with NothingFromTheHost():
        meta_gradient(learner, EXECUTIONS[execution], meta, chunk)


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
