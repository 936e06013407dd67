"""§5: the experiments, (21)–(26), Tables 1–3 and Figures 3–4.

Contradictions between sentences and tables are decided from the printed numbers; what the sentences claim
about networks is decided by our own runs.
"""

from analysis.claims.checks import algorithm, linear_networks, preconditioners, shallow, tables
from analysis.claims.claim import CORRECTED, DEFINITION, DERIVED, INCONSISTENT, Claim, Sentence
from analysis.claims.measurement import Measurement

CLAIMS: tuple[Claim, ...] = (
    Measurement(
        "fig:3",
        "5.1",
        "meta-training logistic regression with MAML on Omniglot and CIFAR-FS leads to poor performance; "
        "adding linear nets improves it significantly",
        ("figure3:lr-near-chance", "figure3:linnet-rescues"),
    ),
    Measurement(
        "text:5.1-upper-lines",
        "5.1",
        "the horizontal lines denote the best performance of the models trained on sufficient data from the"
        " meta-testing tasks",
        ("figure3:below-the-line",),
    ),
    Measurement(
        "text:5.1-chance",
        "5.1",
        "the meta-learning performance of softmax regression only slightly improves upon chance levels (20%"
        " on Omniglot and CIFAR-FS)",
        ("figure3:lr-near-chance",),
    ),
    Measurement(
        "text:5.1-linear-nets",
        "5.1",
        "when linear layers are added to these linear models, the meta-learning performances are "
        "significantly improved",
        ("figure3:linnet-rescues",),
    ),
    Sentence(
        "table:1",
        "5.2",
        "accuracy improves by adding linear layers (caption); “the positive results of adding two linear "
        "layers”",
        INCONSISTENT,
        "table:3, which prints 66.6 for Omniglot, CNN(2), MAML where Table 1 prints 66.8; and with its own "
        "caption: nine of twelve pairs improve",
        (tables.first_cell_printed_twice, tables.not_every_cell_improves),
    ),
    Sentence(
        "text:5.2-below-six",
        "5.2",
        "when the number of CNN layers are less than 6, the addition improves meta-learning performances",
        INCONSISTENT,
        "table:1: on Omniglot, CNN(4) falls from 98.5 to 98.1",
        (tables.below_six_layers_one_cell_falls,),
    ),
    Measurement(
        "text:5.2-below-six-measured",
        "5.2",
        "when the number of CNN layers are less than 6, the addition improves meta-learning performances",
        ("table1:linnet-helps",),
    ),
    Sentence(
        "text:5.2-at-six",
        "5.2",
        "at CNN(6), there are degradations by the original MAML on Omniglot and CIFAR-FS such that LinNet "
        "does not improve further",
        INCONSISTENT,
        "table:1: on CIFAR-FS MAML rises (70.9 to 71.3) and LinNet improves it (71.9); on Omniglot it is as"
        " said",
        (tables.cifar_at_six_layers_rises, tables.omniglot_at_six_layers_falls),
    ),
    Measurement(
        "text:5.2-at-six-measured",
        "5.2",
        "at CNN(6), there are degradations by the original MAML on Omniglot and CIFAR-FS such that LinNet "
        "does not improve further",
        ("table1:degradation-at-6", "table1:no-further-gain-at-6"),
    ),
    Sentence(
        "text:5.2-mini-imagenet-at-six",
        "5.2",
        "on mini-ImageNet, while MAML improves, LinNet decreases though its performance at CNN(4) is still "
        "the best",
        DERIVED,
        "from Table 1",
        (tables.mini_imagenet_at_six_layers,),
    ),
    Measurement(
        "text:5.2-mini-imagenet-at-six-measured",
        "5.2",
        "on mini-ImageNet, while MAML improves, LinNet decreases though its performance at CNN(4) is still "
        "the best",
        ("table1:mini-imagenet-best-at-4",),
    ),
    Measurement(
        "table:2",
        "5.2",
        "accuracy improves on ANIL trained CNN(2)",
        ("table2:linnet-helps-anil",),
        "the printed rows all rise: +2.02, +1.45, +0.22",
        (tables.linnet_raises_anil, tables.anil_cells_agree),
    ),
    Sentence(
        "text:5.3-inline-loss",
        "5.3",
        "in some of these techniques (such as T-Nets and WarpGrad) the loss used to compute the gradients "
        "contains the transformation parameters themselves, cf. (25)",
        DERIVED,
        "the gradient in W of the loss of TW is T times that in TW; (25) as printed has lost this: see eq:25",
        (preconditioners.t_nets_precondition,),
    ),
    Sentence(
        "text:5.3-inline-capacity",
        "5.3",
        "“inline” transformations such as T-Nets de facto increase the model capacity by injecting more "
        "parameters",
        INCONSISTENT,
        "text:5.3-absorbed: “since A is linear, it can be absorbed into the original model”. For "
        "linear T no function is added; for WarpGrad’s non-linear layers the sentence is right",
        (preconditioners.t_nets_keep_the_model,),
    ),
    Sentence(
        "eq:21", "5.3", "$U_ξ(g) = Ag + b$", DEFINITION, "a linear meta-optimizer; the b is used nowhere else"
    ),
    Sentence(
        "eq:22",
        "5.3",
        "$L_mo(θ) = E_τ[ℓ_τ(θ − αU_ξ(∇ℓ_τ(θ)))]$",
        DEFINITION,
        "Algorithm 1 executes something else: see alg:1",
        (algorithm.rate_is_missing,),
    ),
    Sentence(
        "eq:23",
        "5.3",
        "$θ ← θ − β ∂L_mo/∂θ$, $ξ ← ξ − β ∂L_mo/∂ξ$",
        DEFINITION,
        "$ξ$ is meta-learned only; in Algorithm 1 it also moves inside every task",
        (algorithm.optimizer_moves_inside_the_task,),
    ),
    Sentence("eq:24", "5.3", "(mc) $U_ξ(∇ℓ(θ)) = M∇ℓ(θ)$", DEFINITION, "Meta-Curvature"),
    Sentence(
        "text:5.3-special-cases",
        "5.3",
        "when M is diagonal, this becomes Meta-SGD; when M is identity, this becomes MAML",
        DERIVED,
        "the rates of Meta-SGD being $αM$",
        (shallow.curvature_special_cases,),
    ),
    Sentence(
        "eq:25",
        "5.3",
        "(t-nets) $ℓ_τ(A(θ) − α∇ℓ_τ(A(θ)))$",
        CORRECTED,
        "$ℓ_τ(A(θ − α∇_θℓ_τ(A(θ))))$ with the gradient in the task-specific W alone. As printed the product"
        " TW moves against its own gradient, which is MAML in $c = TW$, and T has no effect",
        (preconditioners.t_nets_as_printed_ignore_t, preconditioners.t_nets_precondition),
    ),
    Sentence(
        "text:5.3-absorbed",
        "5.3",
        "since A is linear, it can be absorbed into the original model after adaptation",
        DERIVED,
        "$T(Wx) = (TW)x$",
        (preconditioners.t_nets_keep_the_model,),
    ),
    Sentence(
        "eq:26",
        "5.3",
        "(meta-kfo) $U_ξ(∇ℓ(θ)) = f(∇ℓ(θ); φ)$, f nonlinear",
        DEFINITION,
        "C.1 gives only the linear factors $Rᵀ⊗L$; the activation of a nonlinear f is stated nowhere",
    ),
    Sentence(
        "text:5.3-generalizes-mc",
        "5.3",
        "this approach generalizes MC (24)",
        DERIVED,
        "for a general f. The linear factors of C.1 do not: on a convolution they act as Meta-Curvature "
        "does with the identity as its output factor",
        (preconditioners.kfo_on_filters_is_a_special_curvature,),
    ),
    Sentence(
        "table:3",
        "5.3",
        "meta-optimizers outperform MAML on CNN(2)",
        INCONSISTENT,
        "table:1, which prints 66.8 for Omniglot under MAML where Table 3 prints 66.6; all twelve cells are"
        " above MAML either way",
        (tables.first_cell_printed_twice, tables.all_optimizers_improve_maml),
    ),
    Sentence(
        "text:5.3-kfo-best-printed",
        "5.3",
        "all methods improve the original MAML while meta-kfo improves the most on Omniglot and CIFAR-FS; "
        "on mini-ImageNet all methods improve about the same amount",
        DERIVED,
        "from Table 3: on mini-ImageNet by 5.9 to 7.3 points, Meta-SGD most",
        (tables.all_optimizers_improve_maml, tables.kfo_best_on_two, tables.mini_imagenet_gains_alike),
    ),
    Measurement(
        "text:5.3-all-improve-measured",
        "5.3",
        "all methods improve the original MAML",
        ("table3:all-improve",),
    ),
    Measurement(
        "text:5.3-kfo-best-measured",
        "5.3",
        "meta-kfo improves the most on Omniglot and CIFAR-FS",
        ("table3:kfo-best",),
    ),
    Measurement(
        "text:5.3-mini-imagenet-alike-measured",
        "5.3",
        "on mini-ImageNet, all methods improve about the same amount",
        ("table3:mini-imagenet-same",),
    ),
    Sentence(
        "text:5.3-equivalent-effect",
        "5.3",
        "in sufficiently large deep models the upper layers have the equivalent effect of transforming the "
        "gradients of the bottom layers as if they were an external meta-optimizer",
        CORRECTED,
        "for linear networks the upper layers alone supply a step size only, see text:7-upper-layers; for "
        "the networks of this section it is an interpretation of Figure 4, not tested by it",
        (linear_networks.induced_preconditioner, linear_networks.zero_excess_conditions),
    ),
    Measurement(
        "fig:4",
        "5.3",
        "as the model size increases, the performances of both methods improve, and the net gain of "
        "meta-kfo diminishes",
        ("figure4:size-improves", "figure4:gain-shrinks"),
        "Table 1 contradicts the first half on Omniglot, where MAML falls from CNN(4) to CNN(6)",
        (tables.maml_is_not_monotone_in_depth,),
    ),
)
