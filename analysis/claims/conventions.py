"""The normalisations of the loss between which the paper moves.

The task loss is E(y − ŷ)² in (8)–(9) and ½ E(y − ŷ)² in (30). The factor enters twice: in the loss that is
reported, and, squared out of the gradient, in the inner step. With g the slope of the predictor, unit noise
and E[x²] = 1,

    inner step      g ← …  − α · inner · ∂/∂w ½(g − θ)²
    reported loss   outer · ½ ((f − θ)² + noise)

so (8)–(9) have inner = outer = 2 and (30) inner = outer = 1. Two more are implied by what the paper computes:
the inner step of one with the loss of the other, and a loss from which the noise has silently gone. A formula
is *derived* when it holds in the convention of its own section, and *derived under another convention* when
it needs a different one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Convention:
    """A normalisation: the two factors and the noise variance that stays in the loss."""

    name: str
    inner: int
    outer: int
    noise: int


MAIN = Convention("$ℓ = E(y − ŷ)²$ throughout, as (8)–(9) say", 2, 2, 1)
APPENDIX = Convention("$ℓ = ½E(y − ŷ)²$ throughout, as (30) says", 1, 1, 1)
MIXED = Convention(
    "the inner step of $½E(y − ŷ)²$, (30), but the reported loss $E(y − ŷ)²$, (8)–(9)", 1, 2, 1
)
EXCESS = Convention("the noise $½$ left out: the excess loss $L = ½E_τ[(θ_τ − f)²]$", 1, 1, 0)
TWICE_EXCESS = Convention(
    "$2L$, twice the excess loss: the inner step of $½E(y − ŷ)²$, the loss without $½$ and noise", 1, 2, 0
)

ALL = (APPENDIX, MAIN, EXCESS, MIXED, TWICE_EXCESS)
"""In the order in which they are tried after the section's own."""
