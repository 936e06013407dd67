"""Subsets that adapt, preconditioners, first-order MAML, Reptile: by hand and by autograd."""

import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from analysis.adaptation import InnerLoop
from analysis.landscape import Problem, derive
from analysis.models import DEEP, SHALLOW, product
from analysis.stationary_points import stationary_points
from analysis.stationary_points.points import Family, StationaryPoints
from analysis.tasks import GAUSSIAN, LAPLACE, RADEMACHER, UNIFORM
from tests.analysis.stationary_points.stationary_sets import SKEW, derivatives, equations_of, floats, project

HALF = Fraction(1, 2)


def answer(model, law=GAUSSIAN, rate=HALF, **loop) -> StationaryPoints:
    return stationary_points(Problem(model, law, InnerLoop(rate=rate, **loop)))


def equations(found: StationaryPoints) -> dict[str, Family]:
    return {" and ".join(f"{e}" for e in family.equations): family for family in found.families}


CASES = [
    (DEEP, GAUSSIAN, {"adapts": ("b",)}),
    (DEEP, SKEW, {"adapts": ("a",)}),
    (DEEP, UNIFORM, {"adapts": ()}),
    (product(3), GAUSSIAN, {"adapts": ("c",)}),
    (product(3), GAUSSIAN, {"adapts": ("a", "b")}),
    (product(3), SKEW, {"adapts": ("b", "c")}),
    (product(3), SKEW, {"adapts": ()}),
    (product(4), SKEW, {"adapts": ("d",)}),
    (product(4), UNIFORM, {"adapts": ("c", "d")}),
    (product(4), GAUSSIAN, {"adapts": ("b", "c", "d")}),
    (SHALLOW, SKEW, {"preconditioner": "meta-sgd"}),
    (SHALLOW, GAUSSIAN, {"preconditioner": "meta-curvature"}),
    (SHALLOW, SKEW, {"preconditioner": "kronecker"}),
    (DEEP, GAUSSIAN, {"preconditioner": "meta-sgd"}),
    (DEEP, SKEW, {"preconditioner": "meta-sgd"}),
    (DEEP, LAPLACE, {"preconditioner": "meta-curvature"}),
    (DEEP, RADEMACHER, {"preconditioner": "meta-curvature"}),
    (DEEP, SKEW, {"preconditioner": "kronecker"}),
]


def start_on(found: StationaryPoints, family: Family, generator: np.random.Generator) -> np.ndarray:
    """A random start; for a family that its numbers select, on the family as far as they are printed."""
    names = found.problem.unknowns
    w = generator.normal(size=len(names)) * 1.5
    numbers = [float(x) for x in re.findall(r"= (-?\d+\.\d+)", family.description)]
    if "ratio" in family.description:  # A_a b² = A_b a² = κ, ab = g
        kappa, slope = numbers
        w[1] = slope / w[0]
        loop = found.problem.loop
        for name, other in (("a", 1), ("b", 0)):
            places = [names.index(factor) for factor in loop.factors(found.problem.model)[name]]
            scale = float(loop.rate) if loop.uses_rate else 1.0
            w[places[-1]] = kappa / w[other] ** 2 / scale / np.prod(w[places[:-1]])
    elif "product of all" in family.description:  # c² = d² = y, (ab)² = z, abcd = g
        y, z, slope = numbers[0], numbers[1], float(family.description.split()[-1])
        w[1], w[2] = np.sqrt(z) / w[0], np.sqrt(y)
        w[3] = slope / np.prod(w[:3])
    return w


