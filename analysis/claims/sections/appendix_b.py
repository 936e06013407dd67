"""Appendix B: logistic regression, collapsed layers, implicit regularization, ANIL, numbers of layers."""

from analysis.claims.checks import adaptation, deep, logistic, preconditioners, shallow, tables
from analysis.claims.claim import CORRECTED, DEFINITION, DERIVED, Claim, Conflict, Sentence
from analysis.claims.measurement import Experiment, Measurement

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
    Sentence(
        "text:B.1.1-labels",
        "B.1.1",
        "the binary outputs for each task are sampled from $y ∼ σ(θ_τᵀx)$",
        DEFINITION,
        "such data are not linearly separable; both label rules are measured below",
        (logistic.bayes_ceiling,),
    ),
    Sentence(
        "text:B.1.1-sufficient",
        "B.1.1",
        "by construction, a logistic regression is sufficient to achieve very high accuracy on any task",
        CORRECTED,
        "the Bayes accuracy is $ln 2 = 0.693$ on average over tasks with the sampled labels of the text, "
        "and 1 with labels $1[θ_τᵀx > 0]$",
        (logistic.bayes_ceiling,),
    ),
    Sentence(
        "text:B.1.1-origin",
        "B.1.1",
        "it is intuitive to see the minimizer for the MAML loss is the origin due to the rotation "
        "invariances of both the task parameters and the inputs",
        DERIVED,
        "the origin is the only minimiser for every rate up to 4, by strict convexity of the task loss and "
        "the symmetry together; invariance alone proves that it is stationary: see text:4.3-symmetry",
        (logistic.origin_is_least, shallow.symmetry_proves_only_stationarity),
    ),
    Sentence(
        "text:B.1.1-best-start",
        "B.1.1",
        "the origin thus provides the best initialization to adapt to new tasks by not favoring any "
        "particular task",
        DERIVED,
        "from it one step reaches the Bayes accuracy of every task, given unlimited data, without any depth",
        (logistic.origin_is_least, logistic.one_step_from_origin_is_bayes),
    ),
    Experiment(
        "text:B.1.1-chance",
        "B.1.1",
        "(test tasks, one step) the model fails to perform better than chance",
        logistic.at_chance,
        (logistic.one_step_from_origin_is_bayes,),
    ),
    Experiment(
        "text:B.1.1-nearly-perfect",
        "B.1.1",
        "LR with 2 or 3 linear layers attains nearly perfect classification on any task (labels sampled, as"
        " the text says)",
        logistic.nearly_perfect_with_sampled_labels,
        (logistic.bayes_ceiling,),
    ),
    Experiment(
        "text:B.1.1-nearly-perfect-separable",
        "B.1.1",
        "LR with 2 or 3 linear layers attains nearly perfect classification on any task (labels separable, "
        "as the caption of Figure B.1 says)",
        logistic.nearly_perfect_with_separable_labels,
    ),
    Measurement(
        "fig:B.1",
        "B.1",
        "MAML fails on logistic regression but succeeds on logistic regression augmented with 2 or 3 linear"
        " layers",
        ("figureB1:separable-chance", "figureB1:separable-perfect"),
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
    Sentence(
        "text:B.3-cannot-be-collapsed",
        "B.3",
        "the solutions identified in models with additional linear layers need to stay in the "
        "overparameterized space and cannot be collapsed before adaptation",
        DERIVED,
        "in the 1-D regression: the collapsed solution is $c = 0$, with the excess loss $½(1−α)²$ instead "
        "of 0",
        (adaptation.collapsed_solution_is_the_shallow_one, deep.exactly_four_zeros),
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
    Sentence(
        "text:B.4-no-bias",
        "B.4",
        "SGD is not identifying a solution in the overparameterized space that could have been identified "
        "in the original space",
        DERIVED,
        "in the 1-D regression every deep solution collapses to the shallow MAML solution itself: what it "
        "adds is the rate $αa² = 1$ of its step, which no c can express",
        (adaptation.collapsed_solution_is_the_shallow_one, adaptation.residual_for_other_a),
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
    Sentence(
        "text:B.5-t-nets",
        "B.5",
        "this table omits T-Nets, as it is not compatible with ANIL",
        DEFINITION,
        "no reason is given; on the head alone, which is all that ANIL adapts, T-Nets is the well-defined "
        "preconditioner $TTᵀ$",
        (preconditioners.t_nets_precondition,),
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
