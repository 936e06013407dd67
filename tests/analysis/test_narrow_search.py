"""Evidence, not proof: no search finds a net narrower than its inputs that beats the bound of `narrow`.

The loss and its gradient are written down once more, at α = 1 and θ ~ N(0, τI) with τ = α² (a rescaling),
and compared with the exact loss first.
"""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from analysis.dimensions.loss import excess_loss
from analysis.dimensions.narrow import least_excess
from analysis.dimensions.zero_excess import Setting
from tests.analysis.exact_strategies import matrices

QUICK = [((1, 2, 5), 2), ((1, 5, 6), 2), ((1, 1, 5), 2), ((1, 2, 3, 4), 2), ((1, 2, 3, 4), 3)]
MORE = [
    *QUICK,
    *(((1, 2, 3), 2), ((1, 10, 11), 2), ((1, 1, 1, 2), 2), ((1, 1, 1, 2), 3)),
    *(((1, 3, 9, 27), 2), ((1, 8, 9, 10), 3), ((2, 3, 4, 5, 6), 3)),
]


def loss_and_gradient(
    point: np.ndarray, spectrum: np.ndarray, hidden: int, tau: float
) -> tuple[float, np.ndarray]:
    """2 L/τ: with K = Σ⁻¹ − σI − BᵀB, y = ΣBᵀa, σ = |a|² − yᵀΣ⁻¹y it is

    |KΣ + yyᵀ|²_Σ + |Ky + τΣy|²_Σ/τ + τ (yᵀΣ³y + tr Σ³ |y|²).
    """
    a, b = point[:hidden], point[hidden:].reshape(hidden, len(spectrum))
    u = b.T @ a
    y = spectrum * u
    k = np.diag(1 / spectrum - (a @ a - u @ y)) - b.T @ b
    odd, even = k * spectrum + np.outer(y, y), k @ y + tau * spectrum * y
    cubes = spectrum**3
    value = (spectrum[:, None] * odd**2).sum() + (spectrum * even**2).sum() / tau
    value += tau * (cubes * y * y).sum() + tau * cubes.sum() * (y @ y)
    by_odd, by_even = 2 * spectrum[:, None] * odd, 2 * spectrum * even / tau
    by_k = by_odd * spectrum + np.outer(by_even, y)
    by_sigma = -np.trace(by_k)
    by_y = tau * (2 * cubes * y + 2 * cubes.sum() * y) + (by_odd + by_odd.T) @ y + k @ by_even
    by_y += tau * spectrum * by_even - by_sigma * u
    by_u = spectrum * by_y - by_sigma * y
    by_a = 2 * by_sigma * a + b @ by_u
    by_b = -b @ (by_k + by_k.T) + np.outer(a, by_u)
    return value, np.concatenate([by_a, by_b.ravel()])


@settings(max_examples=15, deadline=None)
@given(st.sampled_from([(2, 2), (3, 2)]), st.sampled_from([F(1, 2), F(1), F(3)]), st.data())
def test_the_loss_of_the_search_is_the_exact_one(shape, alpha, data):
    d, hidden = shape
    spectrum = tuple(map(F, (1, 2, 5)[:d]))
    a, b = data.draw(matrices(1, hidden)), data.draw(matrices(hidden, d))
    exact = excess_loss(Setting(1, d, hidden, alpha, spectrum), (a, b))
    # (A, B) → (A, B) √α and θ → α θ make α = 1
    point = np.array([float(x) for x in (*a, *b)]) * float(alpha) ** 0.5
    value, gradient = loss_and_gradient(point, np.array(spectrum, float), hidden, float(alpha) ** 2)
    assert value / 2 == pytest.approx(float(exact), rel=1e-10)
    steps = 1e-6 * np.eye(len(point))
    differences = [
        (
            loss_and_gradient(point + step, np.array(spectrum, float), hidden, float(alpha) ** 2)[0]
            - loss_and_gradient(point - step, np.array(spectrum, float), hidden, float(alpha) ** 2)[0]
        )
        / 2e-6
        for step in steps
    ]
    assert gradient == pytest.approx(differences, rel=1e-4, abs=1e-4 * np.abs(gradient).max() + 1e-6)


def search(spectrum: tuple[int, ...], hidden: int, tau: float, starts: int) -> float:
    """The least L/τ that BFGS finds."""
    values, generator = np.array(spectrum, float), np.random.default_rng(0)
    size = hidden * (1 + len(spectrum))
    ends = [
        optimize.minimize(
            loss_and_gradient,
            generator.normal(size=size) * np.exp(generator.normal() - 0.5),
            args=(values, hidden, tau),
            jac=True,
            method="BFGS",
            options={"gtol": 1e-9, "maxiter": 600},
        ).fun
        for _ in range(starts)
    ]
    return min(ends) / 2


def compare(spectrum: tuple[int, ...], hidden: int, tau: float, starts: int) -> None:
    setting = Setting(1, len(spectrum), hidden, F(1), tuple(map(F, spectrum)))
    bound = float(least_excess(setting).upper)
    least = search(spectrum, hidden, tau, starts)
    assert least == pytest.approx(bound, rel=1e-8)
    assert least >= bound * (1 - 1e-10)


@pytest.mark.parametrize(("spectrum", "hidden"), QUICK)
def test_no_search_beats_the_bound(spectrum, hidden):
    compare(spectrum, hidden, 0.1, 40)


@pytest.mark.slow
@pytest.mark.parametrize("tau", [1e-4, 1e-2, 0.1, 1.0, 10.0])
@pytest.mark.parametrize(("spectrum", "hidden"), MORE)
def test_no_long_search_beats_the_bound(spectrum, hidden, tau):
    compare(spectrum, hidden, tau, 100)
