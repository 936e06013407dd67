"""What the paper prints: every measured number and every rate, typed once, each beside its source.

Arnold, Iqbal, Sha, "When MAML Can Adapt Fast and How to Assist When It Cannot", AISTATS 2021. Accuracies are
percent on meta-test tasks, 5 ways, 5 shots. Nothing else in the repository repeats these numbers; the
registry (:mod:`empirical.experiments.registry`) turns each into a record, and a test counts them against the
paper's layout.

The printed tables contradict each other, or the sentences about them, in places; :func:`inconsistencies`
finds those places from the data, so that the list cannot drift away from the tables:

* Omniglot CNN(2) under plain MAML is 66.8 in Table 1 and 66.6 in Table 3;
* "when the number of CNN layers are less than 6, the addition improves" (§5.2) is false for Omniglot CNN(4),
  98.5 → 98.1;
* "at CNN(6), there are degradations in performance by the original MAML on Omniglot and CIFAR-FS" (§5.2): on
  CIFAR-FS Table 1 shows an increase, 70.9 → 71.3, and LinNet does improve it further, 71.3 → 71.9.

Figures are pictures in the paper: their curves have no printed values, and none are invented here.
"""

from __future__ import annotations

from dataclasses import dataclass

BENCHMARKS = ("omniglot", "cifar-fs", "mini-imagenet")
"""The paper's three benchmarks, in the order of its tables."""

DEPTHS = (2, 3, 4, 6)
"""The numbers X of convolutional layers in Table 1. Figure 4's axis is a picture: [open], so Table 1's depths
are used."""

TABLE_1: dict[str, dict[str, tuple[float, ...]]] = {
    # §5.2, Table 1 "Accuracy Improves by Adding Linear Layers"; columns are CNN(X), X in DEPTHS.
    "omniglot": {"maml": (66.8, 93.5, 98.5, 97.6), "maml-linnet": (88.1, 95.5, 98.1, 97.6)},
    "cifar-fs": {"maml": (62.2, 68.9, 70.9, 71.3), "maml-linnet": (66.1, 71.1, 74.4, 71.9)},
    "mini-imagenet": {"maml": (52.6, 54.0, 64.1, 64.6), "maml-linnet": (60.5, 60.2, 64.9, 64.1)},
}

TABLE_2: dict[str, dict[str, float]] = {
    # §5.2, Table 2 "Accuracy Improves on ANIL Trained CNN(2)".
    "omniglot": {"anil": 91.00, "anil-linnet": 93.02},
    "cifar-fs": {"anil": 66.10, "anil-linnet": 67.55},
    "mini-imagenet": {"anil": 56.42, "anil-linnet": 56.64},
}

TABLE_3_METHODS = ("maml", "maml-meta-sgd", "maml-meta-curvature", "maml-t-nets", "maml-kfo")
TABLE_3: dict[str, dict[str, float]] = {
    # §5.3, Table 3 "Meta-Optimizers Outperform MAML on CNN(2)".
    "omniglot": dict(zip(TABLE_3_METHODS, (66.6, 74.07, 94.63, 92.27, 96.62), strict=True)),
    "cifar-fs": dict(zip(TABLE_3_METHODS, (62.2, 62.82, 68.37, 66.42, 69.64), strict=True)),
    "mini-imagenet": dict(zip(TABLE_3_METHODS, (52.6, 59.90, 58.95, 58.47, 59.08), strict=True)),
}

TABLE_B4_METHODS = ("anil", "anil-meta-sgd", "anil-meta-curvature", "anil-kfo")
TABLE_B4: dict[str, dict[str, float]] = {
    # B.5, Table B.4 "Meta-Optimizers Improve ANIL Meta-Learnability on CNN(2)".
    "omniglot": dict(zip(TABLE_B4_METHODS, (91.00, 92.47, 92.67, 94.40), strict=True)),
    "cifar-fs": dict(zip(TABLE_B4_METHODS, (66.10, 67.55, 67.43, 68.81), strict=True)),
    "mini-imagenet": dict(zip(TABLE_B4_METHODS, (56.42, 57.45, 59.07, 62.65), strict=True)),
}


@dataclass(frozen=True)
class Rates:
    """Adaptation rate α, meta learning rate β, and where the pair comes from."""

    adaptation: float
    meta: float
    source: str


SOFTMAX_RATES: dict[str, dict[str, tuple[float, float]]] = {
    # Table D.5: (meta, adaptation), softmax ("LR") and softmax with the 256-128-64-64 LinNet.
    "omniglot": {"maml": (0.0005, 1.0), "maml-linnet": (0.0005, 0.08)},
    "cifar-fs": {"maml": (0.0005, 0.01), "maml-linnet": (0.0001, 0.02)},
    "mini-imagenet": {"maml": (0.0005, 0.01), "maml-linnet": (0.0005, 0.01)},
}

