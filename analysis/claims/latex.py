"""The errata sheet: notation and prose as LaTeX, and a document that compiles with pdflatex.

Prose carries mathematics between dollar signs, in the notation of `notation`; outside them only text and
the few signs of `_TEXT` occur (a test sees to it). Everything written is ASCII, so no encoding can go wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from analysis.claims.claim import CORRECTED, DOES_NOT_HOLD, INCONSISTENT, UNDER_ANOTHER_CONVENTION
from analysis.claims.ledger import Entry

_TEXT = {
    **{"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "#": r"\#", "%": r"\%", "&": r"\&", "_": r"\_"},
    **{"^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}"},
    **{"§": r"\S{}", "“": "``", "”": "''", "’": "'", "–": "--", "—": "---", "…": r"\dots{}"},
}
_SYMBOLS = {
    **{
        "α": r"\alpha",
        "β": r"\beta",
        "θ": r"\theta",
        "ξ": r"\xi",
        "σ": r"\sigma",
        "τ": r"\tau",
        "φ": r"\varphi",
    },
    **{"ℓ": r"\ell", "∇": r"\nabla", "∂": r"\partial", "∈": r"\in", "∼": r"\sim", "≤": r"\leq", "≥": r"\geq"},
    **{
        "≠": r"\neq",
        "→": r"\to",
        "←": r"\leftarrow",
        "∝": r"\propto",
        "·": r"\cdot",
        "±": r"\pm",
        "×": r"\times",
    },
    **{
        "⊗": r"\otimes",
        "ℝ": r"\mathbb{R}",
        "−": "-",
        "½": r"\tfrac12",
        "…": r"\dots",
        "ŷ": r"\hat{y}",
        "E": r"\mathbb{E}",
        "√": r"\surd",
    },
    **{
        "≈": r"\approx",
        "∞": r"\infty",
        "π": r"\pi",
        "ᵀ": r"^{\top}",
        "Φ": r"\Phi",
        "Σ": r"\Sigma",
        "|": r"\vert",
    },
}
_SUPERSCRIPT = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹ⁿᵐ⁻", "0123456789nm-", strict=True))
_SUBSCRIPT = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
_WORDS = ("const", "argmin", "vec", "det", "diag", "sign", "Opt", "Bayes", "maml", "Bernoulli", "erf")
_INDICES = {"xy": "x,y", "τ": r"\tau"}
_TOKEN = re.compile(
    rf"(?P<matrix>\[[^\[\]]*;[^\[\]]*\])|√\((?P<root>[^()]*)\)|√(?P<letter>\w)|(?P<word>{'|'.join(_WORDS)})"
    rf"|_(?P<index>τ|[A-Za-z]+)|_\{{(?P<group>[^}}]*)\}}|\^(?P<power>maml|Bayes)"
    rf"|(?P<up>[{''.join(_SUPERSCRIPT)}]+)|(?P<down>[{''.join(_SUBSCRIPT)}]+)|(?P<one>.)",
    re.DOTALL,
)


def math(notation: str) -> str:
    """A formula of the compact notation as LaTeX, without the dollar signs."""
    written = ""
    for match in _TOKEN.finditer(notation):
        piece = _math_token(match)
        separate = re.search(r"\\[a-zA-Z]+$", written) and piece[:1].isalpha()
        written += f" {piece}" if separate else piece
    return written


def _math_token(match: re.Match[str]) -> str:
    kind = match.lastgroup
    text = match[kind] if kind else ""
    if kind == "matrix":
        rows = [" & ".join(math(entry.strip()) for entry in row.split(",")) for row in text[1:-1].split(";")]
        return r"\begin{pmatrix} " + r" \\ ".join(rows) + r" \end{pmatrix}"
    if kind in ("root", "letter"):
        return rf"\sqrt{{{math(text)}}}"
    if kind == "word":
        return rf"\operatorname{{{text}}}"
    if kind in ("index", "power"):
        inner = _INDICES.get(text, rf"\mathrm{{{text}}}" if len(text) > 1 else text)
        return f"{'_' if kind == 'index' else '^'}{{{inner}}}"
    if kind == "group":
        return f"_{{{math(text)}}}"
    if kind == "up":
        return f"^{{{''.join(_SUPERSCRIPT[digit] for digit in text)}}}"
    if kind == "down":
        return f"_{{{''.join(_SUBSCRIPT[digit] for digit in text)}}}"
    return _SYMBOLS.get(text, text)


def _text_character(char: str) -> str:
    return f"${math(char)}$" if char in _SYMBOLS and not char.isascii() else _TEXT.get(char, char)


def prose(text: str) -> str:
    """Text with formulas between dollar signs, as LaTeX."""
    parts = text.split("$")
    if len(parts) % 2 == 0:
        raise ValueError(f"a dollar sign is missing in {text!r}")
    return "".join(
        f"${math(part)}$" if i % 2 else "".join(map(_text_character, part)) for i, part in enumerate(parts)
    )


_HEADINGS = {
    CORRECTED: "Corrections",
    INCONSISTENT: "Inconsistencies",
    DOES_NOT_HOLD: "Measured otherwise",
    UNDER_ANOTHER_CONVENTION: "Formulas that need another convention",
}
"""What an errata sheet contains, in its order."""

_PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath,amssymb}
\usepackage[T1]{fontenc}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\begin{document}
\begin{center}
{\Large Errata for ``When MAML Can Adapt Fast and How to Assist When It Cannot''}\\[4pt]
Arnold, Iqbal and Sha, AISTATS 2021
\end{center}
The excess loss is $L=\tfrac12\mathbb{E}_\tau[(\theta-f)^2]$, where $f$ is the slope after one inner step of
$\tfrac12\mathbb{E}(y-\hat y)^2$ with rate $\alpha$; it is zero exactly when every task is solved.
"""
_PLACES = {"eq": "Eq. ({})", "alg": "Algorithm {}", "fig": "Figure {}", "table": "Table {}", "text": "Text"}


def errata(entries: Sequence[Entry]) -> str:
    """The document; entries whose verdict is no erratum are left out."""
    chosen = sorted(
        (entry for entry in entries if entry.decision.verdict in _HEADINGS),
        key=lambda entry: list(_HEADINGS).index(entry.decision.verdict),
    )
    lines = [_PREAMBLE]
    for verdict, group in groupby(chosen, key=lambda entry: entry.decision.verdict):
        lines += [rf"\section*{{{_HEADINGS[verdict]}}}", r"\begin{description}"]
        lines += [_item(entry) for entry in group]
        lines.append(r"\end{description}")
    return "\n".join([*lines, r"\end{document}", ""])


def _item(entry: Entry) -> str:
    kind, number = entry.claim.id.split(":", 1)
    place = prose(f"{_PLACES[kind].format(number)}, {entry.place}")
    return (
        rf"\item[{place}] {prose(entry.claim.printed)}" + "\n\n"
        rf"\emph{{{prose(entry.decision.verdict).capitalize()}:}} {prose(entry.decision.statement)}."
    )
