"""Appendix A: the analytic solution of the one-dimensional problem, (27)–(57)."""

from analysis.claims.checks import adaptation, deep, normalisation
from analysis.claims.claim import CORRECTED, DEFINITION, DERIVED, INCONSISTENT, Claim, Sentence
from analysis.claims.derivations import (
    DEEP,
    SHALLOW,
    Derivation,
    collected_in_task,
    gradient,
    hessian,
    inner_step,
    loss_of,
    maml_loss,
    slope,
    task_loss,
)
from analysis.claims.formula import Formula
from analysis.claims.notation import parse
from analysis.claims.quantities import gen

AB = ("a", "b")
IN_TASK = parse("f")

SHALLOW_GRADIENT = Derivation(
    "the inner gradient of the shallow model", lambda k: (gradient(SHALLOW, "c", k),)
)
SHALLOW_LOSS = Derivation(
    "the task loss of the shallow model after one step", lambda k: (task_loss(SHALLOW, k),)
)
SHALLOW_MAML = Derivation("the MAML loss of the shallow model", lambda k: (maml_loss(SHALLOW, k),))
GRADIENT_A = Derivation("the inner gradient of the deep model in a", lambda k: (gradient(DEEP, "a", k),))
GRADIENT_B = Derivation("the inner gradient of the deep model in b", lambda k: (gradient(DEEP, "b", k),))
STEP_A = Derivation("a step of (4) in a of the deep model", lambda k: (inner_step(DEEP, "a", k),))
STEP_B = Derivation("a step of (4) in b of the deep model", lambda k: (inner_step(DEEP, "b", k),))
DEEP_MAML = Derivation("the MAML loss of the deep model", lambda k: (maml_loss(DEEP, k),))
SLOPE_SQUARED = Derivation(
    "f², f the slope of the deep model after one step", lambda k: (slope(DEEP, k) ** 2,)
)
COEFFICIENTS = Derivation("the coefficients of f in θ", lambda k: collected_in_task(slope(DEEP, k)))
MOMENTS = Derivation(
    "the moments of analysis.tasks.GAUSSIAN",
    lambda k: tuple((gen("theta") ** n).expectation() for n in (2, 3, 4)),
)
MEAN_SQUARE = Derivation("E f² for f = p₁ + p₂θ + p₃θ²", lambda k: ((IN_TASK**2).expectation(),))
MEAN_PRODUCT = Derivation("E θf for f = p₁ + p₂θ + p₃θ²", lambda k: ((gen("theta") * IN_TASK).expectation(),))
LOSS_IN_P = Derivation(
    "E of the task loss for f = p₁ + p₂θ + p₃θ²", lambda k: (loss_of(IN_TASK, k).expectation(),)
)
ON_A_AXIS = Derivation(
    "the gradient of the deep MAML loss at b = 0",
    lambda k: tuple(maml_loss(DEEP, k).partial(w).at(b=0) for w in AB),
)
AT_ORIGIN = Derivation(
    "the Hessian of the deep MAML loss at the origin", lambda k: hessian(maml_loss(DEEP, k), AB, a=0, b=0)
)
AT_A_SOLUTION = Derivation(
    "the Hessian of the deep MAML loss at (1/√α, 0); it is even in a",
    lambda k: hessian(maml_loss(DEEP, k), AB, a=parse("1/√α"), b=0),
)
AT_B_SOLUTION = Derivation(
    "the Hessian of the deep MAML loss at (0, 1/√α); it is even in b",
    lambda k: hessian(maml_loss(DEEP, k), AB, a=0, b=parse("1/√α")),
)

