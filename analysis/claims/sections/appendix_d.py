"""Appendix D: rates and details, Tables D.5–D.7."""

from analysis.claims.checks import tables
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
