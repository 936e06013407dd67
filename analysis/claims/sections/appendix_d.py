"""Appendix D: rates and details, Tables D.5–D.7."""

from analysis.claims.checks import dynamics, tables
from analysis.claims.claim import DEFINITION, INCONSISTENT, Claim, Conflict, Sentence

CLAIMS: tuple[Claim, ...] = (
    Sentence(
        "table:D.5",
        "D",
        "adaptation learning rates for the linear model experiments",
        DEFINITION,
        "it lists meta learning rates as well; the rates of the 1-D regression (0.1 and 0.01) stand in the "
        "text only",
        (tables.linear_rates_are_registered,),
    ),
    Sentence(
        "table:D.6",
        "D",
        "adaptation learning rates for the two-layer CNN experiments",
        DEFINITION,
        "no column for T-Nets, and two layers only",
        (tables.rates_cover_two_layers_without_t_nets,),
    ),
    Sentence(
        "table:D.7",
        "D",
        "meta learning rates for the two-layer CNN experiments",
        DEFINITION,
        "no column for T-Nets, and two layers only",
        (tables.rates_cover_two_layers_without_t_nets,),
    ),
    Sentence(
        "text:D-all-rates",
        "D",
        "meta and adaptation learning rates for all methods are reported in Tables D.6, D.7",
        INCONSISTENT,
        "table:D.6 and table:D.7, which lack T-Nets (Table 3) and CNN(3), CNN(4), CNN(6) (Table 1)",
        (tables.rates_cover_two_layers_without_t_nets,),
    ),
    Sentence(
        "text:D-regression",
        "D",
        "on the 1D linear regression, both models use a fast-adaptation learning rate set to 0.1, SGD with "
        "a meta learning rate set to 0.01, and a momentum term set to 0.9",
        DEFINITION,
        "the rate $α = 1/10$ at which the ledger counts stationary points; at these rates both solutions "
        "are stable",
        (tables.regression_rates, dynamics.paper_rates_are_stable),
    ),
    Conflict(
        "text:D-filters",
        "D",
        "for Omniglot and CIFAR-FS, the networks are the original CNN from Finn et al. (2017) with 32 "
        "hidden units, while for mini-ImageNet we used 64",
        "Finn et al. (2017), §5.2",
        "the other way round there: 64 filters on Omniglot, 32 on mini-ImageNet against overfitting",
        about="filters on Omniglot and on mini-ImageNet",
        here="32 and 64",
        there="64 and 32",
    ),
    Conflict(
        "text:D-citations",
        "D",
        "numpy Hunter (2007), matplotlib Harris et al. (2020)",
        "the reference list",
        "the paper of numpy is Harris et al. (2020), that of matplotlib Hunter (2007): the two are "
        "interchanged",
        about="who is cited for numpy and for matplotlib",
        here="Hunter, Harris",
        there="Harris, Hunter",
    ),
)
