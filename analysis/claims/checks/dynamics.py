"""Meta-training as a flow and as a stochastic map, §4.5 and Figure 2: what `analysis.dynamics` proves."""

from __future__ import annotations

from fractions import Fraction

from analysis.claims.checks.deep import PAPERS_RATE as RATE


def four_basins() -> bool:
    """analysis.dynamics: the lines a = 0, b = 0, a = ±b are invariant under gradient flow, and no stationary
    point lies off them for Gaussian tasks: the basins of the four solutions are the wedges between a = ±b."""
    from analysis.dynamics import diagonal_certificate, mirror_residuals, off_mirror_orbits

    invariant = not any(mirror_residuals().values())
    return invariant and not diagonal_certificate() and off_mirror_orbits(Fraction(3)) == 0


def valleys(condition: Fraction = Fraction(400, 3)) -> bool:
    """analysis.dynamics: the curvatures of L at a solution are 4α and 3α³, in the ratio 400/3 at α = 1/10."""
    from analysis.dynamics import curvatures

    steep, flat = curvatures(RATE, "deep")
    return steep / flat == condition


def shallow_wanders_forever(variance: Fraction = Fraction(1539, 37919)) -> bool:
    """analysis.dynamics: under SGD with one task a step, α = 1/10, β = 1/100, momentum 9/10, the shallow c
    keeps the variance 1539/37919 about its solution."""
    from analysis.dynamics import stationary_variance

    return stationary_variance(RATE, Fraction(1, 100), Fraction(9, 10)) == variance


def deep_tolerates_smaller_rates() -> bool:
    """analysis.dynamics: SGD with one task a step is mean-square stable at a deep solution for β below
    1.632…, at the shallow one for β below 200/81 = 2.469… (α = 1/10, no momentum)."""
    from analysis.dynamics import mean_limit, mean_square_limit

    deep, shallow = mean_square_limit(RATE).enclosure(), mean_limit(RATE, "shallow")
    return bool(deep < 1.633) and bool(deep > 1.632) and shallow == Fraction(200, 81)


def deep_tolerates_larger_rates(tasks: int = 16) -> bool:
    """analysis.dynamics: at α = 1/10 with 16 tasks a step the deep limit is 4.44…, the shallow one 200/81;
    with one task a step the deep limit is the larger one at α = 7/100 and the smaller one at 72/1000, on
    either side of 0.0711…."""
    from analysis.dynamics import mean_limit, mean_square_limit, tolerance_threshold

    averaged = mean_square_limit(RATE, tasks=tasks).enclosure()
    below, above = Fraction(7, 100), Fraction(72, 1000)
    margins = [mean_square_limit(a).enclosure() - float(mean_limit(a, "shallow")) for a in (below, above)]
    threshold = tolerance_threshold().enclosure()
    between = bool(threshold > 0.0711) and bool(threshold < 0.0712)
    return bool(averaged > 4.44) and bool(averaged < 4.45) and margins[0] > 0 > margins[1] and between


def paper_rates_are_stable(meta_rate: Fraction = Fraction(1, 100)) -> bool:
    """analysis.dynamics: with momentum 9/10 and one task a step, β = 1/100 is mean-square stable at a deep
    solution and below the shallow limit 380/81 (α = 1/10)."""
    from analysis.dynamics import is_mean_square_stable, mean_limit

    momentum = Fraction(9, 10)
    return is_mean_square_stable(RATE, meta_rate, momentum) and meta_rate < mean_limit(
        RATE, "shallow", momentum
    )
