"""Products of three and four factors: every orbit, every family, and nothing else found by searching."""

from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest
from flint import fmpq, fmpq_poly
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from analysis.adaptation import InnerLoop
from analysis.algebra.algebraic_numbers import RealRoot
from analysis.algebra.elimination import AlgebraicPoint
from analysis.algebra.fibres import sparse_common_points
from analysis.algebra.index import ZeroOnBoundary
from analysis.algebra.polynomials import rational
from analysis.landscape import Problem, derive
from analysis.models import DEEP, product
from analysis.stationary_points import UnsupportedProblem, stationary_points
from analysis.stationary_points.points import StationaryPoints, disjoint
from analysis.stationary_points.products import planar_check
from analysis.stationary_points.products.atoms import settled_families
from analysis.stationary_points.products.distinct import solve_distinct
from analysis.stationary_points.products.pair_and_two import pair_system
from analysis.stationary_points.products.single_points import SinglePoints
from analysis.stationary_points.products.solve import solve_strata
from analysis.stationary_points.products.strata import (
    Setting,
    coordinates,
    pair_and_two,
    reduce_to,
    two_pairs,
)
from analysis.stationary_points.products.support import support_of
from analysis.stationary_points.products.system import System
from analysis.tasks import GAUSSIAN, LAPLACE, RADEMACHER, UNIFORM, TaskLaw, from_moments
from tests.analysis.stationary_points.stationary_sets import (
    MIXED,
    ONE,
    SKEW,
    THREE,
    TILTED,
    ZERO,
    curve_is_found,
    derivatives,
    equations_of,
    floats,
    project,
    value_and_gradient,
)

LAWS = {law.name: law for law in (GAUSSIAN, UNIFORM, LAPLACE, RADEMACHER)}
LAWS |= {"skew": SKEW, "three": THREE, "one": ONE, "zero": ZERO, "tilted": TILTED, "mixed": MIXED}
CASES = [
    (3, "gaussian", Fraction(1, 10)),
    (3, "uniform", Fraction(1, 2)),
    (3, "laplace", Fraction(1, 10)),
    (3, "rademacher", Fraction(1)),
    (3, "rademacher", Fraction(1, 10)),
    (3, "skew", Fraction(1, 3)),
    (3, "one", Fraction(1)),
    (3, "zero", Fraction(1, 2)),
    (4, "one", Fraction(1, 10)),
    (4, "gaussian", Fraction(1, 10)),
    (4, "rademacher", Fraction(1, 2)),
    (4, "three", Fraction(1, 2)),
    (4, "skew", Fraction(1, 3)),
    (3, "tilted", Fraction(1, 3)),
    (4, "mixed", Fraction(1)),
]


def problem(factors: int, law: TaskLaw, rate: Fraction, second_moment: Fraction = Fraction(1)) -> Problem:
    return Problem(product(factors), law, InnerLoop(rate=rate), input_second_moment=second_moment)


@lru_cache(maxsize=32)
def found(factors: int, law: str, rate: Fraction) -> StationaryPoints:
    return stationary_points(problem(factors, LAWS[law], rate))


def middle(balls) -> np.ndarray:
    return np.array([float(x.mid()) for x in balls])


@pytest.mark.parametrize(("factors", "law", "rate"), CASES)
def test_every_orbit_is_stationary_with_the_stated_spectrum(factors, law, rate):
    answer = found(factors, law, rate)
    assert answer.complete
    for point, size in answer.orbits:
        loss, gradient, hessian = derivatives(answer.problem, middle(point.enclose(80)))
        eigenvalues = np.linalg.eigvalsh(hessian)
        scale = np.abs(eigenvalues).max()
        assert np.abs(gradient).max() < 1e-11 * max(1.0, scale)
        assert loss == pytest.approx(point.loss().approx, rel=1e-11)
        assert [e.approx for e in point.eigenvalues()] == pytest.approx(list(eigenvalues), abs=1e-11 * scale)
        if law == "rademacher" and rate == 1 and point.is_global:
            # (1, 1, 1): g = 1 and (1 − 2)³ = −1, a single point of the set on which both tasks are solved
            assert [abs(x) for x in middle(point.enclose())] == pytest.approx([1, 1, 1], abs=1e-12)
            assert point.inertia == (1, 0, 2)
            continue
        assert point.loss().lower > 0  # zero loss is attained in families only
        signs = [e.lower > 0 for e in point.eigenvalues(20)]
        assert point.inertia == (sum(signs), factors - sum(signs), 0)
        assert size % 2 ** (factors - 1) == 0


