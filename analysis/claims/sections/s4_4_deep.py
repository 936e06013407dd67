"""§4.4: the analysis of the deep model, (16)–(20), and Figure 2."""

from analysis.claims.checks import adaptation, deep, dynamics, samples
from analysis.claims.claim import CORRECTED, DERIVED, Claim, Conflict, Sentence
from analysis.claims.conventions import MAIN
from analysis.claims.derivations import (
    DEEP,
    Derivation,
    hessian,
    inner_step,
    maml_loss,
    outer_step,
    task_loss,
)
from analysis.claims.formula import Formula
from analysis.claims.notation import parse

ONLY_B = ("b",)
AB = ("a", "b")
AT_ORIGIN = Derivation(
    "the Hessian of the deep MAML loss at the origin", lambda k: hessian(maml_loss(DEEP, k), AB, a=0, b=0)
)
ON_B_AXIS = Derivation(
    "the diagonal of the Hessian of the deep MAML loss at (0, 1/√α)",
    lambda k: hessian(maml_loss(DEEP, k), AB, a=0, b=parse("1/√α"))[::3],
)
TASK_GRADIENT = Derivation(
    "∂/∂b of the task loss of the deep model after one step of b",
    lambda k: (task_loss(DEEP, k, ONLY_B).partial("b"),),
)
META_STEP = Derivation(
    "a step of (3) in b on the deep MAML loss, b alone adapting",
    lambda k: (outer_step(maml_loss(DEEP, k, ONLY_B), "b"),),
)
STOCHASTIC_META_STEP = Derivation(
    "a step on the loss of one sampled task, where (3) has the expectation",
    lambda k: (outer_step(task_loss(DEEP, k, ONLY_B), "b"),),
)
STEP_OF_B = Derivation("a step of (4) in b of the deep model", lambda k: (inner_step(DEEP, "b", k),))
STEP_OF_A = Derivation("a step of (4) in a of the deep model", lambda k: (inner_step(DEEP, "a", k),))
STEP_AT_SOLUTION = Derivation(
    "a step of (4) in b of the deep model at (1/√α, 0)",
    lambda k: (inner_step(DEEP, "b", k).at(a=parse("1/√α"), b=0),),
)