@pytest.mark.parametrize(("model", "law", "loop"), CASES)
def test_points_and_families_by_autograd(model, law, loop):
    found = answer(model, law, **loop)
    assert found.complete
    size = len(found.problem.unknowns)
    for point, _ in found.orbits:
        w = np.array([float(x.mid()) for x in point.enclose(80)])
        loss, gradient, hessian = derivatives(found.problem, w)
        spectrum = np.linalg.eigvalsh(hessian)
        scale = max(1.0, np.abs(spectrum).max())
        assert np.abs(gradient).max() < 1e-10 * scale
        assert loss == pytest.approx(point.loss().approx, rel=1e-10)
        assert [e.approx for e in point.eigenvalues()] == pytest.approx(list(spectrum), abs=1e-10 * scale)
        assert point.inertia == ((spectrum > 0).sum(), (spectrum < 0).sum(), 0)
    generator = np.random.default_rng(0)
    for family in found.families:
        hits = 0
        for _ in range(100):
            start = start_on(found, family, generator)
            w = (
                start
                if family.kind == "degenerate" and "ratio" in family.description
                else project(family, start)
            )
            if w is None or np.abs(w).max() > 8:
                continue
            loss, gradient, hessian = derivatives(found.problem, w)
            assert family.loss is not None
            assert loss == pytest.approx(family.loss.approx, abs=1e-9)
            signed = np.linalg.eigvalsh(hessian)
            spectrum = np.abs(signed)
            scale = max(1.0, spectrum.max())
            assert np.abs(gradient).max() < 1e-8 * scale
            slopes = np.linalg.svd(equations_of(family)[1](w), compute_uv=False)
            if family.kind != "degenerate":  # there the equations need not meet transversally
                if slopes.min() < 1e-3:
                    continue
                assert len(slopes) == size - family.dimension
            rank = (spectrum > 1e-8 * scale).sum()
            assert rank <= family.hessian_rank
            if rank == family.hessian_rank:
                hits += 1
                signs = {int(np.sign(x)) for x in signed if abs(x) > 1e-8 * scale}
                if not family.exceptions and family.kind != "degenerate":
                    assert signs == {"minimum": {1}, "maximum": {-1}, "saddle": {1, -1}}[family.kind]
                break
        assert hits, family.description


@pytest.mark.filterwarnings("ignore:overflow")  # a search may run away; such ends are not used
@pytest.mark.parametrize(("model", "law", "loop"), [CASES[i] for i in (5, 8, 13, 14)])
def test_newton_finds_only_what_is_reported(model, law, loop):
    found = answer(model, law, **loop)
    landscape = derive(found.problem)
    size = len(landscape.unknowns)
    gradient = [floats(g) for g in landscape.gradient]
    hessian = [[floats(h) for h in row] for row in landscape.hessian]
    known = [np.array([float(x.mid()) for x in p.enclose()]) for p in found.points]
    families = [(equations_of(f)[0], f) for f in found.families]
    generator = np.random.default_rng(3)
    explained = 0
    for _ in range(40):
        end = optimize.root(
            lambda w: np.array([g(w) for g in gradient]),
            generator.normal(size=size) * 1.2,
            jac=lambda w: np.array([[h(w) for h in row] for row in hessian]),
            tol=1e-13,
            method="lm",
        )
        w = end.x
        if max(abs(g(w)) for g in gradient) > 1e-11 or np.abs(w).max() > 6:
            continue
        near_point = any(np.abs(w - p).max() < 1e-4 for p in known)
        assert near_point or any(np.abs(value(w)).max() < 1e-3 for value, _ in families), w
        explained += 1
    assert explained > 5


def test_anil_of_the_deep_model_by_hand():
    """f = ab(1 − αa²) + αa²θ, L = ½ (1 − αa²)² E(θ − ab)²: a = ±1/√α with any b, and a = 0 if E θ = 0."""
    found = answer(DEEP, adapts=("b",))
    families = equations(found)
    assert set(families) == {"a", "a^2 - 2"}
    assert not found.points
    solved, still = families["a^2 - 2"], families["a"]
    assert (solved.kind, solved.hessian_rank, solved.loss.approx) == ("minimum", 1, 0.0)
    assert (still.kind, still.hessian_rank, still.loss.approx) == ("degenerate", 1, 0.5)
    assert "b^2 - 1 > 0" in still.exceptions  # ∂²L/∂a² = b² − 2α m₂ along a = 0
    skew = answer(DEEP, SKEW, adapts=("b",))
    assert set(equations(skew)) == {"a^2 - 2"}
    assert [tuple(float(x.mid()) for x in p.enclose()) for p in skew.points] == [(0.0, 0.0)]
    assert skew.points[0].kind == "saddle"


@settings(max_examples=8, deadline=None)
@given(st.fractions(min_value=Fraction(1, 12), max_value=4, max_denominator=12), st.integers(2, 4))
def test_the_head_alone_solves_every_task_on_a_hypersurface(rate, factors):
    model = product(factors)
    found = answer(model, rate=rate, adapts=model.parameters[-1:])
    zero = [f for f in found.families if f.loss is not None and f.loss.upper == 0]
    assert {(f.dimension, f.hessian_rank) for f in zero} == {(factors - 1, 1)}
    w = np.full(factors, (1 / float(rate)) ** (1 / (2 * (factors - 1))))
    w[-1] = -0.7
    loss, gradient, _ = derivatives(found.problem, w)
    assert loss < 1e-14
    assert np.abs(gradient).max() < 1e-6


