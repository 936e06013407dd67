"""Shallow against deep in two minutes, with no data: meta-trains on generated glyphs, compares, and draws.

Softmax regression can represent what the tasks need, and MAML hardly moves it; the same functions written as
a product of linear layers, or the same layer with a meta-learned map on its gradient, adapt. What is compared
is one thing only: how much accuracy five gradient steps on 25 images add.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from .deadline import Deadline
from .evaluation import Measurement
from .experiments import Record, find
from .measurements import evaluated
from .models import Data, collapsed, learner_of
from .progress import Begun, observers
from .runs import Options, prepare, state_of

MODELS = {
    "shallow: softmax regression": "figure3/omniglot/softmax/maml",
    "shallow + meta-KFO": "question/omniglot/softmax/maml-kfo",
    "deep: softmax + LinNet": "figure3/omniglot/softmax/maml-linnet",
    "CNN(2)": "table3/omniglot/cnn2/maml",
    "CNN(2) + LinNet": "table1/omniglot/cnn2/maml-linnet@ours",
}
"""What is compared, by the name of the record whose rates are used."""


@dataclass(frozen=True)
class Contestant:
    """A model of the demo and what it reached; ``curve`` is (iteration, validation accuracy)."""

    label: str
    iterations: int
    curve: list[tuple[float, float]]
    test: Measurement
    collapsed: Measurement | None


def on_glyphs(record: Record) -> Record:
    """The record's experiment on the generated glyphs."""
    return replace(record, setting=replace(record.setting, benchmark="glyphs"))


def compete(seconds_each: float, options: Options, say: Callable[[str], None]) -> list[Contestant]:
    """Give every model the same time, then the same test tasks."""
    found = []
    for label, name in MODELS.items():
        say(label)
        setting = on_glyphs(find(name)).setting
        data = Data.of(setting, options.device, None)
        learner = learner_of(setting, data.shape)
        training = prepare(setting, 0, options, data, learner, None)
        state = state_of(training, learner, setting, 0, options)
        begun = [Begun(label, 0, options.length(setting))]
        with observers(options.progress, begun) as (observe,):
            training.advance(state, options.length(setting), Deadline(f"{seconds_each}s"), observe)
        training.take_validation(state, lambda event: None)
        test = data.evaluation("test")
        measured = evaluated(setting, learner, state.best, test, options.test_tasks, options)
        product = None
        if setting.linnet:
            shallow = collapsed(learner, state.best)
            product = evaluated(setting, *shallow, test, options.test_tasks, options)
        curve = [(point[0], point[3]) for point in state.curve]
        found.append(Contestant(label, state.iteration, curve, measured, product))
    return found


def draw(contestants: list[Contestant], path: Path) -> None:
    """Accuracy against meta-iterations, and against inner steps, into one picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
    for c in contestants:
        left.plot([i for i, _ in c.curve], [100 * a for _, a in c.curve], label=c.label)
        right.plot([100 * a for a in c.test.per_step], marker="o", label=c.label)
    left.set(
        xlabel="meta-iterations",
        ylabel="accuracy after adaptation, %",
        title="meta-training (validation tasks)",
    )
    right.set(xlabel="inner gradient steps", title="meta-testing")
    for axis in (left, right):
        axis.axhline(20, color="0.6", linestyle=":", linewidth=1)
    right.legend(fontsize="small")
    figure.savefig(path, dpi=130)
    plt.close(figure)
