"""Bifurcations of a product of four factors: the curves of pairs, and both sides of each threshold."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest
from flint import arb, ctx, fmpq

from analysis.adaptation import InnerLoop
from analysis.algebra.polynomials import context, evaluate, rational
from analysis.bifurcation import main
from analysis.command_line import Refusal
from analysis.landscape import Problem, derive
from analysis.models import product
from analysis.stationary_points import stationary_points
from analysis.stationary_points.products.critical_rates import critical_rates
from analysis.stationary_points.products.pair_and_two import ratio_elimination
from analysis.stationary_points.products.points import ProductPoint, expand
from analysis.stationary_points.products.rate_pairs import (
    SpaceCurve,
    dependent_points,
    pair_curves,
    solutions_above,
    space_of_pair_and_two,
)
from analysis.stationary_points.products.rate_regimes import RateRegimes, product_regimes
from analysis.stationary_points.products.solve import solve_strata
from analysis.stationary_points.products.strata import Setting
from analysis.tasks import GAUSSIAN, LAPLACE, UNIFORM, TaskLaw, from_moments
from tests.analysis.stationary_points.stationary_sets import derivatives

SHIFTED = from_moments(  # N(1/2, 1)
    tuple(map(Fraction, ["1/2", "5/4", "7/4", "73/16", "281/32", "1741/64", "8485/128", "57233/256"]))
)
ORBITS = {(4,): 8, (3, 1): 32, (2, 2): 48, (2, 1, 1): 96, (1, 1, 1, 1): 192}


@lru_cache(maxsize=4)
def found(law: TaskLaw) -> RateRegimes:
    return product_regimes(Problem(product(4), law))


def points_near(
    law: TaskLaw, rate: float, side: float, multiplicities: tuple[int, ...]
) -> list[ProductPoint]:
    """One point of every orbit of a stratum, at a rate close to a given one."""
    near = Fraction(rate * side).limit_denominator(10**15)
    problem = Problem(product(4), law, InnerLoop(rate=near))
    solutions, _ = solve_strata(Setting(4, rational(near), law), groups=len(multiplicities))
    landscape = derive(problem)
    return [next(expand(landscape, s)) for s in solutions if s.multiplicities == multiplicities]


@pytest.mark.slow
@pytest.mark.parametrize("law", [GAUSSIAN, UNIFORM, LAPLACE, SHIFTED], ids=lambda law: law.name)
def test_every_change_of_the_counts_is_the_one_its_type_says(law):
    answer = found(law)
    assert len(answer.thresholds) >= 10
    for threshold in answer.thresholds:
        (event,), total = threshold.events, Counter()
        for multiplicities, _, before, after in threshold.changes:
            total[multiplicities] += after - before
        signs = len(event.slope_signs)
        if event.kind == "fold":  # two orbits
            assert total.keys() == {event.multiplicities}
            assert abs(total[event.multiplicities]) == 2 * signs * ORBITS[event.multiplicities]
        elif event.kind == "pitchfork":  # one orbit: exchanging the two squares permutes it
            finer = {(2, 2): (2, 1, 1), (2, 1, 1): (1, 1, 1, 1)}[event.multiplicities]
            assert abs(total.pop(finer)) == signs * ORBITS[finer]
            assert not any(total.values())
        else:
            assert event.kind == "exchange"
            assert event.multiplicities in ((4,), (3, 1))
            assert not any(total.values())
    assert {r.families for r in answer.regimes} == {10}


@pytest.mark.slow
def test_on_both_sides_of_a_threshold_the_hessian_is_nearly_singular():
    """PyTorch's Hessian at the points next to each threshold: as often singular as the symmetry demands."""
    for threshold in found(GAUSSIAN).thresholds:
        (event,), rate = threshold.events, threshold.interval(20).approx
        if len(event.multiplicities) > 2:
            continue  # these points take seconds; see the changes of the counts
        spectra = []
        for side in (1 - 1e-9, 1 + 1e-9):
            for point in points_near(GAUSSIAN, rate, side, event.multiplicities):
                w = np.array([float(x.mid()) for x in point.enclose()])
                _, gradient, hessian = derivatives(point.landscape.problem, w)
                spectrum = np.sort(np.abs(np.linalg.eigvalsh(hessian)))
                assert np.abs(gradient).max() < 1e-9 * spectrum[-1]
                spectra.append(tuple(spectrum[:3] / spectrum[-1]))
        singular = sum(value < 1e-3 for value in min(spectra))
        assert singular == (2 if event.kind == "exchange" else 1)


