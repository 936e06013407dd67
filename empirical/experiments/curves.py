"""Figures 1, 3, 4 and B.1 to B.4, and the text of B.4, as records: one per curve.

The figures are pictures, so no record here has a printed value, except that Figure 4's MAML curve passes
through Table 1.

* Figures 1 and B.1: the synthetic problems of §4.1 and B.1. Task batch, samples per task and length are
  [open] (METHODS); ours are named in :mod:`empirical.synthetic`.
* Figures 3 and B.2: softmax regression on flattened pixels, without and with the 256-128-64-64 LinNet, and
  the horizontal line: "the best performance if the models are trained by sufficient data from the
  meta-testing tasks". A linear net has the same capacity, so one line serves both.
* Figure B.3: the LinNet model of Figure 3, its linear layers multiplied into one before adaptation. The text
  names Omniglot only; CIFAR-FS is added.
* Figures 4 and B.4: MAML and meta-KFO against the number of convolutional layers.
* Section B.4: meta-training accuracy beside meta-test accuracy, for the models of Figures 3 and B.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from . import paper
from .record import Record, Setting
from .tables import ITERATIONS, ITERATIONS_SOURCE, cell

SOFTMAX_LINNET = (256, 128, 64, 64)
"""Appendix D: "the added linear network consists of 256-128-64-64 hidden units"."""

SOFTMAX_SIZE = {"omniglot": None, "cifar-fs": None, "mini-imagenet": 32}
"""Appendix D: mini-ImageNet is down-sampled to 32×32 for the linear models."""

SYNTHETIC_ITERATIONS = 1_000
SYNTHETIC_SAMPLES = 100
"""[open] samples per task, to adapt and to be judged; the theory takes the expectation over them."""
SYNTHETIC_SOURCE = "[open] the paper's axis is a picture"
BOUND_NOTE = "[open] 'sufficient data': every image of the five test classes but the queries"


def softmax_setting(benchmark: str, method: str) -> Setting:
    """Softmax regression, Figure 3: ``maml``, ``maml-linnet`` or ``ample-data``."""
    rates = paper.softmax_rates(benchmark, "maml-linnet" if method == "maml-linnet" else "maml")
    return Setting(
        benchmark=benchmark,
        network="softmax",
        learner="ample-data" if method == "ample-data" else "maml",
        linnet=SOFTMAX_LINNET if method == "maml-linnet" else (),
        adaptation_rate=rates.adaptation,
        meta_rate=rates.meta,
        iterations=0 if method == "ample-data" else ITERATIONS,
        image_size=SOFTMAX_SIZE[benchmark],
    )


def softmax_curve(
    name: str, place: str, benchmark: str, method: str, measure: str = "test", note: str = ""
) -> Record:
    """A record of softmax regression under the figure's own name for it."""
    return Record(
        name=name,
        place=place,
        setting=softmax_setting(benchmark, method),
        rates_source="Table D.5",
        iterations_source=ITERATIONS_SOURCE,
        source=place,
        measure=measure,
        note=note,
    )


def synthetic_curve(
    name: str, place: str, network: str, model: str, measure: str, benchmark: str = "synthetic"
) -> Record:
    """A record of the 1-D regression (models ``shallow``, ``deep``) or of the binary logistic regression
    (``lr…``)."""
    layers = {"shallow": 0, "deep": 1, "lr": 0, "lr-linnet2": 2, "lr-linnet3": 3}[model]
    if network == "regression":
        (meta, adaptation), source = paper.REGRESSION_RATES, "Appendix D, Linear Models"
    else:
        (meta, adaptation), source = paper.LOGISTIC_RATES[model], "Table D.5"
    return Record(
        name=name,
        place=place,
        setting=Setting(
            benchmark=benchmark,
            network=network,
            learner="maml",
            linnet=(1,) * layers if network == "regression" else (2,) * layers,
            adaptation_rate=adaptation,
            meta_rate=meta,
            iterations=SYNTHETIC_ITERATIONS,
            steps=1,
            outer="momentum" if network == "regression" else "adam",
            ways=1,
            shots=SYNTHETIC_SAMPLES,
            queries=SYNTHETIC_SAMPLES,
        ),
        rates_source=source,
        iterations_source=SYNTHETIC_SOURCE,
        source=place,
        measure=measure,
    )


