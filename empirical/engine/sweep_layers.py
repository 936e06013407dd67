"""The layers of a few-shot network with their four passes written out by hand.

Second-order MAML needs, of a support loss ℓ at θ, the gradient g = ∇ℓ(θ) on the way in and the product H v of
its Hessian with a vector on the way back. With the dot for the derivative along v,

    H v = d/dε ∇ℓ(θ + εv) = ġ,

H v is the *tangent of the gradient program*: every line of the forward and of the backward pass,
differentiated once by hand. So a layer has four passes, which share the arrays of the first two:

    forward           x → y                          tangent            ẋ → ẏ
    backward          δy → δx, and its gradients     tangent_backward   δ̇y → δ̇x, and its part of H v

Counted in convolutions a block costs 1 + 2 for the gradient and 2 + 4 for H v, exactly what autograd's double
backward costs; what is saved is everything around them: no tape, one fused kernel where autograd launches
thirty elementwise ones (batch-norm), nothing for the conv bias (batch-norm removes it: its gradient is zero),
no input gradient at the first layer, and no tangent either (images do not move).

**Batch-norm.** With x̂ = (y − μ)·s, s = (σ² + ε)^(−1/2), ⟨·⟩ the mean over a channel's N values and

    P u = u − ⟨u⟩ − x̂ ⟨u x̂⟩,        z = γ x̂ + β :

    backward           δy = γ s P δz,     ∂γ = N⟨δz x̂⟩,    ∂β = N⟨δz⟩
    tangent            x̂̇ = s P ẏ,        ż = γ̇ x̂ + γ x̂̇ + β̇,     ṡ = −s² ⟨ẏ x̂⟩
    tangent_backward   δ̇y = γ s P δ̇z + (γ s)˙ P δz − γ s (⟨δz x̂⟩ x̂̇ + ⟨δz x̂̇⟩ x̂)
                       ∂γ˙ = N⟨δ̇z x̂ + δz x̂̇⟩,    ∂β˙ = N⟨δ̇z⟩

P with both its sums is what PyTorch's batch-norm backward kernel computes when told that the mean is 0 and
the scale 1, so each P is one call.

Layout: the maps of g tasks lie side by side in the channels, (B, g·C, H, W), with the filters of all of them
in one convolution of g groups; batch-norm, ReLU and pooling work channel by channel and need not know. On a
CPU g = 1 and the maps are channels-last. Measured on two Zen 5 cores (torch 2.13, one thread, 25 images
32×14×14 → 32×7×7, stride 2; forward, weight gradient, input gradient in ms): channels-last oneDNN 0.11, 0.14,
0.19; channels-first 0.14, 0.16, 0.29; patches times matrix 0.21 a product (MKL reaches 107 GFLOP/s where
oneDNN makes 200) plus 0.04 to gather the patches, so keeping the support set's patches for all five steps
saves less than the slower product costs. `F.unfold` alone takes 0.37. Batch-norm's forward kernel: 0.056
channels-last, 0.18 channels-first. Two input gradients as one call with twice the channels 0.26 instead of
0.37, two forward convolutions 0.21 instead of 0.22. Several groups reach 71 GFLOP/s; on a GPU they make few
launches of many.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from empirical.networks import Block
from empirical.networks.layers import EPSILON, linear, product

batch_norm_backward = torch.ops.aten.native_batch_norm_backward.default
convolution_backward = torch.ops.aten.convolution_backward.default
max_pool_backward = torch.ops.aten.max_pool2d_with_indices_backward.default
relu_backward = torch.ops.aten.threshold_backward.default


SMALL = 2**18
"""Numbers in a map up to which putting two of them side by side is cheaper than a second convolution."""


def channels_last(x: Tensor) -> Tensor:
    """The same tensor, stored with its channels innermost.

    The strides are spelled out because with one channel, or one pixel, both layouts call themselves
    contiguous, and the convolution would pick the slower one.
    """
    _, channels, height, width = x.shape
    strides = (height * width * channels, 1, width * channels, channels)
    return x.contiguous(memory_format=torch.channels_last).as_strided(x.shape, strides)


def along_channels(v: Tensor) -> Tensor:
    """(C) → (1, C, 1, 1)."""
    return v.view(1, -1, 1, 1)


class Project:
    """u ↦ (scale·P u, N⟨u x̂⟩, N⟨u⟩) for one normalised map x̂."""

    def __init__(self, normal: Tensor) -> None:
        self.normal = normal
        self.zero = normal.new_zeros(normal.shape[1])
        self.one = torch.ones_like(self.zero)

    def __call__(self, u: Tensor, scale: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return batch_norm_backward(
            u, self.normal, scale, None, None, self.zero, self.one, True, 0.0, [True, True, True]
        )

    def dot(self, u: Tensor, v: Tensor) -> Tensor:
        """N⟨u v⟩ in one reading pass. The weight plays no part, but on a GPU the result takes its type."""
        return batch_norm_backward(
            u, v, self.one, None, None, self.zero, self.one, True, 0.0, [False, True, False]
        )[1]


@dataclass
class BlockWeights:
    """Weights of a block, or their tangents, or their gradients; the conv bias plays no part.

    For a chunk: (T, O, C, 3, 3), (T, O), (T, O), the task axis absent where the tasks share them. Inside a
    map of g tasks: (g·O, C, 3, 3), (g·O), (g·O).
    """

    filters: Tensor
    gain: Tensor
    shift: Tensor


class Convolution:
    """3×3, padding 1, for g tasks side by side."""

    def __init__(self, stride: int, tasks: int) -> None:
        self.stride, self.tasks = [stride] * 2, tasks

    def lay(self, x: Tensor) -> Tensor:
        """A map, or filters, stored as this convolution is fastest."""
        return channels_last(x) if self.tasks == 1 else x.contiguous()

    def __call__(self, x: Tensor, filters: Tensor, bias: Tensor | None = None) -> Tensor:
        """x (B, g·C, H, W) → (B, g·O, h, w)."""
        return F.conv2d(x, filters, bias, self.stride, 1, 1, self.tasks)

    def transposed(
        self, delta: Tensor, x: Tensor, filters: Tensor, wanted: tuple[bool, bool, bool]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The transposes, as wanted: δ → δx through `filters`; → gradient of filters on x; → of a bias."""
        return convolution_backward(
            delta,
            x,
            filters,
            [len(filters)],
            self.stride,
            [1, 1],
            [1, 1],
            False,
            [0, 0],
            self.tasks,
            list(wanted),
        )

    def sum(self, x: Tensor, filters: Tensor, y: Tensor, others: Tensor) -> Tensor:
        """x * filters + y * others: for a small map of one task, one convolution with twice the channels."""
        if self.tasks > 1 or x.numel() > SMALL:
            return self(x, filters).add_(self(y, others))
        return self(torch.cat([x, y], 1), torch.cat([filters, others], 1))

    def transposed_sum(
        self, delta: Tensor, filters: Tensor, other: Tensor, others: Tensor, x: Tensor
    ) -> Tensor:
        """δx of `delta` through `filters` plus that of `other` through `others`: for one task, one call."""
        only_map = (True, False, False)
        if self.tasks > 1:
            first = self.transposed(delta, x, filters, only_map)[0]
            return first.add_(self.transposed(other, x, others, only_map)[0])
        both = torch.cat([delta, other], 1), x, torch.cat([filters, others])
        return self.transposed(*both, only_map)[0]