def test_nothing_adapts_by_hand():
    """L = ½ E(θ − ab)²: the hyperbola ab = E θ, and the origin where E θ ≠ 0."""
    found = answer(DEEP, SKEW, adapts=())
    mean = SKEW.moment(1)
    (family,) = found.families
    assert (family.dimension, family.kind, family.hessian_rank) == (1, "minimum", 1)
    assert family.loss.approx == pytest.approx(float(SKEW.moment(2) - mean**2) / 2)
    assert [p.kind for p in found.points] == ["saddle"]


@pytest.mark.parametrize("preconditioner", ["meta-sgd", "meta-curvature"])
def test_learned_rate_of_the_shallow_model_by_hand(preconditioner):
    """f = c + A(θ − c): stationary exactly on A = 1 (A = αM), where every task is solved whatever c."""
    found = answer(SHALLOW, SKEW, preconditioner=preconditioner)
    assert not found.points
    (family,) = found.families
    assert (family.dimension, family.hessian_rank, family.kind) == (1, 1, "minimum")
    assert family.loss.upper == 0
    assert str(family.equations[0]) in {"A_c - 1", "M_c - 2"}


def test_kronecker_on_the_shallow_model_by_hand():
    """f = c + αLR(θ − c): the surface αLR = 1, and the saddle (E θ, 0, 0) with eigenvalues 1, ±α Var θ."""
    found = answer(SHALLOW, SKEW, preconditioner="kronecker")
    (family,) = found.families
    assert (family.dimension, family.hessian_rank) == (2, 1)
    (point,) = found.points
    variance = float(SKEW.moment(2) - SKEW.moment(1) ** 2)
    assert [float(x.mid()) for x in point.enclose()] == [float(SKEW.moment(1)), 0, 0]
    assert [e.approx for e in point.eigenvalues()] == pytest.approx(sorted([1, variance / 2, -variance / 2]))
    assert (point.kind, point.inertia, point.index) == ("saddle", (2, 1, 0), -1)


def test_free_rates_know_no_alpha():
    """With a factor that stands still, or with learned rates, the other losses do not depend on α."""
    one = answer(product(3), rate=Fraction(1, 10), adapts=("b", "c"))
    other = answer(product(3), rate=Fraction(3), adapts=("b", "c"))
    learned = answer(DEEP, preconditioner="meta-sgd")
    losses = sorted({round(p.loss().approx, 10) for p in one.points})
    assert losses == sorted({round(p.loss().approx, 10) for p in other.points})
    assert losses == sorted({round(f.loss.approx, 10) for f in learned.families if f.hessian_rank == 3})


def test_three_of_four_adapt_with_minima_of_loss_one_fifth():
    """f = g(1 + μd)³ at g = √5, μ = 1/√5 is f = θ³/5: ½ E(θ − θ³/5)² = 1/5 for Gaussian tasks."""
    found = answer(product(4), adapts=("b", "c", "d"))
    minima = [p for p in found.points if p.kind == "minimum"]
    assert len(minima) == 16
    for point in minima:
        assert point.loss(30).lower <= Fraction(1, 5) <= point.loss(30).upper
        assert abs(np.prod([float(x.mid()) for x in point.enclose()])) == pytest.approx(np.sqrt(5))


@settings(max_examples=4, deadline=None)
@given(st.fractions(min_value=Fraction(1, 10), max_value=3, max_denominator=10))
def test_first_order_field_vanishes_where_stated(rate):
    """The field E[(f − θ)(b′, a′)] at the adapted (a′, b′); it keeps the paper's four solutions."""
    found = answer(DEEP, rate=rate, outer="first-order")
    assert found.complete
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    weights = weights / weights.sum()
    for point in found.points:
        a, b = (float(x.mid()) for x in point.enclose())
        step = float(rate) * (nodes - a * b)
        after_a, after_b = a + step * b, b + step * a
        residual = after_a * after_b - nodes
        scale = 1 + (weights * np.abs(residual) * (np.abs(after_a) + np.abs(after_b))).sum()
        assert abs((weights * residual * after_b).sum()) < 1e-10 * scale
        assert abs((weights * residual * after_a).sum()) < 1e-10 * scale
    places = [[float(x.mid()) for x in point.enclose()] for point in found.points]
    axes = sorted(place for place in places if 0.0 in place)
    r = float(rate) ** -0.5
    assert np.allclose(axes, sorted([[0, 0], [0, r], [0, -r], [r, 0], [-r, 0]]))


