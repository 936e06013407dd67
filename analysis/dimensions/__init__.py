"""Beyond one dimension: when a deep linear net adapts to every linear task in one step, and why.

`zero_excess` states and proves the exact zero-excess set of ŷ = ABx (the paper's aᵀBx and its matrix
form), `proof` carries its identities out entry by entry, `spectrum` gives the Hessian on it, `chains`
and `zero_chains` treat more layers, `narrow` and `single_unit` the nets that are too narrow, and the
local minima they bring. In one sentence: one step solves every task iff AB = 0, AAᵀ = s²I and BᵀB = Σ⁻¹/α −
s²I, which a net can satisfy iff its (first) hidden width is at least min(d, k + d − m); with isotropic inputs
that is the width needed to represent the tasks, otherwise depth must have room to hold the inverse input
covariance.
"""

from analysis.dimensions.chains import certify_chain, excess_of_chain, representative_chain
from analysis.dimensions.loss import excess_loss
from analysis.dimensions.narrow import Bounds, least_excess, trap
from analysis.dimensions.proof import Certificate, certify, certify_partial, excess_at
from analysis.dimensions.spectrum import Spectrum, degeneracy, derived_hessian, local_dimension, spectrum
from analysis.dimensions.zero_chains import adapts_to_every_task, certify_terms
from analysis.dimensions.zero_excess import (
    Setting,
    Stratum,
    components,
    representative,
    strata,
)

__all__ = [
    "Bounds",
    "Certificate",
    "Setting",
    "Spectrum",
    "Stratum",
    "adapts_to_every_task",
    "certify",
    "certify_chain",
    "certify_partial",
    "certify_terms",
    "components",
    "degeneracy",
    "derived_hessian",
    "excess_at",
    "excess_loss",
    "excess_of_chain",
    "least_excess",
    "local_dimension",
    "representative",
    "representative_chain",
    "spectrum",
    "strata",
    "trap",
]
