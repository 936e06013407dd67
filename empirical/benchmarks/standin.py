"""A stand-in for mini-ImageNet, cut from Tiny-ImageNet: 64 / 16 / 20 classes, 550 pictures each, 64 x 64 RGB.

The canonical pictures may not be passed on. This set keeps the split of the 25 classes it shares with
mini-ImageNet (Ravi & Larochelle 2017); the other 75 are different classes, and every picture is a smaller
one. **A number measured here is not a mini-ImageNet number**, and the label says so wherever it is printed.

Read from `mini_imagenet_standin_{train-1,train-2,val,test}.npz`, which hold the JPEG files as published. How
a JPEG decodes differs in the last bit between decoders, so the SHA-256 below is of the files, not of the
pixels. ImageNet's terms: non-commercial research and education only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from empirical.benchmarks.archives import arrays, check_digest, picture, present
from empirical.benchmarks.benchmark import DataError, Facts, NoDataHere, Source

FACTS = Facts(
    name="mini-imagenet-standin",
    label="mini-ImageNet stand-in (Tiny-ImageNet, 64 px)",
    classes=(64, 16, 20),
    per_class=550,
    shape=(3, 64, 64),
    rotations=False,
    digest="2813d8fe7922ce1fa44da5fd3d16eddec912c114880b149d27b4369d0198bfd9",
)
PARTS = ("train-1", "train-2", "val", "test")


def read(folder: Path, facts: Facts = FACTS) -> Source:
    """What `folder` holds of the stand-in."""
    files = tuple(folder / f"mini_imagenet_standin_{part}.npz" for part in PARTS)
    if not present(files):
        raise NoDataHere(f"no {facts.label} in {folder}: expected mini_imagenet_standin_*.npz")
    return Source(files, lambda: _decode(files, facts, folder))


def _decode(
    files: tuple[Path, ...], facts: Facts, where: Path
) -> tuple[tuple[str, ...], Iterator[np.ndarray]]:
    parts = [arrays(path, ("encoded", "offsets", "class_names")) for path in files]
    names = tuple(name for part in parts for name in part["class_names"].tolist())
    stored = sum(len(part["offsets"]) - 1 for part in parts)
    if len(names) != sum(facts.classes) or stored != len(names) * facts.per_class:
        raise DataError(
            f"{where}: {len(names)} classes and {stored} pictures, "
            f"should be {sum(facts.classes)} classes of {facts.per_class}"
        )
    check_digest(where, facts, [part["encoded"] for part in parts])
    return names, (block for part in parts for block in _classes(part, facts.per_class))


def _classes(part: dict[str, np.ndarray], per_class: int) -> Iterator[np.ndarray]:
    encoded, ends = part["encoded"], part["offsets"]
    for i, name in enumerate(part["class_names"]):
        numbers = range(i * per_class, (i + 1) * per_class)
        images = [picture(encoded[ends[j] : ends[j + 1]].tobytes(), f"{name} {j}") for j in numbers]
        yield np.stack([np.asarray(image.convert("RGB")) for image in images]).transpose(0, 3, 1, 2)
