"""§2: the MAML loss and its two updates, (1)–(4)."""

from analysis.claims.checks import adaptation, shallow
from analysis.claims.claim import DEFINITION, DERIVED, Claim, Sentence

CLAIMS: tuple[Claim, ...] = (
    Sentence(
        "eq:1",
        "2",
        "$L_maml(θ) = E_τ[ℓ_τ(θ − α∇ℓ_τ(θ))]$",
        DEFINITION,
        "analysis.landscape.derive; the toolkit reports the excess loss, $½E_τ[(θ − f)²]$ for the linear "
        "tasks",
    ),
    Sentence(
        "eq:2",
        "2",
        "$θ_maml = argmin L_maml(θ)$",
        DEFINITION,
        "“the” minimiser need not be unique: the deep model of §4 has four",
    ),
    Sentence(
        "text:2-not-a-task-minimiser",
        "2",
        "the MAML solution is most likely different from each task’s minimizer",
        DERIVED,
        "in the shallow model for every task but $θ_τ = 0$",
        (shallow.unlike_every_tasks_minimiser,),
    ),
    Sentence(
        "eq:3",
        "2",
        "(meta-training) $θ ← θ − β ∂L_maml(θ)/∂θ$",
        DEFINITION,
        "with the expectation over tasks; (13) and (17) use one sampled task instead",
    ),
    Sentence(
        "eq:4",
        "2",
        "(meta-testing) $θ ← θ − α ∂ℓ_τ(θ)/∂θ$",
        DEFINITION,
        "all parameters move at once, from their old values",
        (adaptation.simultaneous_steps,),
    ),
)
