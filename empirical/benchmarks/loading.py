"""From a benchmark's name to its tensor: where the pictures are looked for, and what is kept.

Looked for in `data_dir`; if none is given in the folder $FEWSHOT_DATA; if that has none of this benchmark's
files in the cache, where `data prepare` leaves what it decoded. A folder the user names is the only one that
is tried: a number must not come from other files than the ones asked for. Real benchmarks are never replaced
by the generated one for the same reason.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from empirical.benchmarks import cifar_fs, glyphs, mini_imagenet, omniglot, standin, store
from empirical.benchmarks.benchmark import Benchmark, DataError, Facts, NoDataHere, Source

READERS: dict[str, tuple[Facts, Callable[[Path], Source]]] = {
    module.FACTS.name: (module.FACTS, module.read)  # type: ignore[attr-defined]
    for module in (omniglot, cifar_fs, mini_imagenet, standin)
}
NAMES = (*READERS, glyphs.FACTS.name)


def load(
    name: str,
    *,
    data_dir: str | Path | None = None,
    device: str | torch.device = "cpu",
    image_size: int | None = None,
) -> Benchmark:
    """The benchmark `name` on `device`; on the CPU it is mapped from the cache rather than read.

    `image_size`: resize every picture to a square, bilinearly, once (cached as well); None keeps its own
    size. Raises DataError, with one line that says what was looked for and where.
    """
    if name not in NAMES:
        raise DataError(f"unknown benchmark {name!r}; known: {', '.join(NAMES)}")
    if image_size is not None and not 1 <= image_size <= 512:
        raise DataError(f"image size {image_size} is out of range: 1 to 512 pixels")
    if name == glyphs.FACTS.name:
        return glyphs.generate(side=image_size).to(device)
    facts, reader = READERS[name]
    file, label = _decoded(facts, reader, data_dir), facts.label
    if image_size is not None and image_size != facts.shape[1]:
        file, label = _resized(file, image_size), f"{label}, resized to {image_size} px"
    mapped, names = store.read(file)
    return Benchmark.of(facts, torch.from_numpy(mapped), names, label).to(device)


def prepared(name: str) -> Path:
    """Where `data prepare` leaves a benchmark."""
    return store.cache_folder() / f"{name}.npy"


def decode(facts: Facts, source: Source, target: Path) -> None:
    """Decode a source into a cache file; an old file stays as it is unless all goes well."""
    print(f"decoding {facts.label} once into {target}", file=sys.stderr)
    names, pictures = source.decode()
    store.write(target, facts.images_shape, pictures, names)


def find(reader: Callable[[Path], Source], path: str | Path) -> Source:
    """What a reader finds at `path`: a folder, or one of the files in it."""
    path = Path(path).expanduser()
    if not path.exists():
        raise DataError(f"there is no file or folder {path}")
    return reader(path if path.is_dir() else path.parent)


def _decoded(facts: Facts, reader: Callable[[Path], Source], data_dir: str | Path | None) -> Path:
    """The cache file of a benchmark, made if need be."""
    environment = os.environ.get("FEWSHOT_DATA")
    missing = "neither --data-dir nor $FEWSHOT_DATA is given"
    if folder := data_dir or environment:
        try:
            source = find(reader, folder)
        except NoDataHere as error:
            if data_dir:
                raise
            missing = str(error)
        else:
            target = store.cache_folder() / f"{facts.name}-{store.fingerprint(source.files)}.npy"
            if not target.exists():
                decode(facts, source, target)
            return target
    if not prepared(facts.name).exists():
        raise DataError(
            f"{facts.label} is not here: {missing}, and nothing was prepared "
            f"(see `python -m empirical data prepare --help`; the benchmark `glyphs` needs no data)"
        )
    return prepared(facts.name)


def _resized(file: Path, size: int) -> Path:
    """The cache file with every picture of `file` resized to size x size."""
    target = store.cache_folder() / f"{file.stem}-{size}px-{store.fingerprint([file])}.npy"
    if not target.exists():
        images, names = store.read(file)
        classes, per_class, channels = images.shape[:3]
        blocks = (np.stack([resize(image, size) for image in block]) for block in images)
        store.write(target, (classes, per_class, channels, size, size), blocks, names)
    return target


def resize(image: np.ndarray, size: int) -> np.ndarray:
    """(C, H, W) -> (C, size, size), uint8, bilinear.

    Pillow's fixed-point arithmetic (a wider kernel when shrinking, so no aliasing) is the same on every
    machine.
    """
    channels = [Image.fromarray(plane).resize((size, size), Image.Resampling.BILINEAR) for plane in image]
    return np.stack([np.asarray(plane) for plane in channels])
