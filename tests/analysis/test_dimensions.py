"""Zero excess loss in d dimensions: the proof's identities, the set, its Hessian, chains, against PyTorch."""

from __future__ import annotations

import itertools
from fractions import Fraction as F
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.algebra.matrices import Matrix, diagonal, matrix
from analysis.dimensions.chains import (
    certify_chain,
    excess_of_chain,
    representative_chain,
    sum_of_squares,
    width_for_zero,
)
from analysis.dimensions.loss import excess_loss
from analysis.dimensions.narrow import least_excess, trap
from analysis.dimensions.proof import certify, certify_partial, excess_at
from analysis.dimensions.single_unit import certify_dimensions, certify_identity, is_exact, tuned_rate_loss
from analysis.dimensions.spectrum import (
    closed_form,
    degeneracy,
    derived_hessian,
    factor,
    local_dimension,
    spectrum,
)
from analysis.dimensions.zero_chains import (
    adapts_to_every_task,
    certify_terms,
    factored,
    without_neighbours,
)
from analysis.dimensions.zero_excess import (
    Setting,
    components,
    representative,
    stiefel_dimension,
    strata,
)
from analysis.equivalence.reach import Tasks, symmetric
from tests.analysis.exact_strategies import lengths, matrices, rotations, small

sizes = st.integers(1, 3)


@pytest.mark.parametrize("shape", list(product((1, 2, 3), repeat=3)))
def test_the_coefficient_comparison_holds_entry_by_entry(shape):
    assert certify(*shape).shape == shape


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 2, 3), (2, 3, 2)])
def test_one_layer_held_fixed(shape):
    assert len(certify_partial(*shape)) == 2


@st.composite
def zero_points(draw: st.DrawFn) -> tuple[Setting, F, Matrix, Matrix]:
    """A setting and a rational zero-excess point of "both carry" or an end piece, hidden units rotated."""
    k, d = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    alpha, s = draw(lengths), draw(lengths)
    idle = draw(st.integers(0, d))  # these columns of B vanish: "top carries"
    columns = [draw(lengths) for _ in range(d - idle)] + [F(0)] * idle
    if draw(st.booleans()) and idle == 0:
        s = F(0)
    hidden = (k if s else 0) + d - idle + draw(st.integers(0, 1))
    hidden = max(hidden, 1)
    precisions = [s * s + q * q for q in columns]
    setting = Setting(k, d, hidden, alpha, tuple(1 / (alpha * p) for p in precisions))
    b = [[F(0)] * d for _ in range(hidden)]
    for j in range(d - idle):
        b[j][j] = columns[j]
    a = [[F(0)] * hidden for _ in range(k)]
    for i in range(k):
        if s:
            a[i][d - idle + i] = s
    turn = draw(rotations(hidden))
    return setting, s * s, matrix(a) @ turn.T, turn @ matrix(b)


@settings(max_examples=40, deadline=None)
@given(zero_points(), st.data())
def test_every_task_is_solved_in_one_step_on_the_set(point, data):
    setting, _, a, b = point
    task = data.draw(matrices(setting.outputs, setting.inputs))
    assert excess_at((a, b), setting.rate, setting.eigenvalues, task).is_zero()


def _gram(setting: Setting, a: Matrix, b: Matrix) -> bool:
    """The three equations of theorem 1, with s² read off the first row of A."""
    upper, lower = a @ a.T, b.T @ b
    s2 = upper[0, 0]
    return (
        (a @ b).is_zero()
        and (upper - diagonal([s2] * setting.outputs, F(0))).is_zero()
        and (lower - diagonal([p - s2 for p in setting.precisions], F(0))).is_zero()
    )


