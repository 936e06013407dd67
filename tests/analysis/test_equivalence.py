"""Depth as a preconditioner: the exact step of the collapsed map, and what external optimizers reach."""

from __future__ import annotations

import itertools
from fractions import Fraction as F

import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.adaptation import InnerLoop
from analysis.algebra.matrices import Matrix, diagonal, matrix
from analysis.algebra.polynomials import context, rational, substitute
from analysis.dimensions.zero_excess import Setting, representative, strata
from analysis.equivalence.collapsed import (
    above,
    collapse,
    induced_update,
    step,
    subsets,
    term,
    verify,
    verify_scalars,
)
from analysis.equivalence.reach import NotPositiveDefinite, Tasks, eigenvalues, kronecker_rank, symmetric
from analysis.landscape import Problem, derive
from analysis.models import product
from analysis.tasks import RADEMACHER
from tests.analysis.exact_strategies import lengths, matrices, rotations, small


@pytest.mark.parametrize(
    "widths", [(1, 1), (1, 1, 1), (2, 3, 2), (3, 3, 3), (2, 2, 2, 2), (2, 1, 3, 1), (2, 1, 2, 1, 2)]
)
def test_theorem_1_as_a_polynomial_identity(widths):
    assert verify(widths) > 0


@pytest.mark.parametrize("factors", range(1, 7))
def test_theorem_3_as_a_polynomial_identity(factors):
    assert verify_scalars(factors) == 2**factors


@pytest.mark.parametrize("factors", [1, 2, 3])
def test_theorem_3_is_the_adapted_slope_of_the_derivation_engine(factors):
    """c′ with g = c − θ is what `analysis.landscape` finds for N factors, α symbolic."""
    landscape = derive(Problem(product(factors), loop=InnerLoop()))
    ring = landscape.adapted_slope.context()
    generator = dict(zip(ring.names(), ring.gens(), strict=True))
    layers = [matrix([[generator[w]]]) for w in landscape.problem.model.parameters]
    gradient = collapse(layers)[0, 0] - generator["theta"]
    assert induced_update(layers, matrix([[gradient]]), generator["alpha"])[0, 0] == landscape.adapted_slope


@st.composite
def nets(draw: st.DrawFn) -> tuple[list[Matrix], Matrix]:
    """Rational layers of random widths, and a gradient of the collapsed map."""
    widths = draw(st.lists(st.integers(1, 3), min_size=2, max_size=5))
    layers = [draw(matrices(n, m)) for m, n in itertools.pairwise(widths)]
    return layers, draw(matrices(widths[-1], widths[0]))


@settings(max_examples=50, deadline=None)
@given(nets(), lengths)
def test_the_induced_update_is_the_collapsed_step(net, rate):
    layers, gradient = net
    assert collapse(step(layers, gradient, rate)) == induced_update(layers, gradient, rate)


@settings(max_examples=50, deadline=None)
@given(nets())
def test_the_first_order_part_is_a_positive_semidefinite_preconditioner(net):
    """tr(Gᵀ 𝓜(G)) = Σ_j |A_jᵀ G C_jᵀ|² ≥ 0: depth can stretch the gradient, never reverse it."""
    layers, gradient = net
    for j in range(1, len(layers) + 1):
        part = term(layers, gradient, (j,))
        assert sum(x * y for x, y in zip(part, gradient, strict=True)) >= 0
    assert len(subsets(len(layers))) == 2 ** len(layers) - 1


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 2), st.integers(1, 3), lengths, st.data())
def test_where_the_map_is_zero_two_layers_are_exactly_a_linear_preconditioner(k, d, rate, data):
    h = k + d
    turn = data.draw(rotations(h))
    a, b = data.draw(matrices(k, k)), data.draw(matrices(d, d))
    top = matrix([[*row, *[F(0)] * d] for row in a.rows]) @ turn.T
    bottom = turn @ matrix([*[[F(0)] * d for _ in range(k)], *b.rows])
    assert (top @ bottom).is_zero()
    gradient = data.draw(matrices(k, d))
    moved = collapse(step([bottom, top], gradient, rate))
    linear = (top @ top.T @ gradient + gradient @ (bottom.T @ bottom)).scale(-rate)
    assert moved == linear


def test_three_layers_have_a_correction_that_does_not_vanish_with_the_map():
    layers = [
        matrix([[F(1), F(0)], [F(0), F(0)]]),
        matrix([[F(1), F(2)], [F(1), F(1)]]),
        matrix([[F(1), F(-1)]]),
    ]
    assert collapse(layers).is_zero()
    assert not term(layers, matrix([[F(1), F(1)]]), (1, 3)).is_zero()


