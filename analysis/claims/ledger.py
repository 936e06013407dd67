"""The ledger: every claim of the paper in the paper's order, selected by id or by verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from analysis.claims.claim import KINDS, VERDICTS, Claim, Decision
from analysis.claims.sections import (
    appendix_a,
    appendix_b,
    appendix_c,
    appendix_d,
    s0_abstract,
    s1_introduction,
    s2_background,
    s3_overview,
    s4_1_setup,
    s4_3_shallow,
    s4_4_deep,
    s4_5_insights,
    s5_experiments,
    s7_conclusion,
)

_SECTIONS = (
    *(s0_abstract, s1_introduction, s2_background, s3_overview, s4_1_setup, s4_3_shallow, s4_4_deep),
    *(s4_5_insights, s5_experiments, s7_conclusion, appendix_a, appendix_b, appendix_c, appendix_d),
)


class UnknownClaim(ValueError):
    """An id or a verdict that the ledger does not have; the message lists what it has."""


@dataclass(frozen=True)
class Entry:
    """A claim with what its checks came to."""

    claim: Claim
    decision: Decision

    @property
    def place(self) -> str:
        """§4.5, appendix A.1 or abstract."""
        section = self.claim.section
        return (
            f"§{section}"
            if section[0].isdigit()
            else f"appendix {section}"
            if section[1:2] in ("", ".")
            else section
        )

    @property
    def kind(self) -> str:
        """equation, algorithm, figure, table or text."""
        return KINDS[self.claim.id.split(":")[0]]


@cache
def claims() -> dict[str, Claim]:
    """Every claim by its id, in the order of the paper.

    Raises:
        ValueError: two claims share an id.
    """
    found: dict[str, Claim] = {}
    for claim in (claim for section in _SECTIONS for claim in section.CLAIMS):
        if claim.id in found:
            raise ValueError(f"two claims are called {claim.id}")
        found[claim.id] = claim
    return found


def find(name: str) -> Claim:
    """The claim called `name`; a bare number is an equation.

    Raises:
        UnknownClaim: there is none; the message lists the ids.
    """
    full = f"eq:{name}" if re.fullmatch(r"\d+", name) else name
    if full not in claims():
        raise UnknownClaim(f"no claim {name!r}; there are {', '.join(_abbreviated(claims()))}")
    return claims()[full]


def _abbreviated(ids: Iterable[str]) -> Iterator[str]:
    """The ids, with the equations as one range."""
    numbers = [int(i.removeprefix("eq:")) for i in ids if i.startswith("eq:")]
    yield f"eq:{min(numbers)} to eq:{max(numbers)}"
    yield from sorted(i for i in ids if not i.startswith("eq:"))


def decide(selected: Iterable[Claim]) -> list[Entry]:
    """Run the checks of these claims."""
    return [Entry(claim, claim.decide()) for claim in selected]


def with_verdict(entries: Iterable[Entry], verdict: str) -> list[Entry]:
    """The entries with this verdict.

    Raises:
        UnknownClaim: it is no verdict of the ledger; the message lists them.
    """
    if verdict not in VERDICTS:
        raise UnknownClaim(f"no verdict {verdict!r}; there are {', '.join(VERDICTS)}")
    return [entry for entry in entries if entry.decision.verdict == verdict]