@pytest.mark.parametrize(("factors", "law", "rate"), CASES)
def test_families_are_stationary_of_the_stated_dimension_loss_and_rank(factors, law, rate):
    answer = found(factors, law, rate)
    generator = np.random.default_rng(0)
    for family in answer.families:
        _, jacobian = equations_of(family)
        hits = 0
        for _ in range(200):
            w = project(family, generator.normal(size=factors) * 2)
            if w is None or np.abs(w).max() > 8:
                continue
            loss, gradient, hessian = derivatives(answer.problem, w)
            spectrum = np.linalg.eigvalsh(hessian)
            scale = max(1.0, np.abs(spectrum).max())
            across = np.abs(spectrum)[np.abs(spectrum) > 1e-9 * scale]
            if np.linalg.svd(jacobian(w), compute_uv=False).min() < 1e-2 or len(across) < family.hessian_rank:
                continue  # too near to where the rank drops
            assert np.abs(gradient).max() < 1e-9 * scale
            assert family.loss is not None
            assert loss == pytest.approx(family.loss.approx, abs=1e-10)
            assert len(across) == family.hessian_rank == factors - family.dimension
            hits += 1
            if hits == 3:
                break
        assert hits, family.description


def _explained(answer: StationaryPoints, w: np.ndarray, families: list) -> bool:
    """Whether a point is one of the reported points, up to symmetry, or lies on a reported family."""
    for value, scale in families:
        if np.abs(value(w)).max() < 1e-4 * scale:
            return True
    shape = np.sort(np.abs(w))
    for point, _ in answer.orbits:
        known = middle(point.enclose())
        same_sign = np.sign(np.prod(w)) == np.sign(np.prod(known))
        if same_sign and np.abs(np.sort(np.abs(known)) - shape).max() < 1e-4:
            return True
    return False


@pytest.mark.parametrize(
    ("law", "rate"),
    [
        ("gaussian", Fraction(1, 10)),
        ("gaussian", Fraction(1, 2)),
        ("rademacher", Fraction(1, 2)),
        ("skew", Fraction(1, 3)),
        ("tilted", Fraction(1, 3)),
        ("one", Fraction(1)),
        ("zero", Fraction(1, 2)),
    ],
)
def test_newton_from_random_starts_finds_only_what_is_reported(law, rate):
    answer = found(3, law, rate)
    landscape = derive(answer.problem)
    gradient = [floats(g) for g in landscape.gradient]
    hessian = [[floats(h) for h in row] for row in landscape.hessian]
    families = [(equations_of(f)[0], 1.0) for f in answer.families]
    generator = np.random.default_rng(1)
    seen = set()
    for _ in range(150):
        start = generator.normal(size=3) * 1.5
        end = optimize.root(
            lambda w: np.array([g(w) for g in gradient]),
            start,
            jac=lambda w: np.array([[h(w) for h in row] for row in hessian]),
            tol=1e-13,
        )
        residual = np.abs([g(end.x) for g in gradient]).max()
        if end.success and residual < 1e-12 and np.abs(end.x).max() < 6:
            assert _explained(answer, end.x, families), end.x
            seen.add(tuple(np.round(np.sort(np.abs(end.x)), 3)))
    assert len(seen) > 8


