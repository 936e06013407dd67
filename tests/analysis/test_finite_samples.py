"""n-shot MAML: moments of the support statistics, exact loss, best rate and minima, against simulation."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from itertools import product as cartesian
from math import prod

import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.algebra.polynomials import context, fraction, rational, substitute, univariate
from analysis.finite_samples.best import (
    best_in_dimension,
    best_shallow,
    certify_axis_identity,
    certify_axis_minima,
    shallow_loss,
)
from analysis.finite_samples.deep import deep_minima
from analysis.finite_samples.expected_loss import derive
from analysis.finite_samples.global_minima import certify_global_minima
from analysis.finite_samples.moments import NoiseError, Support, support_moments
from analysis.landscape import InnerLoop, Problem
from analysis.landscape import derive as derive_infinite
from analysis.models import DEEP, SHALLOW, product
from analysis.tasks import GAUSSIAN, LAPLACE, RADEMACHER, UNIFORM, MomentError, TaskLaw, from_moments
from tests.analysis.exact_strategies import lengths, small

LAWS = [GAUSSIAN, RADEMACHER, UNIFORM, LAPLACE]
SKEWED = from_moments((F(0), F(1), F(2), F(6)))
NUMBER = context(())


def value(poly) -> F:
    """A constant polynomial as a fraction."""
    return fraction(poly.leading_coefficient()) if poly else F(0)


@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_gaussian_support_moments_are_those_of_chi_squared(n):
    """E Sʲ = ∏(n + 2i)/nʲ, and given x, z ~ N(0, σ²S/n)."""
    moment = support_moments(Support(n, noise_variance=F(3, 2)), NUMBER)

    def chi(j: int) -> F:
        return F(prod(n + 2 * i for i in range(j)), n**j)

    for j in range(5):
        assert value(moment(j, 0)) == chi(j)
        assert value(moment(j, 1)) == 0
        assert value(moment(j, 2)) == F(3, 2) / n * chi(j + 1)
        assert value(moment(j, 4)) == 3 * (F(3, 2) / n) ** 2 * chi(j + 2)


def atoms(points: dict[F, F]) -> TaskLaw:
    """The law with these atoms and weights."""
    return TaskLaw("atoms", lambda k: sum((w * x**k for x, w in points.items()), F(0)))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(small, min_size=2, max_size=2, unique=True),
    st.lists(small, min_size=2, max_size=2, unique=True),
    st.integers(1, 3),
)
def test_support_moments_by_enumeration_of_all_samples(xs, es, n):
    """x and ε with two atoms each, biased weights, odd moments and all: every sample is summed up."""
    x_law, e_law = {xs[0]: F(1, 3), xs[1]: F(2, 3)}, {es[0]: F(1, 4), es[1]: F(3, 4)}
    moment = support_moments(Support(n, inputs=atoms(x_law), noise=atoms(e_law)), NUMBER)
    table = {(j, k): F(0) for j in range(4) for k in range(4)}
    for draws in cartesian(cartesian(x_law, e_law), repeat=n):
        weight = prod((x_law[x] * e_law[e] for x, e in draws), start=F(1))
        s, z = sum(x * x for x, _ in draws) / n, sum(x * e for x, e in draws) / n
        for j, k in table:
            table[j, k] += weight * s**j * z**k
    assert all(value(moment(j, k)) == expected for (j, k), expected in table.items())


@pytest.mark.parametrize("law", [*LAWS, SKEWED])
@pytest.mark.parametrize(("factors", "steps"), [(1, 1), (1, 2), (2, 1), (3, 1)])
def test_infinitely_many_samples_give_the_engines_loss(law, factors, steps):
    if law is SKEWED and (factors, steps) == (3, 1):
        with pytest.raises(MomentError):
            derive(product(factors), Support(), task=law)
        return
    model = product(factors)
    infinite = derive_infinite(Problem(model, law, InnerLoop(steps=steps))).loss
    finite = derive(model, Support(), task=law, steps=steps).loss
    assert substitute(finite, {"nu": fmpq(0)}, infinite.context()) == infinite


@pytest.mark.parametrize("law", LAWS)
def test_symmetries_of_the_deep_loss(law):
    loss = derive(DEEP, Support(noise_variance=None), task=law).loss
    ring = loss.context()
    a, b = ring.gens()[:2]
    for image in ({"a": b, "b": a}, {"a": -a, "b": -b}, {"b": -b}):
        assert substitute(loss, image, ring) == loss
    skewed = derive(DEEP, Support(noise_variance=None), task=SKEWED).loss
    assert substitute(skewed, {"b": -b}, skewed.context()) != skewed
    assert substitute(skewed, {"a": -a, "b": -b}, skewed.context()) == skewed


@st.composite
def laws(draw: st.DrawFn) -> TaskLaw:
    """Two or three atoms: any mean, any skew, never constant."""
    points = draw(st.lists(small, min_size=2, max_size=3, unique=True))
    return atoms({p: F(1, len(points)) for p in points})


@settings(max_examples=40, deadline=None)
@given(
    laws(),
    st.sampled_from([GAUSSIAN, LAPLACE, atoms({F(-1): F(1, 2), F(2): F(1, 2)})]),
    st.integers(1, 50),
    lengths,
    lengths,
    small,
    lengths,
)
def test_the_best_shallow_adaptation_is_best(law, inputs, n, noise, rate, start, other):
    support = Support(n, inputs=inputs, noise_variance=noise)
    best = best_shallow(support, law)
    loss = derive(SHALLOW, support, task=law).loss

    def at(c: F, alpha: F) -> F:
        return fraction(loss(rational(c), rational(alpha)))

    assert at(best.start, best.rate) == best.loss
    assert at(start, other) >= best.loss
    assert at(best.start, rate) == shallow_loss(support, rate, law)
    assert best.loss > 0


def test_the_papers_setting_with_five_samples():
    best = best_shallow(Support(5))
    assert (best.rate, best.start, best.loss) == (F(5, 8), 0, F(3, 16))
    assert best_shallow(Support(None)).loss == 0
    assert shallow_loss(Support(5), F(1, 10)) == F(51, 125)


@given(st.integers(1, 100), lengths)
def test_one_dimension_of_the_d_dimensional_formula(n, noise):
    assert best_in_dimension(1, n, noise) == best_shallow(Support(n, noise_variance=noise))


@pytest.mark.parametrize("law", [*LAWS, SKEWED, from_moments((F(1), F(2), F(5), F(20)))])
def test_on_the_axis_deep_is_shallow_with_the_rate_alpha_a_squared(law):
    assert certify_axis_identity(law)


def test_the_axis_points_are_minima_for_every_number_of_samples():
    certificate = certify_axis_minima()
    assert certificate.certified
    assert certificate.first == 4
    product_of_ends = 4 * certificate.constant * certificate.quadratic
    assert certificate.discriminant == product_of_ends - certificate.linear * certificate.linear
    infinite = {"nu": fmpq(0), "s2": fmpq(1)}
    rest = context(("alpha",))
    assert substitute(certificate.constant, infinite, rest) == 0
    assert substitute(certificate.linear, infinite, rest) == 0
    assert substitute(certificate.quadratic, infinite, rest) == 3  # 3 alpha^3, half of the paper's 6 alpha^3


@pytest.mark.parametrize(
    ("n", "rate"), [(1, F(1, 10)), (5, F(1, 10)), (5, F(1)), (50, F(1, 10)), (50, F(1, 1000))]
)
def test_deep_minima_are_certified_and_equal_to_a_learned_rate_for_symmetric_tasks(n, rate):
    report = deep_minima(Support(n), rate)
    best = best_shallow(Support(n))
    assert report.found.complete
    assert report.gain == 0
    assert len(report.global_minima) == 4
    for point in report.global_minima:
        a, b = (float(i.approx) for i in point.box().values())
        assert sorted((a * a, b * b)) == pytest.approx([0, float(best.rate / rate)])
        assert point.loss().approx == pytest.approx(float(best.loss))


def test_five_samples_at_the_papers_rate():
    report = deep_minima(Support(5), F(1, 10))
    assert report.found.counts == {"points": 9, "minimum": 4, "maximum": 1, "saddle": 4, "degenerate": 0}
    eigenvalues = [e.approx for e in report.global_minima[0].eigenvalues()]
    assert eigenvalues == pytest.approx([0.4, 1.76160875])


def test_depth_beats_every_learned_rate_on_skewed_tasks_and_loses_when_the_mean_is_not_zero():
    below = deep_minima(Support(5), F(1), SKEWED)
    assert below.gain == 1
    assert below.global_minima[0].loss().upper < F(3, 16)
    shifted = from_moments((F(1), F(2), F(5), F(20)))
    assert deep_minima(Support(5), F(1), shifted).gain == -1


def test_the_axis_minima_are_global_for_every_number_of_samples():
    certificate = certify_global_minima()
    assert certificate.certified
    total = certificate.discriminant.context().constant(certificate.content)
    powers = dict.fromkeys(range(len(certificate.factors)))
    for i, factor in enumerate(certificate.factors):
        rest, powers[i] = certificate.discriminant, 0
        while divmod(rest, factor)[1] == 0:
            rest, powers[i] = rest / factor, powers[i] + 1
        total *= factor ** powers[i]
    assert total == certificate.discriminant


@pytest.mark.parametrize("field", ["identity", "squared", "remaining", "content", "factors"])
def test_every_step_of_the_certificate_counts(field):
    certificate = certify_global_minima()
    wrong = {
        "identity": False,
        "squared": -certificate.squared,
        "remaining": certificate.remaining * certificate.remaining.context().gen(2),
        "content": -certificate.content,
        "factors": tuple(f - 4 for f in certificate.factors),
    }
    assert not replace(certificate, **{field: wrong[field]}).certified


GAUSSIAN_LOSS = derive(DEEP, Support(noise_variance=None)).loss


@settings(max_examples=200, deadline=None)
@given(small, small, lengths, st.integers(1, 30), st.sampled_from([F(0), F(1, 3), F(1), F(9)]))
def test_no_gaussian_start_is_better_than_the_axis(a, b, rate, n, noise):
    best = best_shallow(Support(n, noise_variance=noise)).loss
    loss = fraction(GAUSSIAN_LOSS(*map(rational, (a, b, rate, F(1, n), noise))))
    assert loss > best if a * b else loss >= best


def rarely(x: F, chance: F) -> TaskLaw:
    """±x with this chance, else ±1."""
    return atoms({x: chance / 2, -x: chance / 2, F(1): (1 - chance) / 2, F(-1): (1 - chance) / 2})


@pytest.mark.parametrize(
    ("task", "x", "chance", "rate", "loss"),
    [
        (GAUSSIAN, F(4), F(1, 200), F(3, 20), 0.2023267),
        (RADEMACHER, F(3), F(1, 100), F(1, 4), 0.0010295),
    ],
)
def test_with_heavy_tailed_inputs_depth_beats_every_learned_rate(task, x, chance, rate, loss):
    """All laws symmetric, one noise-free sample: the global minima are eight points off the axes."""
    support = Support(1, inputs=rarely(x, chance), noise_variance=F(0))
    report = deep_minima(support, rate, task)
    assert report.found.complete
    assert report.gain == 1
    assert len(report.global_minima) == 8
    (best,) = {p.loss().approx for p in report.global_minima}
    assert best == pytest.approx(loss, abs=1e-6)
    assert best < best_shallow(support, task).loss
    torch = pytest.importorskip("torch")
    from analysis.numeric.finite_samples import simulate
    from analysis.numeric.maml import sampled_theta

    def draw_input(shape, generator):
        signs = torch.sign(torch.randn(shape, generator=generator, dtype=torch.float64))
        rare = torch.rand(shape, generator=generator, dtype=torch.float64) < float(chance)
        return signs * torch.where(rare, float(x), 1.0)

    def draw_task(shape, generator):
        return sampled_theta(prod(shape), generator, task.name).reshape(shape)

    layers = [torch.tensor([[i.approx]], dtype=torch.float64) for i in report.global_minima[0].box().values()]
    estimate = simulate(layers, float(rate), 1, noise=0.0, draw_task=draw_task, draw_input=draw_input)
    assert estimate.agrees(loss)


def test_exact_labels_and_inputs_of_one_size_leave_nothing_to_lose():
    """x = ±1 without noise: S = 1, z = 0, so that n samples are infinitely many."""
    support = Support(3, inputs=RADEMACHER, noise_variance=F(0))
    assert best_shallow(support) == best_shallow(Support(None))
    assert deep_minima(support, F(1, 10)).global_minima[0].loss().upper == 0


@given(st.sampled_from([F(1), F(1, 4), F(1, 9), F(4)]), st.integers(1, 200))
def test_the_infinite_data_minima_are_not_stationary_with_n_samples(rate, n):
    """At (1/√α, 0): ∂L/∂a = 2α a (1 + (2 + σ²)/n − 1) > 0."""
    gradient = derive(DEEP, Support(n), rate).gradient
    a = F(rate.denominator, 1) ** F(1, 2) / F(rate.numerator) ** F(1, 2)
    point = (rational(F(a).limit_denominator(100)), fmpq(0))
    assert fraction(gradient[0](*point)) == 2 * rate * fraction(point[0]) * F(3, n)
    assert gradient[1](*point) == 0


@pytest.mark.parametrize("law", LAWS)
def test_zero_excess_is_not_attainable(law):
    """The coefficient of z in f is α(a² + b²), and f = 0 where that vanishes."""
    slope = derive(DEEP, Support(5), F(1, 10), law).adapted_slope
    index = slope.context().names().index("z")
    linear = {e: c for e, c in slope.to_dict().items() if e[index] == 1 and sum(e[2:]) == 1}
    ring = slope.context()
    a, b = ring.gens()[:2]
    assert ring.from_dict(linear) == (a * a + b * b) * fmpq(1, 10) * ring.gens()[index]
    assert substitute(slope, {"a": fmpq(0), "b": fmpq(0)}, ring) == 0


def test_the_shallow_loss_is_convex_in_the_start():
    loss = derive(SHALLOW, Support(5), F(1, 10)).loss
    second = univariate(loss, "c").derivative().derivative()
    assert second.degree() == 0
    assert second[0] > 0


def test_bad_supports_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        Support(0)
    with pytest.raises(ValueError, match="non-negative"):
        Support(1, noise_variance=F(-1))
    with pytest.raises(ValueError, match="variance 0"):
        best_shallow(Support(1), atoms({F(2): F(1)}))
    with pytest.raises(ValueError, match="noise variance"):
        best_shallow(Support(1, noise_variance=None))
    with pytest.raises(ValueError, match="number of samples"):
        deep_minima(Support(None), F(1))
    with pytest.raises(NoiseError, match="mean 0 and variance 1"):
        best_shallow(Support(5, noise=atoms({F(2): F(1)})))
    biased = atoms({F(-1): F(2, 3), F(2): F(1, 3)})
    with pytest.raises(NoiseError, match="variance must be 1"):
        derive(DEEP, Support(2, noise=biased, noise_variance=F(2)), F(1))


@pytest.mark.parametrize(
    ("point", "rate", "n", "noise", "steps"),
    [
        ((F(1, 2),), F(1, 10), 5, F(1), 1),
        ((F(0),), F(5, 8), 5, F(1), 1),
        ((F(5, 2), F(0)), F(1, 10), 5, F(1), 1),
        ((F(3, 2), F(7, 10)), F(1, 10), 5, F(1), 1),
        ((F(1, 2), F(-1, 3)), F(1, 5), 3, F(4), 1),
        ((F(1), F(1, 2), F(-1, 2)), F(1, 10), 6, F(1), 1),
        ((F(1), F(1, 4)), F(1, 10), 20, F(1), 2),
    ],
)
def test_simulation_agrees_within_four_standard_errors(point, rate, n, noise, steps):
    torch = pytest.importorskip("torch")
    from analysis.numeric.finite_samples import simulate

    model = product(len(point))
    exact = derive(model, Support(n, noise_variance=noise), rate, steps=steps).loss(*map(rational, point))
    layers = [torch.tensor([[float(w)]], dtype=torch.float64) for w in point]
    estimate = simulate(layers, float(rate), n, tasks=100_000, noise=float(noise) ** 0.5, steps=steps)
    assert estimate.agrees(float(fraction(exact)))
    assert estimate.standard_error < 0.03 * estimate.mean


@pytest.mark.parametrize("d", [2, 8])
def test_simulation_of_the_best_rate_in_d_dimensions(d):
    torch = pytest.importorskip("torch")
    from analysis.numeric.finite_samples import simulate

    best = best_in_dimension(d, 5, F(1))
    zero = torch.zeros(1, d, dtype=torch.float64)
    shallow = simulate([zero], float(best.rate), 5, tasks=50_000)
    deep = simulate(
        [zero, torch.tensor([[float(best.rate * 10) ** 0.5]], dtype=torch.float64)], 0.1, 5, tasks=50_000
    )
    assert shallow.agrees(float(best.loss))
    assert deep.agrees(float(best.loss))


def test_simulation_with_other_laws_of_tasks_and_inputs():
    torch = pytest.importorskip("torch")
    from analysis.numeric.finite_samples import simulate

    def signs(shape, generator):
        return torch.randint(0, 2, shape, generator=generator, dtype=torch.int64).double() * 2 - 1

    def uniform(shape, generator):
        return (torch.rand(shape, generator=generator, dtype=torch.float64) * 2 - 1) * 3**0.5

    exact = derive(DEEP, Support(4, inputs=UNIFORM), F(1, 5), RADEMACHER).loss(fmpq(3, 2), fmpq(1, 2))
    layers = [torch.tensor([[w]], dtype=torch.float64) for w in (1.5, 0.5)]
    estimate = simulate(layers, 0.2, 4, tasks=100_000, draw_task=signs, draw_input=uniform)
    assert estimate.agrees(float(fraction(exact)))