@settings(max_examples=60, deadline=None)
@given(sizes, sizes, sizes, st.data())
def test_a_point_solves_all_tasks_only_where_the_gram_equations_hold(k, d, h, data):
    entries = st.sampled_from([F(-1), F(0), F(0), F(1)])
    a, b = data.draw(matrices(k, h, entries)), data.draw(matrices(h, d, entries))
    setting = Setting(k, d, h, F(1))
    units = [
        matrix([[F(c * (i == p and j == q)) for j in range(d)] for i in range(k)])
        for p in range(k)
        for q in range(d)
        for c in (1, 2, -1)
    ]
    pairs = [x + y for x in units for y in units]
    solved = all(excess_at((a, b), F(1), setting.eigenvalues, t).is_zero() for t in (*units, *pairs))
    assert solved == _gram(setting, a, b)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 3),
    st.lists(st.sampled_from([F(1), F(2), F(5)]), min_size=1, max_size=5),
    st.integers(1, 9),
    lengths,
)
def test_attainable_exactly_from_the_threshold_width_on(k, covariance, h, alpha):
    setting = Setting(k, len(covariance), h, alpha, tuple(covariance))
    assert bool(strata(setting)) == (h >= setting.width_for_zero)
    assert components(setting) >= 1 or h < setting.width_for_zero
    for piece in strata(setting):
        a, b = representative(setting, piece)
        assert a.shape == (k, h)
        lower = b.T @ b
        worst = (
            max(abs(float(lower[i, j])) for i in range(len(covariance)) for j in range(i))
            if len(covariance) > 1
            else 0
        )
        assert worst < 1e-12


def test_one_dimension_gives_the_four_points_of_the_paper():
    setting = Setting(1, 1, 1, F(1, 10))
    assert components(setting) == 4
    assert [(p.dimension, p.components, p.scale) for p in strata(setting)] == [
        (0, 2, (0, 0)),
        (0, 2, (10, 10)),
    ]
    for piece in strata(setting):
        found = spectrum(setting, piece)
        # Half of the paper's diag(8 alpha, 6 alpha^3), which belongs to twice this loss.
        assert found.floats() == pytest.approx([3 * 0.1**3, 4 * 0.1])


def test_a_single_hidden_unit_is_enough_for_isotropic_inputs_and_not_otherwise():
    assert Setting(1, 8, 1, F(1, 10)).width_for_zero == 1
    assert components(Setting(1, 8, 1, F(1, 10))) == 2
    assert Setting(1, 3, 1, F(1, 10), (F(1), F(2), F(3))).width_for_zero == 3


@settings(max_examples=25, deadline=None)
@given(zero_points(), st.data())
def test_the_hessian_spectrum_is_the_derived_one(point, data):
    setting, s2, a, b = point
    assume(setting.hidden * (setting.outputs + setting.inputs) <= 24)
    variances = tuple(data.draw(lengths) for _ in range(setting.inputs))
    hessian = derived_hessian(setting, (a, b), variances)
    exact = factor(hessian.charpoly(), hessian.nrows())
    assert exact == factor(closed_form(setting, s2, variances), hessian.nrows())


def test_the_derived_hessian_refuses_other_points():
    with pytest.raises(ValueError, match="zero excess loss"):
        derived_hessian(Setting(1, 1, 1, F(1)), (matrix([[F(1)]]), matrix([[F(1)]])))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3), st.lists(st.sampled_from([F(1), F(2)]), min_size=1, max_size=4), st.integers(1, 8))
def test_morse_bott_exactly_where_the_theorem_says(k, covariance, h):
    d = len(covariance)
    setting = Setting(k, d, h, F(1, 2), tuple(covariance))
    idle = {"bottom carries": k, "both carry": 0, "top carries": setting.top_multiplicity}
    for piece in strata(setting):
        extra = degeneracy(setting, piece)
        assert (extra == 0) == (h == piece.frame or idle[piece.name] <= 1)
        if h < d + k:
            assert extra == idle[piece.name] * (h - piece.frame)
        assert local_dimension(setting, piece) >= piece.dimension


def test_stiefel_dimensions():
    assert [stiefel_dimension(1, n) for n in (1, 2, 3)] == [0, 1, 2]  # spheres
    assert [stiefel_dimension(n, n) for n in (1, 2, 3)] == [0, 1, 3]  # O(n)


@settings(max_examples=40, deadline=None)
@given(st.lists(lengths, min_size=1, max_size=4), st.integers(1, 4), lengths)
def test_bounds_on_the_least_excess_are_ordered_and_fall_with_width(covariance, h, alpha):
    now = least_excess(Setting(1, len(covariance), h, alpha, tuple(covariance)))
    wider = least_excess(Setting(1, len(covariance), h + 1, alpha, tuple(covariance)))
    assert 0 <= now.lower <= now.upper
    assert wider.upper <= now.upper
    assert (now.upper == 0) == (h >= Setting(1, len(covariance), h, alpha, tuple(covariance)).width_for_zero)


