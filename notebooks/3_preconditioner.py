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
# # 3. Depth is a learned preconditioner
#
# Let $U=W_N\cdots W_1$ be what a deep linear net computes, $G=\partial\ell/\partial U$. One step on every layer,
# $W_j\leftarrow W_j-\alpha\,\partial\ell/\partial W_j$, moves $U$. How? Expanding the product gives an *exact*
# answer; for two layers $U=AB$
#
# $$U'=U-\alpha\,(AA^{\!\top}G+G\,B^{\!\top}B)+\alpha^2\,G\,U^{\!\top}G .$$
#
# The first-order part is a positive semidefinite linear map applied to the gradient — a **preconditioner**, what
# Meta-SGD, Meta-Curvature and KFO learn as a separate thing. The last term is not linear in $G$.

# %%
# %matplotlib inline
from fractions import Fraction

from flint import fmpq_mat

import figures
from analysis.algebra.matrices import matrix
from analysis.dimensions import Setting, strata
from analysis.equivalence import Tasks, collapse, induced_update, kronecker_rank, step, verify, verify_scalars

terms = {widths: verify(widths) for widths in [(1, 1, 1), (2, 2, 2), (3, 3, 3), (2, 2, 2, 2)]}
assert verify_scalars(2) == 4  # c' = c − α(a² + b²)g + α² ab g²
terms  # polynomial terms compared, for generic layers of these widths: the identity is proved

# %% [markdown]
# ## One dimension
#
# For $c=ab$ the step is $c'=c-\alpha(a^2+b^2)g+\alpha^2ab\,g^2$. At $a^2+b^2=1/\alpha$ and $ab=0$ it is the Newton
# step. These are two curves, and they meet in the four minima of chapter 2 (left panel).
#
# ## Two dimensions
#
# For inputs with second moment $\Sigma$ the gradient of the task $\theta$ at $c=0$ is $-\theta\Sigma$: it does not
# point to the task unless $\Sigma\propto I$. No rate repairs a direction; the layers can: $A=0$ and
# $B^{\!\top}B=\Sigma^{-1}/\alpha$.

# %%
sigma = matrix([[10, 5], [5, 5]])
alpha, bottom, top = Fraction(1, 25), matrix([[2, -1], [-1, 3]]), matrix([[0, 0]])
identity = (bottom.T @ bottom @ sigma).scale(alpha)
assert list(identity) == [1, 0, 0, 1]  # BᵀB = Σ⁻¹/α

theta = matrix([[3, -7]])
gradient = (theta @ sigma).scale(-1)
moved = collapse(step([bottom, top], gradient, alpha))
assert list(moved) == list(induced_update([bottom, top], gradient, alpha)) == [3, -7]  # exactly the task
figures.draw("preconditioner")

# %% [markdown]
# The right panel orders the ways of transforming a gradient by what they can reach. All these are exact minima.

# %%
tasks = Tasks(1, fmpq_mat([[10, 5], [5, 5]]), fmpq_mat([[1, 0], [0, 1]]))
best_rate, tuned = tasks.best_rate()
_, meta_sgd = tasks.meta_sgd()
assert tasks.at_rate(Fraction(1, 25)) > tuned > meta_sgd > 0
assert tasks.width_for_zero() == 2
assert [[str(x) for x in row] for row in tasks.meta_curvature()] == [["1/5", "-1/5"], ["-1/5", "2/5"]]  # Σ⁻¹
best_rate, float(tuned), float(meta_sgd)

# %% [markdown]
# So, for the paper's thesis (§5.3, "as if the upper layers were an external meta-optimizer"):
#
# * at a solution ($U=0$) two layers *are* a linear meta-optimizer, with preconditioner $\Sigma^{-1}$;
# * away from it they are more: a polynomial in the gradient;
# * depth is *sufficient*, not necessary: Meta-Curvature and KFO on the shallow model reach zero as well;
# * and it needs *width*.

# %%
assert kronecker_rank([bottom, top]) == 1  # here one Kronecker product (linear KFO) copies it …
assert kronecker_rank([matrix([[1, 0], [0, 2]]), matrix([[1, 0], [0, 3]])]) == 2  # … and here none does
spectrum = tuple(map(Fraction, (1, 2, 3, 4)))
assert Setting(1, 4, 3, alpha, spectrum).width_for_zero == 4
assert strata(Setting(1, 4, 3, alpha, spectrum)) == ()
figures.draw("width")

# %% [markdown]
# ## Exercises
#
# **1.** Three scalars $c=w_1w_2w_3$ at $w=(2,1,0)$, so $c=0$. Which rate makes one step exact? *The induced step is*
# $\alpha\,e_2(w^2)=4\alpha$, *so* $\alpha=\tfrac14$; *the corrections carry a factor* $c=0$.

# %%
layers = [matrix([[w]]) for w in (Fraction(2), Fraction(1), Fraction(0))]
for theta in (Fraction(1), Fraction(-5, 3)):
    assert list(collapse(step(layers, matrix([[-theta]]), Fraction(1, 4)))) == [theta]

# %% [markdown]
# **2.** T-Nets learn a matrix *above* the adapting layer. Can it rotate the gradient of a single-output model
# towards the task? *No: for one output it is a number, $TT^{\!\top}G$.* It reaches what a tuned rate reaches.
#
# **3.** For which $\Sigma$ does a tuned rate suffice? *For multiples of the identity:*

# %%
round_inputs = Tasks(1, fmpq_mat([[3, 0], [0, 3]]), fmpq_mat([[1, 0], [0, 2]]))
assert round_inputs.best_rate() == (Fraction(1, 3), 0)
