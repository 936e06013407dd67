"""The convolutional blocks and the readout of a chunk of tasks: their four passes, images → feature vectors.

The first block's fold (`sweep_entry`) is taken for all tasks at once. The maps go row by row, a row being the
tasks whose maps lie side by side: one task on a CPU, where one task's maps fit the cache and an ordinary
convolution is three times as fast as a grouped one; all of them on a GPU, where every launch counts.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from empirical.engine.sweep_entry import Fold, FoldedBlock, Images
from empirical.engine.sweep_layers import BlockWeights, Convolution, ConvolutionalBlock
from empirical.networks import Network, Parameters
from empirical.networks.layers import fold, unfold


class FeaturePass:
    """Blocks and readout for a chunk of tasks, parameters with the task axis or shared: forward at
    construction."""

    def __init__(self, network: Network, parameters: Mapping[str, Tensor], images: Sequence[Images]) -> None:
        self.depth, self.lay = len(network.blocks), Convolution(1, images[0].tasks).lay
        first, *others = self.weights(parameters)
        self.fold = Fold(images, first)
        self.rows: list[tuple[slice, MapPass]] = []
        for row in images:
            begin = self.rows[-1][0].stop if self.rows else 0
            tasks = slice(begin, begin + row.tasks)
            maps = MapPass(network, row, self.fold.output[tasks], [side_by_side(w, tasks) for w in others])
            self.rows.append((tasks, maps))
        self.output = torch.cat([maps.output for _, maps in self.rows])

    def weights(self, values: Mapping[str, Tensor]) -> list[BlockWeights]:
        """Every block's weights, or tangents, out of a dictionary, the filters laid for all rows at once."""
        return [
            BlockWeights(
                self.laid(values[f"conv{i}.weight"]) if i > 1 else values["conv1.weight"],
                values[f"norm{i}.weight"],
                values[f"norm{i}.bias"],
            )
            for i in range(1, self.depth + 1)
        ]

    def laid(self, filters: Tensor) -> Tensor:
        """The same filters, stored as the rows' convolutions are fastest."""
        return self.lay(filters.flatten(0, -4)).view(filters.shape)

    def backward(self, delta: Tensor) -> Parameters:
        """δ of the features (T, B, width) → each task's gradients: name → (T, …)."""
        by, others = joined([maps.backward(delta[tasks]) for tasks, maps in self.rows])
        return named([self.fold.backward(by), *others])

    def tangent(self, v: Mapping[str, Tensor]) -> Tensor:
        """Tangent of the features along v, which has the task axis throughout."""
        first, *others = self.weights(v)
        moved = self.fold.tangent(first)
        return torch.cat(
            [
                maps.tangent(moved[tasks], [side_by_side(w, tasks) for w in others])
                for tasks, maps in self.rows
            ]
        )

    def tangent_backward(self, delta: Tensor) -> Parameters:
        """The blocks' part of each task's H v, from δ̇ of the features."""
        by, others = joined([maps.tangent_backward(delta[tasks]) for tasks, maps in self.rows])
        return named([self.fold.tangent_backward(by), *others])


Flow = tuple[Tensor, list[BlockWeights]]
"""What goes back through a row: for the first block (A, d)ᵀ, then the others', with the task axis."""


class MapPass:
    """The blocks and the readout of one row of g tasks, the first block folded."""

    def __init__(
        self, network: Network, images: Images, affine: Tensor, others: Sequence[BlockWeights]
    ) -> None:
        self.tasks, self.readout = images.tasks, network.readout
        self.entry = FoldedBlock(network.blocks[0], images, affine)
        self.blocks: list[ConvolutionalBlock] = []
        x = self.entry.output
        for block, weights in zip(network.blocks[1:], others, strict=True):
            self.blocks.append(ConvolutionalBlock(block, self.tasks, x, weights))
            x = self.blocks[-1].output
        self.map = x.shape
        self.output = self.read(x)

    def read(self, x: Tensor) -> Tensor:
        """Map → feature vectors (g, B, width)."""
        x = unfold(x, self.tasks)
        return x.mean((-2, -1)) if self.readout == "mean" else x.flatten(2)

    def unread(self, delta: Tensor) -> Tensor:
        """δ of the features → δ of the map."""
        if self.readout == "mean":
            delta = fold(delta / (self.map[2] * self.map[3]))
            return delta[..., None, None].expand(self.map)
        return Convolution(1, self.tasks).lay(fold(delta.unflatten(-1, (-1, *self.map[2:]))))

    def backward(self, delta: Tensor) -> Flow:
        """Gradients from δ of the features."""
        flow, gradients = self.unread(delta), []
        for block in reversed(self.blocks):
            flow, gradient = block.backward(flow)
            gradients.append(self.apart(gradient))
        return self.entry.backward(flow), gradients[::-1]

    def tangent(self, affine: Tensor, others: Sequence[BlockWeights]) -> Tensor:
        """Tangent of the features along the first block's folded tangent and the others'."""
        flow = self.entry.tangent(affine)
        for block, weights in zip(self.blocks, others, strict=True):
            flow = block.tangent(flow, weights)
        return self.read(flow)

    def tangent_backward(self, delta: Tensor) -> Flow:
        """The row's part of H v from δ̇ of the features."""
        flow, products = self.unread(delta), []
        for block in reversed(self.blocks):
            flow, product = block.tangent_backward(flow)
            products.append(self.apart(product))
        return self.entry.backward(flow), products[::-1]

    def apart(self, by: BlockWeights) -> BlockWeights:
        """(g·O, …) → (g, O, …)."""
        return BlockWeights(
            *(part.unflatten(0, (self.tasks, -1)) for part in (by.filters, by.gain, by.shift))
        )


def side_by_side(weights: BlockWeights, tasks: slice) -> BlockWeights:
    """Some tasks' share of a block's weights, (g·O, …)."""

    def chosen(values: Tensor, rank: int) -> Tensor:
        if values.dim() > rank:
            return values[tasks].flatten(0, 1)
        count = tasks.stop - tasks.start
        return values.expand(count, *values.shape).flatten(0, 1) if count > 1 else values

    return BlockWeights(chosen(weights.filters, 4), chosen(weights.gain, 1), chosen(weights.shift, 1))


def named(blocks: Sequence[BlockWeights]) -> Parameters:
    """The blocks' gradients under their names; the conv bias, which batch-norm removes, has zero."""
    values: Parameters = {}
    for i, by in enumerate(blocks, 1):
        values[f"conv{i}.weight"], values[f"conv{i}.bias"] = by.filters, torch.zeros_like(by.shift)
        values[f"norm{i}.weight"], values[f"norm{i}.bias"] = by.gain, by.shift
    return values


def joined(rows: Sequence[Flow]) -> Flow:
    """The rows' results as the chunk's, (A, d) upright."""
    affine, others = zip(*rows, strict=True)
    return torch.cat(affine).mT, [
        BlockWeights(
            torch.cat([row.filters for row in block]),
            torch.cat([row.gain for row in block]),
            torch.cat([row.shift for row in block]),
        )
        for block in zip(*others, strict=True)
    ]