@pytest.mark.parametrize(("law", "rate"), [("gaussian", Fraction(1, 2)), ("uniform", Fraction(1, 2))])
def test_descent_ends_on_a_reported_minimum(law, rate):
    answer = found(3, law, rate)
    families = [(equations_of(f)[0], 1.0) for f in answer.families if f.kind == "minimum"]
    minima = [middle(p.enclose()) for p, _ in answer.orbits if p.kind == "minimum"]
    generator = np.random.default_rng(2)
    kinds = {"family": 0, "point": 0}
    for _ in range(25):
        end = optimize.minimize(
            value_and_gradient(answer.problem),
            generator.normal(size=3),
            jac=True,
            method="BFGS",
            options={"gtol": 1e-10},
        )
        if any(np.abs(value(end.x)).max() < 1e-3 for value, _ in families):
            kinds["family"] += 1
        else:
            shape = np.sort(np.abs(end.x))
            assert min(np.abs(np.sort(np.abs(m)) - shape).max() for m in minima) < 1e-3
            kinds["point"] += 1
    assert kinds["family"] > 0
    assert kinds["point"] > 0  # minima that are not global attract some of the starts


def test_counts_at_the_rate_of_the_paper():
    three, four = found(3, "gaussian", Fraction(1, 10)), found(4, "gaussian", Fraction(1, 10))
    assert three.counts == {"points": 160, "minimum": 24, "maximum": 8, "saddle": 128, "degenerate": 0}
    assert four.counts["points"] == sum(size for _, size in four.orbits)
    assert four.counts["minimum"] == 256
    assert three.certificate.index_sum == three.certificate.expected_index_sum == 2
    assert [f.dimension for f in three.families] == [1] * 6
    assert [f.dimension for f in four.families] == [2] * 10


def test_no_isolated_point_is_global_for_three_factors():
    """Unlike two factors: local minima with positive loss exist, and zero loss only in families."""
    answer = found(3, "gaussian", Fraction(1, 10))
    minima = [p for p in answer.points if p.kind == "minimum"]
    assert len(minima) == 24
    assert all(p.is_global is False and p.loss().lower > 0 for p in answer.points)
    assert any(f.loss is not None and f.loss.upper == 0 for f in answer.families)


def test_enclosures_contain_one_point_each():
    assert disjoint(found(3, "gaussian", Fraction(1, 10)).points, 12)
    assert disjoint(found(3, "skew", Fraction(1, 3)).points, 12)


@settings(max_examples=15, deadline=None)
@given(
    st.fractions(min_value=Fraction(1, 20), max_value=3, max_denominator=20),
    st.sampled_from(["gaussian", "uniform", "laplace", "skew"]),
)
def test_two_factors_agree_with_the_planar_solver(rate, law):
    """The strata of equal squares, found for every N, against the solver for two unknowns."""
    setting = Setting(2, rational(rate), LAWS[law])
    solutions, counts = solve_strata(setting, 2)
    solutions += solve_distinct(setting)
    assert all(indices == turns for indices, turns in counts)
    mine = sorted(
        float(s.loss[0] and (s.location.value(s.loss[0]) / s.location.value(s.loss[1])).mid())
        for s in solutions
        for _ in range(2 if s.multiplicities == (2,) else 4)
    )
    planar = stationary_points(problem(2, LAWS[law], rate))
    # the planar solver has besides them the origin and the four solutions on the axes
    theirs = sorted(p.loss().approx for p in planar.points if all(x != 0 for x in p.enclose()))
    assert mine == pytest.approx(theirs, rel=1e-9)
    assert len(planar.points) == len(theirs) + 5


def test_different_squares_do_occur():
    """For θ = ±1 blurred a little the stratum of different squares is inhabited; the planar solver agrees."""
    blurred = from_moments((Fraction(0), Fraction(1), Fraction(0), Fraction(201, 200)))
    setting = Setting(2, rational(Fraction(1, 10)), blurred)
    found_here = list(solve_distinct(setting))
    planar = stationary_points(problem(2, blurred, Fraction(1, 10)))
    oblique = [p for p in planar.points if all(x != 0 for x in p.enclose())]
    unequal = [p for p in oblique if abs(np.diff(middle(p.enclose()) ** 2)[0]) > 1e-6]
    assert len(unequal) == 4 * len(found_here) > 0
    here = sorted(
        (float((s.location.value(s.loss[0]) / s.location.value(s.loss[1])).mid()), s.inertia)
        for s in found_here
        for _ in range(4)
    )
    there_too = sorted((p.loss().approx, p.inertia) for p in unequal)
    assert [inertia for _, inertia in here] == [inertia for _, inertia in there_too]
    assert [loss for loss, _ in here] == pytest.approx([loss for loss, _ in there_too])
    squares = sorted(float(y.mid()) for s in found_here for y in s.squares(60))
    there = sorted({round(float(x.mid()) ** 2, 9) for p in unequal for x in p.enclose()})
    assert sorted({round(y, 9) for y in squares}) == pytest.approx(there, abs=1e-8)