@settings(max_examples=20, deadline=None)
@given(lengths)
def test_two_tasks_are_also_solved_by_the_quadratic_term(rate):
    """θ = ±1, ab = 1, a² + b² = (1 + 2α²)/α: no linear preconditioner, U ≠ 0, and yet no excess loss."""
    squares = (1 + 2 * rate**2) / rate
    landscape = derive(Problem(product(2), RADEMACHER, InnerLoop(rate=rate)))
    twice = landscape.loss * 2
    ring = context(("p", "r"))
    p, r = ring.gens()
    invariant = ring.constant(0)
    for theta in (1, -1):  # theorem 2 with p = ab, r = a² + b²
        g = p - theta
        missed = p - r * g * rational(rate) + p * g**2 * rational(rate) ** 2 - theta
        invariant += missed**2 / 2
    a, b = twice.context().gens()
    assert invariant.compose(a * b, a * a + b * b, ctx=twice.context()) == twice
    assert invariant(fmpq(1), rational(squares)) == 0
    assert squares > 2  # so that real a, b exist


def test_a_net_of_zeros_needs_no_kronecker_product():
    assert kronecker_rank([matrix([[F(0), F(0)]]), matrix([[F(0)], [F(0)]])]) == 0


def test_above_is_the_identity_at_the_top():
    layer = matrix([[F(2), F(3)]])
    assert above([layer], 1) == matrix([[F(1)]])


def test_kronecker_rank_decides_what_a_single_kfo_layer_can_copy():
    generic = [matrix([[F(1), F(2)], [F(0), F(1)]]), matrix([[F(1), F(1)], [F(2), F(0)]])]
    assert kronecker_rank(generic) == 2
    assert kronecker_rank([matrix([[F(1), F(2)], [F(0), F(1)]]), diagonal([F(3), F(3)], F(0))]) == 1
    assert kronecker_rank([matrix([[F(5)]]), matrix([[F(7)]])]) == 1
    setting = Setting(2, 2, 4, F(1), (F(1, 25), F(1, 25)))
    for piece in strata(setting):
        top, bottom = representative(setting, piece, F(9) if piece.scale[0] < piece.scale[1] else None)
        assert kronecker_rank([bottom, top]) == 1


@st.composite
def problems(draw: st.DrawFn) -> Tasks:
    """Random Σ and T of size ≤ 3, outputs ≤ 3."""
    size = draw(st.integers(1, 3))

    def covariance() -> fmpq_mat:
        turn = draw(rotations(size))
        values = diagonal([draw(lengths) for _ in range(size)], F(0))
        return symmetric((turn @ values @ turn.T).rows, "matrix")

    return Tasks(draw(st.integers(1, 3)), covariance(), covariance())


@settings(max_examples=60, deadline=None)
@given(problems(), lengths)
def test_the_order_of_the_methods(tasks, rate):
    _, tuned = tasks.best_rate()
    _, meta_sgd = tasks.meta_sgd()
    size = tasks.inputs.nrows()
    assert 0 <= meta_sgd <= tuned <= tasks.at_rate(rate)
    assert tuned == _loss_with_rates(tasks, [tasks.best_rate()[0]] * tasks.inputs.nrows())
    off = any(tasks.inputs[i, j] != 0 for i in range(size) for j in range(i))
    same = all(tasks.inputs[i, i] == tasks.inputs[0, 0] for i in range(size))
    assert (meta_sgd == 0) == (not off)
    assert (tuned == 0) == (not off and same)


@settings(max_examples=40, deadline=None)
@given(problems())
def test_meta_curvature_reaches_zero(tasks):
    right = fmpq_mat([[fmpq(x.numerator, x.denominator) for x in row] for row in tasks.meta_curvature()])
    size = tasks.inputs.nrows()
    assert tasks.inputs * right == fmpq_mat(
        size, size, [int(i == j) for i in range(size) for j in range(size)]
    )


@settings(max_examples=30, deadline=None)
@given(problems(), st.data())
def test_meta_sgd_is_optimal_among_rates(tasks, data):
    """The stated rates give the stated loss, and no other rates give less."""
    rates, loss = tasks.meta_sgd()
    other = [r + data.draw(small) for r in rates]
    assert _loss_with_rates(tasks, rates) == loss
    assert _loss_with_rates(tasks, other) >= loss


def _loss_with_rates(tasks: Tasks, rates) -> F:
    """½k tr(T (I − ΣD)Σ(I − DΣ)), multiplied out as matrices."""
    size = tasks.inputs.nrows()
    d = fmpq_mat(
        size,
        size,
        [
            fmpq(rates[i].numerator, rates[i].denominator) if i == j else 0
            for i in range(size)
            for j in range(size)
        ],
    )
    one = fmpq_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])
    m = tasks.tasks * (one - tasks.inputs * d) * tasks.inputs * (one - d * tasks.inputs)
    total = sum((m[i, i] for i in range(size)), fmpq(0)) * fmpq(tasks.outputs, 2)
    return F(int(total.p), int(total.q))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([F(1), F(2), F(5)]), min_size=1, max_size=4), st.data())
