"""Support gradients, Hessian-vector products and query losses by hand-written passes, without a tape.

`Pass` runs a whole network on a chunk of tasks: the convolutional blocks task by task (one task fits the
cache, and an ordinary convolution is three times as fast as a grouped one), what comes after them for all
tasks at once. It offers the gradient and, from the arrays kept, the Hessian-vector product of `sweep_layers`.

To the rest of the program it looks like two differentiable functions. The inner loop's arithmetic between
gradients (update rules, ξ moving inside the task) stays on PyTorch's tape, batched over the tasks; it is
small, and any rule works without being written twice. On the way back the tape asks `SupportGradient` for vᵀ
∂g/∂θ = H v.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from empirical.engine.sweep_layers import BlockWeights, ConvolutionalBlock, Linear, channels_last
from empirical.engine.tape import Tape
from empirical.learner import Learner
from empirical.losses import Loss
from empirical.networks import Network, Parameters
from empirical.update_rules import rank


class Blocks:
    """The convolutional blocks and the readout of one task: forward at construction."""

    def __init__(self, network: Network, parameters: Mapping[str, Tensor], x: Tensor) -> None:
        self.network, self.blocks = network, []
        x = channels_last(x)
        for i, block in enumerate(network.blocks, 1):
            self.blocks.append(ConvolutionalBlock(block, x, weights(parameters, i), first=i == 1))
            x = self.blocks[-1].output
        self.map = x.shape
        self.features = self.read(x)

    def read(self, x: Tensor) -> Tensor:
        """Map → feature vectors (B, width)."""
        return x.mean((2, 3)) if self.network.readout == "mean" else x.flatten(1)

    def unread(self, delta: Tensor) -> Tensor:
        """δ of the features → δ of the map."""
        if self.network.readout == "mean":
            area = self.map[2] * self.map[3]
            return channels_last((delta / area)[:, :, None, None].expand(self.map))
        return channels_last(delta.reshape(self.map))

    def backward(self, delta: Tensor) -> Parameters:
        """Gradients by name."""
        flow: Tensor | None = self.unread(delta)
        gradients: Parameters = {}
        for i in range(len(self.blocks), 0, -1):
            assert flow is not None
            flow, gradient = self.blocks[i - 1].backward(flow)
            gradients |= named(gradient, i)
        return gradients

    def tangent(self, v: Mapping[str, Tensor]) -> Tensor:
        """Tangent of the features along v."""
        flow: Tensor | None = None
        for i, block in enumerate(self.blocks, 1):
            flow = block.tangent(flow, weights(v, i))
        assert flow is not None
        return self.read(flow)

    def tangent_backward(self, delta: Tensor) -> Parameters:
        """The blocks' part of H v."""
        flow: Tensor | None = self.unread(delta)
        products: Parameters = {}
        for i in range(len(self.blocks), 0, -1):
            assert flow is not None
            flow, product = self.blocks[i - 1].tangent_backward(flow)
            products |= named(product, i)
        return products


def weights(values: Mapping[str, Tensor], i: int) -> BlockWeights:
    """Block i's weights (or tangents) out of a dictionary."""
    return BlockWeights(values[f"conv{i}.weight"], values[f"norm{i}.weight"], values[f"norm{i}.bias"])


def named(values: BlockWeights, i: int) -> Parameters:
    """Block i's gradients under their names; the conv bias, which batch-norm removes, has zero."""
    return {
        f"conv{i}.weight": values.filters,
        f"conv{i}.bias": torch.zeros_like(values.shift),
        f"norm{i}.weight": values.gain,
        f"norm{i}.bias": values.shift,
    }