@given(st.lists(lengths, min_size=2, max_size=4, unique=True))
def test_one_hidden_unit_only_tunes_the_step_size(covariance):
    size = len(covariance)
    sigma = [[covariance[i] if i == j else F(0) for j in range(size)] for i in range(size)]
    one = [[F(int(i == j)) for j in range(size)] for i in range(size)]
    tuned = Tasks(1, symmetric(sigma, "Sigma"), symmetric(one, "T")).best_rate()[1]
    assert least_excess(Setting(1, size, 1, F(1, 10), tuple(covariance))).upper == tuned


@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_identity_behind_the_exact_least_loss_of_one_hidden_unit(d):
    assert certify_identity(d) > 10


def test_one_hidden_unit_is_exact_in_up_to_2000_dimensions_but_not_in_all():
    assert certify_dimensions(2000)
    assert not certify_dimensions(10_000)
    assert not is_exact([F(1)] + [F(1, 100)] * 100_000)


@given(st.lists(lengths, min_size=2, max_size=5))
def test_the_bounds_meet_for_one_hidden_unit(covariance):
    bounds = least_excess(Setting(1, len(covariance), 1, F(1), tuple(covariance)))
    assert bounds.lower == bounds.upper == tuned_rate_loss(covariance)


@settings(max_examples=40, deadline=None)
@given(st.lists(lengths, min_size=1, max_size=3), st.integers(1, 2), lengths, st.data())
def test_no_point_is_below_the_lower_bound(covariance, h, alpha, data):
    """The exact loss at random points, many of them near B = 0, where the least loss is for h = 1."""
    setting = Setting(1, len(covariance), h, alpha, tuple(covariance))
    a = data.draw(matrices(1, h))
    b = data.draw(matrices(h, len(covariance))).scale(data.draw(st.sampled_from([F(0), F(1, 10), F(1)])))
    assert excess_loss(setting, (a, b)) >= least_excess(setting).lower


@settings(max_examples=40, deadline=None)
@given(st.lists(lengths, min_size=2, max_size=4), st.integers(2, 3), lengths, st.data())
def test_no_point_with_zero_product_is_below_the_attained_bound(covariance, h, alpha, data):
    """Theorem 8, exactly: a = (s, 0, …) and a B whose first row is zero; or a = 0 and any B."""
    setting = Setting(1, len(covariance), h, alpha, tuple(covariance))
    s = data.draw(st.sampled_from([F(0), F(1, 2), F(1), F(2)]))
    a = matrix([[s, *[F(0)] * (h - 1)]])
    b = data.draw(matrices(h, len(covariance)))
    if s:
        b = matrix([[F(0)] * len(covariance), *b.rows[1:]])
    assert excess_loss(setting, (a, b)) >= least_excess(setting).upper


@settings(max_examples=30, deadline=None)
@given(st.lists(lengths, min_size=2, max_size=4), st.integers(1, 3), lengths)
def test_traps_are_worse_than_the_attained_bound(covariance, h, alpha):
    setting = Setting(1, len(covariance), h, alpha, tuple(covariance))
    if h >= len(covariance):
        with pytest.raises(ValueError, match="h < d"):
            trap(setting)
        return
    assert trap(setting)[1] > least_excess(setting).upper


@settings(max_examples=30, deadline=None)
@given(st.lists(lengths, min_size=2, max_size=3), lengths, st.data())
def test_traps_are_local_minima(roots, alpha, data):
    """αλ_j a square, so that B is rational: the exact loss does not fall in any drawn direction."""
    d = len(roots)
    setting = Setting(1, d, d - 1, alpha, tuple(r * r / alpha for r in roots))
    (a, b), loss = trap(setting)
    assert excess_loss(setting, (a, b)) == loss
    step = F(1, 10**4)
    moved = (data.draw(matrices(1, d - 1)).scale(step), b + data.draw(matrices(d - 1, d)).scale(step))
    assert excess_loss(setting, moved) >= loss


@settings(max_examples=20, deadline=None)
@given(zero_points(), st.data())
def test_the_exact_loss_is_zero_exactly_on_the_set(point, data):
    setting, _, a, b = point
    assert excess_loss(setting, (a, b)) == 0
    off = a + data.draw(matrices(*a.shape)).scale(F(1, 7))
    assert (excess_loss(setting, (off, b)) == 0) == _gram(setting, off, b)


