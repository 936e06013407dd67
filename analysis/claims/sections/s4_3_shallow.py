"""§4.3: the analysis of the shallow model, (10)–(15)."""

from analysis.claims.checks import shallow
from analysis.claims.claim import CORRECTED, DERIVED, Claim, Sentence
from analysis.claims.conventions import MAIN
from analysis.claims.derivations import SHALLOW, Derivation, inner_step, maml_loss, outer_step, task_loss
from analysis.claims.formula import Formula

TASK_LOSS = Derivation(
    "the task loss of the shallow model after one step", lambda k: (task_loss(SHALLOW, k),)
)
MAML_LOSS = Derivation("the MAML loss of the shallow model", lambda k: (maml_loss(SHALLOW, k),))
TASK_GRADIENT = Derivation(
    "∂/∂c of the task loss of the shallow model after one step",
    lambda k: (task_loss(SHALLOW, k).partial("c"),),
)
META_STEP = Derivation(
    "a step of (3) on the shallow model's MAML loss", lambda k: (outer_step(maml_loss(SHALLOW, k), "c"),)
)
STOCHASTIC_META_STEP = Derivation(
    "a step on the loss of one sampled task, where (3) has the expectation",
    lambda k: (outer_step(task_loss(SHALLOW, k), "c"),),
)
INNER_STEP = Derivation("a step of (4) of the shallow model", lambda k: (inner_step(SHALLOW, "c", k),))
STEP_FROM_ZERO = Derivation(
    "a step of (4) of the shallow model from c = 0", lambda k: (inner_step(SHALLOW, "c", k).at(c=0),)
)

CLAIMS: tuple[Claim, ...] = (
    Sentence(
        "text:4.3-symmetry",
        "4.3",
        "it is easy to see that the MAML solution is the origin $c = 0$ given the symmetries in both $x$ "
        "and $θ_τ$",
        CORRECTED,
        "symmetry proves only that the origin is stationary; it is the minimiser because the loss is convex, "
        "and only for $α ≠ 1$",
        (shallow.symmetry_proves_only_stationarity, shallow.convexity, shallow.rate_one_solves_every_task),
    ),
    Formula("eq:10", "4.3", ("ℓ_τ(c − α∇ℓ_τ) = (1−α)²(c − θ_τ)² + const",), TASK_LOSS, MAIN),
    Formula(
        "eq:11",
        "4.3",
        ("L_shallow = 2(1−α)²c² + const",),
        MAML_LOSS,
        MAIN,
        correction=("L_shallow = (1−α)²c² + const",),
        remark=(
            "the factor 2 belongs to no normalisation: the expectation of (10) has coefficient $(1−α)²$,"
            " and the excess loss is $½(1−α)²(c² + 1)$"
        ),
    ),
    Sentence(
        "text:4.3-convex",
        "4.3",
        "the MAML loss is a convex function with the minimizer at $c = 0$",
        DERIVED,
        "for every $α ≠ 1$; at $α = 1$ it is constant and every c is a minimiser",
        (shallow.convexity, shallow.rate_one_solves_every_task),
    ),
    Formula("eq:12", "4.3", ("∂ℓ_τ(c − α∇ℓ_τ)/∂c ∝ (1−α)²(c − θ_τ)",), TASK_GRADIENT, MAIN),
    Formula(
        "eq:13",
        "4.3",
        ("c ← c − β(1−α)²(c − θ_τ)",),
        META_STEP,
        MAIN,
        readings=(STOCHASTIC_META_STEP,),
        remark="with the expectation of (3) the step is $c ← c − β(1−α)²c$",
    ),
    Formula("eq:14", "4.3", ("c ← c − α(c − θ_τ)",), INNER_STEP, MAIN),
    Formula(
        "eq:15",
        "4.3",
        ("c ← αθ₀",),
        STEP_FROM_ZERO,
        MAIN,
        words="from $c = 0$ we get {}",
        checks=(shallow.one_step_from_zero,),
    ),
    Sentence(
        "text:4.3-one-step",
        "4.3",
        "unless $α$ happens to be 1, the optimal solution cannot be achieved in one step of adaptation",
        DERIVED,
        "with the inner step of (30); with the loss of (8) the exceptional rate is $½$",
        (shallow.one_step_from_zero,),
    ),
    Sentence(
        "text:4.3-rate-one",
        "4.3",
        "when $α = 1$, the gradient of the MAML loss is zero, thus meta-learning cannot occur",
        CORRECTED,
        "the gradient is zero because the excess loss is zero: at $α = 1$ one step solves every task from "
        "every start, so nothing is left to meta-learn and the shallow model adapts as fast as the deep one",
        (shallow.rate_one_solves_every_task,),
    ),
)