class Pass:
    """A network with a loss on a chunk of tasks: inputs (T, B, …), parameters with the task axis or shared.
    A network with a loss on a chunk of tasks: inputs (T, B, …), parameters with the task axis or shared."""

    def __init__(
        self, network: Network, loss: Loss, parameters: Mapping[str, Tensor], x: Tensor, y: Tensor
    ) -> None:
        self.network, self.loss, self.y = network, loss, y
        self.tasks = range(x.shape[0])
        self.blocks: list[Blocks] = []
        if network.blocks:
            self.blocks = [Blocks(network, self.of_task(parameters, i), x[i]) for i in self.tasks]
            x = torch.stack([blocks.features for blocks in self.blocks])
        self.linear: list[tuple[str, Linear]] = []
        for layer in (*(f"linear{i + 1}" for i in range(len(network.linnet))), "head"):
            first = not self.linear and not self.blocks
            bias = parameters.get(f"{layer}.bias")
            self.linear.append((layer, Linear(x, parameters[f"{layer}.weight"], bias, first)))
            x = self.linear[-1][1].output
        self.outputs = x

    def of_task(self, values: Mapping[str, Tensor], i: int) -> Parameters:
        """Task i's share of the convolutional parameters."""
        return {
            name: value[i] if value.dim() > rank(name) else value
            for name, value in values.items()
            if name.startswith(("conv", "norm"))
        }

    def gradient(self) -> Parameters:
        """∇ of each task's loss: name → (T, …)."""
        flow: Tensor | None = self.loss.slope(self.outputs, self.y)
        gradients: Parameters = {}
        for name, layer in reversed(self.linear):
            assert flow is not None
            flow, gradients[f"{name}.weight"], gradients[f"{name}.bias"] = layer.backward(flow)
        return gradients | self.each_task(flow, Blocks.backward)

    def hessian_vector(self, v: Mapping[str, Tensor]) -> Parameters:
        """H v of each task's loss, after `gradient`: name → (T, …), from v with the task axis throughout."""
        flow: Tensor | None = None
        if self.blocks:
            flow = torch.stack([self.blocks[i].tangent(self.of_task(v, i)) for i in self.tasks])
        for name, layer in self.linear:
            flow = layer.tangent(flow, v[f"{name}.weight"], v.get(f"{name}.bias"))
        assert flow is not None
        flow = self.loss.curvature(self.outputs, flow)
        products: Parameters = {}
        for name, layer in reversed(self.linear):
            assert flow is not None
            flow, products[f"{name}.weight"], products[f"{name}.bias"] = layer.tangent_backward(flow)
        return products | self.each_task(flow, Blocks.tangent_backward)

    def each_task(self, delta: Tensor | None, run: Any) -> Parameters:
        """Run the blocks backward task by task and stack what they return."""
        if delta is None or not self.blocks:
            return {}
        rows = [run(self.blocks[i], delta[i]) for i in self.tasks]
        return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}


class SupportGradient(torch.autograd.Function):
    """θ ↦ ∇ℓ_s(θ) for a chunk of tasks, differentiable once: v ↦ H v."""

    @staticmethod
    def forward(ctx: Any, run: Any, wanted: Sequence[str], names: Sequence[str], *values: Tensor) -> Any:
        ctx.run, ctx.wanted, ctx.names = run(dict(zip(names, values, strict=True))), wanted, names
        ctx.shared = [value.dim() == rank(name) for name, value in zip(names, values, strict=True)]
        ctx.shapes = [value.shape for value in values]
        gradients = ctx.run.gradient()
        return tuple(gradients[name] for name in wanted)

    @staticmethod
    def backward(ctx: Any, *v: Tensor) -> Any:
        tasks = len(ctx.run.tasks)
        along = dict(zip(ctx.wanted, v, strict=True))
        for name, shape, shared in zip(ctx.names, ctx.shapes, ctx.shared, strict=True):
            if name not in along:
                along[name] = v[0].new_zeros((tasks, *shape) if shared else shape)
        products = ctx.run.hessian_vector(along)
        return (None, None, None, *summed(products, ctx.names, ctx.shared))


