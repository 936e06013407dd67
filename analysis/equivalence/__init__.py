"""Depth as a meta-optimizer: the paper's thesis (§4.5, §5.3) as theorems about linear networks.

`collapsed` gives the exact step that gradient descent on the layers induces on the map they compute: a
positive semidefinite linear preconditioner Σ_j (C_jᵀC_j) ⊗ (A_jA_jᵀ) plus corrections of degree 2 to N in
the gradient, all explicit. `reach` gives the least loss that external meta-optimizers reach on the same
tasks. Together: at a solution a two-layer net *is* a linearly preconditioned shallow model, with
preconditioner Σ⁻¹/α; Meta-Curvature and KFO can copy it, Meta-SGD only when Σ is diagonal, a tuned α only
when Σ is a multiple of I; wherever its map U is not 0 depth is a non-linear optimizer, which none of the
linear ones copies. Which layer is the optimizer? With U = AB = 0 and AAᵀ = s²I (`analysis.dimensions`) what
lies *above* only sets a step size; all changes of direction, BᵀB = Σ⁻¹/α − s²I, come from *below*, against
the paper's reading (§7) of the upper layers as the optimizer. All of it is for one step, unlimited data,
and tasks whose law is not confined to a hypersurface (θ = ±1 is: there zero excess is attained also at ab =
±1, by the quadratic term).
"""

from analysis.equivalence.collapsed import collapse, induced_update, step, term, verify, verify_scalars
from analysis.equivalence.reach import NotPositiveDefinite, Tasks, kronecker_rank, symmetric

__all__ = [
    "NotPositiveDefinite",
    "Tasks",
    "collapse",
    "induced_update",
    "kronecker_rank",
    "step",
    "symmetric",
    "term",
    "verify",
    "verify_scalars",
]
