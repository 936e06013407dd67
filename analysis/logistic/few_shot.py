r"""One step from the origin on n examples: the exact accuracy, at every rate and every depth (d = 2).

From c = 0, or a deep start with c = 0 and P = ρI, the adapted classifier is a positive multiple of S = Σ
(2yᵢ − 1) xᵢ, whatever the rate. Along the teacher S is a sum A of n independent copies of R, with the
density 2 φ(r) σ(|θ| r); across it √n G with G ~ N(0, 1), independent. A new point (u, v) falls on the wrong
side iff A|u| + √n G v < 0, that is with probability P(A < √n G C), C standard Cauchy. By Gil-Pelaez'
inversion formula and E e^{−s|G|} = erfcx(s/√2),

    accuracy against 1[θᵀx > 0]  =  ½ + (1/π) ∫₀^∞ erfcx(t √(n/2)) Im[χ(t)ⁿ] dt/t,

    χ(t) = E e^{itR} = e^{−t²/2} + i E[(2σ(|θ|Z) − 1) sin tZ],

which for deterministic labels (|θ| → ∞) is χ(t) = w(t/√2), Faddeeva's function. Sampled labels average over
|θ|.

    n                        1        2        5       20      100     1000
    deterministic        0.7500   0.8064   0.8679   0.9304   0.9683   0.9899
    sampled              0.6185   0.6620   0.7327   0.8420   0.9256   0.9762

At its MAML solution logistic regression is far from chance with any number of examples, and depth changes
nothing in it: what depth learns, the length of the step, cancels from a threshold.

Source of the inversion: J. Gil-Pelaez, "Note on the inversion theorem", Biometrika 38 (1951).
"""

from __future__ import annotations

import numpy as np
from scipy.special import erfcx, expit, wofz

from analysis.logistic.population import RADIUS
from analysis.logistic.stein import NODES, WEIGHTS, Labels


def few_shot_accuracy(shots: int, labels: Labels) -> float:
    """Threshold accuracy against the teacher's side after one step from the origin on `shots` examples."""
    nodes, mass = np.polynomial.legendre.leggauss(400)
    angle = np.pi / 4 * (nodes + 1)
    # t = tan(angle)/√n resolves both the width 1/√n of the integrand and its algebraic tail.
    t = np.tan(angle) / np.sqrt(shots)
    measure = np.pi / 4 * mass / (np.sin(angle) * np.cos(angle))
    damped = erfcx(t * np.sqrt(shots / 2)) * measure
    if labels == "deterministic":
        return float(0.5 + damped @ (wofz(t / np.sqrt(2)) ** shots).imag / np.pi)
    nodes, mass = np.polynomial.legendre.leggauss(48)
    norm = RADIUS * (nodes + 1) / 2
    rayleigh = mass * norm * np.exp(-(norm**2) / 2)
    tilt = 2 * expit(norm[:, None] * NODES) - 1
    # The sine transform of an analytic function has vanished long before the nodes cease to resolve it.
    sines = np.where(t < 40, np.sin(NODES[:, None] * t), 0)
    characteristic = np.exp(-(t**2) / 2) + 1j * (tilt * WEIGHTS) @ sines
    by_norm = 0.5 + (characteristic**shots).imag @ damped / np.pi
    return float(rayleigh @ by_norm / rayleigh.sum())
