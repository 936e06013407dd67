"""§1: the key findings as the introduction states them."""

from analysis.claims.checks import shallow, tables
from analysis.claims.claim import CORRECTED, INCONSISTENT, Claim, Sentence

CLAIMS: tuple[Claim, ...] = (
    Sentence(
        "text:1-depth-is-required",
        "1",
        "even if a task is solvable with a shallow or linear model, a deeper model with at least one hidden"
        " layer is required for meta-learning",
        CORRECTED,
        "sufficient, not required: the shallow model solves every task in one step at $α = 1$, and with a "
        "meta-learned rate from any $α$",
        (shallow.rate_one_solves_every_task, shallow.learned_rate_solves_every_task),
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
