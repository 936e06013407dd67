"""A claim in symbols, decided by comparison with a derivation.

The printed formulas are read by `notation` into the field of `quantities` and compared there with what
`derivations` computes: first in the convention of their own section, then under the paper's other conventions
and under the readings listed with them. Where they agree with none of these, the correction that is offered
must agree instead. Nothing is declared: alter a printed formula and its verdict changes.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.claims import conventions
from analysis.claims.claim import (
    CORRECTED,
    DERIVED,
    UNDER_ANOTHER_CONVENTION,
    Check,
    Decision,
    evidence_of,
    failures,
)
from analysis.claims.conventions import Convention
from analysis.claims.derivations import Derivation
from analysis.claims.notation import Printed, parse_formula


@dataclass(frozen=True)
class Formula:
    """Formulas of one number or one sentence, compared with what is derived.

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
        return Decision(verdict, statement, (evidence, *map(evidence_of, self.checks)), problem)

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
