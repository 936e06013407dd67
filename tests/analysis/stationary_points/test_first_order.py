"""First-order MAML on three factors: the certified zeros against Newton from many starts; stability."""

from collections.abc import Callable
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis import models, tasks
from analysis.adaptation import InnerLoop
from analysis.algebra.elimination import CommonCurve
from analysis.algebra.polynomials import context
from analysis.landscape import Problem
from analysis.stationary_points import UnsupportedProblem, stationary_points
from analysis.stationary_points.points import StationaryPoints
from analysis.stationary_points.products import first_order
from analysis.stationary_points.products.first_order import _characteristic, _hurwitz
from analysis.stationary_points.products.strata import Setting

Vector = NDArray[np.float64]
Law = tuple[tuple[float, ...], tuple[float, ...]]  # atoms and weights


def atomic(*values: Fraction | int) -> tuple[tasks.TaskLaw, Law]:
    """Equal weights on these atoms, by moments, and as numbers."""
    moments = tuple(sum(Fraction(v) ** k for v in values) / len(values) for k in range(1, 9))
    return tasks.from_moments(moments), (tuple(map(float, values)), (1 / len(values),) * len(values))


def gaussian() -> tuple[tasks.TaskLaw, Law]:
    """N(0, 1), and Gauss and Hermite's rule, exact for the degrees that occur."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)
    return tasks.GAUSSIAN, (tuple(nodes), tuple(weights / weights.sum()))


def solved(law: tasks.TaskLaw, rate: Fraction) -> StationaryPoints:
    loop = InnerLoop(rate=rate, outer="first-order")
    return stationary_points(Problem(models.product(3), law, loop))


def field(law: Law, rate: float) -> Callable[[Vector], Vector]:
    """w (…, 3) ↦ the field there: one step on every task, then the task gradient, and the mean."""
    atoms, weights = (np.array(part) for part in law)

    def gradient(w: Vector) -> Vector:
        a, b, c = np.moveaxis(w, -1, 0)
        return (a * b * c - atoms)[..., None] * np.stack([b * c, a * c, a * b], -1)

    def at(w: Vector) -> Vector:
        w = w[..., None, :]
        return (weights[:, None] * gradient(w - rate * gradient(w))).sum(-2)

    return at


def jacobian(at: Callable[[Vector], Vector], w: Vector) -> NDArray[np.float64]:
    """(…, 3, 3), by central differences."""
    step = 1e-6
    columns = [(at(w + step * e) - at(w - step * e)) / (2 * step) for e in np.eye(3)]
    return np.stack(columns, axis=-1)


LAWS = {
    "gaussian": gaussian(),
    "four atoms": atomic(-1, 0, 2, 3),
    "positive": atomic(1, 2, 3, 5),
    "three atoms": atomic(-1, 0, 2),
}


@pytest.mark.parametrize("rate", [Fraction(1, 10), Fraction(1, 2), Fraction(2)])
@pytest.mark.parametrize("name", LAWS)
def test_newton_from_many_starts_finds_nothing_else(name: str, rate: Fraction) -> None:
    law, numbers = LAWS[name]
    found = solved(law, rate)
    assert found.certificate.agrees
    at = field(numbers, float(rate))
    points = np.array([[float(x.mid()) for x in p.enclose()] for p in found.points])
    assert len(points)
    for point, w in zip(found.points, points, strict=True):
        assert np.abs(at(w)).max() < 1e-8 * max(1.0, np.abs(w).max()) ** 5
        real = np.linalg.eigvals(jacobian(at, w)).real
        if np.abs(real).min() > 1e-3:
            assert point.inertia == ((real > 0).sum(), (real < 0).sum(), 0), (w, real)
    generator = np.random.default_rng(0)
    w = generator.normal(size=(2000, 3)) * np.exp(generator.uniform(-1, 1.5, (2000, 1)))
    with np.errstate(all="ignore"):
        for _ in range(60):
            w = w - (np.linalg.pinv(jacobian(at, w)) @ at(w)[..., None])[..., 0]
            w = w[np.isfinite(w).all(-1) & (np.abs(w).max(-1) < 1e3)]
        isolated = (np.abs(w).min(-1) > 1e-4) & (np.abs(at(w)).max(-1) < 1e-9)
    reached = w[isolated & (np.linalg.svd(jacobian(at, w))[1].min(-1) > 1e-5)]
    assert len(reached)
    assert np.abs(points - reached[:, None]).max(-1).min(-1).max() < 1e-4


@pytest.mark.parametrize("name", LAWS)
def test_different_squares_have_the_slopes_of_the_orthogonal_polynomial(name: str) -> None:
    law, (atoms, weights) = LAWS[name]
    powers = np.stack([np.array(atoms) ** k for k in range(4)])
    gram = (powers * np.array(weights)) @ powers.T
    lower = np.linalg.solve(gram[:3, :3], -gram[:3, 3])
    zeros = np.roots([1, *lower[::-1]]).real
    for rate in (Fraction(1, 10), Fraction(2), Fraction(20)):
        slopes = set()
        for point in solved(law, rate).points:
            if len(set(point.groups)) == 3:  # type: ignore[attr-defined]
                w = np.array([float(x.mid()) for x in point.enclose()])
                slopes.add(round(float(w.prod()), 9))
                adapted = [np.prod(w + float(rate) * (t - w.prod()) * w.prod() / w) for t in atoms]
                polynomial = [t**3 + lower @ [1, t, t * t] for t in atoms]
                expected = np.array(atoms) + float(rate) ** 3 * w.prod() ** 2 * np.array(polynomial)
                assert np.allclose(adapted, expected, rtol=1e-7, atol=1e-7)
        assert all(np.abs(zeros - slope).min() < 1e-7 for slope in slopes)
        if rate == 20:
            assert len(slopes) == int(zeros.max() > 0) + int(zeros.min() < 0)


def test_excess_loss_and_characteristic_polynomial_in_numbers() -> None:
    """At different squares: the loss, and λ³ + c₁ λ² + c₂ λ + c₃ of the Jacobian in any coordinates."""
    law, numbers = LAWS["four atoms"]
    rate, at = Fraction(2), field(LAWS["four atoms"][1], 2.0)
    polynomials, different = _characteristic(Setting(3, fmpq(2), law)), 0
    for point in solved(law, rate).points:
        w = np.array([float(x.mid()) for x in point.enclose()])
        errors = [t - np.prod(w + 2 * (t - w.prod()) * w.prod() / w) for t in numbers[0]]
        assert point.loss().approx == pytest.approx(np.mean(np.square(errors)) / 2, rel=1e-9)
        if len(set(point.groups)) == 3:  # type: ignore[attr-defined]
            different += 1
            x, g = w * w, w.prod()
            e1, e2 = x.sum(), x[0] * x[1] + x[1] * x[2] + x[0] * x[2]
            values = [float(poly(*map(_exact, (g, e1, e2)))) for poly in polynomials]
            _, c1, c2, c3 = np.poly(jacobian(at, w))
            expected = [c1 * g**2, c2 * g**2, c3 * g**4, (c1 * c2 - c3) * g**4]
            assert np.allclose(values, expected, rtol=1e-4)
    assert different


def _exact(x: float) -> fmpq:
    return fmpq(*Fraction(float(x)).as_integer_ratio())


def test_on_positive_tasks_solving_all_of_them_attracts_nobody() -> None:
    law, numbers = LAWS["positive"]
    families = [f for f in solved(law, Fraction(1, 2)).families if f.loss is not None and f.loss.approx == 0]
    assert [f.kind for f in families] == ["saddle"] * 3
    assert [f.kind for f in solved(tasks.GAUSSIAN, Fraction(1, 2)).families[3:]] == ["minimum"] * 3
    w = np.array([0.0, 1.3, np.sqrt(2) / 1.3])
    eigenvalues = np.linalg.eigvals(jacobian(field(numbers, 0.5), w)).real
    assert sorted(np.sign(np.round(eigenvalues, 4))) == [-1, 0, 1]


def test_where_two_factors_vanish() -> None:
    law, numbers = LAWS["four atoms"]
    family = solved(law, Fraction(1, 2)).families[0]
    assert family.kind == "saddle"
    edge = family.exceptions.split("> ")[1].split(",")[0]
    for factor, expected in ((0.9, [-1, 0, 1]), (1.1, [-1, -1, 0])):
        w = np.array([0.0, 0.0, np.sqrt(factor * float(edge))])
        eigenvalues = np.linalg.eigvals(jacobian(field(numbers, 0.5), w)).real
        assert sorted(np.sign(np.round(eigenvalues, 5))) == expected


@given(st.lists(st.integers(-3, 3), min_size=3, max_size=3))
@settings(max_examples=200)
def test_signs_of_real_parts_of_a_cubic(coefficients: list[int]) -> None:
    one, two, three = coefficients
    signs = [int(np.sign(x)) for x in (one, two, three, one * two - three)]
    real = np.roots([1, one, two, three]).real
    real[np.abs(real) < 1e-4] = 0
    assert _hurwitz(signs) == ((real > 0).sum(), (real < 0).sum(), (real == 0).sum())


def test_every_cubic_with_small_roots() -> None:
    for a, b, c in product(range(-2, 3), repeat=3):
        one, two, three = -(a + b + c), a * b + b * c + a * c, -a * b * c
        signs = [int(np.sign(x)) for x in (one, two, three, one * two - three)]
        roots = np.array([a, b, c])
        assert _hurwitz(signs) == ((roots > 0).sum(), (roots < 0).sum(), (roots == 0).sum())


def test_a_curve_of_zeros_would_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def shared(system: object) -> None:
        raise CommonCurve(context(["y"]).gen(0))

    monkeypatch.setattr(first_order, "locations_of", shared)
    with pytest.raises(UnsupportedProblem, match="not certified: on a stratum the equations share"):
        solved(tasks.GAUSSIAN, Fraction(1, 10))


def test_real_parts_of_conjugate_eigenvalues() -> None:
    law, numbers = atomic(-3, 1, 2, 5)
    at, pairs = field(numbers, 0.1), 0
    for point, _ in solved(law, Fraction(1, 10)).orbits:
        w = np.array([float(x.mid()) for x in point.enclose()])
        values = np.linalg.eigvals(jacobian(at, w))
        pairs += np.abs(values.imag).max() > 0.1
        shown = [value.approx for value in point.eigenvalues()]
        assert np.allclose(shown, sorted(values.real), rtol=1e-4, atol=1e-4 * np.abs(values).max())
    assert pairs


def test_what_is_not_covered_is_refused_in_words() -> None:
    with pytest.raises(UnsupportedProblem, match="3 or more"):
        solved(tasks.RADEMACHER, Fraction(1, 10))
    loop = InnerLoop(rate=Fraction(1, 10), outer="first-order")
    with pytest.raises(UnsupportedProblem, match="certified are 1 to 3 factors"):
        stationary_points(Problem(models.product(4), tasks.GAUSSIAN, loop))
