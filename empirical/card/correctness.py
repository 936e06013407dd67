"""Losses and meta-gradients of every learner and update rule on a device, against float64 on the CPU.

The reference is the loop over tasks. The parameters are moved away from their start, where every rule is
gradient descent and a wrong one would pass. Errors are relative: |ℓ − ℓ*|/|ℓ*| for the loss, ‖g − g*‖/‖g*‖
over all meta-parameters for the gradient. Precisions below float32 are measured and reported, not judged:
TF32 in the matrix products, and bfloat16 by autocast.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace

import torch
from torch import Tensor

from ..engine import EXECUTIONS, Engine
from ..learner import Learner
from ..meta_training import Parameters
from ..networks import Network, cnn, softmax_regression
from ..precision import computing_in
from ..update_rules import RULES, GradientDescent

TASKS, WAYS, SHOTS, QUERIES = 4, 5, 2, 2
AWAY = 0.05
"""How far every meta-parameter is moved from its start."""


@dataclass(frozen=True)
class Check:
    """One comparison."""

    network: str
    learner: str
    rule: str
    execution: str
    precision: str
    loss_error: float
    gradient_error: float
    failure: str = ""


def learners(small: bool) -> Iterator[tuple[str, Learner]]:
    """Every combination of network, rule, order, and what adapts, that exists."""
    networks: list[Network] = [cnn("omniglot", depth=2, filters=8)]
    networks += (
        []
        if small
        else [cnn("cifar-fs", depth=2, filters=4, linnet=(6,)), softmax_regression(784, linnet=(16,))]
    )
    for network in networks:
        base = Learner(network, GradientDescent(), steps=3, rate=0.1)
        for rule in RULES.values():
            for order, adapts, moving in (
                (2, "all", False),
                (1, "all", False),
                (2, "head", False),
                (2, "all", True),
            ):
                if small and (order, adapts, moving) != (2, "all", False):
                    continue
                try:
                    learner = replace(base, rule=rule, order=order, adapts=adapts, adapt_rule=moving)
                except ValueError:
                    continue  # combinations that the learner itself refuses
                name = {"all": "maml", "head": "anil"}[adapts]
                yield f"{name}, order {order}{', moving ξ' if moving else ''}", learner


def tasks_for(network: Network, dtype: torch.dtype) -> SimpleNamespace:
    """The same random tasks in any precision."""
    generator = torch.Generator().manual_seed(0)
    shape = network.input_shape
    support = torch.rand(TASKS, WAYS * SHOTS, *shape, generator=generator, dtype=torch.float64)
    query = torch.rand(TASKS, WAYS * QUERIES, *shape, generator=generator, dtype=torch.float64)
    labels = torch.arange(WAYS)
    return SimpleNamespace(
        support_x=support.to(dtype),
        support_y=labels.repeat_interleave(SHOTS).expand(TASKS, -1),
        query_x=query.to(dtype),
        query_y=labels.repeat_interleave(QUERIES).expand(TASKS, -1),
    )


def moved(parameters: Parameters) -> Parameters:
    """Every meta-parameter at some distance from its start."""
    generator = torch.Generator().manual_seed(1)
    return {
        name: tensor + AWAY * torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype)
        for name, tensor in parameters.items()
    }


def checks(device: str, small: bool) -> list[Check]:
    """All comparisons on a device, every execution in float32, the automatic one in lower precisions too."""
    found = []
    for name, learner in learners(small):
        start = moved(learner.init(0, torch.float64))
        exact = Engine(learner, device="cpu", execution="loop").meta_gradient(
            start, tasks_for(learner.network, torch.float64)
        )
        on_device = {key: tensor.float().to(device) for key, tensor in start.items()}
        tasks = SimpleNamespace(
            **{k: v.to(device) for k, v in vars(tasks_for(learner.network, torch.float32)).items()}
        )
        trials = [(execution, "float32") for execution in ("auto", *EXECUTIONS)]
        if device.startswith("cuda"):
            trials += [("auto", "tf32"), ("auto", "bfloat16")]
        for execution, precision in trials:
            place = (learner.network.label, name, learner.rule.name, execution, precision)
            try:
                with computing_in(precision):
                    got = Engine(learner, device=device, execution=execution).meta_gradient(on_device, tasks)
                    found.append(Check(*place, *errors(got.loss, got.gradients, exact.loss, exact.gradients)))
            except (
                RuntimeError,
                ValueError,
            ) as error:  # an execution that does not exist here: reported by name
                found.append(Check(*place, float("inf"), float("inf"), str(error).splitlines()[0]))
    return found


def errors(loss: Tensor, gradients: Parameters, exact_loss: Tensor, exact: Parameters) -> tuple[float, float]:
    """Relative errors of loss and gradient."""
    difference = sum(float((gradients[name].double().cpu() - exact[name]).square().sum()) for name in exact)
    size = sum(float(tensor.square().sum()) for tensor in exact.values())
    return abs(float(loss) - float(exact_loss)) / abs(float(exact_loss)), (difference / size) ** 0.5