class QueryLoss(torch.autograd.Function):
    """θ ↦ (query losses (T,), outputs) for a chunk of tasks; the gradient is computed on the way in."""

    @staticmethod
    def forward(ctx: Any, run: Any, names: Sequence[str], *values: Tensor) -> Any:
        forward = run(dict(zip(names, values, strict=True)))
        ctx.gradients, ctx.names = forward.gradient(), names
        ctx.shared = [value.dim() == rank(name) for name, value in zip(names, values, strict=True)]
        ctx.mark_non_differentiable(forward.outputs)
        return forward.loss.value(forward.outputs, forward.y), forward.outputs

    @staticmethod
    def backward(ctx: Any, weight: Tensor, _: Tensor) -> Any:
        scaled = {name: g * weight.view(-1, *[1] * (g.dim() - 1)) for name, g in ctx.gradients.items()}
        return (None, None, *summed(scaled, ctx.names, ctx.shared))


class Features(torch.autograd.Function):
    """Shared θ ↦ features (T, B, width) of a chunk of tasks."""

    @staticmethod
    def forward(ctx: Any, network: Network, x: Tensor, names: Sequence[str], *values: Tensor) -> Tensor:
        parameters = dict(zip(names, values, strict=True))
        ctx.names, ctx.rows = names, [Blocks(network, parameters, task) for task in x]
        return torch.stack([row.features for row in ctx.rows])

    @staticmethod
    def backward(ctx: Any, delta: Tensor) -> Any:
        rows = [row.backward(task) for row, task in zip(ctx.rows, delta, strict=True)]
        return (None, None, None, *(torch.stack([row[name] for row in rows]).sum(0) for name in ctx.names))


def summed(values: Parameters, names: Sequence[str], shared: Sequence[bool]) -> list[Tensor]:
    """Values in the order of `names`, summed over the tasks where the parameter is shared by them."""
    return [values[n].sum(0) if s else values[n] for n, s in zip(names, shared, strict=True)]


class Sweep(Tape):
    """A chunk of tasks with the task axis, executed by the passes above."""

    @staticmethod
    def runs(learner: Learner) -> bool:
        """Whether the passes cover a learner: all but warp's extra layers and support statistics."""
        return learner.rule.name != "warp" and learner.statistics == "batch"

    @cached_property
    def features(self) -> Tensor:
        both = torch.cat([self.tasks.support_x, self.tasks.query_x], self.axis)
        names = [name for name in self.theta if name.startswith(("conv", "norm"))]
        return Features.apply(self.learner.network, both, names, *(self.theta[name] for name in names))

    def gradient(self, parameters: Parameters) -> Parameters:
        if self.learner.features_once:
            return super().gradient(parameters)
        everything = self.theta | parameters
        if not self.learner.second_order:
            with torch.no_grad():
                gradients = self.run(everything, query=False).gradient()
            return {name: gradients[name] for name in parameters}
        wanted = list(parameters)
        run = lambda values: self.run(values, query=False)  # noqa: E731
        values = SupportGradient.apply(run, wanted, list(everything), *everything.values())
        return dict(zip(wanted, values, strict=True))

    def query(self, parameters: Parameters) -> tuple[Tensor, Tensor]:
        if self.learner.features_once:
            return super().query(parameters)
        everything, objective = self.theta | parameters, self.learner.objective
        if torch.is_grad_enabled() and any(value.requires_grad for value in everything.values()):
            run = lambda values: self.run(values, query=True)  # noqa: E731
            losses, outputs = QueryLoss.apply(run, list(everything), *everything.values())
        else:
            outputs = self.run(everything, query=True).outputs
            losses = objective.value(outputs, self.tasks.query_y)
        return losses, objective.accuracy(outputs, self.tasks.query_y)

    def run(self, parameters: Mapping[str, Tensor], query: bool) -> Pass:
        """The network on the support or the query set."""
        tasks = self.tasks
        x, y = (tasks.query_x, tasks.query_y) if query else (tasks.support_x, tasks.support_y)
        return Pass(self.learner.network, self.learner.objective, parameters, x, y)
