"""From one chunk of tasks to sums: the meta-gradient, the course of adaptation, the adapted parameters.

Each function takes a *problem* class, the execution: built from (learner, θ, ξ, tasks), it offers
`gradient(parameters)` for the inner loop and `query(parameters) → (losses, accuracies)`. Whether a task axis
is there, the chunk decides.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from empirical.learner import RULE, Learner, Tasks
from empirical.networks import Parameters


class Chunk(NamedTuple):
    """A slice of a batch of tasks, on the engine's device, inputs in the network's shape."""

    support_x: Tensor
    support_y: Tensor
    query_x: Tensor
    query_y: Tensor


class MetaGradient(NamedTuple):
    """What one outer step needs."""

    loss: Tensor
    gradients: Parameters
    accuracy: Tensor


class Course(NamedTuple):
    """Adaptation watched on the query set, before it and after every step (K + 1, T), and where it ended."""

    accuracies: Tensor
    losses: Tensor
    parameters: Parameters


class Problem(Protocol):
    """Support gradients and query losses of a chunk of tasks."""

    def gradient(self, parameters: Parameters) -> Parameters:
        """Gradient of each task's support loss."""
        ...

    def query(self, parameters: Parameters) -> tuple[Tensor, Tensor]:
        """Losses (differentiable) and accuracies on the query sets."""
        ...


Execution = Callable[[Learner, Parameters, Parameters, Tasks], Problem]


def per_task(values: Parameters, tasks: Tasks) -> Parameters:
    """Give every tensor the chunk's task axis, if the chunk has one."""
    axes = tasks.support_y.shape[:-1]
    return {name: value.expand(*axes, *value.shape) for name, value in values.items()}


def begin(
    learner: Learner, execution: Execution, meta_parameters: Mapping[str, Tensor], tasks: Tasks
) -> tuple[Problem, Parameters, Parameters]:
    """(problem, θ₁ of the adapted parameters, ξ₁), with the task axis on what will differ by task."""
    theta, xi = learner.split(meta_parameters)
    start = {name: theta[name] for name in learner.adapted}
    problem = execution(learner, theta, xi, tasks)
    return problem, per_task(start, tasks), per_task(xi, tasks) if learner.adapt_rule else xi


@torch.enable_grad()
def meta_gradient(
    learner: Learner, execution: Execution, meta_parameters: Mapping[str, Tensor], tasks: Tasks
) -> MetaGradient:
    """Query loss, meta-gradient and accuracy, summed over the chunk."""
    leaves = {name: p.detach().requires_grad_() for name, p in meta_parameters.items()}
    problem, start, xi = begin(learner, execution, leaves, tasks)
    *_, final = learner.inner_loop(start, xi, problem.gradient)
    if learner.method == "reptile":
        return reptile(learner, leaves, xi, problem, start, final)
    losses, accuracies = problem.query(learner.rule.effective(xi, final))
    loss = losses.sum()
    gradients = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True, materialize_grads=True)
    return MetaGradient(loss.detach(), dict(zip(leaves, gradients, strict=True)), accuracies.sum())


def reptile(
    learner: Learner,
    leaves: Parameters,
    xi: Parameters,
    problem: Problem,
    start: Parameters,
    final: Parameters,
) -> MetaGradient:
    """Σ (θ₁ − θ_{K+1}) over the chunk's tasks, zero for what does not adapt and for ξ."""
    with torch.no_grad():
        gradients = {name: torch.zeros_like(p) for name, p in leaves.items()}
        for name in learner.adapted:
            gradients[name] = (start[name] - final[name]).reshape(-1, *leaves[name].shape).sum(0)
        losses, accuracies = problem.query(learner.rule.effective(xi, final))
        return MetaGradient(losses.sum(), gradients, accuracies.sum())


@torch.enable_grad()
def course(
    learner: Learner, execution: Execution, meta_parameters: Mapping[str, Tensor], tasks: Tasks
) -> Course:
    """The course of adaptation; no meta-gradient, so nothing of second order is kept."""
    learner = replace(learner, order=1)
    leaves = {
        name: value.detach().requires_grad_(learner.adapt_rule and name.startswith(RULE))
        for name, value in meta_parameters.items()
    }
    problem, start, xi = begin(learner, execution, leaves, tasks)
    rows = []
    for parameters in learner.inner_loop(start, xi, problem.gradient):
        with torch.no_grad():
            effective = learner.rule.effective(xi, parameters)
            rows.append((problem.query(effective), effective))
    losses, accuracies = zip(*(row for row, _ in rows), strict=True)
    final = {name: value.detach() for name, value in rows[-1][1].items()}
    return Course(torch.stack(accuracies), torch.stack(losses), final)