class Rectified:
    """ReLU, then max-pool (`pool` > 1), of one map z, and what is kept of them: forward at construction."""

    def __init__(self, pool: int, z: Tensor) -> None:
        self.pool, self.active = pool, z.relu_()
        if pool > 1:
            self.output, self.winners = F.max_pool2d(self.active, pool, return_indices=True)
        else:
            self.output = self.active

    def mask(self, values: Tensor) -> Tensor:
        """Zero where the ReLU is off."""
        return relu_backward(values, self.active, 0)

    def unpool(self, delta: Tensor) -> Tensor:
        """δ of the pooled map → δ of the map before pooling."""
        if self.pool == 1:
            return delta
        window = [self.pool] * 2
        return max_pool_backward(delta, self.active, window, window, [0, 0], [1, 1], False, self.winners)

    def follow(self, z: Tensor) -> Tensor:
        """Tangent of z → tangent of the output."""
        z = self.mask(z)
        return z.flatten(2).gather(2, self.winners.flatten(2)).view_as(self.output) if self.pool > 1 else z


class ConvolutionalBlock(Rectified):
    """conv 3×3 → batch-norm → ReLU → max-pool of g tasks: forward at construction."""

    def __init__(self, block: Block, tasks: int, x: Tensor, weights: BlockWeights) -> None:
        self.convolution = Convolution(block.stride, tasks)
        self.x, self.gain = x, weights.gain
        self.filters = self.convolution.lay(weights.filters)
        y = self.convolution(x, self.filters)
        self.normal, _, self.scale = torch.native_batch_norm(y, None, None, None, None, True, 0.0, EPSILON)
        self.rows = y.numel() / y.shape[1]
        self.project = Project(self.normal)
        shift = along_channels(weights.shift)
        super().__init__(block.pool, torch.addcmul(shift, self.normal, along_channels(weights.gain)))

    def backward(self, delta: Tensor) -> tuple[Tensor, BlockWeights]:
        """(δx, gradients) from δ of the output."""
        self.delta_z = self.mask(self.unpool(delta))
        self.gain_scale = self.gain * self.scale
        self.delta_y, self.by_gain, self.by_shift = self.project(self.delta_z, self.gain_scale)
        delta_x, by_filters, _ = self.convolution.transposed(
            self.delta_y, self.x, self.filters, (True, True, False)
        )
        return delta_x, BlockWeights(by_filters, self.by_gain, self.by_shift)

    def tangent(self, x: Tensor, weights: BlockWeights) -> Tensor:
        """The output's tangent, from the input's and the weights'."""
        self.x_dot, self.filters_dot = x, self.convolution.lay(weights.filters)
        y = self.convolution.sum(self.x, self.filters_dot, x, self.filters)
        self.normal_dot, moment, _ = self.project(y, self.scale)
        per_scale = torch.addcmul(weights.gain, self.gain_scale, moment, value=-1 / self.rows)
        self.gain_scale_dot = per_scale * self.scale
        z = torch.addcmul(along_channels(weights.shift), self.normal, along_channels(weights.gain))
        return self.follow(z.addcmul_(self.normal_dot, along_channels(self.gain)))

    def tangent_backward(self, delta: Tensor) -> tuple[Tensor, BlockWeights]:
        """(δ̇x, the block's part of H v) from δ̇ of the output."""
        delta_z = self.mask(self.unpool(delta))
        delta_y, by_gain, by_shift = self.project(delta_z, self.gain_scale)
        cross = self.project.dot(self.delta_z, self.normal_dot)
        by_normal = torch.addcmul(self.gain_scale_dot * self.by_gain, self.gain_scale, cross)
        mean = -1 / self.rows
        delta_y.addcmul_(self.delta_z, along_channels(self.gain_scale_dot))
        delta_y.addcmul_(self.normal, along_channels(by_normal), value=mean)
        delta_y.addcmul_(self.normal_dot, along_channels(self.gain_scale * self.by_gain), value=mean)
        delta_y.add_(along_channels(self.gain_scale_dot * self.by_shift), alpha=mean)
        convolution, only_filters = self.convolution, (False, True, False)
        delta_x = convolution.transposed_sum(delta_y, self.filters, self.delta_y, self.filters_dot, self.x)
        by_filters = convolution.transposed(delta_y, self.x, self.filters, only_filters)[1]
        by_filters += convolution.transposed(self.delta_y, self.x_dot, self.filters, only_filters)[1]
        return delta_x, BlockWeights(by_filters, by_gain + cross, by_shift)


