"""`python -m analysis.claims [--show ID …] [--only VERDICT] [--json | --latex]`.

Runs the checks of the claims it prints. Exit status 0 if all of them succeed, 1 if one fails, 2 for an
unknown id or verdict.
"""

from __future__ import annotations

import argparse
import sys

from analysis.claims.claim import VERDICTS
from analysis.claims.latex import errata
from analysis.claims.ledger import UnknownClaim, claims, decide, find, with_verdict
from analysis.claims.report import as_cards, as_json, as_table, problems
from analysis.command_line import OneLineParser, run

PROG = "python -m analysis.claims"


def main(arguments: list[str] | None = None) -> int:
    """Print the ledger, or the part of it that is asked for; the exit status.

    Raises:
        UnknownClaim: an id or a verdict is unknown.
    """
    options = _parser().parse_args(arguments)
    entries = decide(map(find, options.show) if options.show else claims().values())
    if options.only:
        entries = with_verdict(entries, options.only)
    if options.json:
        print(as_json(entries))
    elif options.latex:
        print(errata(entries), end="")
    else:
        print(as_cards(entries) if options.show else as_table(entries))
    failed = problems(entries)
    for line in failed:
        print(f"check failed: {line}", file=sys.stderr)
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog=PROG, description="The paper's claims, each with a verdict.")
    parser.add_argument(
        "--show",
        nargs="+",
        action="extend",
        metavar="ID",
        help="35, eq:35, table:3, fig:B.1, alg:1, text:4.5-drift",
    )
    parser.add_argument("--only", metavar="VERDICT", help="one of: " + ", ".join(VERDICTS))
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="a list of objects")
    output.add_argument("--latex", action="store_true", help="an errata sheet, ready to compile")
    return parser


if __name__ == "__main__":
    run(main, PROG, UnknownClaim)
