"""A batch of tasks cut into chunks: memory is bounded by the chunk, not by the meta-batch.

A chunk is one tensor a part, tasks in front. Where several runs share an outer batch, each chunk has as many
tasks of every run, run by run.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from empirical.engine.passes import Chunk
from empirical.learner import Learner, Tasks

EXAMPLES = 25
"""The examples that a task is taken to have."""


def affordable(learner: Learner, room: int) -> int:
    """Tasks that fit into `room` bytes: four maps a block, and the parameters four times, each inner step.

    Larger chunks make the arithmetic between gradients cheaper (meta-KFO on Omniglot CNN(2): 34 ms of
    processor time a task alone, 25 in chunks of eight); beyond that there is nothing left to gain.
    """
    network = learner.network
    values, side = 4 * network.size, network.input_shape[-1]
    for block in network.blocks:
        side = (side - 1) // block.stride + 1
        values += 4 * EXAMPLES * block.filters * side * side
        side //= block.pool
    return max(1, room // (4 * max(1, learner.steps) * values))


def on_device(tasks: Tasks, shape: tuple[int, ...], device: str) -> Chunk:
    """Tasks on a device, their inputs (T, B, n) or (T, B, C, H, W) as a network of that input shape reads
    them."""
    count = len(tasks.support_y)
    return Chunk(
        tasks.support_x.to(device).reshape(count, -1, *shape),
        tasks.support_y.to(device),
        tasks.query_x.to(device).reshape(count, -1, *shape),
        tasks.query_y.to(device),
    )


def single_tasks(batches: Sequence[Chunk]) -> Iterator[Chunk]:
    """Every task by itself, without the task axis."""
    for batch in batches:
        yield from (Chunk(*(apart(part[i]) for part in batch)) for i in range(len(batch.support_y)))


def side_by_side(batches: Sequence[Chunk], size: int) -> Iterator[Chunk]:
    """`size` tasks of every run at a time; one batch that fits is handed on as it is."""
    count = len(batches[0].support_y)
    if len(batches) == 1 and size >= count:
        yield batches[0]
        return
    for i in range(0, count, size):
        rows = [Chunk(*(part[i : i + size] for part in batch)) for batch in batches]
        yield Chunk(*(torch.cat(parts) for parts in zip(*rows, strict=True)))


def apart(part: Tensor) -> Tensor:
    """A copy with a layout of its own, the same for a thread and a process: the last bit may depend on it."""
    return part.clone(memory_format=torch.contiguous_format)
