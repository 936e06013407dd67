"""Claims that measurements decide: the verdict and its numbers are read from committed rows, never typed.

`Measurement` asks the rows of trained networks (`empirical/results`, through `empirical.report`),
`Experiment` the synthetic logistic regressions of appendix B.1 (`analysis.logistic`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from analysis.claims.claim import (
    DOES_NOT_HOLD,
    HOLDS,
    NOT_YET_MEASURED,
    Check,
    Decision,
    evidence_of,
    failures,
)


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
        statement = "; ".join(filter(None, (self.remark, *dict.fromkeys(map(_outcome, found)))))
        tests = (f"empirical.report, {test['id']}: {test['test']}" for test in found)
        return Decision(verdict, statement, (*tests, *map(evidence_of, self.checks)), failures(self.checks))


def _outcome(test: Mapping[str, Any]) -> str:
    """`holds: <the numbers>`; the statement alone where there are no rows."""
    short = test["verdict"].removeprefix("measured: ")
    return test["statement"] if short == NOT_YET_MEASURED else f"{short}: {test['statement']}"


@cache
def measured() -> dict[str, Mapping[str, Any]]:
    """The verdicts of `empirical.report` on the committed result rows, by name; imports no torch."""
    from empirical.report import verdicts

    return {test["id"]: test for test in verdicts()}


@dataclass(frozen=True)
class Experiment:
    """A claim decided by measurements that `analysis` keeps.

    Attributes:
        id, section, printed: as in `Claim`.
        outcome: (whether it holds, the statement with the rows' numbers); its docstring is the evidence.
        checks: the theory behind the outcome.
    """

    id: str
    section: str
    printed: str
    outcome: Callable[[], tuple[bool, str]]
    checks: tuple[Check, ...] = ()

    def decide(self) -> Decision:
        """Read the rows."""
        holds, statement = self.outcome()
        evidence = tuple(map(evidence_of, (self.outcome, *self.checks)))
        return Decision(HOLDS if holds else DOES_NOT_HOLD, statement, evidence, failures(self.checks))
