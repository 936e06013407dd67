"""Products of factors of which at most one adapts (ANIL), and Reptile: the stationary set by hand, for every N.

Let u be the factor that adapts, U the product of the others, g = uU, a = α E[x²]. After one step

    θ − f = (1 − a U²)(θ − g),     L = ½ (1 − a U²)² E (θ − g)²,

a function of (u, U) alone. U has a critical point where two of the other factors vanish, and nowhere else.

* a U² = 1: every task is solved, whatever u. A hypersurface of global minima; the Hessian has rank 1.
* E θ = 0 and U = 0: hyperplanes w = 0, w a factor that does not adapt; f = 0 and L = ½ m₂. With q = ∂U/∂w the Hessian is
  q² (u² − 2 a m₂) along w: rank 1, a maximum where u² < 2 a m₂ and a minimum where u² > 2 a m₂. Those minima are not global.
* E θ ≠ 0 and U = 0: u = 0 besides, or two factors of U vanish. Saddles with loss ½ m₂.

Off a U² = 1 and U = 0 stationarity in u gives g = E θ and stationarity in U then a U² = 1, since θ varies.

If no factor adapts, L = ½ E (θ − g)²: the hypersurface g = E θ, and where two factors vanish if E θ ≠ 0.

**Reptile** after one step follows E (w₀ − w₁)/α = E[x²] (g − E θ) ∂g/∂w for the factors w that adapt, and 0 for the others: its
zeros are g = E θ and the points where all these ∂g/∂w vanish. Its field is E[x²] times the gradient of the loss without adaptation,
so that for one step the meta-training of Reptile does not know α.
"""

from __future__ import annotations

from itertools import combinations

from flint import arb, ctx, fmpq, fmpq_mpoly

from analysis.algebra.polynomials import rational
from analysis.landscape import Landscape
from analysis.stationary_points.points import Certificate, Family, Interval, Kind, StationaryPoints, interval
from analysis.stationary_points.products.atoms import atoms
from analysis.stationary_points.products.strata import Setting

METHOD = "by hand: the loss is a function of two products of factors"


def partial_stationary_points(landscape: Landscape) -> StationaryPoints:
    """Every stationary point of a product of N ≥ 2 factors of which at most one adapts, one step.

    Raises:
        UnsupportedProblem: θ does not vary.
    """
    problem = landscape.problem
    assert problem.loop.rate is not None and problem.input_second_moment is not None
    rate = rational(problem.loop.rate * problem.input_second_moment)
    atoms(Setting(2, rate, problem.task))  # refuses a single atom
    moments = [rational(problem.task.moment(k)) for k in range(3)]
    chosen = problem.loop.adapting(problem.model)
    families = _one_adapts(landscape, rate, moments, chosen[0]) if chosen else _none_adapts(landscape, moments)
    return StationaryPoints(landscape, (), tuple(families), Certificate(METHOD, None, None, ()))
