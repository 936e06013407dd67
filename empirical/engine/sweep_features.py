"""The convolutional blocks and the readout of a chunk of tasks: their four passes, images → feature vectors.

The first block's fold (`sweep_entry`) is taken for all tasks at once; the maps go task by task, because one
task's fit the cache and an ordinary convolution is three times as fast as a grouped one.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from empirical.engine.sweep_entry import Fold, Folded, FoldedBlock, Images
from empirical.engine.sweep_layers import BlockWeights, ConvolutionalBlock, channels_last
from empirical.networks import Network, Parameters
from empirical.update_rules import rank

Flow = tuple[Folded, Parameters]
"""What goes back through a task: for the first block by (W̃, b̃), for the others by name."""


class FeaturePass:
    """Blocks and readout for a chunk of tasks, parameters with the task axis or shared: forward at
    construction."""

    def __init__(self, network: Network, parameters: Mapping[str, Tensor], images: Sequence[Images]) -> None:
        self.tasks = range(len(images))
        self.fold = Fold(images, weights(parameters, 1))
        self.rows = [
            TaskBlocks(network, of_task(parameters, i), images[i], of_fold(self.fold.output, i))
            for i in self.tasks
        ]
        self.output = torch.stack([row.output for row in self.rows])

    def backward(self, delta: Tensor) -> Parameters:
        """δ of the features (T, B, width) → each task's gradients: name → (T, …)."""
        by, gradients = stacked([self.rows[i].backward(delta[i]) for i in self.tasks])
        return gradients | named(self.fold.backward(by), 1)

    def tangent(self, v: Mapping[str, Tensor]) -> Tensor:
        """Tangent of the features along v, which has the task axis throughout."""
        moved = self.fold.tangent(weights(v, 1))
        return torch.stack([self.rows[i].tangent(of_fold(moved, i), of_task(v, i)) for i in self.tasks])

    def tangent_backward(self, delta: Tensor) -> Parameters:
        """The blocks' part of each task's H v, from δ̇ of the features."""
        by, products = stacked([self.rows[i].tangent_backward(delta[i]) for i in self.tasks])
        return products | named(self.fold.tangent_backward(by), 1)


class TaskBlocks:
    """The blocks and the readout of one task, its first block folded."""

    def __init__(
        self, network: Network, parameters: Mapping[str, Tensor], images: Images, folded: Folded
    ) -> None:
        self.readout = network.readout
        self.entry = FoldedBlock(network.blocks[0], images, folded)
        x, self.blocks = self.entry.output, []
        for i, block in enumerate(network.blocks[1:], 2):
            self.blocks.append(ConvolutionalBlock(block, x, weights(parameters, i)))
            x = self.blocks[-1].output
        self.map = x.shape
        self.output = self.read(x)

    def read(self, x: Tensor) -> Tensor:
        """Map → feature vectors (B, width)."""
        return x.mean((2, 3)) if self.readout == "mean" else x.flatten(1)

    def unread(self, delta: Tensor) -> Tensor:
        """δ of the features → δ of the map."""
        if self.readout == "mean":
            area = self.map[2] * self.map[3]
            return channels_last((delta / area)[:, :, None, None].expand(self.map))
        return channels_last(delta.reshape(self.map))

    def backward(self, delta: Tensor) -> Flow:
        """Gradients from δ of the features."""
        flow = self.unread(delta)
        gradients: Parameters = {}
        for i in range(len(self.blocks), 0, -1):
            flow, gradient = self.blocks[i - 1].backward(flow)
            gradients |= named(gradient, i + 1)
        return self.entry.backward(flow), gradients

    def tangent(self, folded: Folded, v: Mapping[str, Tensor]) -> Tensor:
        """Tangent of the features along the first block's folded tangent and v."""
        flow = self.entry.tangent(folded)
        for i, block in enumerate(self.blocks, 2):
            flow = block.tangent(flow, weights(v, i))
        return self.read(flow)

    def tangent_backward(self, delta: Tensor) -> Flow:
        """The task's part of H v from δ̇ of the features."""
        flow = self.unread(delta)
        products: Parameters = {}
        for i in range(len(self.blocks), 0, -1):
            flow, product = self.blocks[i - 1].tangent_backward(flow)
            products |= named(product, i + 1)
        return self.entry.backward(flow), products


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


def of_task(values: Mapping[str, Tensor], i: int) -> Parameters:
    """Task i's share of the parameters of the later blocks."""
    return {
        name: value[i] if value.dim() > rank(name) else value
        for name, value in values.items()
        if name.startswith(("conv", "norm"))
    }


def of_fold(folded: Folded, i: int) -> Folded:
    """Task i's share of the first block's folded weights."""
    return Folded(folded.weights[i], folded.bias[i])


def stacked(rows: Sequence[Flow]) -> Flow:
    """The tasks' results with a task axis."""
    folded, by_name = zip(*rows, strict=True)
    by = Folded(torch.stack([f.weights for f in folded]), torch.stack([f.bias for f in folded]))
    return by, {name: torch.stack([row[name] for row in by_name]) for name in by_name[0]}
