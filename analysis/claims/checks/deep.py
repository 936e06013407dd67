"""The deep model ŷ = abx, §4.4 and A.1.2: its four solutions, and everything else that is stationary."""

from __future__ import annotations

from fractions import Fraction

from analysis.adaptation import InnerLoop
from analysis.claims.conventions import EXCESS, TWICE_EXCESS
from analysis.claims.derivations import DEEP, collected_in_task, gradient, hessian, loss_of, maml_loss, slope
from analysis.claims.notation import parse
from analysis.claims.quantities import gen
from analysis.landscape import Problem
from analysis.models import product
from analysis.stationary_points import StationaryPoints, stationary_points
from analysis.stationary_points.regimes import regimes

PAPERS_RATE = Fraction(1, 10)
AB = ("a", "b")


def _solved(rate: Fraction) -> StationaryPoints:
    return stationary_points(Problem(product(DEEP), loop=InnerLoop(rate=rate)))


def origin_is_maximum() -> bool:
    """At the origin the gradient of L vanishes and its Hessian is −2αI, negative definite for every α > 0."""
    loss = maml_loss(DEEP, EXCESS)
    stationary = not any(loss.partial(w).at(a=0, b=0) for w in AB)
    return stationary and hessian(loss, AB, a=0, b=0) == tuple(map(parse, ("−2α", "0", "0", "−2α")))


def exactly_four_zeros() -> bool:
    """2L = (p₁ + p₃)² + 2p₃² + (1 − p₂)² vanishes only where ab = 0 and α(a² + b²) = 1: the four
    solutions."""
    p1, p2, p3 = collected_in_task(slope(DEEP))
    squares = maml_loss(DEEP, TWICE_EXCESS) == (p1 + p3) ** 2 + p3**2 * 2 + (1 - p2) ** 2
    on_axes = p3 == parse("α²ab") and p1.at(a=0) == p1.at(b=0) == 0 and p2.at(b=0) == parse("αa²")
    return squares and on_axes and p2.at(a=0) == parse("αb²")


def one_order_cannot_serve_both_axes(diagonal: tuple[str, str] = ("8α", "6α³")) -> bool:
    """Of 2L: diag(8α, 6α³) at (±1/√α, 0), but diag(6α³, 8α) at (0, ±1/√α)."""
    loss, first, second = maml_loss(DEEP, TWICE_EXCESS), parse(diagonal[0]), parse(diagonal[1])
    on_a = hessian(loss, AB, a=parse("1/√α"), b=0)
    on_b = hessian(loss, AB, a=0, b=parse("1/√α"))
    zero = parse("0")
    return on_a == (first, zero, zero, second) and on_b == (second, zero, zero, first) != on_a


def count_at_papers_rate(points: int = 17) -> bool:
    """analysis.stationary_points at α = 1/10: complete, 4 minima, 5 maxima, 8 saddles."""
    found = _solved(PAPERS_RATE)
    return found.complete and found.counts["points"] == points


def only_global_minima() -> bool:
    """analysis.stationary_points at α = 1/10: the four minima have excess loss exactly 0, no other point
    has."""
    minima = [point for point in _solved(PAPERS_RATE).points if point.kind == "minimum"]
    return len(minima) == 4 and all(point.has_zero_loss() for point in minima)


def counts_for_every_rate(below: int = 17, above: int = 9, at: int = 13) -> bool:
    """analysis.stationary_points.regimes: 17 points below α* = 0.2674…, 13 at it and 9 above, proved for all
    α > 0."""
    found = regimes(Problem(product(DEEP)))
    counts = [regime.counts["points"] for regime in found.regimes]
    minima = [regime.counts["minimum"] for regime in found.regimes]
    threshold = found.thresholds[0]
    place = threshold.interval()
    near = Fraction("0.2674") < place.lower <= place.upper < Fraction("0.2675")
    return (counts, minima, len(found.thresholds), threshold.points_at) == (
        [below, above],
        [4, 4],
        1,
        at,
    ) and near


def listing_is_twice_the_loss() -> bool:
    """The listing's L, pp₁² + pp₂² + 3pp₃² + 2pp₁pp₃ − 2pp₂, is 2·(53) − 1."""
    p1, p2, p3 = collected_in_task(slope(DEEP))
    listing = p1**2 + p2**2 + p3**2 * 3 + p1 * p3 * 2 - p2 * 2
    names = parse("ab(1 − α(a² + b²) + α²a²b²)"), parse("α(a² + b²) − 2α²a²b²"), parse("α²ab")
    return (p1, p2, p3) == names and listing == maml_loss(DEEP, EXCESS) * 2 - 1


def chain_rule() -> bool:
    """∂L/∂w = E[(I − αH)∇ℓ(w_α)] for the deep model, both sides expanded as polynomials in a, b and α."""
    adapted = {w: gen(w) - gen("alpha") * gradient(DEEP, w) for w in AB}
    jacobian = hessian(loss_of(slope(DEEP, steps=0), EXCESS), AB)
    after = [gradient(DEEP, w).at(**adapted) for w in AB]
    expected = [
        sum(
            ((int(i == j) - gen("alpha") * jacobian[2 * i + j]) * after[j] for j in range(2)),
            start=gen("a") * 0,
        ).expectation()
        for i in range(2)
    ]
    return expected == [maml_loss(DEEP, EXCESS).partial(w) for w in AB]


def quadratic_in_task() -> bool:
    """f = p₁ + p₂θ + p₃θ² with the p of (49): its coefficients reassemble to f."""
    p1, p2, p3 = collected_in_task(slope(DEEP))
    return parse("f").at(p1=p1, p2=p2, p3=p3) == slope(DEEP)


def degrees(loss: int = 12, gradient: int = 11) -> bool:
    """The total degrees in a and b of L and of its gradient are 12 and 11."""
    value = maml_loss(DEEP, EXCESS).at(root=1)
    slopes = [value.partial(w).numerator.total_degree() for w in AB]
    return (value.numerator.total_degree(), max(slopes)) == (loss, gradient)


def symmetries() -> bool:
    """L(−a, b) = L(a, −b) = L(b, a) = L(a, b): one orbit contains the four solutions."""
    loss, a, b = maml_loss(DEEP, EXCESS), gen("a"), gen("b")
    return loss == loss.at(a=-a) == loss.at(b=-b) == loss.at(a=b, b=a)