@settings(max_examples=8, deadline=None)
@given(st.fractions(min_value=Fraction(1, 8), max_value=2, max_denominator=8))
def test_only_the_product_of_rate_and_second_moment_matters(rate):
    plain = stationary_points(problem(3, GAUSSIAN, rate))
    scaled = stationary_points(problem(3, GAUSSIAN, rate / 4, Fraction(4)))
    assert plain.counts == scaled.counts
    assert [p.loss().approx for p in plain.points] == pytest.approx([p.loss().approx for p in scaled.points])


def test_mirrored_laws_have_mirrored_points():
    mirrored = from_moments(tuple((-1) ** k * SKEW.moment(k) for k in range(1, 10)))
    one, other = found(3, "skew", Fraction(1, 3)), stationary_points(problem(3, mirrored, Fraction(1, 3)))
    assert one.counts == other.counts

    def shapes(answer, sign):
        signs = [sign * np.sign(np.prod(middle(p.enclose()))) for p, _ in answer.orbits]
        return sorted((round(p.loss().approx, 9), s) for (p, _), s in zip(answer.orbits, signs, strict=True))

    assert shapes(one, 1) == shapes(other, -1)


@pytest.mark.parametrize(("rate", "g"), [(Fraction(1, 10), 32.0), (Fraction(1, 2), 8.0), (Fraction(1), 4.0)])
def test_two_tasks_are_solved_along_the_stated_curve(rate, g):
    """θ = ±1, N = 3: e₁ = 2 a g², e₂ = 1/a + a² g² (g² − 1), e₃ = g²: zero loss for every g large enough."""
    a = float(rate)
    e = [2 * a * g**2, 1 / a + a**2 * g**2 * (g**2 - 1), g**2]
    x = np.roots([1, -e[0], e[1], -e[2]])
    assert np.all(np.isreal(x))
    assert np.all(x.real > 0)
    loss, gradient, hessian = derivatives(problem(3, RADEMACHER, rate), np.sqrt(x.real))
    assert loss < 1e-12
    assert np.abs(gradient).max() < 1e-6 * np.abs(hessian).max()
    assert (np.linalg.eigvalsh(hessian) > 1e-6).sum() == 2
    families = [f for f in found(3, "rademacher", rate).families if f.description.count("by adapting") == 2]
    assert len(families) == 1
    assert np.abs(equations_of(families[0])[0](np.sqrt(x.real))).max() < 1e-6


@pytest.mark.parametrize(
    "asked",
    [
        problem(5, GAUSSIAN, Fraction(1, 2)),
        Problem(product(3), loop=InnerLoop(steps=2, rate=Fraction(1, 2))),
        Problem(product(4), loop=InnerLoop(rate=Fraction(1, 2), outer="first-order")),
        Problem(product(3), loop=InnerLoop(rate=Fraction(1, 2), preconditioner="meta-sgd")),
        Problem(DEEP, loop=InnerLoop(rate=Fraction(1, 2), preconditioner="kronecker", adapts=("b",))),
    ],
)
def test_problems_outside_the_proof_are_refused_in_one_line(asked):
    with pytest.raises(UnsupportedProblem, match=r"certified are|is certified") as refusal:
        stationary_points(asked)
    assert "\n" not in str(refusal.value)


