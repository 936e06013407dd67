"""mini-ImageNet: 100 classes of ImageNet, 600 pictures each, 84 x 84 RGB, split 64 / 16 / 20.

Vinyals et al. (2016), "Matching networks for one shot learning"; classes, pictures and split by the lists of
Ravi and Larochelle (2017), "Optimization as a model for few-shot learning". The pictures may not be passed
on; read from the folder that people who have them usually have:

- `train.csv`, `val.csv`, `test.csv` (columns filename, label);
- `images/` with the pictures of those names (84 x 84, or any size: resized bilinearly to 84 x 84),
  directly or one folder a class.

Classes are ordered by WordNet number within a split, pictures as listed. Decoded JPEGs differ in the last bit
between decoders and several resized versions are in circulation, so no pixel is pinned: the SHA-256 below is
that of the three class lists.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from empirical.benchmarks.archives import check_not_html, content, picture, present
from empirical.benchmarks.benchmark import DataError, Facts, NoDataHere, Source

FACTS = Facts(
    name="mini-imagenet",
    label="mini-ImageNet",
    classes=(64, 16, 20),
    per_class=600,
    shape=(3, 84, 84),
    rotations=False,
    digest="d084e3f58a010d1bbae45ea0b5ec7da177ce51bad37cd2c0843832f0dd6466d2",
)
LISTS = ("train.csv", "val.csv", "test.csv")


def read(folder: Path, facts: Facts = FACTS) -> Source:
    """What `folder` holds of mini-ImageNet."""
    lists = tuple(folder / name for name in LISTS)
    if not present(lists):
        raise NoDataHere(f"no mini-ImageNet in {folder}: expected {', '.join(LISTS)} and the folder images/")
    images = folder / "images"
    if not images.is_dir():
        raise DataError(
            f"the lists of mini-ImageNet are in {folder}, but no folder images/ with the pictures"
        )
    return Source((*lists, images), lambda: _decode(lists, images, facts))


def _decode(
    lists: tuple[Path, ...], images: Path, facts: Facts
) -> tuple[tuple[str, ...], Iterator[np.ndarray]]:
    splits = [_listed(path, count, facts.per_class) for path, count in zip(lists, facts.classes, strict=True)]
    text = "\n".join(" ".join(split) for split in splits)
    if facts.digest not in (None, hashlib.sha256(text.encode()).hexdigest()):
        raise DataError(f"{lists[0].parent}: the lists do not name the classes of Ravi and Larochelle (2017)")
    classes = [(label, files) for split in splits for label, files in split.items()]
    blocks = (np.stack([_picture(images, label, file, facts) for file in files]) for label, files in classes)
    return tuple(label for label, _ in classes), blocks


def _listed(path: Path, classes: int, per_class: int) -> dict[str, list[str]]:
    """Label -> file names of one list, labels sorted."""
    check_not_html(path)
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        pairs = [(row["label"].strip(), row["filename"].strip()) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, AttributeError) as error:
        raise DataError(f"{path} is not a list with the columns filename and label") from error
    listed: dict[str, list[str]] = {label: [] for label in sorted({label for label, _ in pairs})}
    for label, file in pairs:
        listed[label].append(file)
    if len(listed) != classes:
        raise DataError(f"{path} lists {len(listed)} classes, should be {classes}")
    for label, files in listed.items():
        if len(set(files)) != per_class or len(files) != per_class:
            raise DataError(
                f"{path} lists {len(set(files))} pictures of class {label}, should be {per_class}"
            )
    return listed


def _picture(images: Path, label: str, file: str, facts: Facts) -> np.ndarray:
    """(3, side, side) uint8."""
    candidates = (images / file, images / label / file)
    path = next((path for path in candidates if path.is_file()), None)
    if path is None:
        raise DataError(f"{candidates[0]} is listed and missing (class {label})")
    image = picture(content(path), str(path)).convert("RGB")
    side = facts.shape[1]
    if image.size != (side, side):
        image = image.resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(image).transpose(2, 0, 1)
