"""§3: the design, and the ordering (5) of model performances."""

from analysis.claims.checks import adaptation, shallow
from analysis.claims.claim import DEFINITION, DERIVED, Claim, Measurement, Sentence

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
        "text:3-no-added-power",
        "3",
        "adding linear layers to the outputs does not increase the power of the model",
        DERIVED,
        "a product of linear maps is a linear map",
        (shallow.deep_contains_shallow,),
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
)
