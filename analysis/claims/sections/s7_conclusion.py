"""§7: the conclusion."""

from analysis.claims.checks import shallow
from analysis.claims.claim import CORRECTED, Claim, Sentence

CLAIMS: tuple[Claim, ...] = (
    Sentence(
        "text:7-necessary",
        "7",
        "are deep architectures necessary for meta-learning, even if the tasks can be solved with shallow "
        "networks? our analysis suggests so",
        CORRECTED,
        "not in the model analysed: a shallow model with a rate of 1, given or meta-learned, needs no depth",
        (shallow.rate_one_solves_every_task, shallow.learned_rate_solves_every_task),
    ),
)
