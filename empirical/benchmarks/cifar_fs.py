"""CIFAR-FS: the 100 classes of CIFAR-100, 600 pictures each, 32 x 32 RGB, split 64 / 16 / 20.

Pictures: Krizhevsky (2009), "Learning Multiple Layers of Features from Tiny Images" (no formal licence; the
collection they were taken from was withdrawn in 2020: research use). Split: Bertinetto, Henriques, Torr,
Vedaldi (2019), "Meta-learning with differentiable closed-form solvers". Read from any of

- `cifar_fs_{train-1,train-2,val,test}.npz` (one lossless WebP sheet of 24 x 25 pictures a class);
- CIFAR-100's own `cifar-100-python.tar.gz`;
- any tree of folders, each named after a class and holding its PNG files (`train/apple/…`, `test/apple/…`).

Within a class the pictures are ordered by their bytes, not by file name, so that picture 17 of class 3 is one
picture whichever of these it came from, and a task is one task. The SHA-256 below is of the pictures in that
order: the check covers every pixel and does not depend on how they were packed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from empirical.benchmarks.archives import arrays, check_digest, picture
from empirical.benchmarks.benchmark import DataError, Facts, NoDataHere, Source

FACTS = Facts(
    name="cifar-fs",
    label="CIFAR-FS",
    classes=(64, 16, 20),
    per_class=600,
    shape=(3, 32, 32),
    rotations=False,
    digest="53baaf2bbd35f079e62d2712d0e95983260b62a6f604543a9ec1f3cd984acb50",
)
TRAIN = """
    apple aquarium_fish bear bee bottle bowl boy bridge bus can castle caterpillar chair clock cloud
    cockroach couch cup dinosaur dolphin elephant forest girl hamster house kangaroo keyboard lawn_mower
    lion lizard lobster mountain mouse mushroom oak_tree orange orchid palm_tree pear pine_tree plate
    porcupine possum rabbit raccoon ray road seal shrew skunk skyscraper snake spider squirrel streetcar
    sunflower tank tiger train trout tulip turtle willow_tree wolf
"""
VALIDATION = """
    beaver beetle butterfly camel cattle crab crocodile flatfish lamp maple_tree motorcycle otter sea
    shark television tractor
"""
TEST = """
    baby bed bicycle chimpanzee fox leopard man pickup_truck plain poppy rocket rose snail sweet_pepper
    table telephone wardrobe whale woman worm
"""
NAMES = tuple(TRAIN.split() + VALIDATION.split() + TEST.split())
PARTS = ("train-1", "train-2", "val", "test")
SHEET = (24, 25)


def read(folder: Path, facts: Facts = FACTS, names: tuple[str, ...] = NAMES) -> Source:
    packed = tuple(folder / f"cifar_fs_{part}.npz" for part in PARTS)
    if any(path.is_file() for path in packed):
        return Source(packed, lambda: _decode(_sheets(packed), facts, names, folder))
    raise NoDataHere(
        f"no CIFAR-FS in {folder}: expected cifar_fs_*.npz, cifar-100-python.tar.gz, or a folder of PNG files a class"
    )


def _sheets(files: tuple[Path, ...]) -> Iterator[tuple[str, np.ndarray]]:
    """(class, pictures) from WebP sheets: (rows * columns, 3, 32, 32)."""
    rows, columns = SHEET
    for path in files:
        stored = arrays(path, ("encoded", "offsets", "class_names"))
        for i, name in enumerate(stored["class_names"]):
            content = stored["encoded"][stored["offsets"][i] : stored["offsets"][i + 1]].tobytes()
            sheet = np.asarray(picture(content, f"{path}: {name}").convert("RGB"))
            height, width = sheet.shape[0] // rows, sheet.shape[1] // columns
            tiles = sheet.reshape(rows, height, columns, width, 3).transpose(0, 2, 4, 1, 3)
            yield str(name), tiles.reshape(rows * columns, 3, height, width)


def _decode(
    found: Iterable[tuple[str, np.ndarray]], facts: Facts, names: tuple[str, ...], where: Path
) -> tuple[tuple[str, ...], list[np.ndarray]]:
    """The classes in split order, each ordered by bytes, once all are there and their digest is right."""
    classes = {name: _by_bytes(pictures) for name, pictures in found if name in names}
    for name in names:
        if name not in classes:
            raise DataError(f"{where}: class {name!r} is missing")
        if classes[name].shape != (facts.per_class, *facts.shape):
            raise DataError(
                f"{where}: class {name!r} has {len(classes[name])} pictures of shape {classes[name].shape[1:]}, "
                f"should be {facts.per_class} of {facts.shape}"
            )
    pictures = [classes[name] for name in names]
    check_digest(where, facts, pictures)
    return names, pictures


def _by_bytes(pictures: np.ndarray) -> np.ndarray:
    return np.stack([pictures[i] for i in sorted(range(len(pictures)), key=lambda i: pictures[i].tobytes())])
