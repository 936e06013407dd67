"""Omniglot: 1,623 handwritten characters of 50 alphabets, each drawn once by 20 people.

Lake, Salakhutdinov, Tenenbaum (2015), "Human-level concept learning through probabilistic program induction",
Science 350; MIT License. Read from any of

- `omniglot_105_bits.npz` (rows of 105 one-bit pixels packed in 14 bytes, ink 1);
- the original archives `images_background.zip` and `images_evaluation.zip`;
- the folders `images_background/` and `images_evaluation/` unpacked from them.

A character's number is the one in its pictures' file names (0001_01.png … 1623_20.png). The originals are
black on white at 105 x 105, one bit; here ink is bright, reduced to 28 x 28 by area averaging (other code
bases: Lanczos, or nearest neighbour by accident: a one-bit picture is never smoothed by Pillow).

Split: MAML's protocol takes 1,100 / 100 / 423 characters, alphabets ignored, and no class list was ever
published. Ours is the shuffle of 0 … 1622 by Python's `random.Random(0)`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from empirical.benchmarks.archives import (
    arrays,
    check_digest,
    check_file,
    content,
    picture,
    present,
    zip_members,
)
from empirical.benchmarks.benchmark import DataError, Download, Facts, NoDataHere, Source

FACTS = Facts(
    name="omniglot",
    label="Omniglot",
    classes=(1100, 100, 423),
    per_class=20,
    shape=(1, 28, 28),
    rotations=True,
    digest="f7b5fcd92e1615006e95c8f42b4c6b67f1fdb4178b38b300fcf9aa5c8da846b1",
    downloads=(
        Download(
            "https://github.com/brendenlake/omniglot/raw/master/python/images_background.zip",
            "ad41ab679c8b5d90b271ef46be6987cc81211774a695c29dcc5367b2b26ee640",
        ),
        Download(
            "https://github.com/brendenlake/omniglot/raw/master/python/images_evaluation.zip",
            "1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee",
        ),
    ),
)
PARTS = ("images_background", "images_evaluation")
SIDE = 105


def read(folder: Path, facts: Facts = FACTS) -> Source:
    """What `folder` holds of Omniglot."""
    packed = folder / "omniglot_105_bits.npz"
    if packed.is_file():
        return Source((packed,), lambda: _decode(*_unpacked(packed), facts, folder))
    archives = tuple(folder / f"{part}.zip" for part in PARTS)
    if present(archives):
        return Source(archives, lambda: _decode(*_drawings(_zipped(archives, facts), facts), facts, folder))
    folders = tuple(folder / part for part in PARTS)
    if any(path.is_dir() for path in folders):
        files = tuple(sorted(path for part in folders for path in part.rglob("*.png")))
        contents = ((str(path), content(path)) for path in files)
        return Source(files, lambda: _decode(*_drawings(contents, facts), facts, folder))
    raise NoDataHere(
        f"no Omniglot in {folder}: expected omniglot_105_bits.npz, "
        f"or images_background.zip and images_evaluation.zip"
    )


def _unpacked(file: Path) -> tuple[tuple[str, ...], np.ndarray]:
    stored = arrays(file, ("images_packed", "class_names"))
    return tuple(stored["class_names"].tolist()), np.unpackbits(stored["images_packed"], axis=-1, count=SIDE)


def _zipped(archives: tuple[Path, ...], facts: Facts) -> Iterator[tuple[str, bytes]]:
    for path, download in zip(archives, facts.downloads, strict=True):
        check_file(path, download.sha256)
        yield from zip_members(path)


def _drawings(members: Iterable[tuple[str, bytes]], facts: Facts) -> tuple[tuple[str, ...], np.ndarray]:
    """Class names and one-bit drawings (classes, per_class, 105, 105) from (path, PNG) pairs."""
    classes = sum(facts.classes)
    bits = np.zeros((classes, facts.per_class, SIDE, SIDE), np.uint8)
    seen = np.zeros((classes, facts.per_class), bool)
    names = [""] * classes
    for path, encoded in members:
        match = re.search(r"([^/\\]+)[/\\](character\d+)[/\\](\d{4})_(\d{2})\.png$", path)
        if match is None:
            continue
        alphabet, character, number, drawing = match.groups()
        i, j = int(number) - 1, int(drawing) - 1
        if not (0 <= i < classes and 0 <= j < facts.per_class):
            raise DataError(f"{path}: Omniglot has {classes} characters of {facts.per_class} drawings")
        paper = np.asarray(picture(encoded, path).convert("1"))
        if paper.shape != (SIDE, SIDE):
            raise DataError(f"{path}: {paper.shape[1]}x{paper.shape[0]} pixels, should be {SIDE}x{SIDE}")
        bits[i, j], seen[i, j], names[i] = ~paper, True, f"{alphabet}/{character}"
    if not seen.all():
        i, j = (int(k) for k in np.argwhere(~seen)[0])
        raise DataError(
            f"Omniglot is not complete: {int((~seen).sum())} of {seen.size} drawings are missing, "
            f"the first is {i + 1:04d}_{j + 1:02d}.png"
        )
    return tuple(names), bits


def _decode(
    names: tuple[str, ...], bits: np.ndarray, facts: Facts, where: Path
) -> tuple[tuple[str, ...], Iterator[np.ndarray]]:
    """Checked, in split order, reduced to facts.shape."""
    check_digest(where, facts, [np.packbits(bits, axis=-1)])
    order = list(range(len(bits)))
    random.Random(0).shuffle(order)
    return tuple(names[i] for i in order), (_reduced(bits[i], facts) for i in order)


def _reduced(drawings: np.ndarray, facts: Facts) -> np.ndarray:
    small = [Image.fromarray(d * 255).resize(facts.shape[1:], Image.Resampling.BOX) for d in drawings]
    return np.stack([np.asarray(d)[None] for d in small])