def curves() -> Iterator[Record]:
    """Every curve of the figures, in the order of the paper."""
    for model in ("shallow", "deep"):
        yield synthetic_curve(
            f"figure1/regression/scalar/{model}", "Figure 1 left", "regression", model, "loss"
        )
    logistic = ("lr", "lr-linnet2", "lr-linnet3")
    for model in logistic:
        yield synthetic_curve(f"figure1/logistic/plane/{model}", "Figure 1 right", "logistic", model, "test")
    for model in logistic:
        name = f"figureB1/logistic/plane-separable/{model}"
        record = synthetic_curve(name, "Figure B.1", "logistic", model, "test", "synthetic-separable")
        yield replace(record, note="labels 1[θ'x > 0], as the caption's 'linear separable data' has it")
    for side, measure in (("left", "train"), ("right", "test")):
        for model in logistic:
            name = f"figureB1/logistic/plane/{model}-{measure}"
            yield synthetic_curve(name, f"Figure B.1 {side}", "logistic", model, measure)
    for figure, benchmarks in (("3", paper.BENCHMARKS[:2]), ("B2", paper.BENCHMARKS)):
        for benchmark in benchmarks:
            for method in ("maml", "maml-linnet", "ample-data"):
                yield softmax_curve(
                    f"figure{figure}/{benchmark}/softmax/{method}",
                    f"Figure {figure.replace('B', 'B.')}",
                    benchmark,
                    method,
                    note=BOUND_NOTE if method == "ample-data" else "",
                )
    for benchmark in paper.BENCHMARKS[:2]:
        note = "" if benchmark == "omniglot" else "[open] the text names Omniglot only"
        stem = f"figureB3/{benchmark}/softmax"
        yield softmax_curve(f"{stem}/maml", "Figure B.3", benchmark, "maml", note=note)
        yield softmax_curve(f"{stem}/maml-linnet", "Figure B.3", benchmark, "maml-linnet", note=note)
        yield softmax_curve(
            f"{stem}/maml-linnet-collapsed", "Figure B.3", benchmark, "maml-linnet", "collapsed", note
        )
    for figure, benchmarks in (("4", paper.BENCHMARKS[:2]), ("B4", paper.BENCHMARKS)):
        for benchmark in benchmarks:
            for method in ("maml", "maml-kfo"):
                for j, depth in enumerate(paper.DEPTHS):
                    printed = paper.TABLE_1[benchmark]["maml"][j] if method == "maml" else None
                    yield figure_4_point(figure, benchmark, depth, method, printed)
    for benchmark in paper.BENCHMARKS:
        for method in ("maml", "maml-linnet"):
            for measure in ("train", "test"):
                name = f"sectionB4/{benchmark}/softmax/{method}-{measure}"
                yield softmax_curve(name, "Section B.4", benchmark, method, measure)


def figure_4_point(figure: str, benchmark: str, depth: int, method: str, printed: float | None) -> Record:
    """A point of Figure 4 or B.4: the setting of the tables' cell, under the figure's name."""
    record = cell("1", benchmark, depth, method, printed)
    place = f"Figure {figure.replace('B', 'B.')}"
    return Record(
        name=f"figure{figure}/{benchmark}/cnn{depth}/{method}",
        place=place,
        setting=record.setting,
        rates_source=record.rates_source,
        iterations_source=record.iterations_source,
        printed=printed,
        source="Table 1" if printed is not None else place,
        note="[open] the figure's axis is a picture; the depths are Table 1's",
    )
