"""Support gradients and query losses on PyTorch's autograd tape: for one task, or for many with a task axis.

The plain way, good for every network, rule and learner. With the task axis the same code is the batched
execution: tasks are independent, so the gradient of the *sum* of their losses with respect to per-task
parameters is each task's own gradient, and no `vmap` is needed (nor its fault with batch-norm, see
`networks.layers`).
"""

from functools import cached_property

import torch
from torch import Tensor

from empirical.learner import Learner, Tasks
from empirical.networks import Parameters


class Tape:
    """One task, or a chunk of tasks with a leading task axis, under fixed θ and ξ."""

    def __init__(self, learner: Learner, theta: Parameters, xi: Parameters, tasks: Tasks) -> None:
        self.learner, self.theta, self.tasks = learner, theta, tasks
        self.layers = learner.rule.layers(xi)
        self.axis = tasks.support_y.dim() - 1
        """The axis of the examples."""
        self.rows = tasks.support_y.shape[self.axis]

    @cached_property
    def features(self) -> Tensor:
        """Features of support and query together, for learners that adapt nothing before them."""
        both = torch.cat([self.tasks.support_x, self.tasks.query_x], self.axis)
        statistics = self.rows if self.learner.statistics == "support" else None
        return self.learner.network.features(self.theta, both, self.layers, statistics)

    def support_outputs(self, parameters: Parameters) -> Tensor:
        network, everything = self.learner.network, self.theta | parameters
        if self.learner.features_once:
            return network.head(everything, self.features.narrow(self.axis, 0, self.rows), self.layers)
        return network.apply(everything, self.tasks.support_x, self.layers)

    def query_outputs(self, parameters: Parameters) -> Tensor:
        network, everything = self.learner.network, self.theta | parameters
        queries = self.tasks.query_y.shape[self.axis]
        if self.learner.features_once:
            return network.head(everything, self.features.narrow(self.axis, self.rows, queries), self.layers)
        if self.learner.statistics == "support":
            both = torch.cat([self.tasks.support_x, self.tasks.query_x], self.axis)
            outputs = network.apply(everything, both, self.layers, self.rows)
            return outputs.narrow(self.axis, self.rows, queries)
        return network.apply(everything, self.tasks.query_x, self.layers)

    def gradient(self, parameters: Parameters) -> Parameters:
        """Gradient of each task's support loss; on the tape itself when the learner is of second order."""
        second = self.learner.second_order
        if not second:
            parameters = {name: p.detach().requires_grad_() for name, p in parameters.items()}
        with torch.enable_grad():
            loss = self.learner.objective.value(self.support_outputs(parameters), self.tasks.support_y).sum()
            gradients = torch.autograd.grad(loss, list(parameters.values()), create_graph=second)
        return dict(zip(parameters, gradients, strict=True))

    def query(self, parameters: Parameters) -> tuple[Tensor, Tensor]:
        """(losses, accuracies) on the query set, one entry a task; the losses are differentiable."""
        outputs = self.query_outputs(parameters)
        targets = self.tasks.query_y
        return self.learner.objective.value(outputs, targets), self.learner.objective.accuracy(
            outputs.detach(), targets
        )
