"""The MAML loss of a problem, exactly: loss, gradient, Hessian, or the vector field of a first-order rule.

A problem is (task law) × (model) × (inner loop). With f(w, θ) the slope after adaptation,

    CONVENTION   task loss      ℓ_τ    = ½ E(y − ŷ)² = ½ E[x²] (g − θ)² + ½ σ²
                 MAML loss      L_full = E_τ ℓ_τ(adapted) = E[x²] · L + ½ σ²
                 EXCESS LOSS    L      = ½ E_τ (θ − f)²            ← every loss this toolkit prints

L = 0 exactly when every task is solved after adaptation. The paper's eq. (53) is L_full with σ² = 1 left
out; its Matlab listing, and with it (54)–(57) and the Hessians of §4.4, use 2 L. Nothing of the paper's
formulas is typed in below: they come out of `derive`, and the tests compare.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from analysis.adaptation import InnerLoop, adapt, slope_gradient
from analysis.algebra.polynomials import context, expectation, rational, substitute
from analysis.models import Model
from analysis.tasks import GAUSSIAN, TaskLaw

CONVENTION = (
    "task loss l = 1/2 E(y - yhat)^2; reported: the excess MAML loss L = 1/2 E_tau(theta - f)^2, "
    "zero exactly when every task is solved after adaptation (the full loss is E[x^2] L + sigma^2/2)"
)


@dataclass(frozen=True)
class Problem:
    """What is analysed.

    Attributes:
        model: the predictor.
        task: the law of θ.
        loop: the inner loop.
        input_second_moment: E[x²], or None for the symbol `v`.
        noise_variance: σ² of y given x and θ, or None for the symbol `s2`; it only shifts `full_loss`.
        symbolic_moments: keep E θᵏ as symbols `m1`, `m2`, … instead of the law's numbers.
    """

    model: Model
    task: TaskLaw = GAUSSIAN
    loop: InnerLoop = field(default_factory=InnerLoop)
    input_second_moment: Fraction | None = Fraction(1)
    noise_variance: Fraction | None = Fraction(1)
    symbolic_moments: bool = False

    @property
    def unknowns(self) -> tuple[str, ...]:
        """The meta-learned quantities: the model's parameters, then the preconditioner's factors."""
        extra = [name for names in self.loop.factors(self.model).values() for name in names]
        return (*self.model.parameters, *extra)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The quantities kept symbolic."""
        chosen = []
        if self.loop.rate is None and self.loop.uses_rate:
            chosen.append("alpha")
        if self.input_second_moment is None:
            chosen.append("v")
        if self.noise_variance is None:
            chosen.append("s2")
        return tuple(chosen)


@dataclass(frozen=True)
class Landscape:
    """The exact objects of a problem, elements of ℚ[unknowns, symbols] (`adapted_slope` has θ besides).

    Attributes:
        problem: what was derived.
        adapted_slope: f(w, θ), the slope after the inner loop.
        loss: the excess MAML loss L = ½ E_τ(θ − f)².
    """

    problem: Problem
    adapted_slope: fmpq_mpoly
    loss: fmpq_mpoly
    field_polynomials: tuple[fmpq_mpoly, ...] | None = None

    @property
    def ring(self) -> fmpq_mpoly_ctx:
        """ℚ[unknowns, symbols]."""
        return self.loss.context()

    @property
    def unknowns(self) -> tuple[str, ...]:
        """The names with respect to which the landscape is differentiated."""
        return self.problem.unknowns

    @cached_property
    def gradient(self) -> tuple[fmpq_mpoly, ...]:
        """∂L/∂w for every unknown."""
        return tuple(self.loss.derivative(i) for i in range(len(self.unknowns)))

    @cached_property
    def vector_field(self) -> tuple[fmpq_mpoly, ...]:
        """What meta-training descends: ∇L for MAML, E[meta-gradient]/E[x²] for the other outer rules."""
        return self.gradient if self.field_polynomials is None else self.field_polynomials

    @property
    def derivative_name(self) -> str:
        """What `jacobian` is called: a field that is no gradient has no Hessian."""
        return "Hessian" if self.field_polynomials is None else "Jacobian"

    @property
    def eigenvalues_in_words(self) -> str:
        """What `eigenvalues` of a point are: a matrix that is not symmetric may have conjugate pairs."""
        real = "" if self.field_polynomials is None else ", real parts"
        return f"eigenvalues of the {self.derivative_name}{real}"

    @cached_property
    def jacobian(self) -> tuple[tuple[fmpq_mpoly, ...], ...]:
        """∂(vector field)/∂w: the Hessian of L for MAML."""
        indices = range(len(self.unknowns))
        return tuple(tuple(component.derivative(j) for j in indices) for component in self.vector_field)

    @property
    def hessian(self) -> tuple[tuple[fmpq_mpoly, ...], ...]:
        """∂²L/∂w∂w′."""
        indices = range(len(self.unknowns))
        return tuple(tuple(component.derivative(j) for j in indices) for component in self.gradient)

    @property
    def full_loss(self) -> fmpq_mpoly:
        """E_τ ℓ_τ(adapted) = E[x²] L + ½ σ²."""
        return _symbol_or_number(self.ring, "v", self.problem.input_second_moment) * self.loss + (
            _symbol_or_number(self.ring, "s2", self.problem.noise_variance) * fmpq(1, 2)
        )


