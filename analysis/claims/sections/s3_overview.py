"""§3: the design, and the ordering (5) of model performances."""

from analysis.claims.checks import adaptation, linear_networks, logistic, shallow
from analysis.claims.claim import CORRECTED, DEFINITION, DERIVED, Claim, Sentence
from analysis.claims.measurement import Measurement

CLAIMS: tuple[Claim, ...] = (
    Sentence(
        "text:3-at-least-as-powerful",
        "3",
        "a bigger model which has more layers is at least as powerful",
        DERIVED,
        "for added linear layers no narrower than their output, as here: at the identity they change nothing",
        (shallow.deep_contains_shallow,),
    ),
    Sentence(
        "eq:5",
        "3",
        "$M₁^maml ≤ M₂^maml ≤ M₁^Bayes ≤ M₂^Bayes$",
        DEFINITION,
        "a condition on the design. In the 1-D regression it holds, the Bayes risk being the noise, and "
        "linear layers make the two Bayes terms equal",
        (shallow.optimal_loss, shallow.deep_contains_shallow),
    ),
    Sentence(
        "text:3-hundred-percent",
        "3",
        "in theoretical analysis (5) can be achieved by problem settings where the base model’s Bayes "
        "optimum achieves 100% accuracy; §4 follows this design",
        CORRECTED,
        "not with labels sampled as in B.1.1: there the Bayes accuracy is $ln 2 = 0.693$ on average over "
        "tasks. It is 1 for labels $1[θ_τᵀx > 0]$",
        (logistic.bayes_ceiling,),
    ),
    Sentence(
        "text:3-no-added-power",
        "3",
        "adding linear layers to the outputs does not increase the power of the model",
        DERIVED,
        "a product of linear maps is a linear map. But power is not the criterion for adaptation: with "
        "correlated inputs a hidden layer of width 1 represents every task of $aᵀBx$ and cannot solve them "
        "in one step",
        (
            shallow.deep_contains_shallow,
            linear_networks.width_is_needed,
        ),
    ),
    Measurement(
        "text:3-no-overfitting",
        "3",
        "in our settings, there is no overfitting; the linear layers are indeed the only explanation",
        ("sectionB4:no-overfitting",),
    ),
    Sentence(
        "text:3-collapse",
        "3",
        "collapsing deep models into shallow ones ruins meta-learnability",
        DERIVED,
        "in the 1-D regression each of the four solutions collapses to $c = ab = 0$, which is the shallow "
        "MAML solution, with its excess loss $½(1−α)²$ (for the image experiments see fig:B.3)",
        (adaptation.collapsed_solution_is_the_shallow_one,),
    ),
    Sentence(
        "text:3-kfo-capacity",
        "3",
        "meta-kfo keeps the base model’s modeling capacity unchanged",
        DERIVED,
        "a meta-optimizer changes the step, not the model: adapted with a learned factor the shallow model "
        "is still $ŷ = cx$",
        (shallow.learned_rate_solves_every_task, shallow.capable),
    ),
)
