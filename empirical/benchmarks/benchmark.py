"""What a few-shot benchmark is: classes of pictures, cut into three groups that share no class.

A learner is meta-trained on tasks made of *training* classes, chosen by its accuracy on tasks made of
*validation* classes, and reported on tasks made of *test* classes. Here the classes are stored in that order,
so the three splits are cuts of one range and cannot overlap.

Conventions, for every benchmark:

- pictures are uint8, (classes, per_class, channels, height, width), one tensor for the whole benchmark;
- Omniglot and the glyphs have bright ink (255) on dark paper (0);
- as network input a picture is float32, uint8 / 255, unless an experiment says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from empirical.errors import UserError

SPLITS = ("train", "validation", "test")


class DataError(UserError):
    """The data asked for cannot be had; the message is one line for the user."""


class NoDataHere(DataError):
    """A folder holds none of the files a benchmark is read from (rather than damaged ones)."""


@dataclass(frozen=True)
class Download:
    """A file with a stable public address."""

    url: str
    sha256: str

    @property
    def file(self) -> str:
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Facts:
    """What is known about a benchmark before any file is opened."""

    name: str
    label: str  # how to name it beside a number
    classes: tuple[int, int, int]  # in train, validation, test
    per_class: int
    shape: tuple[int, int, int]  # channels, height, width
    rotations: bool  # the protocol turns each class of a task by a random multiple of 90 degrees
    digest: str | None  # SHA-256 of the content, as the reader defines it; None where it cannot be known
    downloads: tuple[Download, ...] = ()

    @property
    def images_shape(self) -> tuple[int, ...]:
        return (sum(self.classes), self.per_class, *self.shape)


@dataclass(frozen=True)
class Source:
    """What a reader found: the files (looked at only), and a way to decode and check them.

    `decode()` returns the class names, in the order train, validation, test, and an iterator of as many uint8
    arrays (per_class, channels, height, width); either may raise DataError.
    """

    files: tuple[Path, ...]
    decode: Callable[[], tuple[tuple[str, ...], Iterable[np.ndarray]]]


@dataclass(frozen=True)
class Benchmark:
    name: str
    label: str
    images: Tensor  # uint8 (classes, per_class, channels, height, width)
    splits: dict[str, Tensor]  # "train", "validation", "test" -> int64 class indices, disjoint
    class_names: tuple[str, ...]
    rotations: bool

    @classmethod
    def of(cls, facts: Facts, images: Tensor, class_names: tuple[str, ...], label: str) -> Benchmark:
        """The benchmark of `images`, whose classes lie in the order train, validation, test."""
        groups = torch.arange(len(images), device=images.device).split(list(facts.classes))
        splits = dict(zip(SPLITS, groups, strict=True))
        return cls(facts.name, label, images, splits, class_names, facts.rotations)

    def to(self, device: str | torch.device) -> Benchmark:
        """The same benchmark with its pictures on `device`: the whole set, as one tensor."""
        try:
            images = self.images.to(device)
        except (RuntimeError, AssertionError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise DataError(f"{self.label} cannot be put on device {str(device)!r}: {reason}") from error
        splits = {split: members.to(images.device) for split, members in self.splits.items()}
        return replace(self, images=images, splits=splits)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        channels, height, width = self.images.shape[2:]
        return channels, height, width

    @property
    def per_class(self) -> int:
        return self.images.shape[1]

    @property
    def device(self) -> torch.device:
        return self.images.device

    def classes(self, split: str) -> Tensor:
        """Class indices of a split, int64."""
        if split not in self.splits:
            raise DataError(f"{self.label} has no split {split!r}; known: {', '.join(self.splits)}")
        return self.splits[split]
