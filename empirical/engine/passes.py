"""From one chunk of tasks to sums: the meta-gradient, the course of adaptation, the adapted parameters.

Each function takes a *problem* class, the execution: built from (learner, θ, ξ, tasks), it offers
`gradient(parameters)` for the inner loop and `query(parameters) → (losses, accuracies)`. Whether a task axis
is there, the chunk decides.

**Runs together.** R runs of one learner (other seeds, other adaptation rates) fit into one outer batch: their
meta-parameters get an axis R in front, their tasks follow one another run by run, and every parameter is
handed to its own run's tasks, θ and ξ alike. The sum over a run's tasks then is its own loss, and the
gradient of all sums with respect to all meta-parameters its own gradient. `rates` (R), one α a run, says that
this is meant.
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


def handed_out(value: Tensor, tasks: Tasks) -> Tensor:
    """A run's value for each of its tasks: (R, …) → (T, …)."""
    runs, share = len(value), len(tasks.support_y) // len(value)
    return value[:, None].expand(runs, share, *value.shape[1:]).flatten(0, 1)


def begin(
    learner: Learner,
    execution: Execution,
    meta_parameters: Mapping[str, Tensor],
    tasks: Tasks,
    rates: Tensor | None = None,
) -> tuple[Problem, Parameters, Parameters]:
    """(problem, θ₁ of the adapted parameters, ξ₁), with the task axis on what will differ by task."""
    if rates is not None:
        meta_parameters = {name: handed_out(value, tasks) for name, value in meta_parameters.items()}
    theta, xi = learner.split(meta_parameters)
    start = {name: theta[name] for name in learner.adapted}
    problem = execution(learner, theta, xi, tasks)
    if rates is not None:
        return problem, start, xi
    return problem, per_task(start, tasks), per_task(xi, tasks) if learner.adapt_rule else xi


@torch.enable_grad()
def meta_gradient(
    learner: Learner,
    execution: Execution,
    meta_parameters: Mapping[str, Tensor],
    tasks: Tasks,
    rates: Tensor | None = None,
) -> MetaGradient:
    """Query loss, meta-gradient and accuracy, summed over the chunk; with `rates`, over each run's tasks."""
    leaves = {name: p.detach().requires_grad_() for name, p in meta_parameters.items()}
    problem, start, xi = begin(learner, execution, leaves, tasks, rates)
    rate = None if rates is None else handed_out(rates, tasks)
    runs = () if rates is None else (len(rates),)
    *_, final = learner.inner_loop(start, xi, problem.gradient, rate)
    if learner.method == "reptile":
        return reptile(learner, leaves, xi, problem, start, final, runs)
    losses, accuracies = problem.query(learner.rule.effective(xi, final))
    gradients = torch.autograd.grad(
        losses.sum(), list(leaves.values()), allow_unused=True, materialize_grads=True
    )
    return MetaGradient(
        run_by_run(losses.detach(), runs),
        dict(zip(leaves, gradients, strict=True)),
        run_by_run(accuracies, runs),
    )


def run_by_run(values: Tensor, runs: tuple[int, ...]) -> Tensor:
    """One value a task, summed over each run's tasks: (T) → (R), or a single sum without runs."""
    return values.reshape(*runs, -1).sum(-1)


def reptile(
    learner: Learner,
    leaves: Parameters,
    xi: Parameters,
    problem: Problem,
    start: Parameters,
    final: Parameters,
    runs: tuple[int, ...],
) -> MetaGradient:
    """Σ (θ₁ − θ_{K+1}) over the chunk's tasks (each run's), zero for what does not adapt and for ξ."""
    axis = len(runs)
    with torch.no_grad():
        gradients = {name: torch.zeros_like(p) for name, p in leaves.items()}
        for name in learner.adapted:
            moved, shape = start[name] - final[name], leaves[name].shape
            gradients[name] = moved.reshape(*runs, -1, *shape[axis:]).sum(axis)
        losses, accuracies = problem.query(learner.rule.effective(xi, final))
        return MetaGradient(run_by_run(losses, runs), gradients, run_by_run(accuracies, runs))


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
