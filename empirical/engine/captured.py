"""The whole meta-gradient as one replayed CUDA graph.

A second-order iteration is thousands of kernels of a few microseconds: for Omniglot CNN(2) and 16 tasks
about 5,700 in `sweep`, 1,750 in `batched`, 1,170 in `grouped`, counted in the trace. Launched one by one from
Python they leave a GPU idle most of the time; recorded once, they are replayed with one launch. What a
recording demands:

* the same addresses every time: inputs are copied into the graph's own buffers, results out of them;
* nothing that depends on a value: no `.item()`, no shape read off the data. The tests trace every learner on
  tensors without values, which shows that on any machine;
* kernels ready before the recording: a few ordinary iterations on a side stream choose and load them.

Meta-parameters and tasks change from iteration to iteration, shapes do not; another shape (the last, smaller
chunk) gets its own graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from threading import Lock

import torch
from torch import Tensor

from empirical.engine.passes import Chunk, MetaGradient

REHEARSALS = 3

Call = Callable[[Mapping[str, Tensor], Chunk], MetaGradient]


class Pool:
    """Memory that several graphs share, and the lock that lets one of them run at a time."""

    def __init__(self) -> None:
        self.handle, self.turn = torch.cuda.graph_pool_handle(), Lock()


class Captured:
    """`call` for one set of shapes, recorded at construction with the tensors given.

    Raises RuntimeError where the device or an operation cannot be recorded.
    """

    def __init__(self, call: Call, meta_parameters: Mapping[str, Tensor], chunk: Chunk, pool: Pool) -> None:
        self.meta_parameters = {name: value.detach().clone() for name, value in meta_parameters.items()}
        self.chunk = Chunk(*(part.clone() for part in chunk))
        self.turn = pool.turn
        with self.turn, torch.cuda.device(self.chunk.support_x.device):
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                for _ in range(REHEARSALS):
                    call(self.meta_parameters, self.chunk)
            torch.cuda.current_stream().wait_stream(side)
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph, pool=pool.handle):
                self.result = call(self.meta_parameters, self.chunk)

    def __call__(self, meta_parameters: Mapping[str, Tensor], chunk: Chunk) -> MetaGradient:
        """The recorded computation on other numbers."""
        with self.turn, torch.cuda.device(self.chunk.support_x.device):
            for kept, given in self.pairs(meta_parameters, chunk):
                kept.copy_(given)
            self.graph.replay()
            loss, gradients, accuracy = self.result
            return MetaGradient(
                loss.clone(), {name: g.clone() for name, g in gradients.items()}, accuracy.clone()
            )

    def pairs(self, meta_parameters: Mapping[str, Tensor], chunk: Chunk) -> Iterator[tuple[Tensor, Tensor]]:
        """(the graph's buffer, what belongs in it)."""
        for name, kept in self.meta_parameters.items():
            yield kept, meta_parameters[name].detach()
        yield from zip(self.chunk, chunk, strict=True)


def shapes(meta_parameters: Mapping[str, Tensor], chunk: Chunk) -> tuple:
    """What a recording is good for."""
    tensors = (*meta_parameters.values(), *chunk)
    return tuple((tuple(tensor.shape), tensor.dtype, tensor.device) for tensor in tensors)