CLAIMS: tuple[Claim, ...] = (
    Sentence("eq:27", "A.1", "$θ_α = θ − α∇ℓ_τ(θ)$", DEFINITION, "a short-hand for one inner step"),
    Sentence(
        "eq:28",
        "A.1",
        "$∂L/∂θ = E_τ[(I − αH_τ(θ))∇ℓ_τ(θ_α)]$",
        DERIVED,
        "the chain rule; $I − αH_τ$ is symmetric, so no transpose is missing",
        (deep.chain_rule,),
    ),
    Sentence("eq:29", "A.1", "shallow: $ŷ = cx$, deep: $ŷ = abx$", DEFINITION, "as (6) and (7)"),
    Sentence(
        "eq:30",
        "A.1",
        "$ℓ_τ = ½E_xy[(y − cx)²]$ or $ℓ_τ = ½E_xy[(y − abx)²]$",
        INCONSISTENT,
        "eq:8 and eq:9, which define the same loss without the $½$. The factor squares into the step: every"
        " $α$ of the appendix, and of (12)–(20), belongs to the loss with the $½$",
        (normalisation.half_against_none,),
    ),
    Formula("eq:31", "A.1.1", ("∇ℓ_τ = E_xy[(cx − y)x] = c − θ_τ",), SHALLOW_GRADIENT),
    Formula(
        "eq:32",
        "A.1.1",
        ("ℓ_τ(c − α∇ℓ_τ) = E_xy[(y − [(1−α)c + αθ_τ]x)²]",),
        SHALLOW_LOSS,
        remark="the $½$ of (30) has gone",
    ),
    Formula(
        "eq:33",
        "A.1.1",
        ("ℓ_τ(c − α∇ℓ_τ) = [(1−α)c + αθ_τ]² − 2[(1−α)c + αθ_τ]θ_τ",),
        SHALLOW_LOSS,
        correction=("ℓ_τ(c − α∇ℓ_τ) = [(1−α)c + αθ_τ]² − 2[(1−α)c + αθ_τ]θ_τ + θ_τ² + 1",),
        remark="$E y² = θ_τ² + 1$ is dropped without a word; constant in c, but not across tasks",
    ),
    Formula(
        "eq:34",
        "A.1.1",
        ("ℓ_τ(c − α∇ℓ_τ) = (1−α)²(c − θ_τ)² + const",),
        SHALLOW_LOSS,
        remark="the constant is the noise",
    ),
    Formula(
        "eq:35",
        "A.1.1",
        ("L_shallow = 2(1−α)²c² + const",),
        SHALLOW_MAML,
        correction=("L_shallow = ½(1−α)²c² + const",),
        remark=(
            "without the $½$, as in (34), it is $(1−α)²c² + const$; $2(1−α)²$ belongs to no "
            "normalisation. The excess loss is $½(1−α)²(c² + 1)$"
        ),
    ),
    Formula("eq:36", "A.1.2", ("∂ℓ_τ/∂a = ab² − bθ_τ",), GRADIENT_A),
    Formula("eq:37", "A.1.2", ("∂ℓ_τ/∂b = a²b − aθ_τ",), GRADIENT_B),
    Formula(
        "eq:38",
        "A.1.2",
        ("a ← a − αb(ab − θ_τ)",),
        STEP_A,
        remark="simultaneous with (39): both right-hand sides take the old a and b",
        checks=(adaptation.simultaneous_steps,),
    ),
    Formula("eq:39", "A.1.2", ("b ← b − αa(ab − θ_τ)",), STEP_B, checks=(adaptation.simultaneous_steps,)),
    Formula(
        "eq:40",
        "A.1.2",
        ("L_deep = ½E_τ[E_xy[(y − (a − αb(ab − θ_τ))(b − αa(ab − θ_τ))x)²]]",),
        DEEP_MAML,
    ),
    Formula("eq:41", "A.1.2", ("L_deep = ½E_τ[E_xy[(y − fx)²]]",), LOSS_IN_P),
    Formula(
        "eq:42",
        "A.1.2",
        ("L_deep = ½E_τ[θ_τ² − 2θ_τ + f²]",),
        LOSS_IN_P,
        correction=("L_deep = ½E_τ[θ_τ² − 2θ_τf + f² + 1]",),
        remark="the f of the cross term is missing, and the noise that (40) and (41) contain",
    ),
    Formula(
        "eq:43",
        "A.1.2",
        ("L_deep = ½ + ½E_τ[f²] − E_τ[θ_τf]",),
        LOSS_IN_P,
        remark="(40)–(41) are larger by the noise $½$",
    ),
    Formula(
        "eq:44", "A.1.2", ("f² = [ab − αa²(ab − θ_τ) − αb²(ab − θ_τ) + α²ab(ab − θ_τ)²]²",), SLOPE_SQUARED
    ),
    Formula(
        "eq:45",
        "A.1.2",
        ("f² = [ab − α(a² + b²)(ab − θ_τ) + α²(ab − θ_τ)²]²",),
        SLOPE_SQUARED,
        correction=("f² = [ab − α(a² + b²)(ab − θ_τ) + α²ab(ab − θ_τ)²]²",),
        remark="the last term has lost its factor ab; (44) and (46) have it",
    ),
    Formula(
        "eq:46",
        "A.1.2",
        ("f² = [ab − α(a² + b²)ab + α²a³b³ + (α(a² + b²) − 2α²a²b²)θ_τ + α²abθ_τ²]²",),
        SLOPE_SQUARED,
    ),
    Sentence(
        "eq:47",
        "A.1.2",
        "$f² = [p₁ + p₂θ_τ + p₃θ_τ²]²$",
        DERIVED,
        "f is quadratic in $θ_τ$. The text shows four lines beside the five numbers (44)–(48); this last "
        "line is entered for (47) and (48)",
        (deep.quadratic_in_task,),
    ),
    Sentence(
        "eq:48",
        "A.1.2",
        "$f² = [p₁ + p₂θ_τ + p₃θ_τ²]²$ (see eq:47: five numbers, four lines)",
        DERIVED,
        "f is quadratic in $θ_τ$",
        (deep.quadratic_in_task,),
    ),
    Formula(
        "eq:49",
        "A.1.2",
        ("p₁ = ab − α(a² + b²)ab + α²a³b³", "p₂ = α(a² + b²) − 2α²a²b²", "p₃ = α²ab"),
        COEFFICIENTS,
    ),
    Formula(
        "eq:50",
        "A.1.2",
        ("E_τ[f²] = p₁² + p₂² + 3p₃² + 2p₁p₃",),
        MEAN_SQUARE,
        remark="$2p₁p₂$ and $2p₂p₃$ meet odd moments, and vanish",
    ),
    Formula(
        "eq:51",
        "A.1.2",
        ("E_τ[θ_τ²] = 1", "E_τ[θ_τ³] = 0", "E_τ[θ_τ⁴] = 3"),
        MOMENTS,
        remark="$E_τ[θ_τ] = 0$ is used as well",
        checks=(normalisation.stein_recursion,),
    ),
    Formula("eq:52", "A.1.2", ("E_τ[θ_τf] = p₂",), MEAN_PRODUCT),
    Formula(
        "eq:53",
        "A.1.2",
        ("L_deep = ½(1 + p₁² + p₂² + 3p₃² + 2p₁p₃ − 2p₂)",),
        LOSS_IN_P,
        remark="exactly the excess loss; (40)–(41) are larger by $½$",
    ),
    Sentence(
        "text:A.1.2-listing",
        "A.1.2",
        "the Matlab listing continues from (53): $L = p₁² + p₂² + 3p₃² + 2p₁p₃ − 2p₂$",
        INCONSISTENT,
        "eq:53: the listing drops the 1, which is harmless, and the factor $½$, which is not: its gradients"
        " and Hessians, (54)–(57) and those of §4.4, are twice those of (53)",
        (deep.listing_is_twice_the_loss,),
    ),
    Formula(
        "eq:54",
        "A.1.2",
        ("∂L_deep/∂a = 4αa(αa² − 1)", "∂L_deep/∂b = 0"),
        ON_A_AXIS,
        remark="twice the gradient of (53), which is $2αa(αa² − 1)$",
    ),
    Sentence(
        "text:A.1.2-at-least-five",
        "A.1.2",
        "there are at least 5 stationary points",
        CORRECTED,
        "at the paper’s rate $α = 1/10$ there are exactly 17: 4 minima, all global, 5 maxima and 8 saddles."
        " There are 17 for every $α$ below $α* = 0.2674…$, 13 at it and 9 above. analysis.stationary_points"
        " lists them",
        (deep.count_at_papers_rate, deep.counts_for_every_rate),
    ),
    Formula("eq:55", "A.1.2", ("H = [−4α, 0; 0, −4α]",), AT_ORIGIN, remark="of $2L$; (53) has half of it"),
    Formula("eq:56", "A.1.2", ("H = [8α, 0; 0, 6α³]",), AT_A_SOLUTION, remark="of $2L$; (53) has half of it"),
    Formula("eq:57", "A.1.2", ("H = [6α³, 0; 0, 8α]",), AT_B_SOLUTION, remark="of $2L$; (53) has half of it"),
)
