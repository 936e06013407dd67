"""The paper's tables against each other and against the sentences about them.

Decided from the printed numbers alone, which live once, in `empirical.experiments.paper`; what our own runs
say about the same sentences is a `Measurement`. Accuracies are percent, 5 ways, 5 shots.
"""

from __future__ import annotations

from collections.abc import Mapping

from analysis.claims.checks.deep import PAPERS_RATE
from empirical.experiments import paper

Table1 = Mapping[str, Mapping[str, tuple[float, ...]]]
Table = Mapping[str, Mapping[str, float]]


def _gains(table: Table1, depths: tuple[int, ...] = paper.DEPTHS) -> dict[tuple[str, int], float]:
    """LinNet minus MAML for every benchmark and depth of Table 1."""
    return {
        (benchmark, depth): round(linnet - maml, 2)
        for benchmark, row in table.items()
        for depth, maml, linnet in zip(depths, row["maml"], row["maml-linnet"], strict=True)
    }


def first_cell_printed_twice(one: Table1 = paper.TABLE_1, three: Table = paper.TABLE_3) -> bool:
    """Omniglot, CNN(2), MAML: 66.8 in Table 1 and 66.6 in Table 3; the other two benchmarks agree."""
    differs = [b for b in paper.BENCHMARKS if one[b]["maml"][0] != three[b]["maml"]]
    return differs == ["omniglot"] and (one["omniglot"]["maml"][0], three["omniglot"]["maml"]) == (66.8, 66.6)


def anil_cells_agree(two: Table = paper.TABLE_2, four: Table = paper.TABLE_B4) -> bool:
    """Plain ANIL on CNN(2) is printed equal in Tables 2 and B.4."""
    return all(two[b]["anil"] == four[b]["anil"] for b in paper.BENCHMARKS)


def not_every_cell_improves(table: Table1 = paper.TABLE_1) -> bool:
    """Of Table 1's twelve pairs LinNet raises nine, leaves Omniglot CNN(6) and lowers two."""
    gains = _gains(table)
    lowered = {cell for cell, gain in gains.items() if gain < 0}
    unchanged = {cell for cell, gain in gains.items() if gain == 0}
    return (lowered, unchanged) == ({("omniglot", 4), ("mini-imagenet", 6)}, {("omniglot", 6)})


def below_six_layers_one_cell_falls(table: Table1 = paper.TABLE_1) -> bool:
    """Below six layers the one pair that does not rise is Omniglot CNN(4), 98.5 to 98.1."""
    falls = [cell for cell, gain in _gains(table).items() if cell[1] < 6 and gain <= 0]
    row = table["omniglot"]
    return falls == [("omniglot", 4)] and (row["maml"][2], row["maml-linnet"][2]) == (98.5, 98.1)


def cifar_at_six_layers_rises(table: Table1 = paper.TABLE_1) -> bool:
    """CIFAR-FS: MAML rises from CNN(4) to CNN(6), 70.9 to 71.3, and LinNet improves that to 71.9."""
    maml, linnet = table["cifar-fs"]["maml"], table["cifar-fs"]["maml-linnet"]
    return (maml[2], maml[3], linnet[3]) == (70.9, 71.3, 71.9) and maml[2] < maml[3] < linnet[3]


def omniglot_at_six_layers_falls(table: Table1 = paper.TABLE_1) -> bool:
    """Omniglot: MAML falls from CNN(4) to CNN(6), 98.5 to 97.6, and LinNet stays at 97.6."""
    maml, linnet = table["omniglot"]["maml"], table["omniglot"]["maml-linnet"]
    return (maml[2], maml[3], linnet[3]) == (98.5, 97.6, 97.6)


def mini_imagenet_at_six_layers(table: Table1 = paper.TABLE_1) -> bool:
    """mini-ImageNet, CNN(4) to CNN(6): MAML rises 64.1 to 64.6, LinNet falls 64.9 to 64.1; 64.9 is the row's
    best."""
    maml, linnet = table["mini-imagenet"]["maml"], table["mini-imagenet"]["maml-linnet"]
    moves = (maml[2], maml[3], linnet[2], linnet[3]) == (64.1, 64.6, 64.9, 64.1)
    return moves and linnet[2] == max(maml + linnet)


def linnet_raises_anil(table: Table = paper.TABLE_2) -> bool:
    """All three rows of Table 2 rise: +2.02, +1.45, +0.22."""
    gains = [round(table[b]["anil-linnet"] - table[b]["anil"], 2) for b in paper.BENCHMARKS]
    return gains == [2.02, 1.45, 0.22]


