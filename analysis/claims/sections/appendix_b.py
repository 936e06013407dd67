"""Appendix B: logistic regression, collapsed layers, implicit regularization, ANIL, numbers of layers."""

from analysis.claims.checks import adaptation, tables
from analysis.claims.claim import DERIVED, Claim, Conflict, Measurement, Sentence

CLAIMS: tuple[Claim, ...] = (
    Conflict(
        "text:B.1-mnist",
        "B.1",
        "our experiments of (multinominal) logistic regression models on Omniglot, CIFAR and MNIST datasets",
        "§5.1 and B.2",
        "no experiment on MNIST is reported anywhere; the third data set is mini-ImageNet",
        about="data sets of the softmax regressions",
        here="Omniglot, CIFAR, MNIST",
        there="Omniglot, CIFAR-FS, mini-ImageNet",
    ),
    Conflict(
        "text:B.1-panels",
        "B.1.1",
        "Fig. B.1 (Left) reports the 1-step post-adaptation accuracy on the test tasks",
        "fig:B.1",
        "the caption has it the other way round",
        about="the left panel of Figure B.1",
        here="accuracies on test tasks",
        there="meta-train accuracies; meta-test is the right panel",
    ),
    Conflict(
        "text:B.1-separable",
        "B.1",
        "for linear separable data, MAML fails on logistic regression (caption of Figure B.1)",
        "text:B.1.1-labels",
        "sampled labels are not linearly separable",
        about="labels of the synthetic tasks",
        here="linearly separable",
        there="sampled, $y ∼ σ(θ_τᵀx)$",
    ),
    Measurement(
        "fig:B.1",
        "B.1",
        "MAML fails on logistic regression but succeeds on logistic regression augmented with 2 or 3 linear"
        " layers",
        ("figure1:logistic-chance", "figure1:logistic-perfect"),
    ),
    Measurement(
        "fig:B.2",
        "B.2",
        "meta-training logistic regression with MAML on Omniglot, CIFAR-FS and mini-ImageNet leads to poor "
        "performance; adding linear nets improves it significantly",
        ("figure3:lr-near-chance", "figure3:linnet-rescues"),
    ),
    Measurement(
        "fig:B.3",
        "B.3",
        "collapsing multiple linear layers into a single layer before adapting to new tasks leads to poor "
        "adaptation results",
        ("figureB3:collapse-hurts",),
        "in the 1-D regression it is a theorem: each solution collapses to $c = 0$, the shallow model’s own",
        (adaptation.collapsed_solution_is_the_shallow_one,),
    ),
    Measurement(
        "text:B.4-no-overfitting",
        "B.4",
        "there is very little difference between training accuracies and meta-testing accuracies, with and "
        "without linear nets",
        ("sectionB4:no-overfitting",),
    ),
    Measurement(
        "text:B.4-as-ineffective",
        "B.4",
        "the solutions from the collapsing become as ineffective as the original models",
        ("figureB3:collapsed-as-original",),
        "exactly so in the 1-D regression",
        (adaptation.collapsed_solution_is_the_shallow_one,),
    ),
    Measurement(
        "table:B.4",
        "B.5",
        "meta-optimizers improve ANIL meta-learnability on CNN(2)",
        ("tableB4:all-improve", "tableB4:kfo-best"),
        "the printed cells do: all nine are above their row’s ANIL, and KFO is best in each row",
        (tables.all_optimizers_improve_anil, tables.anil_cells_agree),
    ),
    Sentence(
        "text:B.5-anil-benefits-printed",
        "B.5",
        "ANIL always benefits from the combination with a meta-optimizer, and it benefits most from KFO",
        DERIVED,
        "from Table B.4",
        (tables.all_optimizers_improve_anil,),
    ),
    Measurement(
        "fig:B.4",
        "B.6",
        "as the model size increases the performance of both methods improves; the net gain from meta-kfo "
        "over MAML has diminishing returns as the number of layers increases",
        ("figure4:size-improves", "figure4:gain-shrinks"),
        "Table 1 contradicts the first half on Omniglot, where MAML falls from CNN(4) to CNN(6)",
        (tables.maml_is_not_monotone_in_depth,),
    ),
)
