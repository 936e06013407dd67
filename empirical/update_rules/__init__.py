"""Update rules: what the inner loop does with a gradient. One file each; `update_rule(name)` finds them."""

from empirical.update_rules.cholesky import LowRankCholesky
from empirical.update_rules.gradient_descent import GradientDescent
from empirical.update_rules.kfo import KFO, NonlinearKFO
from empirical.update_rules.meta_curvature import MetaCurvature
from empirical.update_rules.meta_sgd import MetaSGD
from empirical.update_rules.rule import Rate, UpdateRule, as_matrices, rank, scaled
from empirical.update_rules.t_nets import TNets
from empirical.update_rules.warp import Warp

RULES: dict[str, UpdateRule] = {
    rule.name: rule
    for rule in (
        GradientDescent(),
        MetaSGD(),
        MetaCurvature(),
        TNets(),
        Warp(),
        KFO(),
        KFO(psd=True),
        NonlinearKFO(0),
        NonlinearKFO(1),
        NonlinearKFO(2),
    )
}
"""The rules without a free size; `cholesky-r` exists for every r ≥ 1."""


def update_rule(name: str) -> UpdateRule:
    """The rule called `name`; ValueError with the known names otherwise."""
    if name in RULES:
        return RULES[name]
    family, _, columns = name.rpartition("-")
    if family == "cholesky" and columns.isdecimal() and int(columns) > 0:
        return LowRankCholesky(int(columns))
    raise ValueError(f"unknown update rule {name!r}; known: {', '.join(RULES)}, cholesky-r (r = 1, 2, …)")


__all__ = [
    "KFO",
    "RULES",
    "GradientDescent",
    "LowRankCholesky",
    "MetaCurvature",
    "MetaSGD",
    "NonlinearKFO",
    "Rate",
    "TNets",
    "UpdateRule",
    "Warp",
    "as_matrices",
    "rank",
    "scaled",
    "update_rule",
]
