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
# # 1. The shallow model fails, and why
#
# A *task* is a number $\theta\sim N(0,1)$; its data are $x\sim N(0,1)$, $y = \theta x + \varepsilon$ with
# $\varepsilon\sim N(0,1)$. The **shallow** model is $\hat y = c\,x$. MAML looks for a start $c$ from which
# *one* gradient step on the data of a new task does as much as possible:
#
# $$c' = c-\alpha\,\partial_c\ell_\theta(c),\qquad
#   \ell_\theta(c)=\tfrac12\,\mathbb E(y-cx)^2=\tfrac12(c-\theta)^2+\tfrac12 .$$
#
# One convention holds in all six chapters: the loss has the factor ½, and we look at the **excess loss**
# $L=\tfrac12\,\mathbb E_\theta(\theta-f)^2$, with $f$ the slope after adaptation. It is zero exactly when
# every task is solved.

# %%
# %matplotlib inline
from fractions import Fraction

from flint import fmpq
from IPython.display import Image

import figures
from analysis.adaptation import InnerLoop
from analysis.algebra.polynomials import to_sympy
from analysis.landscape import Problem, derive
from analysis.models import SHALLOW
from analysis.stationary_points import stationary_points
from analysis.tasks import LAPLACE

landscape = derive(Problem(SHALLOW))
to_sympy(landscape.adapted_slope).as_expr()

# %% [markdown]
# That is $f = (1-\alpha)c+\alpha\theta$: the step moves $c$ by the *fraction* $\alpha$ of the way to the task,
# whatever the task. Nothing that MAML may choose (only $c$) changes this fraction. Hence
#
# $$\theta-f=(1-\alpha)(\theta-c),\qquad L(c)=\tfrac12(1-\alpha)^2(c^2+1).$$

# %%
for alpha, c in [
    (Fraction(1, 10), Fraction(2)),
    (Fraction(3, 7), Fraction(-1, 3)),
    (Fraction(1), Fraction(5)),
]:
    point = [fmpq(x.numerator, x.denominator) for x in (c, alpha)]
    assert landscape.loss(*point) == (1 - point[1]) ** 2 * (point[0] ** 2 + 1) / 2
to_sympy(landscape.loss).as_expr().factor()

# %% [markdown]
# The only stationary point is $c=0$ — a list with a proof that nothing is missing — and the loss there is
# $\tfrac12(1-\alpha)^2$: at the paper's $\alpha=\tfrac1{10}$ one step removes only 19 % of the initial ½.

# %%
found = stationary_points(Problem(SHALLOW, loop=InnerLoop(rate=Fraction(1, 10))))
(point,) = found.points
assert found.complete and point.kind == "minimum"
assert point.box()["c"].lower == point.box()["c"].upper == 0
assert abs(point.loss().approx - 81 / 200) < 1e-12
point.kind, point.box()["c"].approx, point.loss().approx

# %% [markdown]
# ## It is not meta-training that fails
#
# Meta-training finds the best start at once. What it cannot do is change the step. On the left, real
# meta-training by SGD (solid), the heavy-ball map on the *derived* loss (dotted: nothing is fitted), and the
# Bayes floor; the axis is the paper's mean squared error $2L+1$.

# %%
Image(figures.DRAWN / "fig1.png")

# %% [markdown]
# ## It is not depth that is missing, either
#
# Let the rate be learned too (Meta-SGD with its one rate $A$): $L=\tfrac12(1-A)^2(c^2+1)$ vanishes at $A=1$
# from *every* $c$. In one dimension the shallow model lacks a step size, nothing else.

# %%
learned = derive(Problem(SHALLOW, loop=InnerLoop(preconditioner="meta-sgd")))
assert learned.unknowns == ("c", "A_c")
assert all(learned.loss(fmpq(c), fmpq(1)) == 0 for c in range(-5, 6))
figures.draw("rates", fast=True)

# %% [markdown]
# The paper says (§4.3) that for $\alpha=1$ "the gradient is zero, thus meta-learning cannot occur". The gradient
# is zero because the loss is: every start is optimal. See the ledger, chapter 6.
#
# ## Exercises
#
# **1.** With $K$ inner steps the shallow model leaves $(1-\alpha)^K(\theta-c)$. How many steps at
# $\alpha=\tfrac1{10}$ bring the excess loss below $\tfrac1{100}$?

# %%
steps = next(k for k in range(1, 100) if Fraction(9, 10) ** (2 * k) / 2 < Fraction(1, 100))
three = derive(Problem(SHALLOW, loop=InnerLoop(steps=3, rate=Fraction(1, 10)))).loss
assert three(fmpq(0)) == fmpq(9, 10) ** 6 / 2
assert steps == 19
steps

# %% [markdown]
# **2.** Which property of the task law does the argument use? *Only its mean and variance:* heavy tails change
# nothing.

# %%
heavy = derive(Problem(SHALLOW, task=LAPLACE))
assert heavy.loss == landscape.loss

# %% [markdown]
# **3.** For which $\alpha$ does adaptation *hurt*, compared with no step at all? *When* $(1-\alpha)^2>1$:

# %%
for alpha, hurts in [(Fraction(19, 10), False), (Fraction(21, 10), True)]:
    rate = fmpq(alpha.numerator, alpha.denominator)
    assert (landscape.loss(fmpq(0), rate) > fmpq(1, 2)) == hurts