CLAIMS: tuple[Claim, ...] = (
    Sentence(
        "text:4.4-high-order",
        "4.4",
        "both the gradients and the losses are very complicated; they involve high-order polynomials of a "
        "and b",
        DERIVED,
        "L has degree 12 and its gradient degree 11, but $2L = (p₁ + p₃)² + 2p₃² + (1 − p₂)²$ is a sum of "
        "three squares, from which the solutions can be read",
        (deep.degrees, deep.exactly_four_zeros),
    ),
    Formula(
        "text:4.4-origin-hessian",
        "4.4",
        ("H = [−4α, 0; 0, −4α]",),
        AT_ORIGIN,
        MAIN,
        words="at the origin the Hessian is {}",
        remark="of the excess loss L it is $−2αI$",
        checks=(deep.origin_is_maximum,),
    ),
    Sentence(
        "text:4.4-origin",
        "4.4",
        "the origin is a local maximum, thus not a MAML solution",
        DERIVED,
        "for every $α > 0$: the Hessian of L is $−2αI$",
        (deep.origin_is_maximum,),
    ),
    Sentence(
        "text:4.4-four-solutions",
        "4.4",
        "the four points $(±1/√α, 0)$ and $(0, ±1/√α)$ are locally minimum, thus are MAML solutions",
        DERIVED,
        "they are the global minima, with excess loss exactly 0, and the only points where it is 0 "
        "(for a local minimum alone “thus” would not follow)",
        (deep.exactly_four_zeros, deep.only_global_minima),
    ),
    Formula(
        "text:4.4-four-hessians",
        "4.4",
        ("H₁₁ = 8α", "H₂₂ = 6α³"),
        ON_B_AXIS,
        MAIN,
        correction=("H₁₁ = 6α³", "H₂₂ = 8α"),
        words="the Hessian at all four points is diagonal with {}",
        remark=(
            "that is the Hessian of $2L$ at $(0, ±1/√α)$, as in (57); the printed order holds at "
            "$(±1/√α, 0)$ only, and L itself has half of it"
        ),
        checks=(deep.one_order_cannot_serve_both_axes,),
    ),
    Sentence(
        "fig:2",
        "4.4",
        "the MAML loss of deep has multiple (local) minima with deep valleys, and 4 trajectories of "
        "meta-training converge to each of the 4 solutions",
        DERIVED,
        "the four minima are global and there is no other; between them lie, at $α = 1/10$, eight saddles "
        "and five maxima. Under gradient flow each of the four has an open wedge between the lines $a = ±b$"
        " as its basin; the valleys have curvatures $4α$ and $3α³$",
        (
            deep.only_global_minima,
            deep.count_at_papers_rate,
            dynamics.four_basins,
            dynamics.valleys,
        ),
    ),
    Conflict(
        "text:4.4-anil",
        "4.4",
        "we hold a fixed and examine the gradient with respect to b; this is reminiscent of ANIL",
        "§1 and §4.5",
        "the other way round: ANIL lets the head adapt, and in $ŷ = aᵀBx$ the head is a. For scalars the "
        "two cannot be told apart; in d dimensions they differ, and holding the lower layer fixed is the "
        "case that works for any input covariance",
        about="what adapts",
        here="b, the lower layer, with the head a at rest",
        there="the head, with the lower layers at rest",
    ),
    Formula(
        "eq:16",
        "4.4",
        ("∂ℓ_τ(a(b − α∇_bℓ_τ))/∂b ∝ a(1 − αa²)²(ab − θ_τ)",),
        TASK_GRADIENT,
        MAIN,
        remark=(
            "only where b alone adapts; where both adapt, as in (18)–(19), the gradient is another polynomial"
        ),
        checks=(adaptation.step_size_depends_on_a_only_while_a_rests,),
    ),
    Formula(
        "eq:17",
        "4.4",
        ("b ← b − βa(1 − αa²)²(ab − θ_τ)",),
        META_STEP,
        MAIN,
        readings=(STOCHASTIC_META_STEP,),
        remark="with the expectation of (3) the step is $b ← b − βa²(1 − αa²)²b$",
        checks=(adaptation.step_pulls_to_task_and_to_zero,),
    ),
    Formula("eq:18", "4.4", ("b ← b − αa(ab − θ_τ)",), STEP_OF_B, MAIN),
    Formula("eq:19", "4.4", ("a ← a − αb(ab − θ_τ)",), STEP_OF_A, MAIN),
    Formula(
        "eq:20",
        "4.4",
        ("b_new ← √αθ₀",),
        STEP_AT_SOLUTION,
        MAIN,
        words="$b_new ← b − αa(ab − θ₀)$ at $a = 1/√α$, $b = 0$: {}",
    ),
    Sentence(
        "text:4.4-one-step",
        "4.4",
        "we need only one parameter update to arrive at the optimum solution, $a b_new = θ_0$",
        DERIVED,
        "for every task, and at $b = 0$ also where a adapts too; with n examples a task it is out of reach:"
        " the least excess loss is 3/16 at $n = 5$, for shallow as for deep",
        (
            adaptation.exact_when_only_b_adapts,
            adaptation.inexact_when_both_adapt,
            samples.zero_excess_is_out_of_reach,
            samples.deep_equals_tuned_shallow,
        ),
    ),
    Sentence(
        "text:4.4-any-start",
        "4.4",
        "for any random $b$, the update (20) immediately brings it to $b_new = √αθ₀$",
        DERIVED,
        "with a held fixed, as the sentence before says; MAML's own adaptation (18)–(19) moves a too, and "
        "is then exact only from $b = 0$ (or where the task is solved already)",
        (adaptation.exact_when_only_b_adapts, adaptation.inexact_when_both_adapt),
    ),
    Sentence(
        "text:4.4-any-rate",
        "4.4",
        "this fast adaptation does not depend on what $α$ is",
        CORRECTED,
        "for every $α$ there is a solution that adapts in one step, but it is $a = 1/√α$: with any other "
        "rate the same a leaves the error $(1 − αa²)(θ₀ − ab)$. Meta-learning tunes a to $α$; the shallow "
        "model has nothing to tune",
        (adaptation.residual_for_other_a,),
    ),
)
