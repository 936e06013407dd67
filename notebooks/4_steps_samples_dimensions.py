# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 4. Steps, samples, dimensions
#
# The analysis of chapters 1–3 takes one step, infinitely many data a task, and (mostly) one dimension. What
# changes with each?

# %%
# %matplotlib inline
from fractions import Fraction

import numpy as np
from flint import fmpq
from IPython.display import Image

import figures
from analysis.adaptation import InnerLoop
from analysis.dimensions import Setting, least_excess
from analysis.finite_samples import Support, best_shallow, certify_axis_identity, deep_minima, shallow_loss
from analysis.finite_samples import derive as derive_from_samples
from analysis.landscape import Problem, derive
from analysis.models import DEEP, SHALLOW, product
from figures.samples import bayes

# %% [markdown]
# ## Steps and depth, infinite data
#
# One factor: $L=\tfrac12(1-\alpha)^{2K}$. Two or more: zero from the first step on, at points where one factor is 0
# and the product of the others is $1/\sqrt\alpha$. We take $\alpha=\tfrac19$, so that such a point is rational, and
# evaluate the derived polynomials exactly.

# %%
for factors, steps in [(2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (4, 1)]:
    loop = InnerLoop(steps=steps, rate=Fraction(1, 9))
    loss = derive(Problem(product(factors), loop=loop)).loss
    assert loss(fmpq(3), *[fmpq(1)] * (factors - 2), fmpq(0)) == 0
for steps in range(1, 5):
    loss = derive(Problem(SHALLOW, loop=InnerLoop(steps=steps, rate=Fraction(1, 9)))).loss
    assert loss(fmpq(0)) == fmpq(8, 9) ** (2 * steps) / 2
Image(figures.DRAWN / "depth.png")

# %% [markdown]
# ## Samples
#
# With $n$ samples the inner gradient is $(g-\theta)S-z$ instead of $g-\theta$, with $S=\frac1n\sum x_i^2$ and
# $z=\frac1n\sum x_i\varepsilon_i$. The best *fixed* step shrinks, because it has to live with bad draws:
#
# $$\alpha^*_n=\frac{n}{n+3},\qquad L^*_n=\frac12\cdot\frac{3}{n+3}.$$
#
# The deep model finds the same loss, at **every** $\alpha$: on the axis $b=0$ its loss *is* the shallow one with the
# rate $\alpha a^2$. Its minima move inward, to $a^2=\alpha^*_n/\alpha$.

# %%
assert certify_axis_identity()
five = best_shallow(Support(5))
assert (five.rate, five.loss) == (Fraction(5, 8), Fraction(3, 16))
assert abs(float(shallow_loss(Support(5), Fraction(1, 10))) - 0.408) < 5e-4

deep = deep_minima(Support(5), Fraction(1, 10))
assert deep.found.complete and deep.found.counts["points"] == 9
assert len(deep.global_minima) == 4 and deep.gain == 0
reach = max(abs(box.approx) for point in deep.global_minima for box in point.box().values())
assert abs(reach - 2.5) < 1e-10  # √(5/8 · 10), where infinite data have √10 = 3.16
figures.draw("samples")

# %% [markdown]
# The floor is the posterior variance $\tfrac12\mathbb E\,[1/(1+\chi^2_n)]$ of the task given its data: one linear
# step pays up to three times as much, because it cannot divide by the $S$ it has drawn. A second step helps,

# %%
floor = bayes(5)
assert 1.7 < float(five.loss) / floor < 1.75
two_steps = derive_from_samples(SHALLOW, Support(5), Fraction(1, 2), steps=2).loss(fmpq(0))
assert floor < float(int(two_steps.p)) / float(int(two_steps.q)) < float(five.loss)

# %% [markdown]
# but more steps of the *deep* model meet a surprise. The loss after $K$ steps is a polynomial of degree $3^K$ in the
# data of the task; for Gaussian data its expectation is soon ruled by tasks so rare that no simulation draws
# them. At $a=2$, $b=0$ and $K=3$:

# %%
three = derive_from_samples(DEEP, Support(5), Fraction(1, 10), steps=3).loss(fmpq(2), fmpq(0))
exact = float(int(three.p)) / float(int(three.q))

generator = np.random.default_rng(0)
theta = generator.normal(size=200_000)
x, noise = generator.normal(size=(2, 200_000, 5))
S, z = (x * x).mean(1), (x * noise).mean(1)
a, b = np.full_like(theta, 2.0), np.zeros_like(theta)
for _ in range(3):
    signal = (a * b - theta) * S - z
    a, b = a - 0.1 * signal * b, b - 0.1 * signal * a
simulated = 0.5 * (theta - a * b) ** 2
assert exact > 5e9 and np.median(simulated) < 0.06 and simulated.mean() < 1
print(f"exact expectation {exact:.3g}; mean of 200,000 simulated tasks {simulated.mean():.3f}")

# %% [markdown]
# A lesson for measured MAML losses: a mean over tasks can converge, convincingly, to the wrong number.
#
# ## Dimensions
#
# $\hat y=a^{\!\top}Bx$ with $h$ hidden units, inputs with second moment $\Sigma$ whose largest eigenvalue has
# multiplicity $m$: zero excess loss in one step is possible iff $h\ge d+1-m$ (or $h\ge d$). With isotropic inputs
# one unit is enough; otherwise depth needs room for $\Sigma^{-1}$, although one unit could *represent* every task.

# %%
rate = Fraction(1, 10)
assert Setting(1, 5, 1, rate).width_for_zero == 1  # Σ = I
spread = tuple(map(Fraction, (1, 2, 3, 4)))
losses = [least_excess(Setting(1, 4, h, rate, spread)).upper for h in range(1, 5)]
assert losses[-1] == 0 and losses == sorted(set(losses), reverse=True)
assert losses[0] == Fraction(1, 2)
[float(x) for x in losses]

# %% [markdown]
# ## Exercises
#
# **1.** How many samples does one step need for an excess loss below $\tfrac1{100}$? *From* $\frac32/(n+3)$: *148.*

# %%
n = next(n for n in range(1, 1000) if best_shallow(Support(n)).loss < Fraction(1, 100))
assert n == 148

# %% [markdown]
# **2.** And without noise? *The best rate is* $n/(n+2)$, *the loss* $\frac12\cdot\frac2{n+2}$: *even noiseless data
# do not make one fixed step exact.*

# %%
assert best_shallow(Support(5, noise_variance=Fraction(0))).loss == Fraction(1, 7)

# %% [markdown]
# **3.** Seven inputs, $\Sigma=\mathrm{diag}(1,1,1,1,4,4,4)$. Which width? $m=3$, *so* $7+1-3=5$.

# %%
assert Setting(1, 7, 5, rate, tuple(map(Fraction, (1, 1, 1, 1, 4, 4, 4)))).width_for_zero == 5
