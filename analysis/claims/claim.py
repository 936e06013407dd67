"""One claim of the paper: where it stands, what is printed, and how its verdict is decided.

Verdicts are computed, never taken on trust. A `Sentence` states its verdict and brings checks which all have
to succeed; a `Conflict` quotes two places that differ. `formula.Formula` compares symbols with their
derivation, and `measurement` asks result rows. Whatever does not decide as it should is a `problem`, and the
ledger's command ends with status 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

DEFINITION = "definition"
DERIVED = "derived"
UNDER_ANOTHER_CONVENTION = "derived under another convention"
CORRECTED = "corrected"
HOLDS = "measured: holds"
DOES_NOT_HOLD = "measured: does not hold"
INCONSISTENT = "inconsistent with"
NOT_YET_MEASURED = "not yet measured"
VERDICTS = (
    *(DEFINITION, DERIVED, UNDER_ANOTHER_CONVENTION, CORRECTED),
    *(INCONSISTENT, HOLDS, DOES_NOT_HOLD, NOT_YET_MEASURED),
)
KINDS = {"eq": "equation", "alg": "algorithm", "fig": "figure", "table": "table", "text": "text"}


@dataclass(frozen=True)
class Decision:
    """What the checks of a claim came to, with evidence for each; `problem` is empty unless one fails."""

    verdict: str
    statement: str
    evidence: tuple[str, ...]
    problem: str = ""


class Claim(Protocol):
    """An entry of the ledger."""

    @property
    def id(self) -> str:
        """`eq:35`, `alg:1`, `fig:B.1`, `table:3` or `text:…`."""

    @property
    def section(self) -> str:
        """The section of the paper, such as `A.1.1`."""

    @property
    def printed(self) -> str:
        """What the paper prints, mathematics between dollar signs."""

    def decide(self) -> Decision:
        """Run the checks."""


Check = Callable[[], bool]
"""A proof or test without arguments; its docstring is the evidence."""


def evidence_of(check: Callable[[], object]) -> str:
    """`analysis.claims.checks.shallow.convexity: <its docstring>`."""
    return f"{check.__module__}.{check.__name__}: {' '.join((check.__doc__ or '').split())}"


def failures(checks: tuple[Check, ...]) -> str:
    """The names of the checks that do not succeed."""
    return ", ".join(f"{check.__module__}.{check.__name__} fails" for check in checks if not _succeeds(check))


@cache
def _succeeds(check: Check) -> bool:
    """Checks are pure; several claims rest on the same one."""
    return check()


@dataclass(frozen=True)
class Sentence:
    """A claim in words, an algorithm, a table or a figure: the verdict is stated, every check must succeed.

    For a definition there may be nothing to check.
    """

    id: str
    section: str
    printed: str
    verdict: str
    statement: str
    checks: tuple[Check, ...] = ()

    def decide(self) -> Decision:
        """The stated verdict, with the checks that fail as the problem."""
        problem = failures(self.checks)
        if not self.checks and self.verdict != DEFINITION:
            problem = f"the verdict {self.verdict!r} rests on no check"
        evidence = tuple(map(evidence_of, self.checks)) or ("a definition, or a statement of procedure",)
        return Decision(self.verdict, self.statement, evidence, problem)


@dataclass(frozen=True)
class Conflict:
    """Two places of the paper that say different things about one matter.

    Attributes:
        id, section, printed: as in `Claim`.
        place: the other place.
        remark: what is right, or what else there is to say.
        about: the matter.
        here, there: what each place says about it.
    """

    id: str
    section: str
    printed: str
    place: str
    remark: str
    about: str
    here: str
    there: str

    def decide(self) -> Decision:
        """Inconsistent, as long as the two places differ."""
        problem = "" if self.here != self.there else "the two places agree"
        evidence = f"{self.about}: here “{self.here}”, there “{self.there}”"
        return Decision(INCONSISTENT, f"{self.place}: {self.remark}", (evidence,), problem)
