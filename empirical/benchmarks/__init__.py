"""Few-shot benchmarks: each one uint8 tensor, whatever files it came from.

    load("omniglot")              from --data-dir, else $FEWSHOT_DATA, else what `data prepare` put in the
    cache load("glyphs")                made on the spot, needs no data

One file a benchmark; `store` is the cache, `command` the two commands `data prepare` and `data show`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from empirical.benchmarks import cifar_fs, glyphs, omniglot, standin, store
from empirical.benchmarks.benchmark import SPLITS, Benchmark, DataError, Facts, NoDataHere, Source

__all__ = ["NAMES", "SPLITS", "Benchmark", "DataError", "load"]

READERS: dict[str, tuple[Facts, Callable[[Path], Source]]] = {
    module.FACTS.name: (module.FACTS, module.read) for module in (omniglot, cifar_fs, standin)
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

    `image_size`: resize every picture, bilinearly, once (cached as well); None keeps the benchmark's own
    size. Raises DataError, with one line that says what was looked for and where.
    """
    if name not in NAMES:
        raise DataError(f"unknown benchmark {name!r}; known: {', '.join(NAMES)}")
    if name == glyphs.FACTS.name:
        benchmark = glyphs.generate()
        facts, label, images, names = glyphs.FACTS, benchmark.label, benchmark.images, benchmark.class_names
        if image_size not in (None, facts.shape[1]):
            raise DataError(f"the glyphs are drawn at {facts.shape[1]} pixels only")
    else:
        facts, read = READERS[name]
        file, label = _decoded(facts, read, data_dir), facts.label
        if image_size is not None and image_size != facts.shape[1]:
            file, label = _resized(file, image_size), f"{label}, resized to {image_size} px"
        mapped, names = store.read(file)
        images = torch.from_numpy(mapped)
    return Benchmark.of(facts, images.to(device), names, label)


def prepared(name: str) -> Path:
    """Where `data prepare` puts a benchmark."""
    return store.cache_folder() / f"{name}.npy"


def decode(facts: Facts, source: Source, target: Path) -> None:
    """Decode a source into a cache file; the old file stays untouched unless all goes well."""
    print(f"decoding {facts.label} once into {target}", file=sys.stderr)
    names, pictures = source.decode()
    store.write(target, facts.images_shape, pictures, names)


def _decoded(facts: Facts, read: Callable[[Path], Source], data_dir: str | Path | None) -> Path:
    """The cache file of a benchmark, made if need be."""
    environment = os.environ.get("FEWSHOT_DATA")
    missing = "neither --data-dir nor $FEWSHOT_DATA is given"
    if folder := data_dir or environment:
        path = Path(folder).expanduser()
        if not path.exists():
            raise DataError(f"there is no folder {path} ({'--data-dir' if data_dir else '$FEWSHOT_DATA'})")
        try:
            source = read(path)
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
    """The cache file with every picture of `file` resized to size x size, bilinearly."""
    if not 1 <= size <= 512:
        raise DataError(f"image size {size} is out of range: 1 to 512 pixels")
    target = store.cache_folder() / f"{file.stem}-{size}px-{store.fingerprint([file])}.npy"
    if not target.exists():
        images, names = store.read(file)
        classes, per_class, channels = images.shape[:3]
        blocks = (np.stack([_resize(image, size) for image in block]) for block in images)
        store.write(target, (classes, per_class, channels, size, size), blocks, names)
    return target


def _resize(image: np.ndarray, size: int) -> np.ndarray:
    """(C, H, W) -> (C, size, size), uint8; Pillow's fixed-point arithmetic gives one answer on every
    machine."""
    channels = [Image.fromarray(plane).resize((size, size), Image.Resampling.BILINEAR) for plane in image]
    return np.stack([np.asarray(plane) for plane in channels])
