"""A few-shot network as a pure function of a dictionary of parameters.

Every network of the paper is one chain,

    x ──[conv 3×3 → batch-norm → ReLU (→ max-pool)]·X── features ──W₁──W₂── … ──W_head + b── logits,

with X ≥ 0 blocks and any number of *linear layers without activation* before the head (LinNet, §5.1–5.2:
depth without capacity, since W_head ⋯ W₂ W₁ is again one matrix). X = 0 is softmax regression; X = 0 with one
input, one output and no bias is the scalar model of §4: ŷ = c·x, and with LinNet widths (1,) the deep one, ŷ
= a·b·x.

Parameters are `dict[str, Tensor]`, in the order of the forward pass, named

    conv1.weight (O, C, 3, 3)  conv1.bias (O)  norm1.weight (O)  norm1.bias (O)  …  linear1.weight (m, n)  …
    head.weight (ways, n)  head.bias (ways)

and each may carry one leading task axis, in which case `x` does too (see `layers`).

Initialisation (METHODS): convolutions Xavier-uniform, biases zero, batch-norm γ ~ U(0, 1), β = 0; the head
Xavier-uniform, or N(0, 1) on Omniglot. For LinNet no source states it: Xavier-uniform, which keeps the
variance of a square linear layer, and no biases, so that collapsing the chain gives back exactly the shallow
parametrisation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod, sqrt

import torch
from torch import Tensor
from torch.nn import functional as F

from empirical.networks.layers import batch_norm, convolution, fold, linear, unfold

Parameters = dict[str, Tensor]
Layers = Callable[[str, Tensor, int], Tensor]
"""A hook on the output of every affine layer, for warp: (layer name, output, number of tasks) → output."""


@dataclass(frozen=True)
class Block:
    """One convolutional block: conv 3×3 (padding 1, `stride`) → batch-norm → ReLU → max-pool (`pool` > 1)."""

    channels: int
    filters: int
    stride: int = 1
    pool: int = 1

    def size(self, pixels: int) -> int:
        """Side of the map after the block, for a square map of side `pixels`."""
        return ((pixels - 1) // self.stride + 1) // self.pool


@dataclass(frozen=True)
class Network:
    """The chain of the module docstring; `input_shape` is (C, H, W) with blocks, (n,) without."""

    label: str
    input_shape: tuple[int, ...]
    blocks: tuple[Block, ...] = ()
    readout: str = "flatten"
    """'mean' over space, or 'flatten': how the last map becomes a feature vector."""
    linnet: tuple[int, ...] = ()
    outputs: int = 5
    bias: bool = True
    head_init: str = "xavier"
    """'xavier' (uniform) or 'normal' (standard)."""

    def __post_init__(self) -> None:
        if self.readout not in ("mean", "flatten"):
            raise ValueError(f"readout is 'mean' or 'flatten', not {self.readout!r}")
        if self.outputs < 1 or any(width < 1 for width in self.linnet):
            raise ValueError(f"layer widths are positive, not {(*self.linnet, self.outputs)}")

    @property
    def width(self) -> int:
        """Length of the feature vector."""
        if not self.blocks:
            return prod(self.input_shape)
        pixels = self.input_shape[1]
        for block in self.blocks:
            pixels = block.size(pixels)
        return self.blocks[-1].filters * (1 if self.readout == "mean" else pixels * pixels)

    @property
    def smallest_map(self) -> int:
        """Pixels of the smallest map that batch-norm sees; 0 without blocks."""
        pixels, smallest = self.input_shape[-1], 0
        for block in self.blocks:
            side = (pixels - 1) // block.stride + 1
            pixels, smallest = block.size(pixels), side * side
        return smallest

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every parameter, in forward order."""
        shapes: dict[str, tuple[int, ...]] = {}
        for i, block in enumerate(self.blocks, 1):
            shapes[f"conv{i}.weight"] = (block.filters, block.channels, 3, 3)
            for name in ("conv{}.bias", "norm{}.weight", "norm{}.bias"):
                shapes[name.format(i)] = (block.filters,)
        width = self.width
        for i, wider in enumerate(self.linnet, 1):
            shapes[f"linear{i}.weight"] = (wider, width)
            width = wider
        shapes["head.weight"] = (self.outputs, width)
        if self.bias:
            shapes["head.bias"] = (self.outputs,)
        return shapes

    @property
    def head_names(self) -> tuple[str, ...]:
        """The parameters that ANIL adapts: the head and the linear layers before it."""
        return tuple(name for name in self.shapes if name.startswith(("linear", "head")))

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(prod(shape) for shape in self.shapes.values())

    def init(self, seed: int, dtype: torch.dtype = torch.float32) -> Parameters:
        """Parameters drawn from `seed` on the CPU, in double precision: float32 is rounded float64."""
        generator = torch.Generator().manual_seed(seed)

        def draw(name: str, shape: tuple[int, ...]) -> Tensor:
            if name.endswith("bias"):
                return torch.zeros(shape, dtype=torch.float64)
            if len(shape) == 1:
                return torch.rand(shape, generator=generator, dtype=torch.float64)
            if name == "head.weight" and self.head_init == "normal":
                return torch.randn(shape, generator=generator, dtype=torch.float64)
            bound = sqrt(6 / ((shape[0] + shape[1]) * prod(shape[2:])))
            return bound * (2 * torch.rand(shape, generator=generator, dtype=torch.float64) - 1)

        return {name: draw(name, shape).to(dtype) for name, shape in self.shapes.items()}

    def features(
        self,
        parameters: Mapping[str, Tensor],
        x: Tensor,
        layers: Layers | None = None,
        statistics_rows: int | None = None,
    ) -> Tensor:
        """x (B, C, H, W) → (B, width); with task axis, (T, B, C, H, W) → (T, B, width).

        The task axis is read off x: x has it when it has one more axis than a batch of inputs. A parameter
        without it is shared by the tasks.
        """
        tasked = x.dim() - 1 > len(self.input_shape)
        if not self.blocks:
            return x
        tasks = x.shape[0] if tasked else 1
        x = fold(x) if tasked else x
        for i, block in enumerate(self.blocks, 1):
            weight, bias, gain, shift = (
                own(parameters[name], rank, tasks)
                for name, rank in (
                    (f"conv{i}.weight", 4),
                    (f"conv{i}.bias", 1),
                    (f"norm{i}.weight", 1),
                    (f"norm{i}.bias", 1),
                )
            )
            x = convolution(x, weight, bias, block.stride)
            x = layers(f"conv{i}", x, tasks) if layers else x
            x = F.relu(batch_norm(x, gain, shift, statistics_rows))
            x = F.max_pool2d(x, block.pool) if block.pool > 1 else x
        x = unfold(x, tasks) if tasked else x
        return x.mean((-2, -1)) if self.readout == "mean" else x.flatten(-3)

    def head(
        self, parameters: Mapping[str, Tensor], features: Tensor, layers: Layers | None = None
    ) -> Tensor:
        """(..., B, width) → outputs (..., B, ways): the linear layers, then the head."""
        for i in range(1, len(self.linnet) + 1):
            features = linear(features, parameters[f"linear{i}.weight"])
            features = layers(f"linear{i}", features, 1) if layers else features
        outputs = linear(features, parameters["head.weight"], parameters.get("head.bias"))
        return layers("head", outputs, 1) if layers else outputs

    def apply(
        self,
        parameters: Mapping[str, Tensor],
        x: Tensor,
        layers: Layers | None = None,
        statistics_rows: int | None = None,
    ) -> Tensor:
        """Inputs (B, C, H, W) → outputs (B, ways); with task axis, (T, B, C, H, W) → (T, B, ways)."""
        return self.head(parameters, self.features(parameters, x, layers, statistics_rows), layers)


def own(parameter: Tensor, rank: int, tasks: int) -> Tensor:
    """A parameter with its task axis: added (and shared by all tasks) where it is absent."""
    return parameter if parameter.dim() > rank else parameter.expand(tasks, *parameter.shape)
