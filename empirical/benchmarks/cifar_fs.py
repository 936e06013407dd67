"""CIFAR-FS: the 100 classes of CIFAR-100, 600 pictures each, 32 x 32 RGB, split 64 / 16 / 20.

Pictures: Krizhevsky (2009), "Learning Multiple Layers of Features from Tiny Images" (no formal licence; the
collection they were taken from was withdrawn in 2020: research use). Split: Bertinetto, Henriques, Torr,
Vedaldi (2019), "Meta-learning with differentiable closed-form solvers". Read from any of

- `cifar_fs_{train-1,train-2,val,test}.npz` (one lossless WebP sheet of 24 x 25 pictures a class);
- CIFAR-100's own `cifar-100-python.tar.gz`, or the folder `cifar-100-python/` unpacked from it;
- folders named after the classes that hold their PNG files (`train/apple/…`, `data/apple/…`); class lists
  `train.txt`, `val.txt`, `test.txt` that lie with them must be those of CIFAR-FS.

Within a class the pictures are ordered by their bytes, not by file name, so that picture 17 of class 3 is one
picture whichever of these it came from, and a task is one task. The SHA-256 below is of the pictures in that
order: the check covers every pixel and does not depend on how they were packed.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import numpy as np

from empirical.benchmarks import inert_pickle
from empirical.benchmarks.archives import (
    arrays,
    check_digest,
    check_file,
    content,
    picture,
    present,
    tar_members,
)
from empirical.benchmarks.benchmark import DataError, Download, Facts, NoDataHere, Source

FACTS = Facts(
    name="cifar-fs",
    label="CIFAR-FS",
    classes=(64, 16, 20),
    per_class=600,
    shape=(3, 32, 32),
    rotations=False,
    digest="53baaf2bbd35f079e62d2712d0e95983260b62a6f604543a9ec1f3cd984acb50",
    downloads=(
        Download(
            "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
            "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
        ),
    ),
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
MEMBERS = ("meta", "train", "test")


def read(folder: Path, facts: Facts = FACTS, names: tuple[str, ...] = NAMES) -> Source:
    """What `folder` holds of CIFAR-FS."""
    packed = tuple(folder / f"cifar_fs_{part}.npz" for part in PARTS)
    if present(packed):
        return Source(packed, lambda: _decode(_sheets(packed), facts, names, folder))
    (download,) = facts.downloads
    archive = folder / download.file
    if archive.is_file():
        return Source(
            (archive,), lambda: _decode(_pickled(_archived(archive, download)), facts, names, archive)
        )
    unpacked = tuple(folder / "cifar-100-python" / member for member in MEMBERS)
    if present(unpacked):
        return Source(unpacked, lambda: _decode(_pickled(map(content, unpacked)), facts, names, folder))
    if files := _png_files(folder, names):
        _check_lists(folder, facts, names)
        return Source(files, lambda: _decode(_folders(files), facts, names, folder))
    raise NoDataHere(
        f"no CIFAR-FS in {folder}: expected cifar_fs_*.npz, {download.file}, "
        f"or a folder of PNG files for each class"
    )


def _archived(archive: Path, download: Download) -> list[bytes]:
    check_file(archive, download.sha256)
    return list(tar_members(archive, tuple(f"cifar-100-python/{member}" for member in MEMBERS)).values())


def _pickled(members: Iterable[bytes]) -> Iterator[tuple[str, np.ndarray]]:
    """(class, pictures) from CIFAR-100's own three files, its training and test pictures together."""
    meta, *parts = (
        inert_pickle.read(io.BytesIO(pickled), f"cifar-100-python/{name}")
        for pickled, name in zip(members, MEMBERS, strict=True)
    )
    try:
        labels = np.concatenate([np.asarray(part["fine_labels"]) for part in parts])
        pictures = np.concatenate([part["data"].reshape(-1, 3, 32, 32) for part in parts])
        named = list(enumerate(meta["fine_label_names"]))
    except (KeyError, AttributeError, ValueError) as error:
        raise DataError(f"cifar-100-python does not hold what CIFAR-100's files hold: {error}") from error
    for label, name in named:
        yield name, pictures[labels == label]


def _png_files(folder: Path, names: tuple[str, ...]) -> tuple[Path, ...]:
    """PNG files in folders named after the classes, at most two levels down (train/apple/…, data/apple/…)."""
    parents = sorted({path.parent for depth in ("", "*/", "*/*/") for path in folder.glob(depth + names[0])})
    return tuple(
        path for parent in parents for name in names for path in sorted((parent / name).glob("*.png"))
    )


def _check_lists(folder: Path, facts: Facts, names: tuple[str, ...]) -> None:
    """Class lists that lie with the pictures (other sets were cut from CIFAR-100 too) must be CIFAR-FS's."""
    start = 0
    for part, count in zip(("train", "val", "test"), facts.classes, strict=True):
        ours, start = set(names[start : start + count]), start + count
        for depth in ("", "*/", "*/*/"):
            for path in folder.glob(f"{depth}{part}.txt"):
                if set(content(path).decode("utf-8", "replace").split()) != ours:
                    raise DataError(f"{path} does not list the {count} {part} classes of CIFAR-FS")


def _folders(files: tuple[Path, ...]) -> Iterator[tuple[str, np.ndarray]]:
    """(class, pictures) from files in folders named after the classes."""
    for name, paths in groupby(
        sorted(files, key=lambda path: path.parent.name), lambda path: path.parent.name
    ):
        images = [np.asarray(picture(content(path), str(path)).convert("RGB")) for path in paths]
        shapes = {image.shape for image in images}
        if len(shapes) > 1:
            raise DataError(f"class {name!r} has pictures of different sizes: {sorted(shapes)}")
        yield name, np.stack(images).transpose(0, 3, 1, 2)


def _sheets(files: tuple[Path, ...]) -> Iterator[tuple[str, np.ndarray]]:
    """(class, pictures) from WebP sheets: (rows * columns, 3, 32, 32)."""
    rows, columns = SHEET
    for path in files:
        stored = arrays(path, ("encoded", "offsets", "class_names"))
        for i, name in enumerate(stored["class_names"]):
            webp = stored["encoded"][stored["offsets"][i] : stored["offsets"][i + 1]].tobytes()
            sheet = np.asarray(picture(webp, f"{path}: {name}").convert("RGB"))
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
                f"{where}: class {name!r} has {len(classes[name])} pictures of shape "
                f"{classes[name].shape[1:]}, should be {facts.per_class} of {facts.shape}"
            )
    pictures = [classes[name] for name in names]
    check_digest(where, facts, pictures)
    return names, pictures


def _by_bytes(pictures: np.ndarray) -> np.ndarray:
    return pictures[sorted(range(len(pictures)), key=lambda i: pictures[i].tobytes())]
