"""Where the adaptation rate is a unit: the scaling as an identity of losses, and no threshold."""

from dataclasses import replace
from fractions import Fraction

import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from analysis.adaptation import InnerLoop
from analysis.landscape import Problem, derive
from analysis.models import DEEP, SHALLOW, product
from analysis.stationary_points import stationary_points
from analysis.stationary_points.rate_as_unit import exponents, single_regime
from analysis.tasks import GAUSSIAN, LAPLACE, from_moments

SKEW = from_moments(tuple(Fraction(1 + 2 * 2**k, 3) for k in range(1, 19)))  # θ = 1, 2, 2


@st.composite
def partly_adapting(draw: st.DrawFn) -> Problem:
    factors, steps = draw(st.sampled_from([(2, 1), (3, 1), (4, 1), (2, 2)]))
    model = product(factors)
    names = st.sets(st.sampled_from(model.parameters), max_size=len(model.parameters) - 1)
    loop = InnerLoop(steps=steps, adapts=tuple(sorted(draw(names))))
    return Problem(model, draw(st.sampled_from([GAUSSIAN, LAPLACE, SKEW])), loop)


@given(partly_adapting(), st.integers(2, 5))
def test_the_loss_is_the_loss_at_rate_one_in_other_units(problem, root):
    """L(w; α) = L(α^e w; 1) as polynomials, for α = s²; the two sides are derived apart from each other."""
    powers = exponents(problem)
    assert powers is not None
    at = {
        rate: derive(replace(problem, loop=replace(problem.loop, rate=Fraction(rate)))).loss
        for rate in (1, root**2)
    }
    ring = at[1].context()
    scaled = [
        fmpq(root) ** int(2 * powers[name]) * w for name, w in zip(ring.names(), ring.gens(), strict=True)
    ]
    assert at[root**2] == at[1].compose(*scaled, ctx=ring)


@pytest.mark.parametrize(
    "problem",
    [Problem(DEEP), Problem(SHALLOW), Problem(product(4)), Problem(DEEP, loop=InnerLoop(steps=3))],
    ids=["deep", "shallow", "four factors", "three steps"],
)
def test_where_everything_adapts_the_rate_is_no_unit(problem):
    assert exponents(problem) is None
    assert single_regime(problem) is None


def test_other_meta_gradients_have_no_loss_to_scale():
    assert single_regime(Problem(DEEP, loop=InnerLoop(adapts=("b",), outer="first-order"))) is None


@pytest.mark.parametrize(
    "problem",
    [
        Problem(product(3), loop=InnerLoop(adapts=("a", "b"))),
        Problem(product(4), LAPLACE, InnerLoop(adapts=("a", "b", "c"))),
        Problem(SHALLOW, loop=InnerLoop(preconditioner="kronecker")),
        Problem(DEEP, loop=InnerLoop(adapts=("b",))),
    ],
    ids=["two of three", "three of four", "kronecker", "anil"],
)
def test_the_counts_of_one_rate_are_those_of_others(problem):
    answer = single_regime(problem)
    assert answer is not None
    assert answer.thresholds == ()
    (regime,) = answer.regimes
    for rate in (Fraction(1, 7), Fraction(30)):  # no squares: over ℚ a family counts once
        found = stationary_points(replace(problem, loop=replace(problem.loop, rate=rate)))
        assert found.complete
        assert found.counts == regime.counts
        assert len(found.families) == regime.families


def test_the_number_of_families_does_not_depend_on_the_unit_of_the_inputs():
    """α occurs with E[x²] only; over ℚ, α E[x²] a² = 1 is one family, but where α E[x²] = 4 it is two."""
    anil = Problem(DEEP, loop=InnerLoop(adapts=("b",)))
    answers = [single_regime(replace(anil, input_second_moment=Fraction(v))) for v in (1, 2, "1/2")]
    assert [answer and answer.regimes[0].families for answer in answers] == [2, 2, 2]
