"""§7: the conclusion."""

from analysis.claims.checks import linear_networks, shallow
from analysis.claims.claim import CORRECTED, Claim, Sentence

CLAIMS: tuple[Claim, ...] = (
    Sentence(
        "text:7-necessary",
        "7",
        "are deep architectures necessary for meta-learning, even if the tasks can be solved with shallow "
        "networks? our analysis suggests so",
        CORRECTED,
        "the analysis shows that depth suffices, not that it is needed: a shallow linear model with a "
        "learned matrix on its gradient reaches the same loss, and with one parameter a learned rate is "
        "enough",
        (
            shallow.learned_rate_solves_every_task,
            linear_networks.optimizers_in_order,
        ),
    ),
    Sentence(
        "text:7-upper-layers",
        "7",
        "the upper layers of deep models function as external meta-optimizers that transform the gradients "
        "of a smaller network composed of only the bottom layers",
        CORRECTED,
        "in linear networks layers above and below act as the optimizer together: one step of A, B moves "
        "their product by $−α(AAᵀG + GBᵀB)$ plus $α²GUᵀG$, which vanishes at the solutions, where $U = AB "
        "= 0$. There $AAᵀ = s²I$: what lies above sets a step size, and every change of direction, "
        "$BᵀB = Σ⁻¹/α − s²I$, is the work of the layer below, which at $s = 0$ does all of it",
        (linear_networks.induced_preconditioner, linear_networks.zero_excess_conditions),
    ),
)