def test_one_equal_pair_is_searched_for_laws_that_are_not_symmetric():
    """{2,1,1} for a skew law: Newton's method on the restricted loss ends in what is reported only."""
    setting = Setting(4, rational(Fraction(1, 3)), SKEW)
    solutions = {p.solution for p, _ in found(4, "skew", Fraction(1, 3)).orbits}
    known = [(s.slope_sign, middle(s.squares(64))) for s in solutions if s.multiplicities == (2, 1, 1)]
    seen: set[int] = set()
    for chart in pair_and_two():
        loss = reduce_to(setting, chart).loss
        gradient = [floats(loss.derivative(i)) for i in range(3)]
        hessian = [[floats(loss.derivative(i).derivative(j)) for j in range(3)] for i in range(3)]
        generator = np.random.default_rng(3)
        for start in generator.exponential(size=(300, 3)) * [2, 1, 4]:
            end = optimize.root(
                lambda v, g=gradient: np.array([c(v) for c in g]),
                start,
                jac=lambda v, h=hessian: np.array([[c(v) for c in row] for row in h]),
                tol=1e-13,
            )
            y, h, p = end.x
            residual = np.abs([c(end.x) for c in gradient]).max()
            if not end.success or residual > 1e-11 or min(y, h, p - 2 * h) < 1e-2 or max(end.x) > 50:
                continue
            root = np.sqrt(p * p - 4 * h * h)
            squares = [y, (p + root) / 2, (p - root) / 2]
            if np.abs(np.diff(sorted(squares))).min() < 1e-3:
                continue  # on a smaller stratum
            matching = {
                i
                for i, (sign, at) in enumerate(known)
                if sign == chart.fixed_sign and np.allclose(at, squares, rtol=1e-5)
            }
            assert len(matching) == 1, (chart.fixed_sign, squares)
            seen |= matching
    assert len(known) == 6
    assert len(seen) >= 3


def test_spurious_solutions_of_the_elimination_are_told_apart():
    """Where A, B and Δ vanish together the two equations hold, whether or not the point is stationary."""
    setting = Setting(4, rational(Fraction(1, 10)), GAUSSIAN)
    (chart,) = [c for c in coordinates(setting) if c.multiplicities == (2, 1, 1)]
    system = pair_system(setting, reduce_to(setting, chart))
    points = sparse_common_points(*system.equations, (True, True))
    spurious = [p for p in points if p.sign(system.spurious) == 0]
    assert len(points) == 9
    assert len(spurious) == 4
    assert [system.holds_at(p) for p in points] == [p not in spurious for p in points]


@pytest.mark.parametrize(
    ("values", "slope", "rate"),
    [((-1, Fraction(1, 2), 2), 1, 1), ((-1, Fraction(1, 2), 2), 0, 1), ((1, 2, 3), 1, 1)],
)
def test_sets_on_which_three_tasks_are_solved_are_decided(values, slope, rate):
    """θ = g is solved without adapting, two tasks by adapting: one coefficient is free, and scanned here."""
    fates = ["slope" if i == slope else "gain" for i in range(3)]
    g = float(values[slope])
    one, other = (rate * g * (float(v) - g) for i, v in enumerate(values) if i != slope)
    targets = np.array([g * g + one / rate, g * g + other / rate])
    hits = 0
    for e1 in np.concatenate([np.geomspace(1e-3, 1e5, 4000), -np.geomspace(1e-3, 1e5, 50)]):
        rest = targets - np.array([t**4 + e1 * t**3 + g * g for t in (one, other)])
        c1, c2 = np.linalg.solve([[one, one**2], [other, other**2]], rest)
        roots = np.roots([1, e1, c2, c1, g * g])
        hits += bool(np.abs(roots.imag).max() < 1e-9 and roots.real.max() < 0)
    assert curve_is_found(4, rate, values, fates) is (hits > 0)


def _law(*atoms: tuple[int, Fraction]) -> TaskLaw:
    return from_moments(tuple(sum((p * v**k for v, p in atoms), Fraction(0)) for k in range(1, 9)))


def test_as_many_tasks_as_factors_are_solved_at_isolated_points_and_these_are_global():
    law = _law(*((v, Fraction(1, 3)) for v in (1, 2, 3)))
    answer = stationary_points(problem(3, law, Fraction(1)))
    solved = [p for p in answer.points if p.is_global]
    assert len(solved) == 24
    for point in solved:
        w = middle(point.enclose())
        g = np.prod(w)
        adapted = [np.prod(w + (theta - g) * g / w) for theta in (1, 2, 3)]
        assert adapted == pytest.approx([1, 2, 3], abs=1e-9)
        assert "exactly 0" in point.why
    assert all(float(p.loss().lower) > 0 for p in answer.points if not p.is_global)


