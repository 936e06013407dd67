"""§4.1–§4.2: the one-dimensional tasks, the two models, and what Figure 1 is said to show."""

from analysis.claims.checks import deep, logistic, normalisation, shallow
from analysis.claims.claim import DEFINITION, DERIVED, Claim, Conflict, Sentence
from analysis.claims.measurement import Experiment, Measurement

CLAIMS: tuple[Claim, ...] = (
    Sentence(
        "eq:6", "4.1", "shallow: $ŷ = cx$", DEFINITION, "analysis.models.product(1)", (shallow.capable,)
    ),
    Sentence("eq:7", "4.1", "deep: $ŷ = abx$", DEFINITION, "analysis.models.product(2)", (shallow.capable,)),
    Sentence(
        "text:4.1-overparameterized",
        "4.1",
        "the “deep” model is overparameterized and can be seen as two-layer neural nets",
        DERIVED,
        "its functions are exactly those of the shallow model",
        (shallow.deep_contains_shallow,),
    ),
    Sentence(
        "eq:8",
        "4.1",
        "$ℓ_τ(c) = E_xy[(y − cx)²]$",
        DEFINITION,
        "the same task loss has a factor $½$ in (30); with the loss as defined here every $α$ of §4 is to "
        "be read as $2α$",
        (normalisation.main_text_losses, normalisation.half_against_none),
    ),
    Sentence(
        "eq:9",
        "4.1",
        "$ℓ_τ(ab) = E_xy[(y − abx)²]$",
        DEFINITION,
        "as (8): the appendix has a factor $½$ in front",
        (normalisation.main_text_losses,),
    ),
    Sentence(
        "text:4.2-capable",
        "4.2",
        "both models are fully capable of solving the problem given enough data",
        DERIVED,
        "either slope can equal $θ_τ$",
        (shallow.capable,),
    ),
    Sentence(
        "text:4.2-shallow-fails",
        "4.2",
        "deep quickly reduces the error on meta-testing tasks, shallow performs poorly (Figure 1 left)",
        DERIVED,
        "at the solutions, after one step, the excess loss is 0 for deep and $½(1−α)²$ for shallow: "
        "0.405 at $α = 0.1$, and 0 for shallow too at $α = 1$",
        (deep.exactly_four_zeros, shallow.optimal_loss, shallow.rate_one_solves_every_task),
    ),
    Measurement(
        "fig:1",
        "4.2",
        "linear regression (left) and logistic regression (right): the shallow models fail, "
        "overparameterized deep models are able to meta-learn",
        ("figure1:regression", "figure1:logistic-chance", "figure1:logistic-perfect"),
        "the left panel follows from §4: excess loss $½(1−α)²$ for shallow and 0 for deep",
        (deep.exactly_four_zeros, shallow.optimal_loss),
    ),
    Experiment(
        "text:4.2-classifiers",
        "4.2",
        "the base model $ŷ = Bernoulli(σ(cᵀx))$ attains an accuracy at the chance level while the "
        "overparameterized one reaches near-perfect classification accuracy",
        logistic.contrast_of_drawn_predictions,
        (logistic.drawn_predictions_need_a_longer_step,),
    ),
    Conflict(
        "text:4.2-two-or-three-layers",
        "4.2",
        "the overparameterized $ŷ = Bernoulli(σ(aᵀBx))$ is equivalent to adding two or three linear layers",
        "its own formula, and B.1",
        "$aᵀBx$ is one layer added to $cᵀx$; B.1 adds two and three (LR+LinNet(2), LR+LinNet(3))",
        about="layers added to the linear classifier",
        here="one, in the formula",
        there="two or three, in the same paragraph and in B.1",
    ),
)
