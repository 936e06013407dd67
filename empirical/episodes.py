"""Episodes: N-way K-shot tasks, drawn by index on the device that holds the pictures.

A task takes N classes of a split, labels them 0 … N-1 in the order drawn, and takes from each K pictures to
adapt on (the support set) and Q others to be judged by (the query set). Task i is a pure function of (seed,
split, i): its classes, pictures and rotations are read off a counter-based generator at the address i
(`philox`), so it is the same task on a CPU and a GPU, in whatever batches, and after a restart, and there is
no sampler state to save.

Only indices are random; the pictures are gathered by one indexing of the benchmark's tensor. The classes of
task i do not depend on shots and queries, nor its support set on queries.

Lists for validation and testing are fixed: `Episodes.evaluation` always draws with the same seed, so two
learners are compared on the same tasks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from empirical.benchmarks import SPLITS, Benchmark, DataError
from empirical.philox import sample_without_replacement, words

CLASSES, PICTURES, ROTATIONS = 0, 1, 2  # streams of the generator, three for each split
EVALUATION_SEED = 0x5EED


@dataclass(frozen=True)
class Episode:
    """A batch of T tasks. Rows are class by class: label 0's K pictures, then label 1's, …"""

    support_x: Tensor  # float32 (T, N*K, C, H, W)
    support_y: Tensor  # int64 (T, N*K)
    query_x: Tensor  # float32 (T, N*Q, C, H, W)
    query_y: Tensor  # int64 (T, N*Q)


@dataclass(frozen=True)
class Episodes:
    """The endless list of tasks of one split.

    `rotations`: turn each class of a task by its own multiple of 90 degrees; None: as the benchmark's
    protocol says (Omniglot: yes). `scale` multiplies the uint8 pictures (1/255: inputs between 0 and 1).
    """

    benchmark: Benchmark
    split: str
    ways: int = 5
    shots: int = 5
    queries: int = 5
    seed: int = 0
    rotations: bool | None = None
    scale: float = 1 / 255

    def __post_init__(self) -> None:
        available, per_class = len(self.benchmark.classes(self.split)), self.benchmark.per_class
        where = f"the {self.split} split of {self.benchmark.label}"
        if not 1 <= self.ways <= available:
            raise DataError(f"{self.ways} ways: {where} has {available} classes")
        if self.shots < 1 or self.queries < 1 or self.shots + self.queries > per_class:
            raise DataError(
                f"{self.shots} shots and {self.queries} queries a class: {where} has {per_class} pictures "
                f"a class, and at least one of each is needed"
            )
        if not 0 <= self.seed < 2**64:
            raise DataError(f"seed {self.seed} is out of range: 0 to 2^64 - 1")

    @classmethod
    def evaluation(cls, benchmark: Benchmark, split: str, **settings) -> Episodes:
        """The fixed list that validation and test accuracies are measured on."""
        return cls(benchmark, split, seed=EVALUATION_SEED, **settings)

    @property
    def turned(self) -> bool:
        """Whether classes are rotated."""
        return self.benchmark.rotations if self.rotations is None else self.rotations

    def indices(self, first: int, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """What tasks first … first+count-1 are made of.

        Classes (T, N), pictures within each class (T, N, K+Q: support, then query) and quarter turns (T, N),
        int64.
        """
        if not 0 <= first <= first + count <= 2**42:
            raise DataError(f"tasks {first} to {first + count - 1} are out of range: 0 to 2^42 - 1")
        device, stream = self.benchmark.device, 3 * SPLITS.index(self.split)
        tasks = torch.arange(first, first + count, device=device)
        members = self.benchmark.splits[self.split]
        chosen = sample_without_replacement(self.seed, stream + CLASSES, tasks, len(members), self.ways)
        rows = tasks[:, None] * 2**20 + torch.arange(self.ways, device=device)
        pictures = sample_without_replacement(
            self.seed, stream + PICTURES, rows, self.benchmark.per_class, self.shots + self.queries
        )
        turns = words(self.seed, stream + ROTATIONS, tasks, self.ways) & 3
        return members[chosen], pictures, turns if self.turned else torch.zeros_like(turns)

    def batch(self, first: int, count: int) -> Episode:
        """Tasks first … first+count-1."""
        classes, pictures, turns = self.indices(first, count)
        images = self.benchmark.images[classes.unsqueeze(-1), pictures]  # (T, N, K+Q, C, H, W)
        if self.turned:
            images = quarter_turns(images, turns[..., None, None, None, None])
        x = images.to(torch.float32).mul_(self.scale)
        labels = torch.arange(self.ways, device=x.device)
        return Episode(
            x[:, :, : self.shots].flatten(1, 2),
            labels.repeat_interleave(self.shots).expand(count, -1),
            x[:, :, self.shots :].flatten(1, 2),
            labels.repeat_interleave(self.queries).expand(count, -1),
        )

    def batches(self, count: int, size: int) -> Iterator[Episode]:
        """Tasks 0 … count-1 in batches of at most `size`."""
        for first in range(0, count, size):
            yield self.batch(first, min(size, count - first))


def quarter_turns(images: Tensor, turns: Tensor) -> Tensor:
    """Rotate pictures (…, S, S) counter-clockwise by `turns` (0 … 3, broadcastable) times 90 degrees.

    The two bits of a turn are a half turn and a quarter turn, each a choice between two tensors of one shape:
    nothing depends on the values, so a GPU graph can hold it.
    """
    images = torch.where(turns >= 2, images.flip(-1, -2), images)
    return torch.where(turns % 2 == 1, images.rot90(1, (-2, -1)), images)
