"""The ledger of the paper's claims: `python -m analysis.claims`.

Every numbered equation, Algorithm 1, every table and figure and every assertion in words has one entry:
what is printed, a verdict, the right statement, and the derivation, test or measurement that decides it. The
checks run whenever the ledger is read.

    >>> from analysis.claims import decide, find
    >>> decide([find("35")])[0].decision.verdict
    'corrected'
"""

from analysis.claims.claim import VERDICTS, Claim, Decision
from analysis.claims.ledger import Entry, UnknownClaim, claims, decide, find, with_verdict

__all__ = [
    "VERDICTS",
    "Claim",
    "Decision",
    "Entry",
    "UnknownClaim",
    "claims",
    "decide",
    "find",
    "with_verdict",
]
