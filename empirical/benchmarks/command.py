"""`python -m empirical data prepare` and `python -m empirical data show`.

prepare: decode what the user has, or what can be fetched from its publisher, into the cache, where `load`
finds it without being told. show: draw a few tasks as the learner gets them; the quickest way to see that
labels, rotations and brightness are what one thinks they are.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from empirical.benchmarks import loading, store
from empirical.benchmarks.benchmark import DataError
from empirical.benchmarks.download import fetch
from empirical.episodes import Episodes

GAP = 2  # pixels between pictures; four times that between support and query, and between tasks


def prepare(
    benchmark: tyro.conf.Positional[str],
    source: Annotated[Path | None, tyro.conf.arg(name="from")] = None,
    download: bool = False,
) -> Path:
    """Decode a benchmark into the cache, where every other command finds it.

    The files are checked first; an earlier preparation stays as it is unless all of them are right.

    Args:
        benchmark: omniglot, cifar-fs, mini-imagenet or mini-imagenet-standin.
        source: the folder that holds its files, or one of them.
        download: fetch them from their publisher (Omniglot, CIFAR-FS) instead.
    """
    if benchmark not in loading.READERS:
        raise DataError(f"cannot prepare {benchmark!r}; known: {', '.join(loading.READERS)}")
    facts, reader = loading.READERS[benchmark]
    target = loading.prepared(benchmark)
    if download == (source is not None):
        raise DataError("say where the files are with --from PATH, or --download (one of the two)")
    if source is not None:
        loading.decode(facts, loading.find(reader, source), target)
        return target
    if not facts.downloads:
        raise DataError(
            f"{facts.label} has no public address to download from: give your files with --from PATH"
        )
    with store.failures_named(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".download-") as folder:
            for item in facts.downloads:
                fetch(item, Path(folder))
            loading.decode(facts, loading.find(reader, folder), target)
    return target


def show(
    benchmark: tyro.conf.Positional[str] = "glyphs",
    split: str = "train",
    tasks: int = 2,
    ways: int = 5,
    shots: int = 5,
    queries: int = 5,
    seed: int = 0,
    image_size: int | None = None,
    data_dir: Path | None = None,
    output: Path = Path("tasks.png"),
) -> Path:
    """Draw the first tasks of a list as a picture: a row for each class, support left, query right."""
    if not 1 <= tasks <= 20:
        raise DataError(f"{tasks} tasks: a picture holds 1 to 20")
    loaded = loading.load(benchmark, data_dir=data_dir, image_size=image_size)
    episodes = Episodes(loaded, split, ways, shots, queries, seed)
    return draw(
        contact_sheet(episodes, tasks),
        f"{loaded.label}, {split} classes: {ways} ways, {shots} shots (left), {queries} queries (right); "
        f"seed {seed}",
        output,
    )


def contact_sheet(episodes: Episodes, tasks: int) -> np.ndarray:
    """Tasks 0 … tasks-1, top to bottom, as one picture: uint8 (height, width, 3)."""
    batch = episodes.batch(0, tasks)
    support = batch.support_x.unflatten(1, (episodes.ways, episodes.shots))
    query = batch.query_x.unflatten(1, (episodes.ways, episodes.queries))
    height, width = support.shape[-2:]
    row, column = height + GAP, width + GAP
    block = episodes.ways * row + 4 * GAP
    columns = episodes.shots + episodes.queries
    sheet = np.full((tasks * block, columns * column + 4 * GAP, 3), 128, np.uint8)
    for task in range(tasks):
        for way in range(episodes.ways):
            top = task * block + way * row + GAP
            for place, image in enumerate([*support[task, way], *query[task, way]]):
                left = place * column + (4 * GAP if place >= episodes.shots else GAP)
                pixels = (image / episodes.scale).round().byte().cpu().expand(3, -1, -1).permute(1, 2, 0)
                sheet[top : top + height, left : left + width] = pixels.numpy()
    return sheet


def draw(sheet: np.ndarray, title: str, output: Path) -> Path:
    """A PNG of the sheet under its title, one picture pixel as a whole number of dots."""
    from matplotlib.figure import Figure

    height, width = sheet.shape[:2]
    dots = max(1, round(1400 / width))
    inches, head = dots / 200, 0.35
    total = height * inches + head
    figure = Figure(figsize=(width * inches, total), dpi=200)
    axes = figure.add_axes((0.0, 0.0, 1.0, height * inches / total))
    axes.imshow(sheet, interpolation="nearest", aspect="auto")
    axes.set_axis_off()
    figure.text(0.5, 1 - head / 2 / total, title, ha="center", va="center", fontsize=7)
    with store.replacing(output) as file:
        figure.savefig(file, format="png")
    return output
