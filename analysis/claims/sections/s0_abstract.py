"""The abstract: what it asserts, and what the body of the paper makes of it."""

from analysis.claims.checks import deep, samples, shallow, tables
from analysis.claims.claim import DERIVED, INCONSISTENT, Claim, Sentence

CLAIMS: tuple[Claim, ...] = (
    Sentence(
        "text:0-deep-adapts-better",
        "abstract",
        "MAML adapts better with a deep architecture even if the tasks need only a shallow one",
        DERIVED,
        "for the linear tasks of §4 at any rate $α ≠ 1$ that both models are given; at $α = 1$ they are "
        "equal, and with 5 examples a task at $α = 1/10$ the excess losses are 0.188 and 0.408",
        (
            deep.exactly_four_zeros,
            shallow.optimal_loss,
            shallow.rate_one_solves_every_task,
            samples.deep_equals_tuned_shallow,
        ),
    ),
    Sentence(
        "text:0-linear-layers",
        "abstract",
        "linear layers can be added to increase the depth without altering the modelling capacity, leading "
        "to improved performance in adaptation",
        INCONSISTENT,
        "table:1, where two of the twelve pairs fall and one stays; the capacity is indeed unaltered",
        (tables.not_every_cell_improves, shallow.deep_contains_shallow),
    ),
)
