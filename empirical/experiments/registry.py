"""All records by name, selection among them, and the order in which they are worth running.

Names are ``place/benchmark/network/method[@preset]``, for instance ``table3/omniglot/cnn2/maml-kfo`` or
``figureB3/omniglot/softmax/maml-linnet-collapsed``. Records on mini-ImageNet exist twice: under the paper's
own name, for whoever has the images, and under ``mini-imagenet-standin``, whose numbers are never put beside
the paper's.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

from .curves import curves
from .questions import questions
from .record import PRESETS, ExperimentError, Record
from .tables import cells, variants

STANDIN = "mini-imagenet-standin"
STANDIN_NOTE = "mini-ImageNet stand-in (Tiny-ImageNet, 64 px): not comparable with the paper's numbers"


def standin(record: Record) -> Record:
    """The same experiment on the stand-in images, without the paper's value."""
    return replace(
        record,
        name=record.name.replace("mini-imagenet", STANDIN),
        setting=replace(record.setting, benchmark=STANDIN),
        printed=None,
        note="; ".join(filter(None, (record.note, STANDIN_NOTE))),
    )


def paper_and_ours() -> Iterator[Record]:
    """Every record, in the order of the paper, then the stand-in's, then our questions."""
    of_the_paper = [*cells(), *curves()]
    of_the_paper += [variant for record in list(of_the_paper) for variant in variants(record)]
    yield from of_the_paper
    yield from (standin(record) for record in of_the_paper if record.setting.benchmark == "mini-imagenet")
    yield from questions()


@cache
def registry() -> dict[str, Record]:
    """Every record by its name; raises if two share one."""
    records: dict[str, Record] = {}
    for record in paper_and_ours():
        if record.name in records:
            raise ExperimentError(f"two records are called {record.name}")
        records[record.name] = record
    return records


def find(name: str) -> Record:
    """The record called ``name``; an unknown name is answered with the nearest known ones."""
    records = registry()
    if name in records:
        return records[name]
    near = difflib.get_close_matches(name, records, n=3, cutoff=0.4)
    hint = f"nearest known: {', '.join(near)}" if near else "see `python -m empirical list`"
    raise ExperimentError(f"unknown experiment {name!r}; {hint}")


def place_prefix(kind: str, number: str) -> str:
    """``table`` and ``B.4`` make ``tableB4/``."""
    return f"{kind}{number.replace('.', '').upper()}/"


def select(
    *,
    table: str | None = None,
    figure: str | None = None,
    benchmark: str | None = None,
    network: str | None = None,
    preset: str | None = None,
    questions_only: bool = False,
) -> list[Record]:
    """Records that fit every condition given; a condition that fits nothing lists what would.

    With no ``preset`` all presets are returned.
    """
    records = list(registry().values())
    conditions: list[tuple[str, str | None]] = [("table", table), ("figure", figure)]
    for kind, number in conditions:
        if number is not None:
            kept = [r for r in records if r.name.startswith(place_prefix(kind, number))]
            if not kept:
                raise ExperimentError(f"no {kind} {number!r}; known are {', '.join(known_places(kind))}")
            records = kept
    if questions_only:
        records = [r for r in records if r.name.startswith("question/")]
    for attribute, value in (("benchmark", benchmark), ("network", network)):
        if value is not None:
            known = unique(getattr(r.setting, attribute) for r in records)
            if value not in known:
                raise ExperimentError(f"no {attribute} {value!r} here; known are {', '.join(known)}")
            records = [r for r in records if getattr(r.setting, attribute) == value]
    if preset is not None:
        present = {r.preset for r in records}
        known = [name for name in PRESETS if name in present]
        if preset not in known:
            raise ExperimentError(f"no preset {preset!r} here; known are {', '.join(known)}")
        records = [r for r in records if r.preset == preset]
    return records


def known_places(kind: str) -> list[str]:
    """The numbers of the tables or of the figures in the registry."""
    return unique(name.split("/")[0].removeprefix(kind) for name in registry() if name.startswith(kind))


def unique(items: Iterable[str]) -> list[str]:
    """Without repeats, in order of first appearance."""
    return list(dict.fromkeys(items))


CPU_ORDER = (
    # cheapest and most telling first: seconds, then minutes, then the deep networks, then 32×32 colour images
    "figure1/",
    "figureB1/",
    "figure3/omniglot",
    "table2/omniglot",
    "tableB4/omniglot",
    "table3/omniglot/cnn2",
    "table1/omniglot/cnn2",
    "question/omniglot/softmax",
    "table1/omniglot",
    "question/omniglot/cnn2",
    "figure4/omniglot",
    "figure3/cifar-fs",
    "question/cifar-fs/softmax",
    "table2/cifar-fs",
    "tableB4/cifar-fs",
    "table3/cifar-fs",
    "table1/cifar-fs",
    "figure4/cifar-fs",
)
CUDA_ORDER = (
    # issue "one GPU": what a CPU cannot do first
    "table3/cifar-fs",
    "table3/omniglot",
    "table1/cifar-fs",
    "table1/omniglot",
    "table2/",
    "tableB4/",
    "figure3/cifar-fs",
    "figure4/",
    "question/",
)
STANDIN_LAST = 1_000
"""Rank of the stand-in: after everything that can stand beside the paper."""


def value(record: Record, device: str) -> tuple[bool, bool, int, int]:
    """Sort key, smaller first: no meta-training at all, the paper's own settings, then group, then depth."""
    setting = record.setting
    order = CUDA_ORDER if device.startswith("cuda") else CPU_ORDER
    group = next((i for i, prefix in enumerate(order) if record.name.startswith(prefix)), len(order))
    if setting.benchmark.startswith("mini-imagenet"):
        group = STANDIN_LAST
    variant = record.preset != "paper" and not record.name.startswith("question/")
    depth = int(setting.network.removeprefix("cnn")) if setting.network.startswith("cnn") else 0
    return (setting.iterations > 0, variant, group, depth)


def in_order_of_value(records: Iterable[Record], device: str = "cpu") -> list[Record]:
    """Most valuable first; of several records that share one setting only the first, since one run answers
    all."""
    first: dict[str, Record] = {}
    for record in sorted(records, key=lambda r: value(r, device)):
        first.setdefault(record.setting.key, record)
    return list(first.values())