def _symbol_or_number(ring: fmpq_mpoly_ctx, name: str, value: Fraction | None) -> fmpq_mpoly:
    return ring.gen(ring.names().index(name)) if value is None else ring.constant(rational(value))


def derive(problem: Problem) -> Landscape:
    """Carry out the inner loop on polynomials and take the expectation over tasks.

    Raises:
        MomentError: the task law has too few moments for the degree that the inner loop reaches.
        ValueError: the inner loop names a parameter that the model does not have.
    """
    model, loop = problem.model, problem.loop
    outside = (*problem.unknowns, *problem.symbols)
    inside = context((*outside, "theta"))
    generator = dict(zip(inside.names(), inside.gens(), strict=True))
    rate = _symbol_or_number(inside, "alpha", loop.rate) if loop.uses_rate else inside.constant(1)
    second_moment = _symbol_or_number(inside, "v", problem.input_second_moment)
    start = {w: generator[w] for w in model.parameters}
    adapted = adapt(model, loop, start, generator["theta"], rate, second_moment, generator)
    slope, partials = slope_gradient(model, [adapted[w] for w in model.parameters])
    residual = slope - generator["theta"]
    square = residual * residual

    top = square.degrees()[inside.names().index("theta")]
    moments = tuple(f"m{k}" for k in range(1, top + 1)) if problem.symbolic_moments else ()
    ring = context((*outside, *moments))

    def moment(k: int) -> fmpq_mpoly:
        if k and problem.symbolic_moments:
            return ring.gen(ring.names().index(f"m{k}"))
        return ring.constant(rational(problem.task.moment(k)))

    loss = expectation(square, "theta", moment, ring) * fmpq(1, 2)
    if loop.outer == "maml":
        return Landscape(problem, slope, loss)
    if loop.preconditioner != "none":
        raise ValueError(f"{loop.outer} has no gradient for the {loop.preconditioner} factors: use maml")
    if loop.outer == "first-order":
        meta_gradients = [residual * partial for partial in partials]
    elif loop.rate is None:
        raise ValueError("reptile divides by the rate: give alpha a number")
    else:
        scale = 1 / rational(loop.rate)
        meta_gradients = [(start[w] - adapted[w]) * scale for w in model.parameters]
    components = tuple(expectation(component, "theta", moment, ring) for component in meta_gradients)
    return Landscape(problem, slope, loss, components)


def post_adaptation_loss(landscape: Landscape) -> fmpq_mpoly:
    """½ (θ − f)², the excess loss of one task after adaptation, in ℚ[unknowns, symbols, theta]."""
    slope = landscape.adapted_slope
    residual = slope.context().gen(len(slope.context().names()) - 1) - slope
    return residual * residual * fmpq(1, 2)


def residual_moments(landscape: Landscape, count: int) -> tuple[fmpq_mpoly, ...]:
    """E[(f − θ) θⁱ] for i < count, elements of ℚ[unknowns, symbols]: all vanish where L = 0."""
    slope, ring = landscape.adapted_slope, landscape.ring
    theta = slope.context().gen(len(slope.context().names()) - 1)

    def moment(k: int) -> fmpq_mpoly:
        return ring.constant(rational(landscape.problem.task.moment(k)))

    return tuple(expectation((slope - theta) * theta**i, "theta", moment, ring) for i in range(count))


def at_rate(landscape: Landscape, rate: Fraction) -> Landscape:
    """The landscape with the symbol `alpha` replaced by a number."""
    problem = replace(landscape.problem, loop=replace(landscape.problem.loop, rate=rate))
    names = tuple(name for name in landscape.ring.names() if name != "alpha")
    value = {"alpha": rational(rate)}
    slope = substitute(landscape.adapted_slope, value, context((*names, "theta")))
    components = landscape.field_polynomials and tuple(
        substitute(component, value, context(names)) for component in landscape.field_polynomials
    )
    return Landscape(problem, slope, substitute(landscape.loss, value, context(names)), components)
