r"""Gradient flow of the deep MAML loss, and the exact basins of its four minima.

Meta-training with a small step follows d(a, b)/dt = −∇L(a, b). Let the task law have m₁ = m₃ = 0, m₂ = 1 and
kurtosis κ = m₄ (κ = 3 is the paper's Gaussian). The loss is then invariant under (a, b) ↦ (b, a), (−a, b) and
(a, −b): the dihedral group D₄ of the square (θ ↦ −θ undoes a single sign). So it is a polynomial in

    q = a²b²,  r = a² + b²:      2L = (p₁ + p₃)² + (1 − p₂)² + (κ − 1) p₃²,

with p₁, p₂, p₃ the coefficients (49) of f = p₁ + p₂θ + p₃θ².

**Theorem (basins).** Let κ > κ* = 6 − 3∛4 = 1.2378… (Gaussian, uniform and Laplace tasks qualify). For
*every* α > 0 the basins of the four minima under gradient flow are the four open wedges between the
lines a = ±b:

    |a| > |b|  flows to  (sign(a)/√α, 0),        |b| > |a|  flows to  (0, sign(b)/√α).

The two lines are the whole boundary of the basins; there is no other separatrix.

*Proof, each step computed by this module.* (1) The mirror lines a = 0, b = 0, a = ±b are invariant: on
each, the normal component of the gradient is the zero polynomial (`mirror_residuals`). (2) *No stationary
point lies off the mirrors*: there (a, b) ↦ (q, r) is a local diffeomorphism, so L_q = L_r = 0; L_r is
linear in r with coefficient α²(q + 1) > 0, and eliminating r from L_q leaves a power of α and of q + 1
times

    2q³ + κq² + (2κ − 6)q + κ          (α has cancelled; `off_mirror_polynomial`),

which for κ ≥ 3 has no negative coefficient and for κ > κ* no positive root (`kurtosis_threshold`). (3) On
the axis b = 0, 2L = (1 − αa²)², so the open wedge around the half axis a > 0 contains one stationary point,
(1/√α, 0). (4) *The lines a = ±b repel sideways*: at a stationary point with a = b = t ≠ 0 the curvature
across the line is 8 L_r, and L_r = −α[(1 + t⁴)(1 − αt²)² + 2α²t⁴] < 0 on the line (`diagonal_certificate`);
so |a − b| grows nearby, and no trajectory from outside the line ends there. The origin is a maximum,
Hessian −2αI. (5) L is coercive: the sum of squares bounds p₃ = α²ab, and then p₂, which bounds r. By
Łojasiewicz' theorem every trajectory converges to a stationary point; in an open wedge only its own minimum
is left. ∎

For κ < κ* each of the two positive roots of the cubic is an orbit of eight further stationary points.
Rademacher tasks (κ = 1) are an example, where q = 1 is one of eight more global minima, with basins of
their own.

*Discretisation.* Gradient descent and heavy-ball commute with D₄ at any step size, so a start on a mirror
line with no initial velocity stays on it. But a finite step may jump across a line, and momentum may:
`basins` shows it.
"""

from __future__ import annotations

from fractions import Fraction
from math import exp, log

from flint import fmpq, fmpq_mpoly

from analysis.algebra.algebraic_numbers import RealRoot, real_roots
from analysis.algebra.polynomials import coefficients_in, context, rational, substitute, univariate
from analysis.landscape import Problem, derive
from analysis.models import DEEP

PLANE = ("a", "b", "alpha", "m4")
INVARIANTS = ("q", "r", "alpha", "m4")


def symmetric_loss() -> fmpq_mpoly:
    """L in ℚ[a, b, α, m4] for every law with m₁ = m₃ = 0, m₂ = 1."""
    loss = derive(Problem(DEEP, symbolic_moments=True)).loss
    return substitute(loss, {"m1": fmpq(0), "m2": fmpq(1), "m3": fmpq(0)}, context(PLANE))