@pytest.mark.parametrize(
    "widths", [(1, 1, 1), (2, 2, 2, 1), (3, 2, 2, 1), (2, 1, 2, 2, 1), (2, 2, 2, 2, 2, 1)]
)
def test_the_chain_identities(widths):
    assert len(certify_chain(widths)) == (3 if len(widths) == 4 else 2)


@settings(max_examples=30, deadline=None)
@given(
    lengths,
    st.lists(lengths, min_size=0, max_size=2),
    st.integers(1, 2),
    st.lists(sizes, min_size=1, max_size=3),
    st.data(),
)
def test_chains_of_any_depth_solve_every_task_from_the_first_width_on(s, columns, m, more, data):
    d = len(columns) + m
    precisions = [s * s + q * q for q in columns] + [s * s] * m
    setting = Setting(1, d, d - m + 1, F(1), tuple(1 / p for p in precisions))
    assert setting.hidden == width_for_zero(setting)
    layers = representative_chain(setting, [setting.hidden, *more])
    assert len(layers) == 2 + len(more)
    assert adapts_to_every_task(layers, setting)
    task = data.draw(matrices(1, d))
    assert excess_of_chain(layers, setting, task).is_zero()
    narrow = Setting(1, d, d - m, F(1), setting.covariance) if d > m else None
    if narrow:
        with pytest.raises(ValueError, match="first hidden width"):
            representative_chain(narrow, [narrow.hidden, *more])


@pytest.mark.parametrize(
    ("widths", "terms"), [((2, 2, 1), 3), ((2, 2, 2, 1), 7), ((2, 2, 1, 2, 1), 15), ((1, 2, 1, 2, 1, 1), 31)]
)
def test_every_term_of_a_chain_with_one_output_factors(widths, terms):
    assert certify_terms(widths) == terms


def test_layers_without_neighbours():
    assert without_neighbours(4, 2) == [(1, 3), (1, 4), (2, 4)]
    assert [len(without_neighbours(7, m)) for m in range(1, 6)] == [7, 15, 10, 1, 0]


SECOND_CASE = (  # p = -1, q = 1, W1'W1 = 1
    matrix([[F(1)], [F(0)]]),
    matrix([[F(1), F(-1)], [F(-1), F(0)]]),
    matrix([[F(0), F(1)], [F(1), F(1)]]),
    matrix([[F(0), F(-1)]]),
)


@given(small, small)
def test_four_layers_can_solve_every_task_although_two_terms_do_not_vanish(task, shift):
    setting = Setting(1, 1, 2, F(1, 6))
    assert adapts_to_every_task(SECOND_CASE, setting)
    assert excess_of_chain(SECOND_CASE, setting, matrix([[task]])).is_zero()
    row = matrix([[F(1)]])
    assert [factored(SECOND_CASE, row, j)[0, 0] for j in without_neighbours(4, 2)] == [-1, 0, 1]
    moved = [*SECOND_CASE[:2], SECOND_CASE[2] + matrix([[shift, F(0)], [F(0), F(0)]]), SECOND_CASE[3]]
    tasks = [matrix([[F(k)]]) for k in range(-2, 3)]
    solved = all(excess_of_chain(moved, setting, t).is_zero() for t in tasks)
    assert adapts_to_every_task(moved, setting) == solved


ENTRIES = st.sampled_from([F(-1), F(0), F(0), F(1)])


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 2), st.lists(st.integers(1, 2), min_size=1, max_size=4), st.data())
def test_a_chain_solves_every_task_exactly_where_the_conditions_of_theorem_9_hold(d, hidden, data):
    """Against the inner step itself on enough tasks for the degree; the covariance makes degree 1 right."""
    widths = [d, *hidden, 1]
    layers = [data.draw(matrices(m, n, ENTRIES)) for n, m in itertools.pairwise(widths)]
    total = sum_of_squares(layers)
    diagonal_entries = [total[i, i] for i in range(d)]
    if min(diagonal_entries) <= 0:
        diagonal_entries = [F(1)] * d
    setting = Setting(1, d, hidden[0], F(1), tuple(1 / x for x in diagonal_entries))
    values = [F(k) for k in range(-2, 4)]
    tasks = [matrix([list(t)]) for t in product(values, repeat=d)]
    solved = all(excess_of_chain(layers, setting, t).is_zero() for t in tasks)
    assert adapts_to_every_task(layers, setting) == solved


