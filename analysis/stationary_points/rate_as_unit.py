"""Problems in which the adaptation rate is a unit of measurement: nothing bifurcates.

**Theorem.** Let there be a number e_w for each unknown w with j = Σ e_w k_w in every term c α^j ∏ w^{k_w} of
the excess loss. Then

    L(w; α) = L((α^{e_w} w); 1)        for every α > 0,

and w ↦ (α^{e_w} w) maps the stationary points for α to those for 1, families to families, and keeps the
losses and, by Sylvester's law of inertia, the signs of the Hessian. So one rate decides for all. Families are
counted over ℚ as at a rate where α E[x²] is no square; where it is one, some of them may fall apart into two.

It is so wherever a factor of ŷ = w₁ ⋯ w_N x stands still in the inner loop (ANIL): a step of α in w is one of
1 in w/√α, so e = −½ for the factors that adapt, and one that does not makes up for it in the product, which
keeps its unit, that of θ. It is so for every learned preconditioner, which absorbs α. Where all factors adapt
and nothing is learned besides there are no such numbers, and α matters (`regimes`, `products.rate_regimes`).
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from flint import fmpq, fmpq_mat

from analysis.landscape import Problem, derive
from analysis.stationary_points.products.rate_regimes import RateRegime, RateRegimes
from analysis.stationary_points.solve import UnsupportedProblem, stationary_points

_SAMPLE = Fraction(2)  # of α E[x²], no square: a family such as α E[x²] a² = 1 is one, over ℚ, and not a pair


def exponents(problem: Problem) -> dict[str, fmpq] | None:
    """e_w for every unknown w, or None if there are none, for a problem whose only symbol is α."""
    landscape = derive(problem)
    *unknowns, rate = map(landscape.ring.names().index, [*landscape.unknowns, "alpha"])
    rows = [[fmpq(int(term[i])) for i in (*unknowns, rate)] for term in landscape.loss.to_dict()]
    reduced, rank = fmpq_mat(rows).rref()
    pivots = [next(j for j in range(len(unknowns) + 1) if reduced[i, j]) for i in range(rank)]
    if len(unknowns) in pivots:
        return None
    known = {landscape.unknowns[j]: reduced[i, len(unknowns)] for i, j in enumerate(pivots)}
    return dict.fromkeys(landscape.unknowns, fmpq(0)) | known


def single_regime(problem: Problem) -> RateRegimes | None:
    """The one regime 0 < α < ∞ of a problem with symbolic α, if its rate is a unit; else None.

    Raises:
        UnsupportedProblem: there is no complete answer for one rate either.
    """
    if problem.symbols != ("alpha",) or problem.symbolic_moments or problem.loop.outer != "maml":
        return None
    powers = exponents(problem)
    if powers is None:
        return None
    assert problem.input_second_moment is not None
    sample = _SAMPLE / problem.input_second_moment
    found = stationary_points(replace(problem, loop=replace(problem.loop, rate=sample)))
    if not found.complete:
        raise UnsupportedProblem(f"alpha is a unit here, but the answer at {sample} is not complete")
    scaled = ", ".join(f"alpha{'' if e == 1 else f'^({e})'} {w}" if e else w for w, e in powers.items())
    splitting = "; where alpha E[x^2] is a square some families split over Q" * bool(found.families)
    return RateRegimes(
        problem,
        thresholds=(),
        regimes=(RateRegime(None, None, sample, found.counts, len(found.families)),),
        candidates=0,
        proof=f"alpha is a unit, L({', '.join(powers)}; alpha) = L({scaled}; 1); certified at {sample}"
        + splitting,
    )