def in_invariants(poly: fmpq_mpoly) -> fmpq_mpoly:
    """A D₄-invariant element of ℚ[a, b, α, m4] rewritten in ℚ[q, r, α, m4].

    Gauss' algorithm: the lexicographically leading term a^i b^j of a symmetric polynomial in a², b² is that
    of q^{j/2} r^{(i−j)/2}; subtract and repeat.

    Raises:
        ValueError: the polynomial is not invariant.
    """
    plane, invariants = context(PLANE), context(INVARIANTS)
    a, b, *_ = plane.gens()
    rest = poly
    terms: dict[tuple[int, ...], fmpq] = {}
    while rest:
        (i, j, k, m), coefficient = next(iter(rest.to_dict().items()))
        if i % 2 or j % 2 or i < j:
            raise ValueError(f"not invariant under the symmetries of the square: leading term a^{i} b^{j}")
        terms[j // 2, (i - j) // 2, k, m] = coefficient
        leading = (a * a * b * b) ** (j // 2) * (a * a + b * b) ** ((i - j) // 2)
        rest -= leading * plane.from_dict({(0, 0, k, m): coefficient})
    return invariants.from_dict(terms)


def mirror_residuals() -> dict[str, fmpq_mpoly]:
    """The gradient's component normal to each mirror line, on the line; zero where it is invariant."""
    loss, ring = symmetric_loss(), context(PLANE)
    a, *_ = ring.gens()
    along_a, along_b = loss.derivative(0), loss.derivative(1)
    return {
        "a = 0": substitute(along_a, {"a": fmpq(0)}, ring),
        "b = 0": substitute(along_b, {"b": fmpq(0)}, ring),
        "a = b": substitute(along_a - along_b, {"b": a}, ring),
        "a = -b": substitute(along_a + along_b, {"b": -a}, ring),
    }


def off_mirror_polynomial() -> fmpq_mpoly:
    """The polynomial in ℚ[q, m4] whose positive roots q = a²b² are the stationary points off the mirrors.

    Raises:
        ArithmeticError: the elimination did not lose α, or left a factor of unknown sign (neither happens).
    """
    reduced = in_invariants(symmetric_loss())
    ring = reduced.context()
    constant, linear, *higher = coefficients_in(reduced.derivative(1), "r")
    powers = coefficients_in(reduced.derivative(0), "r")
    if higher:
        raise ArithmeticError(f"∂G/∂r has degree {1 + len(higher)} in r")
    top = len(powers) - 1
    numerator = sum(
        ((-constant) ** k * linear ** (top - k) * c for k, c in enumerate(powers)), ring.constant(0)
    )
    positive = (ring.gen(2), ring.gen(0) + 1)
    remaining = [factor for factor, _ in numerator.factor()[1] if factor not in positive]
    if len(remaining) != 1 or remaining[0].degrees()[2]:
        raise ArithmeticError(f"unexpected elimination: {remaining}")
    return substitute(remaining[0], {}, context(("q", "m4")))


def diagonal_certificate() -> fmpq_mpoly:
    """L_r on a = b = t plus α[(1 + t⁴)(1 − αt²)² + 2α²t⁴], in ℚ[t, α]: zero proves L_r < 0 there."""
    ring = context(("t", "alpha"))
    t, alpha = ring.gens()
    slope = substitute(in_invariants(symmetric_loss()).derivative(1), {"q": t**4, "r": 2 * t**2}, ring)
    return slope + alpha * ((1 + t**4) * (1 - alpha * t**2) ** 2 + 2 * alpha**2 * t**4)


def kurtosis_threshold() -> RealRoot:
    """κ* = 6 − 3∛4: above it no stationary point lies off the mirrors, for 1 ≤ κ < κ* sixteen do, at every α.

    The number of positive roots of the cubic changes only where its discriminant, or its value κ at q = 0,
    vanishes; there are none at κ = 3 (no sign change), and the discriminant has no root above 3.
    """
    cubic = off_mirror_polynomial()
    discriminant = univariate(cubic.resultant(cubic.derivative(0), "q"), "m4")
    roots = sorted(real_roots(discriminant), key=lambda root: float(root.enclosure()))
    if any(root.enclosure() >= 3 for root in roots):
        raise ArithmeticError("the discriminant vanishes above the Gaussian kurtosis")
    return roots[-1]


def off_mirror_orbits(kurtosis: Fraction) -> int:
    """How many orbits, of eight stationary points each, lie off the mirrors at this kurtosis, at every α.

    Each positive root q counts: on r = 2√q the derivative L_r, increasing in r, is negative
    (`diagonal_certificate` with t = q^{1/4}), so the r that solves L_r = 0 exceeds 2√q and belongs to real
    a, b with |a| ≠ |b|.
    """
    at_law = substitute(off_mirror_polynomial(), {"m4": rational(kurtosis)}, context(("q",)))
    return sum(bool(root.enclosure() > 0) for root in real_roots(univariate(at_law, "q")))


def basin(a: Fraction, b: Fraction) -> str:
    """Where gradient flow from (a, b) ends, at every α and κ > κ*: "+a", "-a", "+b", "-b" or "separatrix"."""
    if abs(a) == abs(b):
        return "separatrix"
    axis, value = ("a", a) if abs(a) > abs(b) else ("b", b)
    return ("+" if value > 0 else "-") + axis


def axis_flow(alpha: float, start: float, time: float) -> float:
    """a(t) from a(0) = `start` on the axis b = 0, where 2L = (1 − u)² with u = αa², so u' = 4αu(1 − u).

    The logistic equation: escape from the origin at rate 2α, approach to 1/√α at rate 4α,
    u(t) = u₀ / (u₀ + (1 − u₀) e^{−4αt}).
    """
    u = alpha * start**2
    u = u / (u + (1 - u) * exp(-4 * alpha * time))
    return (1 if start > 0 else -1) * (u / alpha) ** 0.5


def escape_time(alpha: float, start: float, end: float) -> float:
    """Time the flow on the axis takes from a = `start` to `end`: (1/4α) ln[u₁(1 − u₀)/(u₀(1 − u₁))], u = αa².

    Raises:
        ValueError: not 0 < start < end < 1/√α.
    """
    u, v = alpha * start**2, alpha * end**2
    if not 0 < u < v < 1:
        raise ValueError(f"need 0 < start < end < 1/sqrt(alpha) = {alpha**-0.5:.6g}; got {start} and {end}")
    return log(v * (1 - u) / (u * (1 - v))) / (4 * alpha)
