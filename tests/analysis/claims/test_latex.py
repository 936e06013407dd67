"""The errata sheet is well-formed LaTeX, and the whole ledger could be printed in it."""

import re

import pytest
from matplotlib.mathtext import MathTextParser

from analysis.claims import claims, decide
from analysis.claims.latex import errata, math, prose
from analysis.claims.measurement import Measurement

ENTRIES = decide(claims().values())
COMMANDS = set(
    re.findall(
        r"\w+",
        """documentclass usepackage setlength parindent parskip begin end Large section item emph S tfrac
        mathbb mathrm operatorname alpha beta theta xi sigma tau varphi ell nabla partial in sim leq geq
        neq to leftarrow propto cdot pm times otimes hat approx infty pi top Phi Sigma sqrt dots textbackslash
        textasciicircum textasciitilde textless textgreater""",
    )
)
OUTSIDE = re.compile(r"[A-Za-z0-9 .,;:()\[\]{}/+'’“”–—…§%?!*&_=-]*")


def well_formed(source: str) -> None:
    assert source.isascii()
    bare = re.sub(r"\\[\\{}$%&#_]", " ", source)
    depth = 0
    for char in bare:
        depth += {"{": 1, "}": -1}.get(char, 0)
        assert depth >= 0
    assert depth == 0
    assert all(line.count("$") % 2 == 0 for line in bare.splitlines())
    assert set(re.findall(r"\\([A-Za-z]+)", bare)) <= COMMANDS
    stack = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", source):
        if kind == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert not stack
    for line in bare.splitlines():
        for i, part in enumerate(line.split("$")):
            if i % 2 == 0 and not part.startswith("\\usepackage"):
                assert not re.search(r"[_^]", part), line
            if i % 2:
                assert not re.search(r"__|\^\{\}|\^\{[^}]*\}\^", part), line


def parses(formula: str) -> None:
    """matplotlib's mathtext reads it; it lacks \\tfrac and matrices, whose entries are read one by one."""
    rows = re.sub(r"\\begin\{pmatrix\}|\\end\{pmatrix\}|&|\\\\", " ", formula)
    MathTextParser("path").parse(f"${rows.replace('tfrac12', 'frac{1}{2}')}$")


def test_the_errata_sheet_is_well_formed():
    sheet = errata(ENTRIES)
    well_formed(sheet)
    assert sheet.startswith(r"\documentclass")
    assert sheet.rstrip().endswith(r"\end{document}")
    assert r"\item[Eq. (35), appendix A.1.1]" in sheet
    assert r"\tfrac12(1-\alpha)^{2}c^{2}" in sheet


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.claim.id)
def test_every_entry_is_printable(entry):
    for text in (entry.claim.printed, entry.decision.statement):
        well_formed(prose(text))
        for formula in re.findall(r"\$([^$]+)\$", prose(text)):
            parses(formula)
    if not isinstance(entry.claim, Measurement):
        ours = f"{entry.claim.printed} {entry.decision.statement}"
        assert all(OUTSIDE.fullmatch(part) for part in ours.split("$")[::2])


@pytest.mark.parametrize(
    ("notation", "latex"),
    [
        ("½(1−α)²c²", r"\tfrac12(1-\alpha)^{2}c^{2}"),
        ("αa", r"\alpha a"),
        ("(±1/√α, 0)", r"(\pm1/\sqrt{\alpha}, 0)"),
        ("1/√(5α)", r"1/\sqrt{5\alpha}"),
        ("θ_τf", r"\theta_{\tau}f"),
        ("E_xy[(y − cx)²]", r"\mathbb{E}_{x,y}[(y - cx)^{2}]"),
        ("[8α, 0; 0, 6α³]", r"\begin{pmatrix} 8\alpha & 0 \\ 0 & 6\alpha^{3} \end{pmatrix}"),
        ("Rᵀ⊗L", r"R^{\top}\otimes L"),
        ("p₁²", "p_{1}^{2}"),
    ],
)
def test_notation_as_latex(notation, latex):
    assert math(notation) == latex


def test_an_open_formula_is_refused():
    with pytest.raises(ValueError, match="dollar sign is missing"):
        prose("the loss $c² is convex")
