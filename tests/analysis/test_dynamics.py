"""Flow, basins, gradient noise and stability of meta-training."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from flint import fmpq_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import dynamics
from analysis.adaptation import InnerLoop
from analysis.algebra.polynomials import context, rational, substitute
from analysis.dynamics.command import entry, main
from analysis.landscape import Problem, derive
from analysis.models import DEEP, SHALLOW
from analysis.stationary_points import stationary_points
from analysis.tasks import LAPLACE, NAMED, RADEMACHER

rates = st.fractions(Fraction(1, 50), 2, max_denominator=60)
momenta = st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(9, 10)])
shares = st.fractions(Fraction(1, 50), Fraction(49, 50))
coordinates = st.fractions(-3, 3, max_denominator=20)


# The basins.


def test_the_loss_has_the_symmetries_of_the_square():
    loss, ring = dynamics.symmetric_loss(), context(("a", "b", "alpha", "m4"))
    a, b, *_ = ring.gens()
    for image in ({"a": b, "b": a}, {"a": -a}, {"b": -b}):
        assert substitute(loss, image, ring) == loss


def test_the_invariants_determine_the_loss():
    ring = context(("a", "b", "alpha", "m4"))
    a, b, *_ = ring.gens()
    reduced = dynamics.in_invariants(dynamics.symmetric_loss())
    assert substitute(reduced, {"q": a**2 * b**2, "r": a**2 + b**2}, ring) == dynamics.symmetric_loss()
    with pytest.raises(ValueError, match="not invariant"):
        dynamics.in_invariants(a**2 * b)


def test_the_certificates_of_the_basin_theorem():
    assert all(residual == 0 for residual in dynamics.mirror_residuals().values())
    assert dynamics.diagonal_certificate() == 0
    q, kurtosis = context(("q", "m4")).gens()
    assert dynamics.off_mirror_polynomial() == 2 * q**3 + kurtosis * q**2 + (2 * kurtosis - 6) * q + kurtosis


def test_the_threshold_is_six_minus_three_cube_roots_of_four():
    threshold = dynamics.kurtosis_threshold()
    assert float(threshold.enclosure()) == pytest.approx(6 - 3 * 4 ** (1 / 3), abs=1e-14)
    assert dynamics.off_mirror_orbits(Fraction(12377, 10000)) == 2
    assert dynamics.off_mirror_orbits(Fraction(12378, 10000)) == 0


@pytest.mark.parametrize("alpha", [Fraction(1, 10), Fraction(1, 2), Fraction(2)])
def test_the_solver_finds_no_stationary_point_off_the_mirrors(alpha):
    found = stationary_points(Problem(DEEP, loop=InnerLoop(rate=alpha)))
    assert found.complete
    for point in found.points:
        a, b = (abs(float(ball)) for ball in point.enclose())
        assert min(a, b, abs(a - b)) < 1e-9
        if abs(a - b) < 1e-9:
            assert point.kind != "minimum"


def test_the_solver_finds_sixteen_of_them_for_rademacher_tasks():
    found = stationary_points(Problem(DEEP, RADEMACHER, InnerLoop(rate=Fraction(1, 2))))
    values = [tuple(abs(float(ball)) for ball in point.enclose()) for point in found.points]
    off = [(a, b) for a, b in values if min(a, b, abs(a - b)) > 1e-9]
    assert len(off) == 8 * dynamics.off_mirror_orbits(Fraction(1)) == 16
    assert sum(abs(a * b - 1) < 1e-9 for a, b in off) == 8


@given(coordinates, coordinates)
def test_basins_commute_with_the_symmetries_and_with_scale(a, b):
    label = dynamics.basin(a, b)
    swap = {"a": "b", "b": "a"}
    assert dynamics.basin(5 * a, 5 * b) == label
    if label == "separatrix":
        assert dynamics.basin(b, a) == label
    else:
        assert dynamics.basin(b, a) == label[0] + swap[label[1]]
        assert dynamics.basin(-a, -b) == {"+": "-", "-": "+"}[label[0]] + label[1]
        index = int(dynamics.exact_basins([float(a), float(b)]))
        assert ("+a", "-a", "+b", "-b")[index] == label


@pytest.mark.parametrize("alpha", [0.3, 1.0])
def test_integrated_gradient_flow_ends_where_the_theorem_says(alpha):
    import torch

    from analysis.numeric.dynamics import flow

    generator = torch.Generator().manual_seed(1)
    starts = 1.5 * alpha**-0.5 * (2 * torch.rand(40, 2, generator=generator, dtype=torch.float64) - 1)
    ends = flow(starts, alpha, 250).numpy()
    distance = np.linalg.norm(ends[:, None] - dynamics.minima(alpha), axis=-1)
    assert np.array_equal(distance.argmin(axis=1), dynamics.exact_basins(starts.numpy()))
    assert np.median(distance.min(axis=1)) < 1e-2 * alpha**-0.5


@given(st.floats(0.05, 2), st.floats(0.01, 0.98), st.floats(0.1, 20))
def test_the_flow_on_the_axis_is_the_logistic_equation(alpha, fraction, time):
    start = (fraction / alpha) ** 0.5
    slope = dynamics.gradient(Fraction(alpha))
    step = 1e-5
    now = dynamics.axis_flow(alpha, start, time)
    speed = (
        dynamics.axis_flow(alpha, start, time + step) - dynamics.axis_flow(alpha, start, time - step)
    ) / (2 * step)
    assert speed == pytest.approx(-slope(np.array([now, 0.0]))[0], abs=1e-6)
    if now < 0.999 * alpha**-0.5:
        assert dynamics.escape_time(alpha, start, now) == pytest.approx(time, rel=1e-6)


def test_escape_from_beyond_the_minimum_is_refused():
    with pytest.raises(ValueError, match="need 0 < start"):
        dynamics.escape_time(0.1, 0.5, 4.0)


def test_small_steps_follow_the_theorem_and_momentum_crosses_the_lines():
    ticks = np.linspace(-1.27, 1.27, 24)
    grid = np.stack(np.meshgrid(ticks + 0.013, ticks), axis=-1)
    exact = dynamics.exact_basins(grid)
    alpha = Fraction(1)
    assert np.array_equal(dynamics.basins(alpha, grid, 0.02, steps=1500), exact)
    heavy = dynamics.basins(alpha, 1.6 * grid, 0.01, 0.9, steps=1500)
    assert 0 < (heavy != dynamics.exact_basins(1.6 * grid)).mean() < 0.5


def test_points_that_overflow_are_unsettled():
    assert dynamics.basins(Fraction(1), np.array([[50.0, 40.0]]), 1.0) == dynamics.UNSETTLED


# Gradient noise.


@pytest.mark.parametrize("law", NAMED.values(), ids=NAMED)
@pytest.mark.parametrize("adapts", [None, ("b",)])
def test_every_task_gradient_vanishes_at_the_deep_minimum(law, adapts):
    landscape = derive(Problem(DEEP, law, InnerLoop(adapts=adapts)))
    assert all(dynamics.at_minimum(g) == 0 for g in dynamics.task_gradient(landscape))
    assert all(dynamics.at_minimum(entry) == 0 for row in dynamics.covariance(landscape) for entry in row)


def test_equation_17_is_the_anil_gradient_in_b():
    landscape = derive(Problem(DEEP, loop=InnerLoop(adapts=("b",))))
    gradient = dynamics.task_gradient(landscape)[1]
    generator = dict(zip(gradient.context().names(), gradient.context().gens(), strict=True))
    a, b, alpha, theta = (generator[name] for name in ("a", "b", "alpha", "theta"))
    assert gradient == a * (1 - alpha * a**2) ** 2 * (a * b - theta)


def test_the_shallow_noise_never_vanishes():
    ((variance,),) = dynamics.covariance(derive(Problem(SHALLOW)))
    names = variance.context().names()
    alpha = variance.context().gen(names.index("alpha"))
    assert variance == (1 - alpha) ** 4


@settings(max_examples=40)
@given(coordinates, coordinates, rates)
def test_a_covariance_is_positive_semidefinite(a, b, alpha):
    landscape = derive(Problem(DEEP, loop=InnerLoop(rate=alpha)))
    point = [rational(a), rational(b)]
    ((aa, ab), (ba, bb)) = ([entry(*point) for entry in row] for row in dynamics.covariance(landscape))
    assert ab == ba
    assert aa >= 0
    assert aa * bb - ab * ab >= 0


def test_the_mean_task_hessian_is_the_hessian_of_the_loss():
    landscape = derive(Problem(DEEP, LAPLACE))
    (aa, ab), (ba, bb) = dynamics.task_hessian(landscape)
    assert aa * bb == ab * ba
    for alpha in (Fraction(1, 10), Fraction(2)):
        mean, _ = dynamics.hessian_moments(alpha, LAPLACE)
        derived = [[dynamics.at_minimum(entry) for entry in row] for row in landscape.hessian]
        ring = context(("alpha", "theta"))
        expected = [[substitute(e, {"alpha": rational(alpha)}, ring) for e in row] for row in derived]
        assert [[ring.constant(m) for m in row] for row in mean] == expected


def test_only_polynomials_in_alpha_survive_at_the_minimum():
    landscape = derive(Problem(DEEP))
    a = landscape.ring.gens()[0]
    with pytest.raises(ValueError, match="not a polynomial"):
        dynamics.at_minimum(a)


# Stability.


@settings(max_examples=12, deadline=None)
@given(rates, momenta, st.sampled_from([1, 3, 16]))
def test_the_mean_square_limit_separates_stable_from_unstable(alpha, momentum, tasks):
    limit = dynamics.mean_square_limit(alpha, momentum, tasks)
    approx = Fraction(float(limit.enclosure())).limit_denominator(10**9)
    assert dynamics.is_mean_square_stable(alpha, approx * Fraction(99, 100), momentum, tasks)
    assert not dynamics.is_mean_square_stable(alpha, approx * Fraction(101, 100), momentum, tasks)
    assert approx < dynamics.mean_limit(alpha, "deep", momentum)


@given(rates)
def test_the_limit_of_one_task_without_momentum_is_a_root_of_the_stated_quadratic(alpha):
    root = dynamics.mean_square_limit(alpha)
    a = rational(alpha)
    quadratic = fmpq_poly([1, -6 * a]) * fmpq_poly([1, -35 * a**3 / 2]) - fmpq_poly([0, 0, 75 * a**4])
    assert root.reduce(quadratic) == 0


def test_more_tasks_a_step_tolerate_a_larger_step():
    limits = [
        float(dynamics.mean_square_limit(Fraction(1, 10), tasks=t).enclosure()) for t in (1, 4, 16, 256)
    ]
    assert limits == sorted(limits)
    assert limits[-1] < float(dynamics.mean_limit(Fraction(1, 10), "deep")) == 5


@given(rates, momenta, st.sampled_from(["deep", "shallow"]))
def test_the_mean_limit_is_where_contraction_ends(alpha, momentum, model):
    steepest = max(dynamics.curvatures(alpha, model))
    if steepest:
        limit = dynamics.mean_limit(alpha, model, momentum)
        factors = [
            dynamics.contraction(steepest, share * limit, momentum) for share in (Fraction(9, 10), 1, 2)
        ]
        assert factors[0] < 1 < factors[2]
        assert factors[1] == pytest.approx(1)


@given(rates, momenta, st.fractions(Fraction(1, 1000), 1, max_denominator=1000))
def test_contraction_is_the_spectral_radius_of_the_companion_matrix(curvature, momentum, rate):
    companion = np.array([[float(1 + momentum - rate * curvature), -float(momentum)], [1.0, 0.0]])
    radius = np.abs(np.linalg.eigvals(companion)).max()
    assert dynamics.contraction(curvature, rate, momentum) == pytest.approx(radius, abs=1e-7)


def test_the_spectral_radius_is_certified():
    mapping = dynamics.second_moment_map(
        *dynamics.hessian_moments(Fraction(1, 2)), Fraction(1, 20), Fraction(1, 2), 2
    )
    values = [[float(entry.p) / float(entry.q) for entry in row] for row in mapping.tolist()]
    assert float(dynamics.spectral_radius(mapping)) == pytest.approx(np.abs(np.linalg.eigvals(values)).max())


@given(
    rates.filter(lambda alpha: alpha != 1),
    momenta,
    st.integers(1, 5),
    st.fractions(Fraction(1, 50), Fraction(49, 50)),
)
def test_the_stationary_variance_of_the_shallow_model(alpha, momentum, tasks, share):
    curvature = (1 - alpha) ** 2
    rate = share * dynamics.mean_limit(alpha, "shallow", momentum)
    expected = (
        rate * curvature * (1 + momentum) / (tasks * (1 - momentum) * (2 * (1 + momentum) - rate * curvature))
    )
    assert dynamics.stationary_variance(alpha, rate, momentum, tasks) == expected


def test_no_stationary_variance_beyond_the_limit():
    with pytest.raises(ValueError, match="not below the limit"):
        dynamics.stationary_variance(Fraction(1, 10), Fraction(3))


def test_sgd_with_one_task_a_step_converges_to_the_deep_minimum_but_not_to_the_shallow_one():
    import torch

    from analysis.numeric.dynamics import sgd

    generator = torch.Generator().manual_seed(0)
    alpha, rate = 0.5, 0.1
    assert dynamics.is_mean_square_stable(Fraction(1, 2), Fraction(1, 10))
    minimum = torch.tensor([[alpha**-0.5, 0.0]], dtype=torch.float64)
    start = minimum + 0.02 * torch.randn(100, 2, generator=generator, dtype=torch.float64)
    assert (sgd(start, alpha, rate, 0.0, 1500, generator) - minimum).abs().max() < 1e-10
    assert (
        sgd(torch.zeros(100, 1, dtype=torch.float64), alpha, rate, 0.0, 500, generator).abs().median() > 1e-2
    )


def test_every_start_solves_the_shallow_model_at_rate_one():
    assert dynamics.query_noise(Fraction(1), 5, Fraction(1))["shallow"] == (0,)


@pytest.mark.parametrize("alpha", [Fraction(1, 10), Fraction(3, 2)])
def test_autograd_and_simulation_agree(alpha):
    from analysis.numeric.dynamics import compare

    failing = [line for line in compare(alpha).rows if not line.passed]
    assert not failing


# The command.


@pytest.mark.parametrize(
    ("alpha", "larger"),
    [("1/50", "deep"), ("7/100", "deep"), ("2/25", "shallow"), ("1/2", "shallow"), ("6", "shallow")],
)
def test_the_threshold_of_tolerance_separates_the_orders(alpha, larger):
    """Between the roots of its polynomial the order cannot change; these rates lie in all the gaps."""
    alpha = Fraction(alpha)
    deep = float(dynamics.mean_square_limit(alpha).enclosure())
    assert (deep > dynamics.mean_limit(alpha, "shallow")) == (larger == "deep")
    threshold = Fraction(float(dynamics.tolerance_threshold().enclosure())).limit_denominator(10**9)
    at = float(dynamics.mean_square_limit(threshold).enclosure())
    assert at == pytest.approx(float(dynamics.mean_limit(threshold, "shallow")), rel=1e-7)


def test_averaging_turns_the_order_and_momentum_turns_it_back(capsys):
    for options, larger in ((["--tasks", "16", "--momentum", "0"], "deep"), (["--tasks", "16"], "shallow")):
        assert main([*options, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["stability"]["tolerates_more"] == larger


@given(st.fractions(-2, 8, max_denominator=30), momenta, rates)
def test_decay_is_the_logarithm_of_the_contraction(curvature, momentum, rate):
    factor = dynamics.contraction(curvature, rate, momentum)
    expected = np.inf if factor == 0 else -np.log(factor)
    if abs(factor - 1) > 1e-3:
        assert dynamics.decay(curvature, rate, momentum) == pytest.approx(expected, rel=1e-9)


def test_slow_decay_keeps_its_digits():
    """−ln z = βλ/(1 − μ) to first order, where z is 1 in double precision."""
    tiny = Fraction(3, 10**18)
    assert dynamics.decay(tiny, Fraction(1, 100), Fraction(9, 10)) == pytest.approx(3e-19, rel=1e-12)


def test_beyond_the_limit_there_is_no_stationary_variance(capsys):
    for rate, variance in (("3/2", "0"), ("2", None), ("10", None)):
        assert main(["--rate", rate, "--momentum", "0", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["stability"]["deep"]["stationary_variance"] == variance
    assert main(["--rate", "2", "--momentum", "0"]) == 0
    assert "stationary variance none: the mean square grows" in capsys.readouterr().out


def test_command_prints_json(capsys):
    assert main(["--json", "--alpha", "0.1", "--tasks", "16"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["stability"]["deep"]["curvatures"] == ["2/5", "3/1000"]
    assert set(report["basins"]["normal_gradient_on_mirrors"].values()) == {"0"}
    assert report["noise"]["deep_covariance"] == [["0", "0"], ["0", "0"]]


def test_command_prints_for_people_at_the_flat_rate(capsys):
    assert main(["--alpha", "1"]) == 0
    assert "infinity" in capsys.readouterr().out


def test_command_draws(tmp_path: Path, monkeypatch, capsys):
    target = tmp_path / "basins.svg"
    monkeypatch.setattr("analysis.dynamics.maps.descend", lambda alpha, starts, *rest: starts)
    assert main(["--plot", str(target)]) == 0
    assert target.stat().st_size > 1000


@pytest.mark.parametrize(
    "bad",
    [["--alpha", "-1"], ["--momentum", "1"], ["--tasks", "0"], ["--plot", "x.txt"], ["--plot", "no/x.png"]],
)
def test_bad_input_is_one_line_and_status_two(bad, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["dynamics", *bad])
    with pytest.raises(SystemExit) as stop:
        entry()
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