@pytest.mark.parametrize("rate", [Fraction(1, 10), Fraction(1)])
def test_reptile_is_plain_training_on_the_mean_task(rate):
    """E(w₀ − w₁)/α = (ab − E θ)(b, a): α cancels, and the MAML loss varies along the zeros."""
    centred = answer(DEEP, rate=rate, outer="reptile")
    assert set(equations(centred)) == {"a", "b"}
    assert {(f.hessian_rank, f.kind, f.loss) for f in centred.families} == {(1, "minimum", None)}
    skew = answer(DEEP, SKEW, rate, outer="reptile")
    (family,) = skew.families
    assert (family.hessian_rank, family.kind, family.loss) == (1, "minimum", None)
    assert [p.kind for p in skew.points] == ["saddle"]
    three = answer(product(3), SKEW, rate, outer="reptile")
    assert [(f.dimension, f.hessian_rank) for f in three.families] == [(2, 1), (1, 2), (1, 2), (1, 2)]
    head = answer(DEEP, SKEW, rate, outer="reptile", adapts=("b",))
    assert equations(head)["a"].hessian_rank == 1


def test_the_rank_drops_only_where_it_is_said_to():
    """On a = b = 0 with learned rates the Hessian is −2 diag(A_b, A_a) for a centred law of variance 1."""
    found = answer(DEEP, preconditioner="meta-sgd")
    (origin,) = [f for f in found.families if f.description.startswith("a = 0 and b = 0")]
    assert "4*A_a*A_b" in origin.exceptions
    for rates, kind in (((1.0, 2.0), "max"), ((-1.0, -2.0), "min"), ((-1.0, 2.0), "saddle")):
        _, _, hessian = derivatives(found.problem, np.array([0.0, 0.0, *rates]))
        assert np.allclose(hessian, np.diag([-2 * rates[1], -2 * rates[0], 0, 0])), kind


@pytest.mark.parametrize("law", [GAUSSIAN])
def test_negative_learned_rates_trap_the_deep_model(law):
    """Descent from near a = b = 0 with negative learned rates ends at loss ½, not 0."""
    problem = answer(DEEP, law, preconditioner="meta-sgd").problem
    w = np.array([0.1, -0.1, -2.0, -2.0])
    for _ in range(150):
        w = w - 0.1 * derivatives(problem, w)[1]
    assert derivatives(problem, w)[0] == pytest.approx(0.5, abs=1e-6)
    assert np.abs(w[:2]).max() < 1e-3


def test_two_first_order_steps_repel_from_the_points_that_solve_every_task():
    """At (1/√α, 0) one step solves every task. Nearby the second overshoots, which the rule does not see."""
    found = answer(DEEP, rate=Fraction(1, 10), outer="first-order", steps=2)
    solved = [p for p in found.points if p.is_global]
    assert len(solved) == 4
    assert all(p.loss().upper == 0 and p.kind == "maximum" for p in solved)
    assert {abs(round(float(x.mid()), 6)) for p in solved for x in p.enclose()} == {0.0, 3.162278}
    assert all(p.is_global is False for p in found.points if p not in solved)
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)
    for stretch in (0.99, 1.01):
        a, b = np.full_like(nodes, stretch * 10**0.5), np.zeros_like(nodes)
        for _ in range(2):
            a, b = a - 0.1 * (a * b - nodes) * b, b - 0.1 * (a * b - nodes) * a
        field = weights @ ((a * b - nodes) * b)
        assert field * (stretch - 1) < 0  # descent along the field moves a away


@pytest.mark.parametrize(("rate", "kind"), [(Fraction(1, 2), "minimum"), (Fraction(3, 2), "maximum")])
def test_first_order_on_the_shallow_model_finds_the_mean_and_may_run_away_from_it(rate, kind):
    """The field is (1 − α)(c − E θ), the loss ½ (1 − α)² E(θ − c)²."""
    (point,) = answer(SHALLOW, SKEW, rate, outer="first-order").points
    assert (point.kind, point.is_global) == (kind, True)
    assert float(point.enclose()[0].mid()) == float(SKEW.moment(1))