def test_layers_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match="one output"):
        adapts_to_every_task(SECOND_CASE, Setting(1, 2, 2, F(1)))
    with pytest.raises(ValueError, match="one output"):
        certify_terms((2, 2, 2))


@given(small.filter(bool), small.filter(bool), small.filter(bool))
def test_three_scalars_need_exactly_one_zero(a, b, c):
    """Theorem 5 in one dimension: abc = 0 and α(a²b² + a²c² + b²c²) = 1."""
    setting = Setting(1, 1, 1, 1 / (a * a * b * b))
    task = matrix([[F(7, 3)]])
    column = [matrix([[x]]) for x in (F(0), b, a)]
    assert excess_of_chain(column, setting, task).is_zero()
    assert not all(
        excess_of_chain([matrix([[x]]) for x in (c, b, a)], setting, matrix([[t]])).is_zero()
        for t in (F(7, 3), F(-2), F(1, 5), F(4))
    )


@pytest.mark.parametrize(
    ("setting", "variances"),
    [
        (Setting(1, 2, 3, F(1, 10)), ()),
        (Setting(1, 3, 2, F(1, 10), (F(1), F(2), F(2))), (F(1), F(2), F(1, 2))),
        (Setting(2, 2, 4, F(1, 10), (F(1), F(3))), ()),
        (Setting(1, 8, 1, F(1, 10)), ()),
    ],
)
def test_torch_finds_the_same_loss_gradient_and_hessian(setting, variances):
    torch = pytest.importorskip("torch")
    from analysis.dimensions.loss import task_variances
    from analysis.numeric.dimensions import Regression, inputs_with_second_moment, meta_hessian, meta_loss

    sigma = torch.diag(torch.tensor([float(x) for x in setting.eigenvalues], dtype=torch.float64))
    problem = Regression(inputs_with_second_moment(sigma), float(setting.rate))
    tau = [float(t) for t in task_variances(setting, variances)]
    for piece in strata(setting):
        layers = [_tensor(m).requires_grad_() for m in reversed(representative(setting, piece))]
        loss = meta_loss(problem, layers, tau)
        gradients = torch.autograd.grad(loss, layers)
        assert float(loss.detach()) < 1e-25
        assert max(float(g.abs().max()) for g in gradients) < 1e-12
        found = torch.linalg.eigvalsh(meta_hessian(problem, layers, tau))
        expected = torch.tensor(spectrum(setting, piece, variances=variances).floats(), dtype=torch.float64)
        assert torch.allclose(found, expected, rtol=1e-10, atol=1e-12)


def _tensor(m: Matrix):
    import torch

    return torch.tensor([[float(x) for x in row] for row in m.rows], dtype=torch.float64)


@pytest.mark.parametrize("d", range(1, 9))
def test_torch_adapts_in_one_step_up_to_eight_dimensions(d):
    """Every piece for every hidden width up to d + 1, hidden units rotated, 8 random tasks each."""
    torch = pytest.importorskip("torch")
    from analysis.numeric.dimensions import Regression, inputs_with_second_moment

    covariance = tuple(F(1 + min(j, max(d - 2, 0))) for j in range(d))  # the largest one twice, for d > 1
    generator = torch.Generator().manual_seed(d)
    for h in range(1, d + 2):
        setting = Setting(1, d, h, F(1, 10), covariance)
        sigma = torch.diag(torch.tensor([float(x) for x in covariance], dtype=torch.float64))
        problem = Regression(inputs_with_second_moment(sigma), 0.1)
        for piece in strata(setting):
            layers = [_tensor(m).requires_grad_() for m in reversed(representative(setting, piece))]
            turn = torch.linalg.qr(torch.randn(h, h, generator=generator, dtype=torch.float64)).Q
            turned = [turn @ layers[0], layers[1] @ turn.T]
            for task in torch.randn(8, 1, d, generator=generator, dtype=torch.float64):
                assert float(problem.adapted_error(turned, task).detach()) < 1e-24


