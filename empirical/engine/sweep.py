"""Support gradients, Hessian-vector products and query losses by hand-written passes, without a tape.

`Pass` runs a whole network on a chunk of tasks: the convolutional blocks by `sweep_features`, what comes
after them for all tasks at once. It offers the gradient and, from the arrays kept, the Hessian-vector product
of `sweep_layers`.

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
from torch.autograd.function import once_differentiable

from empirical.engine.sweep_entry import Images
from empirical.engine.sweep_features import FeaturePass
from empirical.engine.sweep_layers import Linear
from empirical.engine.tape import Tape
from empirical.learner import Learner
from empirical.losses import Loss
from empirical.networks import Network, Parameters
from empirical.update_rules import rank

Inputs = Tensor | Sequence[Images]


class Pass:
    """A network with a loss on a chunk of tasks, parameters with the task axis or shared: forward at
    construction. The input is (T, B, n), or each task's `Images` where there are convolutional blocks."""

    def __init__(
        self, network: Network, loss: Loss, parameters: Mapping[str, Tensor], x: Inputs, y: Tensor
    ) -> None:
        self.loss, self.y = loss, y
        self.features: FeaturePass | None = None
        if not isinstance(x, Tensor):
            self.features = FeaturePass(network, parameters, x)
            x = self.features.output
        self.linear: list[tuple[str, Linear]] = []
        for layer in (*(f"linear{i + 1}" for i in range(len(network.linnet))), "head"):
            first = not self.linear and self.features is None
            bias = parameters.get(f"{layer}.bias")
            self.linear.append((layer, Linear(x, parameters[f"{layer}.weight"], bias, first)))
            x = self.linear[-1][1].output
        self.outputs = x

    def gradient(self) -> Parameters:
        """∇ of each task's loss: name → (T, …)."""
        flow: Tensor | None = self.loss.slope(self.outputs, self.y)
        gradients: Parameters = {}
        for name, layer in reversed(self.linear):
            assert flow is not None
            flow, gradients[f"{name}.weight"], gradients[f"{name}.bias"] = layer.backward(flow)
        return gradients | (self.features.backward(flow) if self.features and flow is not None else {})

    def hessian_vector(self, v: Mapping[str, Tensor]) -> Parameters:
        """H v of each task's loss, after `gradient`: name → (T, …), from v with the task axis throughout."""
        flow = self.features.tangent(v) if self.features else None
        for name, layer in self.linear:
            flow = layer.tangent(flow, v[f"{name}.weight"], v.get(f"{name}.bias"))
        assert flow is not None
        flow = self.loss.curvature(self.outputs, flow)
        products: Parameters = {}
        for name, layer in reversed(self.linear):
            assert flow is not None
            flow, products[f"{name}.weight"], products[f"{name}.bias"] = layer.tangent_backward(flow)
        return products | (self.features.tangent_backward(flow) if self.features and flow is not None else {})


class SupportGradient(torch.autograd.Function):
    """θ ↦ ∇ℓ_s(θ) for a chunk of tasks, differentiable once: v ↦ H v."""

    @staticmethod
    def forward(ctx: Any, run: Any, wanted: Sequence[str], names: Sequence[str], *values: Tensor) -> Any:
        ctx.wanted, ctx.names = wanted, names
        ctx.shared = [value.dim() == rank(name) for name, value in zip(names, values, strict=True)]
        ctx.shapes = [value.shape for value in values]
        with off_tape(values[0]):
            ctx.run = run(dict(zip(names, values, strict=True)))
            gradients = ctx.run.gradient()
        return tuple(ordinary(gradients[name]) for name in wanted)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *v: Tensor) -> Any:
        tasks = len(ctx.run.y)
        along = dict(zip(ctx.wanted, v, strict=True))
        for name, shape, shared in zip(ctx.names, ctx.shapes, ctx.shared, strict=True):
            if name not in along:
                along[name] = v[0].new_zeros((tasks, *shape) if shared else shape)
        with off_tape(v[0]):
            products = summed(ctx.run.hessian_vector(along), ctx.names, ctx.shared)
        return (None, None, None, *map(ordinary, products))


