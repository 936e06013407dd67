"""The landscapes against automatic differentiation by PyTorch, at random rationals and in `--check`."""

from fractions import Fraction

import pytest
import torch
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import tasks
from analysis.adaptation import InnerLoop
from analysis.algebra.polynomials import evaluate
from analysis.landscape import Problem, derive
from analysis.models import DEEP, SHALLOW, product
from analysis.numeric import check as checking
from analysis.numeric.maml import derivatives, quadrature
from analysis.stationary_points import stationary_points

rationals = st.fractions(min_value=-2, max_value=2, max_denominator=8)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 3),
    st.integers(1, 2),
    st.fractions(min_value=Fraction(1, 10), max_value=1, max_denominator=10),
    st.sampled_from(sorted(tasks.NAMED)),
    st.data(),
)
def test_loss_gradient_and_hessian_agree_with_torch(
    factors: int, steps: int, rate: Fraction, law: str, data: st.DataObject
) -> None:
    model = product(factors)
    steps = 1 if factors == 3 else steps
    point = data.draw(st.lists(rationals, min_size=factors, max_size=factors))
    landscape = derive(Problem(model, tasks.NAMED[law], InnerLoop(steps=steps, rate=rate)))
    w = torch.tensor([float(x) for x in point], dtype=torch.float64)
    value, gradient, hessian = derivatives(w, quadrature(24, law), float(rate), steps)
    exact = [arb(float(x)) for x in point]

    def number(poly) -> float:
        return float(evaluate(poly, exact).mid())

    scale = 1 + abs(number(landscape.loss)) + float(hessian.abs().max())
    assert float(value) == pytest.approx(number(landscape.loss), abs=1e-9 * scale)
    assert gradient.tolist() == pytest.approx([number(g) for g in landscape.gradient], abs=1e-9 * scale)
    for row, numbers in zip(landscape.hessian, hessian.tolist(), strict=True):
        assert numbers == pytest.approx([number(h) for h in row], abs=1e-9 * scale)


@pytest.mark.parametrize("model", [SHALLOW, DEEP], ids=["shallow", "deep"])
def test_check_passes(model, monkeypatch) -> None:
    monkeypatch.setattr(checking, "ITERATIONS", 2_000)
    found = stationary_points(Problem(model, loop=InnerLoop(rate=Fraction(1, 10))))
    residuals = checking.check(found)
    assert residuals.passed, residuals.render()
    assert len(residuals.rows) == 9


def test_check_fails_for_another_landscape(monkeypatch) -> None:
    """The same check with the polynomials of a different rate behind the numbers must not pass."""
    from dataclasses import replace

    monkeypatch.setattr(checking, "ITERATIONS", 10)
    found = stationary_points(Problem(DEEP, loop=InnerLoop(rate=Fraction(1, 10))))
    wrong = replace(derive(Problem(DEEP, loop=InnerLoop(rate=Fraction(1, 9)))), problem=found.problem)
    rows = {row.name: row.passed for row in checking.check(replace(found, landscape=wrong)).rows}
    assert not any(rows[f"quadrature: {name}"] for name in ("loss", "gradient", "Hessian"))


def test_unknown_numerical_law_is_refused() -> None:
    with pytest.raises(ValueError, match="choose gaussian"):
        quadrature(3, "moments:0,1")