def test_torch_one_step_from_a_fixed_layer_starts_anywhere():
    """Eq. (20) in d dimensions: B = (Σ⁻¹/α)^{1/2} fixed, any a; or |a|² = 1/α fixed, any B, Σ = I only."""
    torch = pytest.importorskip("torch")
    from analysis.numeric.dimensions import Regression, inputs_with_second_moment

    generator = torch.Generator().manual_seed(0)

    def random(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64, requires_grad=True)

    eigenvalues = torch.tensor([1.0, 2.0, 5.0], dtype=torch.float64)
    skewed = Regression(inputs_with_second_moment(torch.diag(eigenvalues)), 0.1)
    white = Regression(inputs_with_second_moment(torch.eye(3, dtype=torch.float64)), 0.1)
    whitening = torch.diag((10 / eigenvalues) ** 0.5).requires_grad_()
    top = (random(1, 3)).detach()
    top = (top / top.norm() * 10**0.5).requires_grad_()
    task = random(1, 3).detach()
    assert float(skewed.adapted_error([whitening, random(1, 3)], task, moving=[1]).detach()) < 1e-24
    assert float(white.adapted_error([random(3, 3), top], task, moving=[0]).detach()) < 1e-24
    assert float(skewed.adapted_error([random(3, 3), top], task, moving=[0]).detach()) > 1e-3
    assert float(white.adapted_error([random(3, 3), top], task).detach()) > 1e-3


@pytest.mark.parametrize(("covariance", "h"), [((1.0, 2.0), 1), ((1.0, 2.0, 3.0), 2)])
def test_torch_no_search_beats_the_attained_bound(covariance, h):
    """L-BFGS from random starts at α = 1/10: nothing below the upper bound, and the bound is reached.

    For h = 1 this is theorem 6; for h = 2 it is evidence only.
    """
    torch = pytest.importorskip("torch")
    from analysis.numeric.dimensions import Regression, inputs_with_second_moment, meta_loss

    d = len(covariance)
    bound = float(least_excess(Setting(1, d, h, F(1, 10), tuple(F(x) for x in covariance))).upper)
    problem = Regression(
        inputs_with_second_moment(torch.diag(torch.tensor(covariance, dtype=torch.float64))), 0.1
    )
    generator = torch.Generator().manual_seed(1)
    ends = []
    for _ in range(6):
        layers = [
            (2 * torch.randn(shape, generator=generator, dtype=torch.float64)).requires_grad_()
            for shape in ((h, d), (1, h))
        ]
        search = torch.optim.LBFGS(layers, max_iter=60, line_search_fn="strong_wolfe")

        def closure(layers=layers, search=search):
            search.zero_grad()
            loss = meta_loss(problem, layers, [1.0] * d)
            loss.backward()
            return loss

        search.step(closure)
        ends.append(float(meta_loss(problem, layers, [1.0] * d).detach()))
    assert min(ends) == pytest.approx(bound, rel=1e-6)
    assert min(ends) >= bound * (1 - 1e-9)


@pytest.mark.parametrize(("covariance", "h"), [((1, 1), 1), ((1, 2, 3), 2), ((1, 2, 2, 4), 2)])
def test_torch_sees_a_local_minimum_at_the_trap(covariance, h):
    torch = pytest.importorskip("torch")
    from analysis.numeric.dimensions import Regression, inputs_with_second_moment, meta_hessian, meta_loss

    setting = Setting(1, len(covariance), h, F(1, 10), tuple(F(x) for x in covariance))
    sigma = torch.diag(torch.tensor(covariance, dtype=torch.float64))
    problem = Regression(inputs_with_second_moment(sigma), 0.1)
    point, loss = trap(setting)
    layers = [_tensor(m).requires_grad_() for m in reversed(point)]
    found = meta_loss(problem, layers, [1.0] * setting.inputs)
    assert float(found.detach()) == pytest.approx(float(loss))
    assert max(float(g.abs().max()) for g in torch.autograd.grad(found, layers)) < 1e-12
    hessian = torch.linalg.eigvalsh(meta_hessian(problem, layers, [1.0] * setting.inputs))
    assert float(hessian.min()) > -1e-10
    assert int((hessian > 1e-6).sum()) >= h


@pytest.mark.parametrize(
    "arguments",
    [{"inputs": 0}, {"outputs": 0}, {"rate": F(0)}, {"covariance": (F(1),)}, {"covariance": (F(1), F(-1))}],
)
def test_settings_refuse_nonsense(arguments):
    with pytest.raises(ValueError, match=r"."):
        Setting(**({"outputs": 1, "inputs": 2, "hidden": 1, "rate": F(1)} | arguments))


def test_representatives_stay_in_range():
    setting = Setting(1, 2, 3, F(1))
    both = strata(setting)[1]
    with pytest.raises(ValueError, match="outside the range"):
        representative(setting, both, F(1))
