"""One claim of the paper: where it stands, what is printed, and how its verdict is decided.

Verdicts are computed, never taken on trust. A `Formula` is compared with its derivation: in the convention
of its own section, then under the paper's other conventions and under the readings listed with it, and where
it agrees with none, the correction offered for it must agree instead. A `Sentence` states its verdict and
brings checks which all have to succeed. A `Measurement` asks the result rows of `empirical`. Whatever does
not decide as it should is a `problem`, and the ledger's command ends with status 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from analysis.claims import conventions
from analysis.claims.conventions import Convention
from analysis.claims.derivations import Derivation
from analysis.claims.notation import Printed, parse_formula

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
    """What the checks of a claim came to; `problem` is empty unless they fail."""

    verdict: str
    statement: str
    evidence: str
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


def evidence_of(check: Check) -> str:
    """`analysis.claims.checks.shallow.convexity: <its docstring>`."""
    return f"{check.__module__}.{check.__name__}: {' '.join((check.__doc__ or '').split())}"


def failures(checks: tuple[Check, ...]) -> str:
    """The names of the checks that do not succeed."""
    return ", ".join(f"{check.__module__}.{check.__name__} fails" for check in checks if not check())


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
        evidence = "; ".join(map(evidence_of, self.checks)) or "a definition, or a statement of procedure"
        return Decision(self.verdict, self.statement, evidence, problem)


@dataclass(frozen=True)
class Formula:
    """A claim in symbols: `formulas` are compared with what is derived.

    Attributes:
        id, section: as in `Claim`.
        formulas: what is printed, in the notation of `notation`.
        derived: the quantities they should equal, entry by entry.
        home: the convention of the section.
        readings: other derivations under which the formula may have been meant, each named.
        correction: the right formulas, where the printed ones hold in no convention and no reading.
        remark: what else a reader should know.
        checks: proofs of the remark.
        words: the sentence around the formula, with `{}` in its place.
    """

    id: str
    section: str
    formulas: tuple[str, ...]
    derived: Derivation
    home: Convention = conventions.APPENDIX
    readings: tuple[Derivation, ...] = ()
    correction: tuple[str, ...] = ()
    remark: str = ""
    checks: tuple[Check, ...] = ()
    words: str = "{}"

    @property
    def printed(self) -> str:
        """The formulas, in their sentence."""
        return self.words.format(_display(self.formulas))

    def decide(self) -> Decision:
        """Compare with the derivation, convention by convention and reading by reading."""
        found = self._agreement(self.formulas)
        correct = self._agreement(self.correction) if self.correction else None
        problem = failures(self.checks)
        if found is not None:
            verdict, under = (UNDER_ANOTHER_CONVENTION, f"holds with {found}") if found else (DERIVED, "")
            if self.correction:
                problem = "a correction is offered for a formula that holds"
        else:
            verdict, under = CORRECTED, _display(self.correction) + (f", with {correct}" if correct else "")
            if correct is None:
                problem = "neither the printed formula nor the correction agrees with the derivation"
        statement = "; ".join(filter(None, (under, self.remark))) or "as printed"
        evidence = f"compared as rational functions with {self.derived.name}"
        return Decision(verdict, statement, "; ".join((evidence, *map(evidence_of, self.checks))), problem)

    def _agreement(self, formulas: tuple[str, ...]) -> str | None:
        """ "" where the formulas hold as they stand, the name of the change under which they do, or None."""
        printed = [parse_formula(formula) for formula in formulas]
        for derivation in (self.derived, *self.readings):
            reading = "" if derivation is self.derived else derivation.name
            for convention in (self.home, *conventions.ALL):
                if _agrees(printed, derivation, convention):
                    changed = "" if convention is self.home else convention.name
                    return " and ".join(filter(None, (reading, changed)))
        return None


def _display(formulas: tuple[str, ...]) -> str:
    return ", ".join(f"${formula}$" for formula in formulas)


def _agrees(printed: list[Printed], derivation: Derivation, convention: Convention) -> bool:
    derived = list(derivation.compute(convention))
    for formula in printed:
        size = len(formula.sides[0])
        expected, derived = derived[:size], derived[size:]
        for side in formula.sides:
            for entry, target in zip(side, expected, strict=True):
                if formula.up_to_constant:
                    equal = (entry - target).free_of("a", "b", "c", "theta")
                elif formula.relation == "∝":
                    equal = entry.proportional(target)
                else:
                    equal = entry == target
                if not equal:
                    return False
    return not derived


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
        return Decision(INCONSISTENT, f"{self.place}: {self.remark}", evidence, problem)


@dataclass(frozen=True)
class Measurement:
    """A claim about trained networks: decided by the result rows, or not yet measured.

    Attributes:
        id, section, printed: as in `Claim`.
        asks: the names under which `empirical.report.verdicts` tests it; all of them have to hold.
        remark: what the printed numbers alone say.
        checks: proofs of the remark.
    """

    id: str
    section: str
    printed: str
    asks: tuple[str, ...]
    remark: str = ""
    checks: tuple[Check, ...] = ()

    def decide(self) -> Decision:
        """It holds if every test holds, does not if one fails, and is not yet measured otherwise."""
        found = [measured()[name] for name in self.asks]
        verdicts = {test["verdict"] for test in found}
        verdict = (
            DOES_NOT_HOLD if DOES_NOT_HOLD in verdicts else HOLDS if verdicts == {HOLDS} else NOT_YET_MEASURED
        )
        statement = "; ".join(filter(None, (self.remark, *(_outcome(test) for test in found))))
        tests = "; ".join(f"empirical.report, {test['id']}: {test['test']}" for test in found)
        return Decision(
            verdict, statement, "; ".join((tests, *map(evidence_of, self.checks))), failures(self.checks)
        )


def _outcome(test: Mapping[str, Any]) -> str:
    """`holds: <the numbers>`; the statement alone where there are no rows."""
    short = test["verdict"].removeprefix("measured: ")
    return test["statement"] if short == NOT_YET_MEASURED else f"{short}: {test['statement']}"


@cache
def measured() -> dict[str, Mapping[str, Any]]:
    """The verdicts of `empirical.report` on the committed result rows, by name; imports no torch."""
    from empirical.report import verdicts

    return {test["id"]: test for test in verdicts()}
