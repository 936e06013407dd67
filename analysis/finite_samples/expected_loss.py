"""The exact expected MAML loss when the inner step sees n samples, for products of scalars.

    ĝ(w) = (g(w) − θ) S − z,   w′ = w − α ĝ ∂g/∂w,   L_n(w) = ½ E_{θ, S, z}(θ − f)²,   f = g(w′).

CONVENTION as everywhere: task loss ½ E(y − ŷ)², excess loss ½ E(θ − f)² of the *population* after
adaptation (the query set is not a source of bias, so its size does not matter); n = ∞ gives
`analysis.landscape`. The support set is the same in all K steps. The loss is a polynomial in the
parameters, α, 1/n and σ²; every expectation is a replacement of monomials by exact moments (`moments`).
"""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from analysis.adaptation import InnerLoop, slope_gradient
from analysis.algebra.polynomials import context, names, rational, transport
from analysis.finite_samples.moments import Support, support_moments
from analysis.landscape import Landscape, Problem
from analysis.models import Model
from analysis.tasks import GAUSSIAN, TaskLaw


def derive(
    model: Model,
    support: Support,
    rate: Fraction | None = None,
    task: TaskLaw = GAUSSIAN,
    steps: int = 1,
) -> Landscape:
    """The landscape of L_n, an object like that of `analysis.landscape.derive`.

    Args:
        model: a product of scalars.
        support: the support set; n and σ² may stay symbolic.
        rate: α, or None for the symbol `alpha`.
        task: the law of θ.
        steps: K inner steps.

    Returns:
        A `Landscape` with its loss in ℚ[parameters, alpha?, nu?, s2?]; `adapted_slope` has theta, S, z too.

    Raises:
        MomentError: a law has too few moments.
        ValueError: a rate, a number of steps or of samples is out of range.
    """
    loop = InnerLoop(steps=steps, rate=rate)
    problem = Problem(model, task, loop, noise_variance=support.noise_variance)
    outside = (*model.parameters, *(("alpha",) if rate is None else ()), *support.symbols)
    inside = context((*outside, "theta", "S", "z"))
    generator = dict(zip(inside.names(), inside.gens(), strict=True))
    alpha = generator["alpha"] if rate is None else inside.constant(rational(rate))
    theta, s, z = (generator[name] for name in ("theta", "S", "z"))
    point = [generator[w] for w in model.parameters]
    for _ in range(steps):
        slope, partials = slope_gradient(model, point)
        signal = (slope - theta) * s - z
        point = [w - alpha * signal * partial for w, partial in zip(point, partials, strict=True)]
    adapted = slope_gradient(model, point)[0]
    ring = context(outside)
    residual = adapted - theta
    return Landscape(problem, adapted, expected(residual * residual, task, support, ring) * fmpq(1, 2))


def expected(poly: fmpq_mpoly, task: TaskLaw, support: Support, ring: fmpq_mpoly_ctx) -> fmpq_mpoly:
    """E over θ, S, z; the result lives in `ring`."""
    moment = support_moments(support, ring)
    places = [names(poly).index(name) for name in ("theta", "S", "z")]
    groups: dict[tuple[int, int, int], dict[tuple[int, ...], fmpq]] = {}
    for exponents, coefficient in poly.to_dict().items():
        i, j, k = (int(exponents[p]) for p in places)
        rest = tuple(0 if q in places else e for q, e in enumerate(exponents))
        groups.setdefault((i, j, k), {})[rest] = coefficient
    total = ring.constant(0)
    for (i, j, k), terms in groups.items():
        factor = rational(task.moment(i))
        if factor:
            total += transport(poly.context().from_dict(terms), ring) * moment(j, k) * factor
    return total