LOGISTIC_RATES: dict[str, tuple[float, float]] = {
    # Table D.5, "Synthetic": (meta, adaptation) of the binary logistic regression of B.1.
    "lr": (0.01, 0.9),
    "lr-linnet2": (0.1, 0.9),
    "lr-linnet3": (0.1, 0.9),
}

REGRESSION_RATES = (0.01, 0.1)
"""D, "Linear Models": (meta, adaptation) of the 1-D regression, both models; outer SGD with momentum 0.9."""

CNN_METHODS = (
    "maml",
    "maml-linnet",
    "maml-meta-sgd",
    "maml-meta-curvature",
    "maml-kfo",
    "anil",
    "anil-linnet",
    "anil-meta-sgd",
    "anil-meta-curvature",
    "anil-kfo",
)
CNN_ADAPTATION_RATES: dict[str, tuple[float, ...]] = {
    # Table D.6; columns are CNN_METHODS.
    "omniglot": (0.08, 0.05, 0.5, 0.5, 0.1, 0.5, 0.5, 0.05, 0.05, 0.1),
    "cifar-fs": (0.07, 0.01, 0.7, 0.7, 0.1, 0.5, 0.5, 0.1, 0.1, 0.1),
    "mini-imagenet": (0.001, 0.001, 0.1, 0.05, 0.001, 0.5, 0.5, 0.1, 0.1, 0.1),
}
CNN_META_RATES: dict[str, tuple[float, ...]] = {
    # Table D.7; columns are CNN_METHODS.
    "omniglot": (0.003, 0.003, 0.0005, 0.0005, 0.001, 0.001, 0.003, 0.001, 0.001, 0.001),
    "cifar-fs": (0.003, 0.003, 0.001, 0.003, 0.003, 0.002, 0.001, 0.001, 0.001, 0.001),
    "mini-imagenet": (0.0005, 0.0005, 0.001, 0.001, 0.0001, 0.001, 0.001, 0.001, 0.001, 0.001),
}


def cnn_rates(benchmark: str, method: str, depth: int) -> Rates:
    """Rates of a CNN(depth) record: Tables D.6 and D.7 print them for CNN(2) only.

    [open], and our choice: other depths take CNN(2)'s rates; T-Nets, which the tables leave out, take MAML's,
    because with T = I at the start T-Nets *is* MAML.
    """
    column = "maml" if method == "maml-t-nets" else method
    j = CNN_METHODS.index(column)
    source = "Tables D.6 and D.7"
    if method == "maml-t-nets":
        source = "[open] T-Nets' rates are not printed; MAML's, Tables D.6 and D.7, since T = I is MAML"
    elif depth != 2:
        source = f"[open] CNN({depth})'s rates are not printed; CNN(2)'s, Tables D.6 and D.7"
    return Rates(CNN_ADAPTATION_RATES[benchmark][j], CNN_META_RATES[benchmark][j], source)


def softmax_rates(benchmark: str, method: str) -> Rates:
    """Rates of softmax regression with and without LinNet, Table D.5."""
    meta, adaptation = SOFTMAX_RATES[benchmark][method]
    return Rates(adaptation, meta, "Table D.5")


@dataclass(frozen=True)
class Inconsistency:
    """A place where the paper disagrees with itself, computed from the tables above."""

    where: str
    statement: str


def inconsistencies() -> list[Inconsistency]:
    """Every disagreement between two tables, and between a table and the sentence about it (§5.2, §5.3,
    B.5)."""
    found: list[Inconsistency] = []
    for benchmark in BENCHMARKS:
        maml, linnet = TABLE_1[benchmark]["maml"], TABLE_1[benchmark]["maml-linnet"]
        if maml[0] != TABLE_3[benchmark]["maml"]:
            found.append(
                Inconsistency(
                    "Table 1, Table 3",
                    f"{benchmark} CNN(2) MAML: {maml[0]} in Table 1, {TABLE_3[benchmark]['maml']} in Table 3",
                )
            )
        if TABLE_2[benchmark]["anil"] != TABLE_B4[benchmark]["anil"]:
            found.append(
                Inconsistency("Table 2, Table B.4", f"{benchmark} CNN(2) ANIL differs between the two")
            )
        found += [
            Inconsistency(
                "§5.2, Table 1",
                f"'less than 6 …, the addition improves', but {benchmark} CNN({depth}): {before} → {after}",
            )
            for depth, before, after in zip(DEPTHS, maml, linnet, strict=True)
            if depth < 6 and after <= before
        ]
        if benchmark != "mini-imagenet" and maml[3] >= maml[2]:
            found.append(
                Inconsistency(
                    "§5.2, Table 1",
                    f"'at CNN(6), there are degradations', but MAML on {benchmark}: {maml[2]} → {maml[3]}",
                )
            )
        if benchmark != "mini-imagenet" and linnet[3] > maml[3]:
            found.append(
                Inconsistency(
                    "§5.2, Table 1",
                    f"'LinNet does not improve further' at CNN(6), but {benchmark}: {maml[3]} → {linnet[3]}",
                )
            )
    return found
