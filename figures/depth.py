"""With infinite data two or more factors solve every task in one inner step and more depth or more steps add
nothing; with five samples a second step still helps, a third makes rare tasks diverge in the deep model.

The least excess loss against the number of inner steps K at α = 1/10. *Left*, infinite data: a shallow model
needs many steps, ½(1 − α)²ᴷ; products of N ≥ 2 factors have excess loss zero from K = 1 on (evaluated on the
derived loss at a point where one factor is 0 and the product of the others squared is 1/α). *Right*, five
samples a task, unit noise: the shallow model at α = 1/10 and at its best rate, the deep model, minimised
numerically on the exact expected loss, whose third step is dominated by tasks so rare that no simulation
meets them (at a = 2, b = 0 it is 5·10⁹, and the mean over a million tasks 0.13); and the floor that no
learner beats, ½ E[1/(1 + χ²₅)], the posterior variance of the task given its data.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import minimize, minimize_scalar

from analysis.adaptation import InnerLoop
from analysis.algebra.arrays import values
from analysis.finite_samples import Support
from analysis.finite_samples import derive as derive_from_samples
from analysis.landscape import Problem, derive
from analysis.models import DEEP, SHALLOW, product
from figures import style
from figures.samples import bayes
from figures.training import RATE, Array

SAMPLES = 5
STEPS = 6
REACH = {2: 3, 3: 2, 4: 1}  # steps that the derivation carries out in a second, by number of factors


@dataclass(frozen=True)
class Data:
    """Attributes:
    steps: K = 0 … 6.
    shallow: the shallow model's least excess loss with infinite data.
    factors: for N the loss of a product of N factors for K = 0, 1, … as far as derived.
    shallow_few, learned_few: the shallow model with five samples, at α = 1/10 and at its best rate.
    deep_few: the deep model with five samples for K = 0, 1, ….
    bayes: the floor with five samples.
    """

    steps: Array
    shallow: Array
    factors: dict[int, Array]
    shallow_few: Array
    learned_few: Array
    deep_few: Array
    bayes: float


def at_solution(factors: int, steps: int) -> float:
    """The derived excess loss of ŷ = w₁⋯w_N x at w = (1/√α, 1, …, 1, 0)."""
    loss = derive(Problem(product(factors), loop=InnerLoop(steps=steps, rate=RATE))).loss
    return float(values(loss, float(RATE) ** -0.5, *[1.0] * (factors - 2), 0.0))


def shallow_few(steps: int) -> tuple[float, float]:
    """The least excess loss over c with five samples, at α = 1/10 and at the best α."""
    if steps == 0:
        return 0.5, 0.5
    at_rate = derive_from_samples(SHALLOW, Support(SAMPLES), RATE, steps=steps).loss
    any_rate = derive_from_samples(SHALLOW, Support(SAMPLES), None, steps=steps).loss
    best = minimize_scalar(lambda rate: float(values(any_rate, 0.0, rate)), bounds=(0, 1), method="bounded")
    return float(values(at_rate, 0.0)), float(best.fun)


def deep_few(steps: int) -> float:
    """The least excess loss of the deep model with five samples that descents from a grid find."""
    if steps == 0:
        return 0.5
    loss = derive_from_samples(DEEP, Support(SAMPLES), RATE, steps=steps).loss
    slopes = [loss.derivative(0), loss.derivative(1)]
    near = np.linspace(0.02, 5, 80)
    valley = values(loss, *np.meshgrid(near, near))
    starts = np.argsort(valley, axis=None)[:4]
    ends = [
        minimize(
            lambda w: float(values(loss, *w)),
            (near[start % len(near)], near[start // len(near)]),
            bounds=[(-5, 5), (-5, 5)],
            jac=lambda w: np.array([float(values(slope, *w)) for slope in slopes]),
        )
        for start in starts
    ]
    return min(float(end.fun) for end in ends)


def data(fast: bool = False) -> Data:
    """Every loss is a derived polynomial, evaluated or minimised."""
    steps = np.arange(STEPS + 1.0)
    reach = dict.fromkeys(REACH, 1) if fast else REACH
    few = np.array([shallow_few(k) for k in range(STEPS + 1)])
    return Data(
        steps=steps,
        shallow=float((1 - RATE) ** 2) ** steps / 2,
        factors={n: np.array([0.5, *(at_solution(n, k) for k in range(1, reach[n] + 1))]) for n in reach},
        shallow_few=few[:, 0],
        learned_few=few[:, 1],
        deep_few=np.array([deep_few(k) for k in range(reach[2] + 1)]),
        bayes=float(bayes(SAMPLES, Fraction(1))),
    )


def draw(found: Data) -> Figure:
    """Infinite data, and five samples."""
    figure, (left, right) = style.canvas(1, 2, height=3.4)
    left.plot(found.steps, found.shallow, marker="o", **style.SHALLOW)
    looks = {2: (style.VERMILION, "s", 9), 3: (style.BLUE, "^", 6.5), 4: (style.PURPLE, "x", 5)}
    for factors, losses in found.factors.items():
        colour, marker, size = looks[factors]
        left.plot(
            *(found.steps[: len(losses)], losses),
            color=colour,
            marker=marker,
            markersize=size,
            markerfacecolor="none",
            linestyle="--",
            label=f"{factors} factors",
        )
    left.set(title="infinite data a task, α = 0.1")
    right.plot(found.steps, found.shallow_few, marker="o", **style.SHALLOW)
    right.plot(
        found.steps, found.learned_few, marker="*", markersize=7, label="shallow, best rate", **style.EXACT
    )
    right.plot(
        found.steps[: len(found.deep_few)], found.deep_few, marker="s", markerfacecolor="none", **style.DEEP
    )
    right.axhline(found.bayes, label="Bayes floor", **style.BOUND)
    if len(found.deep_few) > 3:
        right.annotate(
            "rare tasks diverge",
            (3, found.deep_few[3]),
            xytext=(5, -13),
            textcoords="offset points",
            fontsize="small",
        )
    right.set(title=f"{SAMPLES} samples a task, α = 0.1")
    for axes in (left, right):
        axes.set(xlabel="inner steps $K$", ylabel="least excess loss", ylim=(-0.03, 0.54))
        style.legend_below(axes, 2)
    return figure