class QueryLoss(torch.autograd.Function):
    """θ ↦ (query losses (T,), outputs) for a chunk of tasks; the gradient is computed on the way in."""

    @staticmethod
    def forward(ctx: Any, run: Any, names: Sequence[str], *values: Tensor) -> Any:
        with off_tape(values[0]):
            forward = run(dict(zip(names, values, strict=True)))
            gradients = forward.gradient()
            loss = forward.loss.value(forward.outputs, forward.y)
        ctx.gradients, ctx.names = {name: ordinary(g) for name, g in gradients.items()}, names
        outputs = ordinary(forward.outputs)
        ctx.shared = [value.dim() == rank(name) for name, value in zip(names, values, strict=True)]
        ctx.mark_non_differentiable(outputs)
        return ordinary(loss), outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, weight: Tensor, _: Tensor) -> Any:
        scaled = {name: g * weight.view(-1, *[1] * (g.dim() - 1)) for name, g in ctx.gradients.items()}
        return (None, None, *summed(scaled, ctx.names, ctx.shared))


class Features(torch.autograd.Function):
    """θ ↦ features (T, B, width) of a chunk of tasks."""

    @staticmethod
    def forward(
        ctx: Any, network: Network, images: Sequence[Images], names: Sequence[str], *values: Tensor
    ) -> Tensor:
        ctx.names, ctx.run = names, FeaturePass(network, dict(zip(names, values, strict=True)), images)
        ctx.shared = [value.dim() == rank(name) for name, value in zip(names, values, strict=True)]
        return ctx.run.output.clone()  # itself, it would keep its own graph alive

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, delta: Tensor) -> Any:
        gradients = ctx.run.backward(delta)
        return (None, None, None, *summed(gradients, ctx.names, ctx.shared))


def inputs(network: Network, x: Tensor, grouped: bool) -> Inputs:
    """(T, B, …) as a pass reads it: with blocks, the images of every task, or of all of them side by side."""
    if not network.blocks:
        return x
    return [Images(network.blocks[0], row) for row in ((x,) if grouped else x.split(1))]


def off_tape(like: Tensor) -> torch.no_grad | torch.inference_mode:
    """Nothing is recorded; on a CPU, operations skip autograd's dispatch as well (3 % of Omniglot CNN(2)).

    On a GPU the launches are replayed, so there is nothing to skip. `inference_mode(False)` would not do
    there: it turns recording *on*.
    """
    return torch.no_grad() if like.is_cuda else torch.inference_mode()


def ordinary(value: Tensor) -> Tensor:
    """A tensor that autograd takes: tensors made in inference mode it refuses."""
    return value.clone() if value.is_inference() else value


def summed(values: Parameters, names: Sequence[str], shared: Sequence[bool]) -> list[Tensor]:
    """Values in the order of `names`, summed over the tasks where the parameter is shared by them."""
    return [values[n].sum(0) if s else values[n] for n, s in zip(names, shared, strict=True)]


class Sweep(Tape):
    """A chunk of tasks with the task axis, executed by the passes above, the maps of one task at a time."""

    grouped = False

    @staticmethod
    def runs(learner: Learner) -> bool:
        """Whether the passes cover a learner: all but warp's extra layers and support statistics."""
        return learner.rule.name != "warp" and learner.statistics == "batch"

    @cached_property
    def features(self) -> Tensor:
        both = torch.cat([self.tasks.support_x, self.tasks.query_x], self.axis)
        names = [name for name in self.theta if name.startswith(("conv", "norm"))]
        network = self.learner.network
        return Features.apply(
            network, inputs(network, both, self.grouped), names, *(self.theta[name] for name in names)
        )

    @cached_property
    def support(self) -> Inputs:
        """The support inputs, prepared once for all inner steps."""
        return inputs(self.learner.network, self.tasks.support_x, self.grouped)

    @cached_property
    def queries(self) -> Inputs:
        """The query inputs, likewise: evaluation reads them after every step."""
        return inputs(self.learner.network, self.tasks.query_x, self.grouped)

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
        network, objective, tasks = self.learner.network, self.learner.objective, self.tasks
        if not query:
            return Pass(network, objective, parameters, self.support, tasks.support_y)
        return Pass(network, objective, parameters, self.queries, tasks.query_y)


class GroupedSweep(Sweep):
    """The same with the maps of all tasks side by side: few launches, for a GPU."""

    grouped = True
