"""Meta-training as a flow and as a stochastic map: basins, gradient noise, stability.

`flow` (the basins are four wedges, with proof), `noise` (per-task meta-gradients and their covariance, zero
at the deep minima), `stability` (limits of the step, in mean and in mean square), `maps` (arrays for
figures). Command: `python -m analysis.dynamics`. Numerical counterpart: `analysis.numeric.dynamics`.
"""

from analysis.dynamics.flow import (
    axis_flow,
    basin,
    diagonal_certificate,
    escape_time,
    in_invariants,
    kurtosis_threshold,
    mirror_residuals,
    off_mirror_orbits,
    off_mirror_polynomial,
    symmetric_loss,
)
from analysis.dynamics.maps import SEPARATRIX, UNSETTLED, basins, descend, exact_basins, gradient, minima
from analysis.dynamics.noise import at_minimum, covariance, query_noise, task_gradient, task_hessian
from analysis.dynamics.stability import (
    contraction,
    curvatures,
    decay,
    hessian_moments,
    is_mean_square_stable,
    mean_limit,
    mean_square_limit,
    second_moment_map,
    spectral_radius,
    stationary_variance,
    tolerance_threshold,
)

__all__ = [
    "SEPARATRIX",
    "UNSETTLED",
    "at_minimum",
    "axis_flow",
    "basin",
    "basins",
    "contraction",
    "covariance",
    "curvatures",
    "decay",
    "descend",
    "diagonal_certificate",
    "escape_time",
    "exact_basins",
    "gradient",
    "hessian_moments",
    "in_invariants",
    "is_mean_square_stable",
    "kurtosis_threshold",
    "mean_limit",
    "mean_square_limit",
    "minima",
    "mirror_residuals",
    "off_mirror_orbits",
    "off_mirror_polynomial",
    "query_noise",
    "second_moment_map",
    "spectral_radius",
    "stationary_variance",
    "symmetric_loss",
    "task_gradient",
    "task_hessian",
    "tolerance_threshold",
]