def test_different_squares_are_enclosed_as_tightly_as_one_asks():
    answer = stationary_points(problem(3, _law(*((v, Fraction(1, 3)) for v in (1, 2, 3))), Fraction(1)))
    (point,) = (p for p, _ in answer.orbits if p.solution.multiplicities == (1, 1, 1))
    assert all(ball.rel_accuracy_bits() >= 500 for ball in point.enclose(500))
    assert all(float(i.upper - i.lower) < 1e-30 for i in point.eigenvalues(40))


@pytest.mark.parametrize(
    ("factors", "law", "rate"),
    [(3, "gaussian", Fraction(1, 10**12)), (3, "three", Fraction(1, 10**12)), (4, "rademacher", 10**6)],
)
def test_eigenvalues_far_apart_are_told_from_zero(factors, law, rate):
    """Balls of one working precision had a radius of 10¹⁰ around eigenvalues of 10⁻²⁰."""
    for point, _ in found(factors, law, Fraction(rate)).orbits:
        balls = [e.ball for e in point.eigenvalues()]
        positive, negative, zero = point.inertia
        assert [(ball > 0) - (ball < 0) for ball in balls] == [-1] * negative + [0] * zero + [1] * positive
        assert all(ball.rel_accuracy_bits() > 30 for ball in balls if ball != 0)


def test_a_task_zero_that_is_abandoned_is_solved():
    """Its pairs lie on the set where it is solved: no sets, and no isolated points, of their own."""
    law = _law((0, Fraction(1, 2)), (1, Fraction(1, 2)))
    setting = Setting(4, rational(Fraction(1, 10)), law)
    support = support_of(setting)
    assert support is not None
    families = settled_families(setting, derive(problem(4, law, Fraction(1, 10))), support)
    assert families
    assert not any("theta = 0 is abandoned" in f.description for f in families)
    assert all(f.kind == "minimum" for f in families if f.loss and f.loss.upper == 0)
    # both tasks abandoned at g = 5: squares 5/2, 5/2, 2, 2, on a curve where theta = 0 is solved
    reduced = reduce_to(setting, two_pairs()[0])
    both = AlgebraicPoint(RealRoot((0, 1), 0), (fmpq_poly([fmpq(9, 2)]), fmpq_poly([5])))
    assert all(both.sign(e) == 0 for e in reduced.equations)
    single = SinglePoints(setting, support)
    assert not single(System(reduced, reduced.equations), both)
    assert not single.doubts


def test_an_abandoned_pair_needs_a_positive_square():
    """θ = 2 cannot be abandoned where θ = 1 is solved without adapting: t = a g (2 − 1) > 0."""
    assert not curve_is_found(4, Fraction(1, 10), (1, 2), ("slope", "abandoned"))
    assert curve_is_found(4, Fraction(1, 10), (1, 2), ("abandoned", "slope"))


@pytest.mark.parametrize("law", [RADEMACHER, pytest.param(GAUSSIAN, marks=pytest.mark.slow)])
def test_a_tiny_rate_is_solved(law):
    """Coordinates from 10⁻⁶⁰ to 10¹²⁰, and determinants of 10⁻³⁵⁹ that are not 0."""
    answer = stationary_points(problem(3, law, Fraction(1, 10**60)))
    assert answer.complete
    assert answer.counts["points"] == stationary_points(problem(3, law, Fraction(1, 10**6))).counts["points"]


def test_a_second_check_that_fails_is_a_refusal(monkeypatch):
    def fails(field, box):
        raise ZeroOnBoundary("a zero is too close to the boundary")

    monkeypatch.setattr(planar_check, "index_of_field", fails)
    with pytest.raises(UnsupportedProblem, match="not certified: a zero is too close"):
        stationary_points(problem(3, GAUSSIAN, Fraction(1, 3)))


def test_extreme_rates_are_solved():
    assert stationary_points(problem(3, GAUSSIAN, Fraction(10**60))).complete
    # two solutions of the equations of {2,1,1} agree in 20 digits, and one of them is singular
    assert stationary_points(problem(4, LAWS["three"], Fraction(1, 10**5))).complete