def test_the_singles_merge_where_the_pair_they_become_is_singular():
    """The rates at which {2,1,1} ends in {2,2}, from the curve of the former, by signs on the latter."""
    (pair, _) = pair_curves(GAUSSIAN)
    merging = [c for c in critical_rates(pair) if c.multiplicities == (2, 2)]
    assert len(merging) == 2
    for critical in merging:
        rate = float(critical.power(96).root(4).mid())
        before, after = (
            Counter(p.inertia for p in points_near(GAUSSIAN, rate, side, (2, 2)))
            for side in (1 - 1e-6, 1 + 1e-6)
        )
        assert before.total() == after.total()
        assert before != after


def test_double_points_of_the_plane_curve_are_no_candidates():
    """Most critical points of the rate on Ψ are double points; at a fold the number of points changes."""
    (_, pairs) = pair_curves(GAUSSIAN)
    folds = list(critical_rates(pairs))
    assert {c.condition for c in folds} == {"fold"}
    assert len(folds) == 2
    for critical in folds:
        rate = float(critical.power(96).root(4).mid())
        one, other = (len(points_near(GAUSSIAN, rate, side, (2, 2))) for side in (1 - 1e-6, 1 + 1e-6))
        assert abs(one - other) == 2 * 2  # two orbits for each sign of the slope


def test_dependent_equations_leave_two_solutions_which_are_regular():
    g, mu = context(["g", "mu"]).gens()
    space = space_of_pair_and_two(GAUSSIAN)
    points = dependent_points(*ratio_elimination(Setting(4, fmpq(1), GAUSSIAN), g, mu)[1:])
    assert len(points) > 3
    above = []
    with ctx.workprec(512):
        for point in points:
            places = solutions_above(space, point.enclose(256))
            assert places is not None
            assert len({round(float(q.mid()), 12) for *_, q in places}) == len(places)
            above += places
        assert above
        for place in above:
            values = [evaluate(condition, place) for condition in space.conditions]
            assert all(value.contains(0) and value.rad() < 1e-60 for value in values)
            assert space.is_ordinary(place)


def test_the_rate_has_the_slopes_of_its_logarithm():
    """a⁴ = μ² Q/g³ on {2,1,1}, as a quotient of polynomials."""
    space = space_of_pair_and_two(GAUSSIAN)
    g, mu, _, q = space.conditions[0].context().gens()
    above, below = mu**2 * q, g**3
    wedge = [above.derivative(i) * below - above * below.derivative(i) for i in range(4)]
    assert wedge == [slope * mu * g**2 for slope in space.rate_slopes]


def test_ordinary_points_are_told_from_folds_and_from_points_off_the_stratum():
    """The circle x² + y² = 1 with the rate x: it turns at (±1, 0)."""
    x, y = context(["x", "y"]).gens()
    circle = SpaceCurve(
        conditions=(x**2 + y**2 - 1,), rate_slopes=(x**0, 0 * x), positive=(2 - x - y,), nonzero=(x - y,)
    )
    at = {"regular": (3, 4), "fold": (5, 0), "vanishing": (5, 5), "outside": (10, 5)}
    verdicts = {name: circle.is_ordinary((arb(a) / 5, arb(b) / 5)) for name, (a, b) in at.items()}
    assert verdicts == {"regular": True, "fold": False, "vanishing": False, "outside": True}


@pytest.mark.slow
def test_counts_agree_with_rates_not_used_in_the_proof():
    answer = found(GAUSSIAN)
    edges = [0.02, *(t.interval().approx for t in answer.thresholds)]
    edges.append(edges[-1] + 4)
    for (lower, upper), regime in zip(pairwise(edges), answer.regimes, strict=True):
        rate = Fraction(lower + 0.3 * (upper - lower)).limit_denominator(10**5)
        assert lower < rate < upper
        assert rate != regime.sample
        assert stationary_points(replace(answer.problem, loop=InnerLoop(rate=rate))).counts == regime.counts


def test_command(capsys):
    with pytest.raises(Refusal, match="4 or more atoms"):
        main(["--factors", "4", "--task", "rademacher"])
