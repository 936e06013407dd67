"""With n samples a task zero excess loss is out of reach; the deep model and the shallow one with a learned
rate both reach ½·3/(n + 3) in one step, up to three times the Bayes floor.

The least excess loss after one inner step against the number of samples (x, θ and noise standard normal):
the shallow model at α = 1/10; the shallow model with a learned rate, n/(n + 3), whose loss the deep model
attains at a² = n/((n + 3)α), b = 0 (`analysis.finite_samples`, theorem 2; circles: certified minima); and the
posterior variance ½ E[1/(1 + χ²_n)], which no learner that sees n samples can beat.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from matplotlib.figure import Figure
from scipy.integrate import quad
from scipy.stats import chi2

from analysis.finite_samples import Support, best_shallow, deep_minima, shallow_loss
from figures import style
from figures.training import RATE, Array


@dataclass(frozen=True)
class Data:
    """Attributes:
    samples: (m,) n.
    shallow, learned, bayes: (m,) excess losses.
    certified: (r, 2) n and the deep model's least loss, from all its stationary points.
    """

    samples: Array
    shallow: Array
    learned: Array
    bayes: Array
    certified: Array


def bayes(samples: int, noise: Fraction = Fraction(1)) -> float:
    """½ E Var(θ | data) = ½ E[1/(1 + Σxᵢ²/σ²)] with Σxᵢ² ∼ χ²_n, θ ∼ N(0, 1), y = θx + N(0, σ²)."""
    weight = chi2(samples).pdf
    return float(quad(lambda s: weight(s) / (1 + s / float(noise)) / 2, 0, np.inf)[0])


def data(fast: bool = False) -> Data:
    """Exact losses; the floor by quadrature."""
    samples = [1, 2, 3, 5, 7, 10, 14, 20, 30, 50, 70, 100]
    solved = (1, 5) if fast else samples[::2]
    return Data(
        samples=np.array(samples, dtype=float),
        shallow=np.array([float(shallow_loss(Support(n), RATE)) for n in samples]),
        learned=np.array([float(best_shallow(Support(n)).loss) for n in samples]),
        bayes=np.array([bayes(n) for n in samples]),
        certified=np.array(
            [(n, deep_minima(Support(n), RATE).global_minima[0].loss().approx) for n in solved]
        ),
    )


def draw(found: Data) -> Figure:
    """One panel, both axes logarithmic."""
    figure, axes = style.canvas(width=4.6, height=3.6)
    axes.plot(found.samples, found.shallow, **style.SHALLOW | {"label": "shallow, α = 0.1"})
    axes.plot(found.samples, found.learned, label="shallow, learned rate", **style.EXACT)
    axes.plot(
        *found.certified.T,
        **style.DEEP | {"linestyle": "none", "label": "deep, α = 0.1, certified"},
        marker="o",
        markerfacecolor="none",
    )
    axes.plot(found.samples, found.bayes, label="Bayes floor", **style.BOUND)
    axes.set(xscale="log", yscale="log", xlabel="samples a task $n$", ylabel="least excess loss, one step")
    style.legend_below(axes, 2)
    return figure
