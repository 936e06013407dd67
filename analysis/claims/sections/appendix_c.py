"""Appendix C: Kronecker factors, other factorizations, Algorithm 1 and its schematic."""

from analysis.claims.checks import algorithm, preconditioners
from analysis.claims.claim import CORRECTED, DEFINITION, DERIVED, Claim, Sentence

CLAIMS: tuple[Claim, ...] = (
    Sentence(
        "text:C.1-dimensions",
        "C.1",
        "the dimensionality of modern (model) network architectures ranges in the tens of thousands, if not"
        " more",
        DERIVED,
        "CNN(2) has 10 437 parameters on CIFAR-FS and 46 981 on mini-ImageNet",
        (preconditioners.kronecker_parameters,),
    ),
    Sentence(
        "text:C.1-shapes",
        "C.1",
        "for each weight $W ∈ ℝ^{m×n}$: $W = Rᵀ⊗L$, where $R ∈ ℝ^{m×m}$ and $L ∈ ℝ^{n×n}$",
        CORRECTED,
        "the meta-optimizer’s matrix for that weight, $mn×mn$, is $Rᵀ⊗L$ with $L ∈ ℝ^{m×m}$ and $R ∈ "
        "ℝ^{n×n}$: $(Rᵀ⊗L)vec(G) = vec(LGR)$ for $G ∈ ℝ^{m×n}$, columns stacked. The printed sizes fit "
        "$Gᵀ$, and one letter W names both the weight and the operator",
        (preconditioners.kronecker_shapes, preconditioners.kronecker_is_no_weight),
    ),
    Sentence(
        "text:C.1-cholesky",
        "C.1",
        "the low-rank decomposition $A = LLᵀ$ imposes symmetry and positiveness on A",
        CORRECTED,
        "symmetry and positive semidefiniteness: with rank $r < k$ A is singular, so some directions never "
        "move and the identity is out of reach; $I + LLᵀ$ would be positive definite",
        (preconditioners.low_rank_cholesky_is_only_semidefinite,),
    ),
    Sentence(
        "text:C.1-cost",
        "C.1",
        "the computational and memory cost of the Kronecker product are acceptable",
        DERIVED,
        "relative to a full matrix, yes; but on mini-ImageNet’s CNN(2) the factors have 55 times as many "
        "entries as the model (2 588 900 to 46 981), nearly all in one $1600×1600$ factor of the head",
        (preconditioners.kronecker_parameters,),
    ),
    Sentence(
        "text:C.1-full-rank",
        "C.1",
        "$Rᵀ⊗L$ is full-rank whenever L, R are full-rank",
        DERIVED,
        "$det(Rᵀ⊗L) = det(R)ⁿdet(L)ᵐ$ for L of size n, R of size m",
        (preconditioners.kronecker_full_rank,),
    ),
    Sentence(
        "text:C.1-identity",
        "C.1",
        "the identity lies in the span of Kronecker-factored matrices, so that gradient descent is "
        "recovered by $R = L = I$",
        DERIVED,
        "for the linear form; a nonlinear f of (26) with identity factors and a ReLU would remove negative "
        "gradients",
        (preconditioners.kronecker_contains_identity, preconditioners.relu_is_not_identity),
    ),
    Sentence(
        "alg:1",
        "C.1.1",
        "for $t = 1 … T$: $ξ_{t+1} = ξ_t − α∇ℓ_τ(θ_t)$, $θ_{t+1} = θ_t − U(∇ℓ_τ(θ_t))$; then $θ ← θ − "
        "Opt(∇ℓ_τ(θ_T))$",
        CORRECTED,
        "(i) lines 11–12 take the loss at $θ_T$, not at the adapted $θ_{T+1}$: the last update is never "
        "used, and with $T = 1$ nothing is adapted; (ii) line 9 lacks the $α$ of (22), $θ_{t+1} = θ_t − "
        "αU(∇ℓ_τ(θ_t))$; (iii) line 7 moves $ξ$ inside the task, which (22)–(23) do not; (iv) one loss "
        "serves adaptation and meta-update, so support and query are not told apart; (v) one task a step, "
        "where appendix D says batches of 16",
        (
            algorithm.one_step_is_no_adaptation,
            algorithm.last_update_is_unused,
            algorithm.rate_is_missing,
            algorithm.optimizer_moves_inside_the_task,
        ),
    ),
    Sentence(
        "fig:C.5",
        "C.1.1",
        "schematic of the model–optimizer loop: loss, model, meta-optimizer",
        DEFINITION,
        "a drawing of (22); python -m figures redraws it",
    ),
)
