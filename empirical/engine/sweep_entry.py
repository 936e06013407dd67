"""The first block: its images never move, so batch-norm folds into the convolution.

Let X (K, N) be the patches that a task's convolution reads, K = 9 C numbers at each of N places, with mean m
and covariance C = ⟨(X − m)(X − m)ᵀ⟩. Batch-norm after a convolution W (O, K) subtracts W m and divides by the
root of diag(W C Wᵀ) + ε, whatever the map looks like. So the block's affine part is a convolution with other
weights,

    z = W̃ X + b̃,      W̃ = t W,      b̃ = β − W̃ m,      t = γ s,      s = (diag(W C Wᵀ) + ε)^(−1/2)

and m and C, which depend on the images alone, serve every inner step. The map is touched by the convolution
and the ReLU only; normalising it, and three sums over it on each way back, become algebra on (O, K), for all
tasks at once. The passes of the fold φ: (W, γ, β) ↦ (W̃, b̃), with U = W C, A = ∂ℓ/∂W̃, d = ∂ℓ/∂b̃, row sums Σ:

    backward           A′ = A − d mᵀ,   τ = Σ A′W:     ∂W = t A′ − γ s³ τ U,    ∂γ = s τ,    ∂β = d
    tangent            ṡ = −s³ Σ U Ẇ,   ṫ = γ̇ s + γ ṡ:     W̃˙ = ṫ W + t Ẇ,    b̃˙ = β̇ − W̃˙ m
    tangent_backward   the three results of backward, differentiated once

A filter that sees only what the patches hardly contain has a variance far below theirs, which a product in
single precision would lose: C and W C are in double.

This is what makes the first block, four times as large as the second on Omniglot, cost a quarter of it.

The convolution itself: with one channel a patch has 9 numbers, and the product with stored patches (10 rows
with the bias) beats oneDNN, 37 against 61 µs forward and 42 against 71 for the weight gradient (25 images
28×28, stride 2, 32 filters, one thread). With three channels it loses, 480 against 260.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from empirical.engine.sweep_layers import BlockWeights, Convolution, Rectified
from empirical.networks import Block
from empirical.networks.layers import EPSILON, fold, unfold

FEW = 16
"""Numbers in a patch up to which the product with stored patches is the faster convolution."""


class Images:
    """Images of g tasks (g, B, C, H, W) as the first block reads them, and the moments of their patches."""

    def __init__(self, block: Block, x: Tensor) -> None:
        self.tasks = len(x)
        self.convolution = Convolution(block.stride, self.tasks)
        windows = F.pad(x, (1, 1, 1, 1)).unfold(3, 3, block.stride).unfold(4, 3, block.stride)
        self.shape = windows.shape[1], *windows.shape[3:5]
        patches = windows.permute(0, 2, 5, 6, 1, 3, 4).reshape(self.tasks, 9 * x.shape[2], -1)
        self.mean = patches.mean(-1)
        centred = (patches - self.mean[..., None]).double()
        self.covariance = centred @ centred.mT / patches.shape[-1]
        few = patches.shape[1] <= FEW
        self.patches = torch.cat([patches, torch.ones_like(patches[:, :1])], 1) if few else None
        self.x = self.convolution.lay(fold(x))

    def convolve(self, affine: Tensor) -> Tensor:
        """(W̃, b̃) (g, O, K + 1) → the map (B, g·O, h, w)."""
        if self.patches is None:
            filters = affine[..., :-1].flatten(0, 1).unflatten(-1, (-1, 3, 3))
            return self.convolution(self.x, self.convolution.lay(filters), affine[..., -1].flatten())
        maps = torch.bmm(self.patches.mT, affine.mT).view(self.tasks, *self.shape, -1)
        return fold(maps.permute(0, 1, 4, 2, 3))

    def transposed(self, delta: Tensor) -> Tensor:
        """δ of the map → (A, d)ᵀ (g, K + 1, O)."""
        if self.patches is None:
            filters = delta.new_empty(delta.shape[1], self.x.shape[1] // self.tasks, 3, 3)
            _, by_filters, by_bias = self.convolution.transposed(
                delta, self.x, self.convolution.lay(filters), (False, True, True)
            )
            by = torch.cat([by_filters.flatten(1), by_bias[:, None]], 1)
            return by.unflatten(0, (self.tasks, -1)).mT
        rows = unfold(delta, self.tasks).permute(0, 1, 3, 4, 2).flatten(1, 3)
        return torch.bmm(self.patches, rows)


class Fold:
    """φ for a chunk of tasks: weights with the task axis or shared; forward at construction.

    (W̃, b̃) is one tensor (T, O, K + 1), b̃ the last column; its tangent and (A, d) likewise.
    """

    def __init__(self, images: Sequence[Images], weights: BlockWeights) -> None:
        self.mean = torch.cat([row.mean for row in images])
        self.covariance = torch.cat([row.covariance for row in images])
        self.filters, self.gain = weights.filters.flatten(-3), weights.gain
        exact = self.filters.double()
        moved = exact @ self.covariance
        self.scale = ((moved * exact).sum(-1).clamp_min(0) + EPSILON).rsqrt().to(self.gain.dtype)
        self.moved = moved.to(self.gain.dtype)
        self.factor = self.gain * self.scale
        self.output = self.affine(self.factor[..., None] * self.filters, weights.shift)

    def affine(self, weights: Tensor, shift: Tensor) -> Tensor:
        """(W̃, β) → (W̃, b̃), and likewise for tangents."""
        return torch.cat([weights, shift[..., None] - weights @ self.mean[..., None]], -1)

    def backward(self, by: Tensor) -> BlockWeights:
        """(A, d) → gradients."""
        self.slope = self.along(by)
        self.product = (self.slope * self.filters).sum(-1)
        self.cube = self.scale**3
        self.pull = self.gain * self.cube * self.product
        by_filters = self.factor[..., None] * self.slope - self.pull[..., None] * self.moved
        return BlockWeights(self.shaped(by_filters), self.scale * self.product, by[..., -1])

    def tangent(self, v: BlockWeights) -> Tensor:
        """Tangent of (W̃, b̃)."""
        self.v, self.filters_dot = v, v.filters.flatten(-3)
        self.scale_dot = -self.cube * (self.moved * self.filters_dot).sum(-1)
        self.factor_dot = v.gain * self.scale + self.gain * self.scale_dot
        moved = self.factor_dot[..., None] * self.filters + self.factor[..., None] * self.filters_dot
        return self.affine(moved, v.shift)

    def tangent_backward(self, by: Tensor) -> BlockWeights:
        """The block's part of H v, from the tangent of (A, d)."""
        slope = self.along(by)
        product = (slope * self.filters + self.slope * self.filters_dot).sum(-1)
        pull = self.cube * (self.gain * product + self.v.gain * self.product)
        pull = pull + 3 * self.gain * self.scale**2 * self.scale_dot * self.product
        by_filters = (
            self.factor_dot[..., None] * self.slope
            + self.factor[..., None] * slope
            - pull[..., None] * self.moved
            - self.pull[..., None] * (self.filters_dot.double() @ self.covariance).to(self.gain.dtype)
        )
        by_gain = self.scale * product + self.scale_dot * self.product
        return BlockWeights(self.shaped(by_filters), by_gain, by[..., -1])

    def along(self, by: Tensor) -> Tensor:
        """A′ = A − d mᵀ."""
        return by[..., :-1] - by[..., -1:] * self.mean[:, None]

    def shaped(self, filters: Tensor) -> Tensor:
        """(T, O, K) → (T, O, C, 3, 3)."""
        return filters.unflatten(-1, (-1, 3, 3))


class FoldedBlock(Rectified):
    """The first block of g tasks after the fold: z = W̃ X + b̃ → ReLU → max-pool; forward at construction."""

    def __init__(self, block: Block, images: Images, affine: Tensor) -> None:
        super().__init__(block.pool, images.convolve(affine))
        self.images = images

    def backward(self, delta: Tensor) -> Tensor:
        """δ of the output → (A, d)ᵀ; and δ̇ the same way, for with ReLU and pool held the map is linear."""
        return self.images.transposed(self.mask(self.unpool(delta)))

    def tangent(self, affine: Tensor) -> Tensor:
        """The output's tangent from those of (W̃, b̃)."""
        return self.follow(self.images.convolve(affine))