def _optimizer_gains(table: Table, baseline: str) -> dict[str, dict[str, float]]:
    return {
        b: {method: round(value - row[baseline], 2) for method, value in row.items() if method != baseline}
        for b, row in table.items()
    }


def all_optimizers_improve_maml(table: Table = paper.TABLE_3) -> bool:
    """Each of the twelve meta-optimizer cells of Table 3 is above its row's MAML."""
    return all(gain > 0 for row in _optimizer_gains(table, "maml").values() for gain in row.values())


def kfo_best_on_two(table: Table = paper.TABLE_3) -> bool:
    """meta-KFO is the maximum of Table 3's Omniglot and CIFAR-FS rows; on mini-ImageNet Meta-SGD is."""
    best = {b: max(row, key=row.__getitem__) for b, row in table.items()}
    return best == {"omniglot": "maml-kfo", "cifar-fs": "maml-kfo", "mini-imagenet": "maml-meta-sgd"}


def mini_imagenet_gains_alike(table: Table = paper.TABLE_3) -> bool:
    """On mini-ImageNet the gains are 7.30, 6.35, 5.87 and 6.48: within 1.5 points of each other."""
    gains = _optimizer_gains(table, "maml")["mini-imagenet"].values()
    return max(gains) - min(gains) < 1.5


def all_optimizers_improve_anil(table: Table = paper.TABLE_B4) -> bool:
    """Each of the nine meta-optimizer cells of Table B.4 is above its row's ANIL, and KFO is each row's
    best."""
    gains = _optimizer_gains(table, "anil")
    return all(
        min(row.values()) > 0 and max(row, key=row.__getitem__) == "anil-kfo" for row in gains.values()
    )


def anil_alone_solves_cnn2(one: Table1 = paper.TABLE_1, two: Table = paper.TABLE_2) -> bool:
    """On CNN(2) plain ANIL is above plain MAML everywhere, on Omniglot 91.00 to 66.8, and above MAML with
    LinNet, 88.1."""
    above = all(two[b]["anil"] > one[b]["maml"][0] for b in paper.BENCHMARKS)
    return above and two["omniglot"]["anil"] > one["omniglot"]["maml-linnet"][0]


def no_printed_kfo_is_the_best(
    one: Table1 = paper.TABLE_1, three: Table = paper.TABLE_3, four: Table = paper.TABLE_B4
) -> bool:
    """Every printed meta-KFO number (CNN(2) only) is below the same benchmark's best in Table 1, reached
    without it."""
    return all(
        max(three[b]["maml-kfo"], four[b]["anil-kfo"]) < max(*one[b]["maml"], *one[b]["maml-linnet"])
        for b in paper.BENCHMARKS
    )


def maml_is_not_monotone_in_depth(table: Table1 = paper.TABLE_1) -> bool:
    """Table 1's MAML rises with every added layer on CIFAR-FS and mini-ImageNet, but falls on Omniglot at
    CNN(6)."""
    falls = {b: [i for i in range(3) if row["maml"][i + 1] <= row["maml"][i]] for b, row in table.items()}
    return falls == {"omniglot": [2], "cifar-fs": [], "mini-imagenet": []}


def rates_cover_two_layers_without_t_nets() -> bool:
    """Tables D.6 and D.7 have no T-Nets column, though Table 3 has one, and only CNN(2), though Table 1 goes
    to CNN(6)."""
    printed = {method.removeprefix("maml-") for method in paper.TABLE_3_METHODS}
    tuned = {method.removeprefix("maml-") for method in paper.CNN_METHODS}
    return printed - tuned == {"t-nets"} and max(paper.DEPTHS) > 2


def linear_rates_are_registered() -> bool:
    """Table D.5 has a meta and an adaptation rate for LR and LR+LinNet on the three benchmarks and for B.1's
    three models."""
    softmax = {(b, method) for b, row in paper.SOFTMAX_RATES.items() for method in row}
    return softmax == {(b, method) for b in paper.BENCHMARKS for method in ("maml", "maml-linnet")} and set(
        paper.LOGISTIC_RATES
    ) == {"lr", "lr-linnet2", "lr-linnet3"}


def regression_rates(rates: tuple[float, float] = paper.REGRESSION_RATES) -> bool:
    """The registry’s rates of the 1-D regression are meta 0.01 and adaptation 0.1, the latter the ledger’s
    1/10."""
    return rates == (0.01, float(PAPERS_RATE))
