"""§1: the key findings as the introduction states them."""

from analysis.claims.checks import adaptation, linear_networks, shallow, tables
from analysis.claims.claim import CORRECTED, DERIVED, INCONSISTENT, Claim, Sentence

CLAIMS: tuple[Claim, ...] = (
    Sentence(
        "text:1-absorbed",
        "1",
        "the adapted model is smaller, as the linear layers can be absorbed into the shallower network",
        DERIVED,
        "after adaptation, by multiplying them out; before it, that undoes the solution (B.3)",
        (shallow.deep_contains_shallow, adaptation.collapsed_solution_is_the_shallow_one),
    ),
    Sentence(
        "text:1-depth-is-required",
        "1",
        "even if a task is solvable with a shallow or linear model, a deeper model with at least one hidden"
        " layer is required for meta-learning",
        CORRECTED,
        "sufficient, not required: in one dimension the shallow model solves every task in one step at $α ="
        " 1$, and with a meta-learned rate from any $α$; in $d$ dimensions with Meta-Curvature or linear "
        "KFO for any input covariance, with Meta-SGD for a diagonal one, with a tuned rate for a multiple "
        "of the identity",
        (
            shallow.rate_one_solves_every_task,
            shallow.learned_rate_solves_every_task,
            linear_networks.optimizers_in_order,
            linear_networks.where_simpler_optimizers_suffice,
        ),
    ),
    Sentence(
        "text:1-shallower-networks",
        "1",
        "preconditioning methods improve meta-learnability of shallower networks that otherwise do not "
        "meta-learn well",
        INCONSISTENT,
        "table:2: with ANIL, without any added layer or preconditioner, the same CNN(2) is printed at 91.00"
        " on Omniglot (MAML 66.8, MAML with LinNet 88.1) and above MAML on all three benchmarks; what "
        "adapts matters as much as depth",
        (tables.anil_alone_solves_cnn2,),
    ),
    Sentence(
        "text:1-state-of-the-art",
        "1",
        "meta-kfo attains state-of-the-art performance on several benchmarks",
        INCONSISTENT,
        "table:1: every printed meta-kfo number is on CNN(2), and below what plain MAML or LinNet reaches "
        "on the same benchmark with more layers",
        (tables.no_printed_kfo_is_the_best,),
    ),
)
