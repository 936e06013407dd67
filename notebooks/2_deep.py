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
# # 2. The deep model's landscape, complete
#
# The **deep** model $\hat y=abx$ represents the same functions. Both factors take one gradient step,
#
# $$a'=a-\alpha\,b\,(ab-\theta),\qquad b'=b-\alpha\,a\,(ab-\theta),\qquad f=a'b',$$
#
# so that $f=ab-\alpha(a^2+b^2)(ab-\theta)+\alpha^2ab\,(ab-\theta)^2$, a polynomial of degree 2 in $\theta$. Its
# excess loss $L(a,b)=\tfrac12\mathbb E(\theta-f)^2$ needs Gaussian moments up to the fourth.

# %%
# %matplotlib inline
from fractions import Fraction

from flint import fmpq
from IPython.display import Image

import figures
from analysis.adaptation import InnerLoop
from analysis.algebra.polynomials import to_sympy
from analysis.dynamics import exact_basins, kurtosis_threshold, minima
from analysis.landscape import Problem, at_rate, derive
from analysis.models import DEEP
from analysis.stationary_points import solve, stationary_points
from analysis.stationary_points.regimes import regimes
from analysis.tasks import RADEMACHER

landscape = derive(Problem(DEEP))
to_sympy(landscape.loss).as_expr()

# %% [markdown]
# ## All stationary points at $\alpha=\tfrac1{10}$
#
# The paper lists "at least five". Symmetry splits the plane into strata (the origin, the axes, the lines
# $a=\pm b$, and the rest); on each the equations are eliminated exactly, the real roots isolated, and the whole
# list is checked once more by the winding number of $\nabla L$ around a large rectangle.

# %%
found = stationary_points(Problem(DEEP, loop=InnerLoop(rate=Fraction(1, 10))))
assert found.complete
assert found.counts == {"points": 17, "minimum": 4, "maximum": 5, "saddle": 8, "degenerate": 0}
assert found.certificate.index_sum == found.certificate.expected_index_sum == 1
for point in found.points:
    place = ", ".join(f"{name} = {box.approx:+.4f}" for name, box in point.box().items())
    print(f"{point.kind:8} {place}   L = {point.loss().approx:.6f}   global: {point.is_global}")

# %% [markdown]
# Why must minima + maxima − saddles be 1? $L$ grows at infinity, so its gradient turns once around a large
# circle, and each point contributes its index: $4+5-8=1$. A missing point would break the sum.
#
# The four minima are the paper's, $(\pm1/\sqrt\alpha,0)$ and $(0,\pm1/\sqrt\alpha)$, and their excess loss is
# *exactly* zero: one step solves every task.

# %%
for point in found.points:
    if point.kind == "minimum":
        assert point.has_zero_loss() and point.is_global
        low, high = (e.approx for e in point.eigenvalues())
        assert abs(low - 3 * 0.1**3) < 1e-12 and abs(high - 4 * 0.1) < 1e-12

# %% [markdown]
# The Hessian there is $\mathrm{diag}(4\alpha,3\alpha^3)$; the paper's $\mathrm{diag}(8\alpha,6\alpha^3)$ belongs
# to $2L$. The ratio $4/(3\alpha^2)=133$ makes the valleys ("ravines") of the picture, in which meta-training
# creeps.

# %%
Image(figures.DRAWN / "fig2.png")

# %% [markdown]
# ## How the landscape depends on $\alpha$
#
# The same elimination with $\alpha$ as a symbol gives polynomials in $\alpha$ whose positive roots are the only
# places where the number of points can change. There is exactly one.

# %%
everything = regimes(Problem(DEEP))
(threshold,) = everything.thresholds
assert [r.counts["points"] for r in everything.regimes] == [17, 9]
assert threshold.points_at == 13
assert abs(threshold.interval().approx - 0.267460579955) < 1e-12
print("alpha* is a root of", threshold.minimal_polynomial)
figures.draw("landscapes")

# %%
Image(figures.DRAWN / "bifurcation.png")

# %% [markdown]
# ## Where meta-training goes
#
# The lines $a=\pm b$ are invariant under gradient flow, and off the lines of symmetry there is no stationary
# point at all. So the basins of the four minima are the four wedges between these lines — for every $\alpha$.

# %%
assert exact_basins([[2.0, 1.0], [-2.0, 1.0], [1.0, 2.0], [1.0, -2.0]]).tolist() == [0, 1, 2, 3]
print(minima(0.1).round(3).tolist())
Image(figures.DRAWN / "basins.png")

# %% [markdown]
# ## Exercises
#
# **1.** Is the origin a trap? *No: it is a maximum*, with Hessian $-2\alpha I$.

# %%
origin = [fmpq(0), fmpq(0), fmpq(1, 10)]
assert [[entry(*origin) for entry in row] for row in landscape.hessian] == [
    [fmpq(-1, 5), 0],
    [0, fmpq(-1, 5)],
]

# %% [markdown]
# **2.** At $(1/\sqrt\alpha,b)$ with $b\neq0$ one step of *both* factors is not exact. What is the excess loss?
# *From* $f-\theta=\alpha^{3/2}b\,\theta^2-\alpha b^2\theta$: $\tfrac12(3\alpha^3b^2+\alpha^2b^4)$. The paper's "for
# any random $b$" holds only while $a$ is held still.

# %%
for b in (fmpq(1), fmpq(2), fmpq(-1, 3)):
    alpha = fmpq(1, 4)  # so that 1/√α = 2 is rational
    assert landscape.loss(fmpq(2), b, alpha) == (3 * alpha**3 * b**2 + alpha**2 * b**4) / 2

# %% [markdown]
# **3.** Does the picture hold for every task law? *No.* For $\theta=\pm1$ (Rademacher, kurtosis 1) there are
# points off the lines of symmetry; the basin theorem needs a kurtosis above $6-3\sqrt[3]4\approx1.238$.

# %%
binary = solve(at_rate(derive(Problem(DEEP, task=RADEMACHER)), Fraction(1, 10)))
assert binary.complete and binary.counts["minimum"] > 4
assert abs(float(kurtosis_threshold().enclosure().mid()) - (6 - 3 * 4 ** (1 / 3))) < 1e-12
binary.counts