class Linear:
    """x Wᵀ + b for a chunk of tasks: x (T, B, n), W (T, m, n) or shared (m, n), b likewise; forward at
    construction."""

    def __init__(self, x: Tensor, weight: Tensor, bias: Tensor | None, first: bool) -> None:
        self.x, self.weight, self.first = x, weight, first
        self.output = linear(x, weight, bias)

    def backward(self, delta: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        """(δx, ∂W, ∂b); δx is None where x is data."""
        self.delta = delta
        by_input = None if self.first else product(delta, self.weight)
        return by_input, product(delta.mT, self.x), delta.sum(-2)

    def tangent(self, x: Tensor | None, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The output's tangent, from the input's (None: at rest) and the weights'."""
        self.x_dot, self.weight_dot = x, weight
        moved = linear(self.x, weight, bias)
        return moved if x is None else moved + product(x, self.weight.mT)

    def tangent_backward(self, delta: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        """(δ̇x, the layer's part of H v)."""
        by_weight = product(delta.mT, self.x)
        if self.x_dot is not None:
            by_weight = by_weight + product(self.delta.mT, self.x_dot)
        by_input = None
        if not self.first:
            by_input = product(delta, self.weight) + product(self.delta, self.weight_dot)
        return by_input, by_weight, delta.sum(-2)
