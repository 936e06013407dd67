"""Fair questions that the paper did not ask, as records, each with its prediction written down beside it.

1. *Is softmax regression really unable to adapt, or was it badly set up?* From W = 0 one gradient step gives
   the logits

       α/(NK) Σ_i (y_i − 1/N) ⟨x_i, x⟩,

   whose arg max does not depend on α at all: it is the class whose support mean, against the mean of all, has
   the largest inner product with x. So with a zero start and one step every α > 0 must give the same
   accuracy, far above chance if class means carry information. From a random start the first logits ⟨w, x⟩
   drown this term unless α is large. Meta-training cannot improve on zero by moving W: relabelling the
   classes permutes the rows of W, so at W = 0 all rows of the expected meta-gradient are equal, and they sum
   to zero for a softmax: the origin is stationary (the analogue of §4.3's c = 0).
2. *Is LinNet more than a learned preconditioner?* Softmax regression with Meta-SGD, Meta-Curvature and KFO: a
   linear map before the adapted one multiplies its gradient by a learned matrix, which is what Meta-Curvature
   and KFO do.
3. *Is LinNet more than a better α?* CNN(2) under MAML over a grid of α against CNN(2)+LinNet at the paper's
   rates.
4. *Does the effect need second derivatives?* First-order versions, and Reptile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from . import paper
from .curves import softmax_setting
from .record import Record, Setting
from .tables import ITERATIONS_SOURCE, cnn_setting

SOFTMAX_GRID = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)
CNN_GRID = (0.02, 0.2, 0.5, 1.0)
BENCHMARKS = paper.BENCHMARKS[:2]

ZERO_ONE_STEP = (
    "the same accuracy for every α, far above chance: the arg max of the first step does not depend on α"
)
ZERO_MORE_STEPS = "equal to one step for small α; large α overshoots and changes it"
ZERO_TRAINED = (
    "no better than untrained: the expected meta-gradient at zero vanishes by symmetry, and Adam turns its "
    "noise into a random walk of about β√n per weight, which hurts most where α is small"
)
RANDOM_START = "chance for small α, where the initial logits dominate; towards the zero start as α grows"
RANDOM_TRAINED = (
    "meta-training shrinks the initial logits towards the stationary origin: between random and zero start"
)
PRECONDITIONED = (
    "between plain softmax regression and LinNet or above: a learned matrix on the gradient is what the "
    "added layers provide"
)
LEARNED_SCALE = (
    "above plain softmax regression: learned per-weight rates can grow, but diagonal scaling cannot rotate "
    "the gradient"
)
BETTER_RATE = (
    "a larger α closes part of LinNet's gain: the added layers scale the gradient, so they act as a rate too"
)
FIRST_ORDER = (
    "below second order: without the second derivative nothing tells the added parameters how they "
    "transform the update"
)
FIRST_ORDER_PLAIN = "close to second order for plain MAML: the dropped term is of order α"

REPTILE = (
    "below MAML at equal length: its meta-gradient follows the support loss and never asks about new images"
)


def question(setting: Setting, title: str, prediction: str, rates_source: str) -> Record:
    """A record of our own: no printed value, a prediction instead."""
    return Record(
        name=f"question/{setting.benchmark}/{setting.network}/{title}",
        place="Our questions",
        setting=setting,
        rates_source=rates_source,
        iterations_source=ITERATIONS_SOURCE,
        preset="ours",
        prediction=prediction,
    )


def softmax_prediction(start: str, steps: int, trained: bool) -> str:
    """The theory's answer to question 1, by start, number of steps and whether there is meta-training."""
    if start == "random":
        return RANDOM_TRAINED if trained else RANDOM_START
    if trained:
        return ZERO_TRAINED
    return ZERO_ONE_STEP if steps == 1 else ZERO_MORE_STEPS


def questions() -> Iterator[Record]:
    """All our questions, cheapest first."""
    for benchmark in BENCHMARKS:
        base = softmax_setting(benchmark, "maml")
        for trained in (False, True):
            for start in ("zero", "random"):
                for steps in (1, 5):
                    for rate in SOFTMAX_GRID:
                        setting = replace(
                            base,
                            start=start,
                            steps=steps,
                            adaptation_rate=rate,
                            iterations=base.iterations if trained else 0,
                        )
                        plural, ending = "s" * (steps > 1), "trained" if trained else "untrained"
                        title = f"{start}-{steps}step{plural}-{rate:g}-{ending}"
                        prediction = softmax_prediction(start, steps, trained)
                        yield question(setting, title, prediction, "grid of α; β of Table D.5")
        for rule in ("meta-sgd", "meta-curvature", "kfo"):
            prediction = LEARNED_SCALE if rule == "meta-sgd" else PRECONDITIONED
            yield question(replace(base, rule=rule), f"maml-{rule}", prediction, "Table D.5, the row of LR")
        for method in ("maml", "maml-linnet"):
            setting = replace(softmax_setting(benchmark, method), order=1)
            prediction = FIRST_ORDER_PLAIN if method == "maml" else FIRST_ORDER
            yield question(setting, f"{method}-first-order", prediction, "Table D.5")
        for rate in CNN_GRID:
            setting = replace(cnn_setting(benchmark, 2, "maml"), adaptation_rate=rate)
            yield question(setting, f"maml-{rate:g}", BETTER_RATE, "grid of α; β of Table D.7")
        reptile = replace(cnn_setting(benchmark, 2, "maml"), learner="reptile", order=1)
        yield question(reptile, "reptile", REPTILE, "MAML's, Tables D.6 and D.7")
        for method in ("maml", "maml-linnet", "maml-kfo"):
            setting = replace(cnn_setting(benchmark, 2, method), order=1)
            prediction = FIRST_ORDER_PLAIN if method == "maml" else FIRST_ORDER
            yield question(setting, f"{method}-first-order", prediction, "Tables D.6 and D.7")
