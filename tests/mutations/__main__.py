"""`make mutations`: break the exact core, formula by formula, and see which tests turn red.

A test that has never failed proves nothing. Every entry of the table breaks one line of the exact core (what
derives, solves, certifies and prints the main job) in a copy of the tree and runs the tests beside it there.
At the end two lists must be empty: mutations that no test noticed, and tests that no mutation made fail. This
takes many minutes, so it is a command of its own.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from tests.mutations.table import MUTATIONS

ROOT = Path(__file__).parents[2]
TESTS = {
    name: f"tests/analysis/stationary_points/test_{name}.py"
    for name in (
        "solver",
        "regimes",
        "families",
        "command",
        "options",
        "settled",
        "irrational_atoms",
        "first_order",
        "two_steps",
    )
} | {
    name: f"tests/analysis/test_{name}.py"
    for name in ("tasks", "landscape", "algebra", "fibres", "numeric", "discriminants")
}
LIMIT = 240  # seconds for the tests of one mutation; a search that no longer ends has been noticed


class Mutation(NamedTuple):
    """One broken line: in `analysis/{file}.py` the text `before`, which occurs once, becomes `after`."""

    file: str
    before: str
    after: str
    tests: str


def main(argv: list[str] | None = None) -> int:
    """Run the mutations; 1 if one survives, or a test never fails."""
    p = argparse.ArgumentParser(prog="python -m tests.mutations", description="Break the core, see red.")
    p.add_argument("--only", default="", metavar="TEXT", help="only the files whose name contains this")
    p.add_argument("--journal", type=Path, help="one JSON line a mutation; what is in it is not run again")
    arguments = p.parse_args(argv)
    mutations = [Mutation(*entry) for entry in MUTATIONS if arguments.only in entry[0]]
    known = _read(arguments.journal)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        for part in ("analysis", "tests"):
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", tree)
        _do_not_shrink(tree / "tests" / "conftest.py")
        everything, failing = _run(tree, TESTS.values(), limit=None)
        if failing:
            print("before any mutation these fail: " + ", ".join(sorted(failing)))
            return 1
        for number, mutation in enumerate(mutations, 1):
            if mutation not in known:
                known[mutation] = _red(tree, mutation)
                if arguments.journal is not None:
                    with arguments.journal.open("a") as journal:
                        print(json.dumps([mutation, sorted(known[mutation])]), file=journal)
            what = f"{mutation.file}: {mutation.before.strip()!r} -> {mutation.after.strip()!r}"
            print(f"{number}/{len(mutations)} {len(known[mutation]):3} red  {what}", flush=True)
    survivors = [mutation for mutation in mutations if not known[mutation]]
    seen = set().union(*(known[mutation] for mutation in mutations))
    never = [] if arguments.only else sorted(everything - seen)
    for mutation in survivors:
        print(f"SURVIVED {mutation.file}: {mutation.before!r} -> {mutation.after!r}")
    for name in never:
        print(f"NEVER RED {name}")
    print(f"{len(mutations)} mutations, {len(survivors)} survived; {len(seen)} test functions seen to fail")
    return 1 if survivors or never else 0


def _read(journal: Path | None) -> dict[Mutation, set[str]]:
    """What an earlier run, perhaps killed, has found out."""
    if journal is None or not journal.exists():
        return {}
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    return {Mutation(*entry): set(red) for entry, red in entries}


def _do_not_shrink(conftest: Path) -> None:
    """A counterexample need not be minimal here."""
    text = conftest.read_text().replace("import settings", "import Phase, settings")
    faster = "max_examples=20, phases=(Phase.explicit, Phase.generate))"
    conftest.write_text(text.replace("max_examples=40)", faster))


def _red(tree: Path, mutation: Mutation) -> set[str]:
    """The test functions that fail under the mutation."""
    path = tree / "analysis" / f"{mutation.file}.py"
    source = path.read_text()
    if source.count(mutation.before) != 1:
        raise SystemExit(f"{mutation.file}: {mutation.before!r} occurs {source.count(mutation.before)} times")
    path.write_text(source.replace(mutation.before, mutation.after))
    try:
        return _run(tree, [TESTS[name] for name in mutation.tests.split()], LIMIT)[1]
    finally:
        path.write_text(source)


def _run(tree: Path, files: Iterable[str], limit: int | None) -> tuple[set[str], set[str]]:
    """The test functions that ran, and those that failed; a file that no longer loads has failed as one."""
    report = tree / "report.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *files]
    try:
        subprocess.run(command, cwd=tree, capture_output=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return set(), {"(the tests no longer ended)"}
    if not report.exists():
        return set(), {"(the tests no longer started)"}
    cases = list(ElementTree.parse(report).iter("testcase"))
    names = {case: f"{case.get('classname')}.{case.get('name', '').split('[')[0]}" for case in cases}
    red = {
        name
        for case, name in names.items()
        if case.find("failure") is not None or case.find("error") is not None
    }
    return set(names.values()), red


if __name__ == "__main__":
    sys.exit(main())