def test_the_threshold_width_does_not_depend_on_the_basis(values, data):
    turn = data.draw(rotations(len(values)))
    sigma = symmetric((turn @ diagonal(values, F(0)) @ turn.T).rows, "Sigma")
    assert (
        Tasks(1, sigma, sigma).width_for_zero()
        == Setting(1, len(values), 1, F(1), tuple(values)).width_for_zero
    )
    assert sum(count for _, count in eigenvalues(sigma)) == len(values)


def test_a_repeated_irrational_top_eigenvalue_is_counted_exactly():
    block = [[F(2), F(1)], [F(1), F(3)]]  # eigenvalues (5 ± √5)/2
    rows = [
        [*block[0], F(0), F(0)],
        [*block[1], F(0), F(0)],
        [F(0), F(0), *block[0]],
        [F(0), F(0), *block[1]],
    ]
    sigma = symmetric(rows, "Sigma")
    assert Tasks(1, sigma, sigma).top_multiplicity == 2


@given(lengths, st.integers(1, 4))
def test_in_one_dimension_every_learned_rate_reaches_zero(v, k):
    tasks = Tasks(k, symmetric([[v]], "Sigma"), symmetric([[F(1)]], "T"))
    assert tasks.best_rate() == (1 / v, 0)
    assert tasks.meta_sgd() == ((1 / v,), 0)
    assert tasks.width_for_zero() == 1
    assert tasks.at_rate(F(1, 10)) == k * v * (1 - v / 10) ** 2 / 2


def test_the_engine_agrees_that_meta_sgd_on_the_shallow_model_is_exact_at_rate_one():
    landscape = derive(Problem(product(1), loop=InnerLoop(preconditioner="meta-sgd")))
    rest = context(("c",))
    assert substitute(landscape.loss, {"A_c": fmpq(1)}, rest) == 0
    assert substitute(landscape.loss, {"A_c": fmpq(1, 2)}, rest) != 0


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([[F(1), F(2)]], "square"),
        ([[F(1), F(2)], [F(0), F(1)]], "symmetric"),
        ([[F(1), F(2)], [F(2), F(1)]], "positive definite"),
    ],
)
def test_bad_second_moments_are_refused(rows, reason):
    with pytest.raises(NotPositiveDefinite, match=reason):
        symmetric(rows, "Sigma")


@pytest.mark.parametrize("widths", [(8, 8, 8), (8, 3, 5, 2), (4, 1, 6, 2, 3)])
def test_torch_takes_the_induced_step(widths):
    """autograd on the deep net, then multiply the layers: the collapsed map moves as theorem 1 says."""
    torch = pytest.importorskip("torch")
    from analysis.numeric.dimensions import Regression, inputs_with_second_moment

    generator = torch.Generator().manual_seed(0)

    def random(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    root = random(widths[0], widths[0])
    sigma = root @ root.T + torch.eye(widths[0], dtype=torch.float64)
    task = random(widths[-1], widths[0])
    layers = [0.5 * random(n, m) for m, n in itertools.pairwise(widths)]
    moved = Regression(inputs_with_second_moment(sigma), 0.01).adapt(
        [w.requires_grad_() for w in layers], task
    )
    seen, collapsed = moved[0].detach(), layers[0].detach()
    for before, after in zip(layers[1:], moved[1:], strict=True):
        seen, collapsed = after.detach() @ seen, before.detach() @ collapsed
    gradient = (collapsed - task) @ sigma
    predicted = induced_update([matrix(w.tolist()) for w in layers], matrix(gradient.tolist()), 0.01)
    assert torch.allclose(seen, torch.tensor(predicted.rows, dtype=torch.float64), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", ["best rate", "t-nets", "meta-sgd", "meta-curvature", "kfo-psd"])
def test_torch_minimises_to_the_closed_form(name):
    torch = pytest.importorskip("torch")
    from analysis.numeric.equivalence import least_loss

    sigma, covariance = [[F(2), F(1)], [F(1), F(3)]], [[F(1), F(1, 2)], [F(1, 2), F(2)]]
    tasks = Tasks(2, symmetric(sigma, "Sigma"), symmetric(covariance, "T"))
    exact = {
        "best rate": tasks.best_rate()[1],
        "t-nets": tasks.best_rate()[1],
        "meta-sgd": tasks.meta_sgd()[1],
    }
    found = least_loss(
        name,
        2,
        torch.tensor([[float(x) for x in row] for row in sigma], dtype=torch.float64),
        torch.tensor([[float(x) for x in row] for row in covariance], dtype=torch.float64),
    )
    assert found == pytest.approx(float(exact.get(name, 0)), rel=1e-9, abs=1e-12)
