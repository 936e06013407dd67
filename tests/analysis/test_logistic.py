"""Appendix B.1: Stein gradients, Bayes values, adaptation at any depth, accuracy laws, measurements."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gamma

from analysis import logistic
from analysis.logistic import LABELS, PREDICTIONS
from analysis.logistic.command import main

coordinate = st.floats(-3, 3).map(lambda x: round(x, 3))
rates = st.floats(0.05, 3.5)
label_rules = st.sampled_from(LABELS)
predictions = st.sampled_from(PREDICTIONS)


@st.composite
def vectors(draw: st.DrawFn) -> np.ndarray:
    """A point of the plane away from the origin."""
    vector = np.array([draw(coordinate), draw(coordinate)])
    return vector if np.linalg.norm(vector) > 0.05 else vector + 1.0


@st.composite
def networks(draw: st.DrawFn, depth: int) -> list[np.ndarray]:
    """Factors (out, in), bottom first, of a linear classifier of the plane; some of them may be zero."""
    sizes = [2, *(draw(st.integers(1, 3)) for _ in range(depth - 1)), 1]
    generator = np.random.default_rng(draw(st.integers(0, 2**16)))
    zero = [draw(st.booleans()) for _ in range(depth)]
    shapes = zip(sizes[1:], sizes[:-1], strict=True)
    return [generator.normal(size=s) * (not z) for s, z in zip(shapes, zero, strict=True)]


# Stein's identity.


@given(st.fractions(0, 8, max_denominator=50))
def test_gain_lies_in_the_certified_ball(norm):
    ball = logistic.certified_gain(norm)
    assert float(ball.rad()) < 1e-12
    assert abs(float(logistic.gain(float(norm))) - float(ball)) < 1e-13


@pytest.mark.parametrize("norm", [1e2, 1e3, 1e5, 1e9])
def test_gain_of_long_classifiers(norm):
    """κ(s) = (1 − π²/(6s²) + …)/(s√(2π)), E[σ'(sZ)Z²] = π²/(3s³√(2π)) + …: no fixed nodes resolve these."""
    limit = 1 / (norm * np.sqrt(2 * np.pi))
    assert float(logistic.gain(norm)) == pytest.approx(limit * (1 - np.pi**2 / 6 / norm**2), rel=1e-6)
    assert float(logistic.gain(norm, power=2)) == pytest.approx(limit * np.pi**2 / 3 / norm**2, rel=1e-2)


def test_measured_accuracies_of_the_three_depths_against_the_labels():
    header, rows = logistic.read_table()
    last = header["protocol"]["checkpoints"][-1]
    chosen = logistic.select(rows, start="default", alpha=0.9, momentum=0.0, iteration=last)

    def spread(reading: str, **cell: object) -> float:
        means = [row[reading][0] for row in logistic.select(chosen, **cell) if row["width"] in (0, 32)]
        assert len(means) == 3
        return max(means) - min(means)

    for labels in logistic.LABELS:
        for shots in (1, 5, 20, 100):
            assert spread("after", labels=labels, shots=shots) < 0.025
    assert 0.05 < spread("after_teacher", labels="sampled", shots=100) < 0.055


def test_gain_decreases_while_the_length_of_the_gradient_grows_to_its_limit():
    norms = np.linspace(0, 12, 200)
    gains = logistic.gain(norms)
    assert gains[0] == pytest.approx(0.25, abs=1e-14)
    assert np.all(np.diff(gains) < 0)
    assert np.all(np.diff(norms * gains) > 0)
    assert np.all(norms * gains < 1 / np.sqrt(2 * np.pi))


@given(vectors())
def test_the_teacher_is_where_the_gradient_vanishes_under_sampled_labels(theta):
    assert np.abs(logistic.gradient(theta, theta, "sampled")).max() < 1e-15
    assert logistic.gradient(theta, theta, "deterministic") @ theta < 0


@given(vectors(), vectors())
def test_the_gradient_is_the_derivative_of_the_loss(c, theta):
    for labels in LABELS:
        step = 1e-5 * np.eye(2)
        upper, lower = (logistic.loss(c + sign * step, theta, labels) for sign in (1, -1))
        assert (upper - lower) / 2e-5 == pytest.approx(logistic.gradient(c, theta, labels), abs=1e-8)


# Bayes.


def test_bayes_accuracy_in_the_plane_is_log_two():
    accuracy, entropy = logistic.integrated_bayes()
    assert logistic.eta_weights(2) == [Fraction(1)]
    assert accuracy.overlaps(logistic.bayes_accuracy("sampled"))
    assert entropy.overlaps(logistic.bayes_loss("sampled"))
    assert float(logistic.bayes_accuracy("sampled")) == pytest.approx(np.log(2), abs=1e-15)
    assert float(accuracy.rad()) < 1e-12
    assert logistic.bayes_accuracy("deterministic") == 1


@pytest.mark.parametrize("dimension", [2, 4, 6, 10])
def test_bayes_accuracy_in_even_dimensions_is_the_mean_over_teacher_norms(dimension):
    nodes, weights = np.polynomial.legendre.leggauss(200)
    norm = 7 * (nodes + 1)
    density = (
        norm ** (dimension - 1) * np.exp(-(norm**2) / 2) / (2 ** (dimension / 2 - 1) * gamma(dimension / 2))
    )
    teacher = np.stack([norm, 0 * norm], axis=-1)
    accuracy = logistic.accuracy(teacher, teacher, "sampled")
    assert 7 * weights @ (density * accuracy) == pytest.approx(
        float(logistic.bayes_accuracy("sampled", dimension))
    )
    assert sum(logistic.eta_weights(dimension)) == 1


def test_bayes_values_are_task_averages_of_the_teacher_itself():
    theta, mass = logistic.task_quadrature()
    assert mass @ logistic.accuracy(theta, theta, "sampled") == pytest.approx(np.log(2), abs=1e-9)
    assert mass @ logistic.loss(theta, theta, "sampled") == pytest.approx(
        2 * np.log(2) - np.pi**2 / 12, abs=1e-9
    )


def test_odd_dimensions_are_refused():
    with pytest.raises(ValueError, match="even dimension"):
        logistic.bayes_accuracy("sampled", 3)


# One step, at any depth.


@given(vectors(), rates, label_rules)
def test_regression_from_the_origin_points_exactly_at_the_teacher(theta, alpha, labels):
    adapted = logistic.adapt([np.zeros((1, 2))], theta, alpha, labels)
    assert adapted / np.linalg.norm(adapted) == pytest.approx(theta / np.linalg.norm(theta), abs=1e-12)
    assert logistic.accuracy(adapted, theta, "deterministic") == pytest.approx(1, abs=1e-7)
    assert logistic.accuracy(adapted, theta, "sampled") == pytest.approx(
        float(logistic.accuracy(theta, theta, "sampled")), abs=1e-7
    )


@pytest.mark.parametrize(("hidden", "dimension"), [(1, 2), (2, 2), (3, 2), (2, 3)])
def test_depth_two_has_one_correction_and_it_lies_along_the_gradient(hidden, dimension):
    residual = logistic.depth_two_residual(hidden, dimension)
    assert len(residual) == dimension
    assert all(entry == 0 for entry in residual)


@given(networks(2), vectors(), rates, label_rules)
def test_depth_two_step_is_the_proved_polynomial_in_the_rate(factors, theta, alpha, labels):
    c, p = logistic.collapse(factors), logistic.preconditioner(factors)
    g = logistic.gradient(c, theta, labels)
    expected = c - alpha * p @ g + alpha**2 * (c @ g) * g
    assert logistic.adapt(factors, theta, alpha, labels) == pytest.approx(expected, abs=1e-9)


@given(st.integers(1, 3).flatmap(networks), label_rules)
def test_a_start_can_adapt_iff_some_task_moves_it(factors, labels):
    tasks = np.array([[1.0, 0.3], [-0.4, 1.2], [2.0, -1.0]])
    moved = logistic.adapt(factors, tasks, 0.7, labels) - logistic.collapse(factors)
    assert logistic.can_adapt(factors) == bool(np.any(moved))


@given(st.integers(1, 3).flatmap(networks), vectors(), label_rules)
def test_the_preconditioner_is_the_derivative_of_the_step_in_the_rate(factors, theta, labels):
    c = logistic.collapse(factors)
    slope = (
        logistic.adapt(factors, theta, 1e-6, labels) - logistic.adapt(factors, theta, -1e-6, labels)
    ) / 2e-6
    expected = -logistic.preconditioner(factors) @ logistic.gradient(c, theta, labels)
    assert slope == pytest.approx(expected, abs=1e-6 * (1 + np.abs(expected).max()))


@given(st.sampled_from([2, 3]), st.floats(0.1, 20), vectors(), rates, label_rules)
def test_depth_from_a_neutral_start_is_regression_with_another_rate(depth, step, theta, alpha, labels):
    deep = logistic.adapt(logistic.neutral(depth, step), theta, alpha, labels)
    regression = logistic.adapt(logistic.neutral(1, 1), theta, alpha * step, labels)
    assert deep == pytest.approx(regression, rel=1e-12)


@given(st.integers(1, 4), vectors())
def test_balanced_factors_have_the_known_preconditioner(depth, start):
    factors = logistic.balanced(depth, start)
    norm = np.linalg.norm(start)
    along = np.outer(start, start) / norm**2
    assert logistic.collapse(factors) == pytest.approx(start)
    expected = norm ** (2 * (depth - 1) / depth) * (np.eye(2) + (depth - 1) * along)
    assert logistic.preconditioner(factors) == pytest.approx(expected)


def test_factors_that_do_not_chain_are_refused():
    with pytest.raises(ValueError, match="must chain"):
        logistic.preconditioner([np.zeros((3, 2)), np.zeros((1, 2))])
    with pytest.raises(ValueError, match="step 1"):
        logistic.neutral(1, 2.0)


# Accuracy and loss.


@given(vectors(), vectors(), label_rules, predictions)
def test_the_opposite_classifier_is_right_where_this_one_is_wrong(c, theta, labels, prediction):
    right, wrong = (float(logistic.accuracy(sign * c, theta, labels, prediction)) for sign in (1, -1))
    assert right + wrong == pytest.approx(1, abs=1e-7)
    assert right <= float(logistic.accuracy(theta, theta, labels)) + 1e-7


@given(vectors(), vectors())
def test_accuracy_is_symmetric_between_noisy_labels_and_noisy_predictions(c, theta):
    noisy_labels = float(logistic.accuracy(c, theta, "sampled", "threshold"))
    assert noisy_labels == pytest.approx(
        float(logistic.accuracy(theta, c, "deterministic", "sampled")), abs=1e-9
    )


@given(vectors(), vectors(), label_rules)
def test_threshold_accuracy_ignores_the_length_and_sampled_predictions_approach_it(c, theta, labels):
    threshold = float(logistic.accuracy(c, theta, labels))
    assert float(logistic.accuracy(3.7 * c, theta, labels)) == pytest.approx(threshold, abs=1e-9)
    long = 40 * c / np.linalg.norm(c)
    if labels == "deterministic":
        assert float(logistic.accuracy(long, theta, labels, "sampled")) == pytest.approx(threshold, abs=0.03)


def test_a_classifier_of_zeros_is_at_chance():
    for labels, prediction in product(LABELS, PREDICTIONS):
        assert logistic.accuracy(np.zeros(2), np.array([1.0, 2.0]), labels, prediction) == 0.5


@given(vectors(), vectors())
def test_no_classifier_beats_the_teacher_in_loss(c, theta):
    assert logistic.loss(c, theta, "sampled") >= logistic.loss(theta, theta, "sampled") - 1e-14


@settings(max_examples=25)
@given(st.floats(0.01, 4), st.floats(0.1, 3.9), label_rules)
def test_the_origin_is_the_maml_solution_of_regression(norm, alpha, labels):
    at_origin, away = (
        logistic.adapted_performance([np.array([[x, 0.0]])], alpha, labels, radial=16, angular=16)["loss"]
        for x in (0.0, norm)
    )
    assert away > at_origin


@given(rates, label_rules)
def test_the_hessian_at_the_origin_is_isotropic_and_positive(alpha, labels):
    hessian = logistic.origin_hessian(alpha, labels, logistic.task_quadrature(16, 8))
    assert hessian == pytest.approx(hessian[0, 0] * np.eye(2), abs=1e-12)
    assert hessian[0, 0] > 0


def test_the_hessian_at_the_origin_vanishes_at_rate_four():
    assert np.abs(logistic.origin_hessian(4.0, "sampled", logistic.task_quadrature(16, 8))).max() < 1e-15


@pytest.mark.parametrize("norm", [0.3, 1.25, 4.0])
@pytest.mark.parametrize("alpha", [0.1, 0.9])
def test_accuracy_from_a_start_is_legendres_chi(norm, alpha):
    integrated = logistic.adapted_performance([np.array([[0.0, norm]])], alpha, "deterministic", 8, 512)
    assert float(logistic.accuracy_from_start(norm, alpha)) == pytest.approx(
        integrated["threshold"], abs=2e-5
    )


def test_accuracy_from_a_start_under_sampled_labels_averages_over_teachers():
    theta, mass = logistic.task_quadrature(64, 256)
    adapted = logistic.adapt([np.array([[0.8, 0.0]])], theta, 0.9, "sampled")
    counted = mass @ logistic.accuracy(adapted, theta, "deterministic")
    assert float(logistic.accuracy_from_start(0.8, 0.9, "sampled")) == pytest.approx(counted, abs=1e-4)


def test_accuracy_falls_from_bayes_to_chance_with_the_norm_of_the_start():
    law = logistic.accuracy_from_start(np.linspace(0, 40, 400), 0.9)
    assert law[0] == pytest.approx(1)
    assert np.all(np.diff(law) < 0)
    assert 0.5 < law[-1] < 0.503
    assert logistic.legendre_chi(1.0) == pytest.approx(np.pi**2 / 8)
    assert logistic.legendre_chi(0.5) == pytest.approx(sum(0.5**n / n**2 for n in range(1, 99, 2)))


def test_the_best_rate_minimises_the_loss_and_is_infinite_without_label_noise():
    best = logistic.best_rate("sampled")
    losses = [
        logistic.adapted_performance(logistic.neutral(2, rate), 1.0, "sampled", 64, 4)["loss"]
        for rate in (0.97 * best, best, 1.03 * best)
    ]
    assert losses[1] < min(losses[0], losses[2])
    assert losses[1] > float(logistic.bayes_loss("sampled"))
    assert logistic.best_rate("deterministic") == float("inf")
    falling = [
        logistic.adapted_performance(logistic.neutral(2, step), 0.9, "deterministic", 8, 4)["loss"]
        for step in (1, 10, 100)
    ]
    assert falling == sorted(falling, reverse=True)


# A handful of examples.


def test_one_example_is_worth_three_quarters():
    assert logistic.few_shot_accuracy(1, "deterministic") == pytest.approx(0.75, abs=1e-12)


def test_one_sampled_example_agrees_with_integrating_over_it():
    x, x_mass = logistic.task_quadrature(32, 512)
    theta, theta_mass = logistic.task_quadrature(48, 1)
    chance = 1 / (1 + np.exp(-theta @ x.T))
    right = logistic.accuracy(x[None], theta[:, None], "deterministic")
    expected = theta_mass @ (chance * right + (1 - chance) * (1 - right)) @ x_mass
    assert logistic.few_shot_accuracy(1, "sampled") == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("labels", LABELS)
def test_accuracy_grows_with_the_examples_to_the_infinite_data_value(labels):
    law = [logistic.few_shot_accuracy(n, labels) for n in (1, 2, 4, 16, 256, 10_000)]
    assert law == sorted(law)
    assert 0.98 < law[-1] < 1


@pytest.mark.parametrize("labels", LABELS)
def test_the_measured_accuracy_at_the_origin_is_the_exact_one(labels):
    _, rows = logistic.read_table()
    for row in logistic.select(rows, labels=labels, start="origin", iteration=0):
        mean, interval = row["after_teacher"]
        assert abs(mean - logistic.few_shot_accuracy(row["shots"], labels)) < 2 * interval + 0.01


# PyTorch.


@pytest.mark.parametrize("alpha", [0.9, 2.5])
def test_autograd_and_counting_agree(alpha):
    from analysis.numeric.logistic import compare

    failing = [line for line in compare(alpha).rows if not line.passed]
    assert not failing


def test_the_committed_measurement_starts_where_a_fresh_one_does():
    from analysis.numeric.logistic_measurement import Batch, Protocol, run

    header, rows = logistic.read_table()
    assert header["protocol"]["seed"] == 0
    assert {"python", "torch", "machine"} <= set(header["versions"])
    cells = (("deterministic", "origin", 0.9, 0.0), ("sampled", "origin", 0.9, 0.0))
    for row in run(Batch(1, 0, 5, cells), Protocol(checkpoints=(0,))):
        key = {
            name: row[name]
            for name in ("depth", "shots", "iteration", "labels", "start", "alpha", "momentum")
        }
        (committed,) = logistic.select(rows, **key)
        for reading in ("before", "after", "after_teacher", "after_sampled"):
            spread = row[reading][1] + committed[reading][1]
            assert abs(row[reading][0] - committed[reading][0]) < spread + 0.01


def test_meta_training_moves_regression_towards_the_origin_and_is_reproducible():
    from analysis.numeric.logistic_measurement import Batch, Protocol, run

    batch = Batch(1, 0, 20, (("deterministic", "normal", 0.9, 0.9),))
    protocol = Protocol(checkpoints=(0, 60), test_tasks=50, test_queries=50)
    first, last = run(batch, protocol)
    assert last["start_norm"][0] < first["start_norm"][0]
    assert last["after"][0] > first["after"][0]
    assert run(batch, protocol) == [first, last]


def test_the_committed_table_says_what_the_docstrings_say():
    _, rows = logistic.read_table()
    trained = logistic.select(
        rows, start="default", alpha=0.9, momentum=0.0, iteration=1000, labels="deterministic"
    )
    regression = {row["shots"]: row for row in trained if row["depth"] == 1}
    deep = {row["shots"]: row for row in trained if row["depth"] > 1 and row["width"] == 32}
    assert all(abs(row["before"][0] - 0.5) < 0.02 for row in trained)
    assert regression[100]["after"][0] > 0.9
    assert regression[1]["after"][0] == pytest.approx(0.75, abs=0.02)
    assert regression[100]["after_sampled"][0] < 0.6 < 0.9 < deep[100]["after_sampled"][0]


# The command.


def test_command_prints_json_of_the_stated_shape(capsys):
    assert main(["--json", "--labels", "sampled", "--depths", "1", "--starts", "0", "1/2"]) == 0
    report = json.loads(capsys.readouterr().out)
    part = report["exact"]["sampled"]
    assert part["bayes_accuracy"]["approx"] == pytest.approx(np.log(2))
    assert [row["start"] for row in part["one_step"]] == ["balanced", "balanced", "neutral"]
    assert report["measured"]["cells"]


def test_command_prints_for_people(capsys):
    assert main(["--labels", "deterministic", "--depths", "2", "--starts", "0"]) == 0
    output = capsys.readouterr().out
    assert "no step moves it" in output
    assert "measured in PyTorch" in output


@pytest.mark.parametrize("bad", [["--alpha", "0"], ["--alpha", "nan"], ["--starts", "-1"], ["--depths", "7"]])
def test_bad_input_is_one_line_and_status_two(bad, capsys):
    with pytest.raises(SystemExit) as stop:
        main(bad)
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_analysis_does_not_import_torch():
    code = (
        "import sys, analysis.logistic, analysis.dynamics; print({'torch', 'matplotlib'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
