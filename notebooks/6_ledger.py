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
# # 6. The ledger
#
# Every numbered equation, table, figure and assertion of *When MAML Can Adapt Fast and How to Assist When It
# Cannot* has one entry: what is printed, a verdict, the right statement, and the derivation, test or measurement
# that decides it. The checks run when the ledger is read; nothing is taken on trust, in either direction.

# %%
from collections import Counter

from analysis.claims import VERDICTS, claims, decide, find, with_verdict

entries = decide(claims().values())
assert not [entry.claim.id for entry in entries if entry.decision.problem]
equations = [entry.claim.id for entry in entries if entry.kind == "equation"]
assert sorted(equations) == sorted(f"eq:{n}" for n in range(1, 58))  # each exactly once
counts = Counter(entry.decision.verdict for entry in entries)
assert set(counts) <= set(VERDICTS)
for verdict in VERDICTS:
    print(f"{counts[verdict]:4}  {verdict}")

# %% [markdown]
# ## How a verdict comes about
#
# An equation is *compared with its derivation* as a rational function: first in the convention of its own
# section, then in the paper's other ones (the loss with or without its ½, with or without the noise). Only what
# agrees with none is *corrected*, and the correction must agree.

# %%
(entry,) = decide([find("35")])
assert entry.decision.verdict == "corrected"
print(entry.claim.printed, "→", entry.decision.statement, "\n\n", entry.decision.evidence, sep="")

# %% [markdown]
# Everything that had to be corrected:

# %%
for entry in with_verdict(entries, "corrected"):
    print(f"{entry.claim.id:<28} {entry.claim.section:<8} {entry.claim.printed}")
    print(f"{'':<28} {'':<8} → {entry.decision.statement}\n")

# %% [markdown]
# Places of the paper that contradict each other:

# %%
for entry in with_verdict(entries, "inconsistent with"):
    print(f"{entry.claim.id:<28} {entry.claim.printed}")
    print(f"{'':<28} → {entry.decision.statement}\n")

# %% [markdown]
# Claims about trained networks are decided by the committed result rows, by code, when the rows exist:

# %%
for verdict in ("measured: holds", "measured: does not hold", "not yet measured"):
    print(f"{verdict}: {', '.join(entry.claim.id for entry in with_verdict(entries, verdict)) or 'none'}")

# %% [markdown]
# ## What is left of the paper
#
# * **Right:** the shallow model is stuck at $\tfrac12(1-\alpha)^2$; the deep one has four global minima that solve
#   every task in one step; upper layers precondition the gradients of lower ones.
# * **Incomplete:** the deep model has 17 stationary points at $\alpha=\tfrac1{10}$, not "at least 5".
# * **Too strong:** depth is not *required*; in these models it supplies a step size (one dimension) or a
#   preconditioner (more), which can be learned without it.
#
# ## Exercises
#
# **1.** Equations (54)–(57) give Hessians twice as large as ours. Who is wrong? *Nobody: they belong to* $2L$.

# %%
for number in ("55", "56", "57"):
    (entry,) = decide([find(number)])
    print(f"({number}) {entry.decision.verdict}: {entry.decision.statement}")
    assert entry.decision.verdict in ("derived", "derived under another convention")

# %% [markdown]
# **2.** Look up an entry of your own choice with `python -m analysis.claims --show 20`, and try to break its check.
