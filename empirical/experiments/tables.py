"""Tables 1, 2, 3 and B.4 as records: one per cell, and one more per preset where the presets differ.

A method's name says its parts: ``maml-kfo`` is the learner MAML with the update rule meta-KFO,
``anil-linnet`` is ANIL on a network with linear layers added. The choices that the paper leaves [open] are
made here, once, as arguments with reasons:

* LinNet on a CNN is "two linear layers": 64-64, wide enough that the capacity is unchanged;
* meta-KFO: the text says "nonlinear" and gives only the Kronecker factors. ``paper`` is the linear map R'⊗L
  of C.1, which starts at the identity; ``released`` is the psd form L'L, R'R that both released scripts turn
  on; ``ours`` is the two-hidden-layer residual form that is exactly gradient descent at the start;
* the length is 40,000 meta-iterations, the released default; the paper's text gives none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from . import paper
from .record import Record, Setting

ITERATIONS = 40_000
ITERATIONS_SOURCE = "[released] default; the paper's text gives none"
CNN_LINNET = (64, 64)
FILTERS = {"omniglot": 32, "cifar-fs": 32, "mini-imagenet": 64}
"""Appendix D: 32 hidden units on Omniglot and CIFAR-FS, 64 on mini-ImageNet."""

PRINTED_TWICE = {
    "table1/omniglot/cnn2/maml": "printed 66.8 here and 66.6 in Table 3",
    "table3/omniglot/cnn2/maml": "printed 66.6 here and 66.8 in Table 1",
}


def cnn_setting(benchmark: str, depth: int, method: str) -> Setting:
    """The paper's setting of one method on CNN(depth): ``learner[-linnet|-rule]``."""
    learner, _, rest = method.partition("-")
    rates = paper.cnn_rates(benchmark, method, depth)
    return Setting(
        benchmark=benchmark,
        network=f"cnn{depth}",
        learner=learner,
        rule="sgd" if rest in ("", "linnet") else rest,
        linnet=CNN_LINNET if rest == "linnet" else (),
        filters=FILTERS[benchmark],
        adaptation_rate=rates.adaptation,
        meta_rate=rates.meta,
        iterations=ITERATIONS,
    )


def cell(table: str, benchmark: str, depth: int, method: str, printed: float | None) -> Record:
    """The record of one cell; ``table`` is the paper's number of it, such as ``3`` or ``B4``."""
    name = f"table{table}/{benchmark}/cnn{depth}/{method}"
    place = f"Table {table.replace('B', 'B.')}"
    return Record(
        name=name,
        place=place,
        setting=cnn_setting(benchmark, depth, method),
        rates_source=paper.cnn_rates(benchmark, method, depth).source,
        iterations_source=ITERATIONS_SOURCE,
        printed=printed,
        source=place,
        note=PRINTED_TWICE.get(name, ""),
    )


def cells() -> Iterator[Record]:
    """Every cell of the four tables, in the order of the paper."""
    for benchmark in paper.BENCHMARKS:
        for method, values in paper.TABLE_1[benchmark].items():
            for depth, printed in zip(paper.DEPTHS, values, strict=True):
                yield cell("1", benchmark, depth, method, printed)
    for table, rows in (("2", paper.TABLE_2), ("3", paper.TABLE_3), ("B4", paper.TABLE_B4)):
        for benchmark in paper.BENCHMARKS:
            for method, printed in rows[benchmark].items():
                yield cell(table, benchmark, 2, method, printed)


RELEASED: dict[tuple[str, str], dict[str, Any]] = {
    # METHODS, "The released recipes differ in places", beside the psd form that both scripts turn on.
    ("cifar-fs", "maml-kfo"): {"meta_rate": 0.0005},
    ("mini-imagenet", "maml-kfo"): {"meta_rate": 0.0005, "filters": 32},
    ("mini-imagenet", "anil-kfo"): {"adaptation_rate": 0.05},
}


HEAD_NOTE = (
    "[open] LinNet's start: behind two linear layers Omniglot's N(0, 1) head makes the inner loop explode at "
    "the rates of Table D.6; ours starts that head Xavier-uniform, like the layers before it"
)


def variants(record: Record) -> Iterator[Record]:
    """The ``released`` and ``ours`` presets of a cell; nothing where the presets agree."""
    setting = record.setting
    if record.preset != "paper" or not setting.network.startswith("cnn"):
        return
    if setting.linnet and setting.benchmark == "omniglot":
        changed_head = replace(setting, head_init="xavier")
        yield replace(record, name=f"{record.name}@ours", preset="ours", setting=changed_head, note=HEAD_NOTE)
    if setting.rule != "kfo":
        return
    changed = RELEASED.get((setting.benchmark, f"{setting.learner}-{setting.rule}"), {})
    yield replace(
        record,
        name=f"{record.name}@released",
        preset="released",
        setting=replace(setting, rule="kfo-psd", **changed),
        rates_source="[released] scripts" if changed else record.rates_source,
        note="released scripts: psd factors L'L and R'R",
    )
    yield replace(
        record,
        name=f"{record.name}@ours",
        preset="ours",
        setting=replace(setting, rule="kfo-nonlinear-2"),
        note="[open] f of eq. (26) was never released: ours, two hidden layers, residual, zero at start",
    )
