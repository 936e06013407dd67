"""The sentences that the paper hangs on its tables and figures, each as contrasts with a threshold.

A claim is a conjunction of parts. A part is a linear contrast of accuracies in percent, a comparison and a
threshold. Where the paper's word is vague ("slightly", "about the same", "near-perfect") the threshold is
ours and is written in the test. Every part is also evaluated on the paper's own printed numbers, where all of
them are printed.

Our own questions (:mod:`empirical.experiments.questions`) are held to their predictions in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ..experiments.paper import BENCHMARKS, DEPTHS, TABLE_3_METHODS, TABLE_B4_METHODS
from ..experiments.questions import BETTER_RATE, FIRST_ORDER, PRECONDITIONED, SOFTMAX_GRID, ZERO_ONE_STEP
from .statistics import Term

CHANCE = 20.0


@dataclass(frozen=True)
class Part:
    """``contrast > threshold`` or ``contrast < threshold``."""

    label: str
    terms: tuple[Term, ...]
    above: bool = True
    threshold: float = 0.0


@dataclass(frozen=True)
class Claim:
    """A sentence, where it stands, how it is tested, and the parts that must all hold."""

    id: str
    where: str
    sentence: str
    test: str
    parts: tuple[Part, ...]


def exceeds(label: str, more: str, less: str, margin: float = 0.0) -> Part:
    """Accuracy of ``more`` − accuracy of ``less`` > margin."""
    return Part(label, (Term(1.0, more), Term(-1.0, less)), True, margin)


def within(label: str, one: Term, other: Term, margin: float) -> tuple[Part, Part]:
    """|one − other| < margin, as two parts (two one-sided tests)."""
    contrast = (one, Term(-other.weight, other.record, other.measure))
    return Part(f"{label}, from above", contrast, False, margin), Part(
        f"{label}, from below", contrast, True, -margin
    )


def tables() -> Iterator[Claim]:
    """Claims of Tables 1, 2, 3 and B.4."""
    yield Claim(
        "table1:linnet-helps",
        "§5.2, Table 1",
        "When the number of CNN layers are less than 6, the addition improves meta-learning performances.",
        "LinNet − plain > 0 at each depth below 6",
        tuple(
            exceeds(f"{b} CNN({x})", f"table1/{b}/cnn{x}/maml-linnet", f"table1/{b}/cnn{x}/maml")
            for b in BENCHMARKS
            for x in DEPTHS
            if x < 6
        ),
    )
    yield Claim(
        "table1:degradation-at-6",
        "§5.2, Table 1",
        "At CNN(6), there are degradations in performance by the original MAML on Omniglot and CIFAR-FS",
        "MAML at CNN(4) − MAML at CNN(6) > 0",
        tuple(exceeds(b, f"table1/{b}/cnn4/maml", f"table1/{b}/cnn6/maml") for b in BENCHMARKS[:2]),
    )
    yield Claim(
        "table1:no-further-gain-at-6",
        "§5.2, Table 1",
        "… such that LinNet does not improve further.",
        "LinNet − plain < 0.5 points at CNN(6)",
        tuple(
            Part(
                b,
                (Term(1.0, f"table1/{b}/cnn6/maml-linnet"), Term(-1.0, f"table1/{b}/cnn6/maml")),
                False,
                0.5,
            )
            for b in BENCHMARKS[:2]
        ),
    )
    mini = "table1/mini-imagenet"
    yield Claim(
        "table1:mini-imagenet-best-at-4",
        "§5.2, Table 1",
        "On mini-ImageNet, while MAML improves, LinNet decreases though its performance at CNN(4) is still "
        "the best.",
        "from CNN(4) to CNN(6) MAML's difference > 0 and LinNet's < 0; LinNet at CNN(4) − MAML at CNN(6) > 0",
        (
            exceeds("MAML improves", f"{mini}/cnn6/maml", f"{mini}/cnn4/maml"),
            exceeds("LinNet decreases", f"{mini}/cnn4/maml-linnet", f"{mini}/cnn6/maml-linnet"),
            exceeds("CNN(4) is best", f"{mini}/cnn4/maml-linnet", f"{mini}/cnn6/maml"),
        ),
    )
    yield Claim(
        "table2:linnet-helps-anil",
        "§5.2, Table 2",
        "Table 2 generalizes the positive findings in Table 1 to ANIL.",
        "ANIL with LinNet − ANIL > 0",
        tuple(exceeds(b, f"table2/{b}/cnn2/anil-linnet", f"table2/{b}/cnn2/anil") for b in BENCHMARKS),
    )
    for number, where, baseline, methods in (
        ("3", "§5.3, Table 3", "maml", TABLE_3_METHODS),
        ("B4", "B.5, Table B.4", "anil", TABLE_B4_METHODS),
    ):
        name = "MAML" if baseline == "maml" else "ANIL"
        sentence = (
            "All methods improve the original MAML"
            if number == "3"
            else "We observe that ANIL always benefits from the combination with a meta-optimizer"
        )
        stem = f"table{number}"
        yield Claim(
            f"{stem}:all-improve",
            where,
            sentence,
            f"each meta-optimizer − plain {name} > 0",
            tuple(
                exceeds(f"{b} {m}", f"{stem}/{b}/cnn2/{m}", f"{stem}/{b}/cnn2/{baseline}")
                for b in BENCHMARKS
                for m in methods[1:]
            ),
        )
        best_on = BENCHMARKS[:2] if number == "3" else BENCHMARKS
        yield Claim(
            f"{stem}:kfo-best",
            where,
            "meta-KFO improves the most on Omniglot and CIFAR-FS."
            if number == "3"
            else "… specifically that it benefits most from KFO.",
            "meta-KFO − each other method > 0",
            tuple(
                exceeds(f"{b} against {m}", f"{stem}/{b}/cnn2/{methods[-1]}", f"{stem}/{b}/cnn2/{m}")
                for b in best_on
                for m in methods[:-1]
            ),
        )
    yield Claim(
        "table3:mini-imagenet-same",
        "§5.3, Table 3",
        "On mini-ImageNet, all methods improve about the same amount.",
        "|difference| < 2 points between neighbouring columns (two one-sided tests)",
        tuple(
            part
            for one, other in pairwise(TABLE_3_METHODS[1:])
            for part in within(
                f"{one} and {other}",
                Term(1.0, f"table3/mini-imagenet/cnn2/{one}"),
                Term(1.0, f"table3/mini-imagenet/cnn2/{other}"),
                2.0,
            )
        ),
    )


def figures() -> Iterator[Claim]:
    """Claims of Figures 1, 3, 4 and B.1 to B.4, and of the text of B.4."""
    yield Claim(
        "figure1:regression",
        "§4.2, Figure 1 left",
        "shallow fails; deep meta-learns",
        "post-adaptation loss of shallow − loss of deep > 0",
        (exceeds("loss", "figure1/regression/scalar/shallow", "figure1/regression/scalar/deep"),),
    )
    logistic = "figure1/logistic/plane"
    yield Claim(
        "figure1:logistic-chance",
        "§4.2, Figure 1 right; B.1.1",
        "The base model attains an accuracy at the chance level",
        "accuracy < 50 + 5 %",
        (Part("LR", (Term(1.0, f"{logistic}/lr"),), False, 55.0),),
    )
    yield Claim(
        "figure1:logistic-perfect",
        "§4.2, Figure 1 right; B.1.1",
        "… while the overparameterized one reaches near-perfect classification accuracy.",
        "accuracy > 95 %",
        tuple(Part(m, (Term(1.0, f"{logistic}/{m}"),), True, 95.0) for m in ("lr-linnet2", "lr-linnet3")),
    )
    separable = "figureB1/logistic/plane-separable"
    yield Claim(
        "figureB1:separable-chance",
        "B.1, caption of Figure B.1",
        "For linear separable data, MAML fails on logistic regression",
        "accuracy < 50 + 5 %, labels 1[θ'x > 0]",
        (Part("LR", (Term(1.0, f"{separable}/lr"),), False, 55.0),),
    )
    yield Claim(
        "figureB1:separable-perfect",
        "B.1, caption of Figure B.1",
        "… but succeed on logistic regression augmented with 2 or 3 linear layers.",
        "accuracy > 95 %, labels 1[θ'x > 0]",
        tuple(Part(m, (Term(1.0, f"{separable}/{m}"),), True, 95.0) for m in ("lr-linnet2", "lr-linnet3")),
    )
    yield Claim(
        "figure3:lr-near-chance",
        "§5.1, Figure 3, Figure B.2",
        "The black lines are the meta-learning performance, which only slightly improve upon chance levels",
        "accuracy of softmax regression < 20 + 10 %",
        tuple(Part(b, (Term(1.0, f"figureB2/{b}/softmax/maml"),), False, CHANCE + 10.0) for b in BENCHMARKS),
    )
    yield Claim(
        "figure3:linnet-rescues",
        "§5.1, Figure 3, Figure B.2",
        "when linear layers are added to these linear models, the meta-learning performances are "
        "significantly improved.",
        "LinNet − plain > 0",
        tuple(
            exceeds(b, f"figureB2/{b}/softmax/maml-linnet", f"figureB2/{b}/softmax/maml") for b in BENCHMARKS
        ),
    )
    yield Claim(
        "figure3:below-the-line",
        "§3, eq. (5); Figure 3",
        "M1^maml ≤ M2^maml ≤ M^bayes: the horizontal line lies above both curves",
        "trained on ample data of the task − meta-learned LinNet > 0",
        tuple(
            exceeds(b, f"figureB2/{b}/softmax/ample-data", f"figureB2/{b}/softmax/maml-linnet")
            for b in BENCHMARKS
        ),
    )
    collapsed, whole, plain = (f"figureB3/{{}}/softmax/maml{s}" for s in ("-linnet-collapsed", "-linnet", ""))
    yield Claim(
        "figureB3:collapse-hurts",
        "B.3, Figure B.3",
        "collapsing erases the model's ability to adapt to new tasks",
        "LinNet − LinNet collapsed before adaptation > 0",
        tuple(exceeds(b, whole.format(b), collapsed.format(b)) for b in BENCHMARKS[:2]),
    )
    yield Claim(
        "figureB3:collapsed-as-original",
        "B.4",
        "the solutions from the collapsing becomes as ineffective as the original models",
        "LinNet collapsed − softmax regression < 5 points",
        tuple(
            Part(b, (Term(1.0, collapsed.format(b)), Term(-1.0, plain.format(b))), False, 5.0)
            for b in BENCHMARKS[:2]
        ),
    )
    yield Claim(
        "figure4:size-improves",
        "§5.3, Figure 4",
        "as the model size increases, the performances of both methods improve",
        "CNN(6) − CNN(2) > 0, for MAML and for meta-KFO",
        tuple(
            exceeds(f"{b} {m}", f"figureB4/{b}/cnn6/{m}", f"figureB4/{b}/cnn2/{m}")
            for b in BENCHMARKS
            for m in ("maml", "maml-kfo")
        ),
    )
    yield Claim(
        "figure4:gain-shrinks",
        "§5.3, Figure 4; B.6",
        "the net gain from meta-KFO has the diminishing trend as the size increases",
        "(KFO − MAML at CNN(2)) − (KFO − MAML at CNN(X)) > 0 for X = 4 and 6",
        tuple(
            Part(
                f"{b} CNN(2) against CNN({x})",
                (
                    Term(1.0, f"figureB4/{b}/cnn2/maml-kfo"),
                    Term(-1.0, f"figureB4/{b}/cnn2/maml"),
                    Term(-1.0, f"figureB4/{b}/cnn{x}/maml-kfo"),
                    Term(1.0, f"figureB4/{b}/cnn{x}/maml"),
                ),
            )
            for b in BENCHMARKS
            for x in (4, 6)
        ),
    )
    yield Claim(
        "sectionB4:no-overfitting",
        "B.4",
        "there is very little difference between training accuracies and meta-testing accuracies",
        "|meta-training − meta-test accuracy| < 5 points (two one-sided tests)",
        tuple(
            part
            for b in BENCHMARKS
            for m in ("maml", "maml-linnet")
            for part in within(
                f"{b} {m}",
                Term(1.0, f"sectionB4/{b}/softmax/{m}-train", "train"),
                Term(1.0, f"sectionB4/{b}/softmax/{m}-test", "test"),
                5.0,
            )
        ),
    )


def ours() -> Iterator[Claim]:
    """Our questions against their predictions, on Omniglot and CIFAR-FS."""
    benchmarks = BENCHMARKS[:2]
    softmax = "question/{}/softmax"
    yield Claim(
        "ours:zero-start-rate-free",
        "our question 1",
        f"From zero, one step: {ZERO_ONE_STEP}.",
        "|difference| < 0.5 points between neighbouring α of the grid",
        tuple(
            part
            for b in benchmarks
            for one, other in pairwise(SOFTMAX_GRID)
            for part in within(
                f"{b} α = {one:g} and {other:g}",
                Term(1.0, f"{softmax.format(b)}/zero-1step-{one:g}-untrained"),
                Term(1.0, f"{softmax.format(b)}/zero-1step-{other:g}-untrained"),
                0.5,
            )
        ),
    )
    yield Claim(
        "ours:zero-start-adapts",
        "our question 1",
        "Softmax regression from zero adapts in one step, without any meta-training, far above chance.",
        "accuracy > 20 + 10 %",
        tuple(
            Part(b, (Term(1.0, f"{softmax.format(b)}/zero-1step-1-untrained"),), True, CHANCE + 10.0)
            for b in benchmarks
        ),
    )
    yield Claim(
        "ours:zero-start-against-meta-trained",
        "our question 1",
        "Untrained softmax regression from zero beats the paper's meta-trained softmax regression.",
        "zero start, one step, untrained − Figure 3's softmax regression > 0",
        tuple(
            exceeds(b, f"{softmax.format(b)}/zero-1step-1-untrained", f"figure3/{b}/softmax/maml")
            for b in benchmarks
        ),
    )
    yield Claim(
        "ours:preconditioned-shallow",
        "our question 2",
        f"Softmax regression with a learned matrix on its gradient: {PRECONDITIONED}.",
        "with Meta-Curvature, and with meta-KFO, − plain > 0",
        tuple(
            exceeds(f"{b} {rule}", f"{softmax.format(b)}/maml-{rule}", f"figure3/{b}/softmax/maml")
            for b in benchmarks
            for rule in ("meta-curvature", "kfo")
        ),
    )
    yield Claim(
        "ours:better-rate",
        "our question 3",
        f"CNN(2) under MAML: {BETTER_RATE}.",
        "MAML at α = 0.5 − MAML at the paper's α > 0",
        tuple(exceeds(b, f"question/{b}/cnn2/maml-0.5", f"table3/{b}/cnn2/maml") for b in benchmarks),
    )
    yield Claim(
        "ours:linnet-against-better-rate",
        "our question 3",
        "LinNet is more than a better-tuned α.",
        "CNN(2) with LinNet − CNN(2) under MAML > 0 at every α of the grid",
        tuple(
            exceeds(f"{b} α = {rate}", f"table1/{b}/cnn2/maml-linnet", f"question/{b}/cnn2/maml-{rate}")
            for b in benchmarks
            for rate in ("0.02", "0.2", "0.5", "1")
        ),
    )
    yield Claim(
        "ours:linnet-from-a-tame-start",
        "our question 3",
        "LinNet helps CNN(2) when its head starts Xavier-uniform (preset ours), under MAML and under ANIL.",
        "LinNet@ours − plain > 0 on Omniglot",
        (
            exceeds("MAML", "table1/omniglot/cnn2/maml-linnet@ours", "table1/omniglot/cnn2/maml"),
            exceeds("ANIL", "table2/omniglot/cnn2/anil-linnet@ours", "table2/omniglot/cnn2/anil"),
        ),
    )
    yield Claim(
        "ours:first-order",
        "our question 4",
        f"LinNet and meta-KFO by first-order MAML: {FIRST_ORDER}.",
        "second order − first order > 0",
        tuple(
            exceeds(f"{b} {m}", f"{place}/{b}/cnn2/{m}", f"question/{b}/cnn2/{m}-first-order")
            for b in benchmarks
            for m, place in (("maml-linnet", "table1"), ("maml-kfo", "table3"))
        ),
    )


def claims() -> tuple[Claim, ...]:
    """All of them, in the order of the paper, then ours."""
    return (*tables(), *figures(), *ours())
