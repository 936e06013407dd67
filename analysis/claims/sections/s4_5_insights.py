"""§4.5: what the paper concludes from the two analyses."""

from analysis.claims.checks import adaptation, deep, dynamics, linear_networks, samples, shallow
from analysis.claims.claim import CORRECTED, DERIVED, Claim, Sentence
from analysis.claims.conventions import APPENDIX
from analysis.claims.derivations import SHALLOW, Derivation, outer_step, task_loss
from analysis.claims.formula import Formula

DRIFT = Derivation(
    "the step (13) at c = 0",
    lambda k: (outer_step(task_loss(SHALLOW, k), "c").at(c=0),),
)

CLAIMS: tuple[Claim, ...] = (
    Sentence(
        "text:4.5-error-signal",
        "4.5",
        "(18) and (14) share the same element being proportional to the error signal",
        DERIVED,
        "the slope minus $θ_τ$, times the derivative of the slope",
        (adaptation.same_error_signal,),
    ),
    Sentence(
        "text:4.5-not-possible",
        "4.5",
        "the additional factor a enables one-step fast adaptation that is not possible to attain by the "
        "shallow model",
        CORRECTED,
        "the shallow model attains it at $α = 1$, and with a learned rate (Meta-SGD) from any $α$: "
        "what a supplies is a learned rate $αa²$",
        (
            shallow.rate_one_solves_every_task,
            shallow.learned_rate_solves_every_task,
            adaptation.residual_for_other_a,
        ),
    ),
    Sentence(
        "text:4.5-step-size",
        "4.5",
        "the effective step size of (17) depends on $a(1 − αa²)²$ and cannot be absorbed into $β$ if a is "
        "also updated",
        DERIVED,
        "but if a also adapts, (17) is no longer the gradient: it was derived with a at rest",
        (adaptation.step_size_depends_on_a_only_while_a_rests,),
    ),
    Sentence(
        "text:4.5-fixed-step",
        "4.5",
        "the step size for the shallow model is fixed",
        DERIVED,
        "$β(1−α)²$ contains no parameter",
        (adaptation.shallow_step_size_is_fixed,),
    ),
    Sentence(
        "text:4.5-farther",
        "4.5",
        "the farther a is away from $1/√α$, the bigger the step size (in magnitude)",
        CORRECTED,
        "above $1/√α$ always; below only down to $1/√(5α)$, where the factor has its maximum, and from "
        "there it falls to 0 at $a = 0$: true in the neighborhood of which the sentence speaks, not beyond",
        (adaptation.step_size_grows_only_nearby,),
    ),
    Sentence(
        "text:4.5-symmetric",
        "4.5",
        "the other 3 solutions are symmetric to $(1/√α, 0)$",
        DERIVED,
        "the loss is even in a and in b, and unchanged when a and b are exchanged",
        (deep.symmetries,),
    ),
    Sentence(
        "text:4.5-pull",
        "4.5",
        "this moves b more quickly toward $θ_τ/a$ for the task, or toward $b = 0$ in expectation",
        DERIVED,
        "for step sizes with $βa²(1 − αa²)² < 1$",
        (adaptation.step_pulls_to_task_and_to_zero,),
    ),
    Sentence(
        "text:4.5-stationary",
        "4.5",
        "at the MAML solution $(1/√α, 0)$ the update (17) is stationary for any task",
        DERIVED,
        "also where both parameters adapt, but with unlimited data per task only: with n examples the "
        "minimum is elsewhere, at $a² = n/((n + 3)α)$, and its loss is not zero",
        (
            adaptation.stationary_for_every_task,
            samples.deep_solutions_move_for_every_n,
        ),
    ),
    Formula(
        "text:4.5-drift",
        "4.5",
        ("c ← −αθ₀",),
        DRIFT,
        APPENDIX,
        correction=("c ← β(1−α)²θ₀",),
        words="at the shallow solution the sampled task will update it to {}",
        remark=(
            "the step of meta-training goes towards the task, and its size is set by $β$; $αθ₀$ is what "
            "(15), adaptation, does"
        ),
    ),
    Sentence(
        "text:4.5-more-stable",
        "4.5",
        "the MAML solution is more stable in deep than in shallow when stochastic gradient descent is used",
        CORRECTED,
        "quieter, but not more stable: over tasks the step at the shallow solution has variance "
        "$β²(1−α)⁴$ and c wanders for ever, at a "
        "deep solution it is 0, with unlimited data a task. Which one tolerates the larger meta rate "
        "depends: at $α = 1/10$ the shallow one with one task a step, $β < 1.63$ against 2.47, and the deep "
        "one with 16, $β < 4.44$ against 2.47; with one task also the deep one below $α = 0.0711$",
        (
            adaptation.stationary_for_every_task,
            adaptation.shallow_solution_is_not_stationary,
            dynamics.shallow_wanders_forever,
            dynamics.deep_tolerates_smaller_rates,
            dynamics.deep_tolerates_larger_rates,
        ),
    ),
    Sentence(
        "text:4.5-first-insight",
        "4.5",
        "even with the same modeling capacity, depth plays an important role in enabling meta-learning",
        DERIVED,
        "for a rate that is given and is not 1: the deep model reaches zero excess loss and the shallow one"
        " does not",
        (shallow.deep_contains_shallow, deep.exactly_four_zeros, shallow.optimal_loss),
    ),
    Sentence(
        "text:4.5-directions",
        "4.5",
        "in $ŷ = aᵀBx$ the additional parameters affect not only scaling factors but also gradient "
        "directions",
        DERIVED,
        "the step of the product is preconditioned by $AAᵀ$ and $BᵀB$; an upper layer alone only rescales "
        "where there is one output, directions change through the layers below",
        (linear_networks.induced_preconditioner,),
    ),
    Sentence(
        "text:4.5-hard-to-analyze",
        "4.5",
        "the multi-dimensional case is hard to analyze mathematically",
        CORRECTED,
        "one step solves every task if and only if $AB = 0$, $AAᵀ = s²I$ and $BᵀB = Σ⁻¹/α − s²I$, with $Σ$ "
        "the input covariance; the hidden layer must be wide enough for that, not only for the tasks",
        (
            linear_networks.zero_excess_conditions,
            linear_networks.one_layer_at_rest,
            linear_networks.width_is_needed,
        ),
    ),
)
