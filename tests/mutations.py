"""`make mutations`: break the exact core, formula by formula, and see which tests turn red.

A test that has never failed proves nothing. Every entry below breaks one line of the exact core in a copy of
the tree and runs the tests beside it there. At the end two lists must be empty: mutations that no test
noticed, and tests that no mutation made fail. This takes many minutes, so it is a command of its own.
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

ROOT = Path(__file__).parents[1]
TESTS = {
    name: f"tests/analysis/stationary_points/test_{name}.py"
    for name in ("solver", "regimes", "families", "command", "options")
} | {
    name: f"tests/analysis/test_{name}.py" for name in ("tasks", "landscape", "algebra", "fibres", "numeric")
}
LIMIT = 240  # seconds for the tests of one mutation; a search that no longer ends has been noticed


class Mutation(NamedTuple):
    """One broken line: in `analysis/{file}.py` the text `before`, which occurs once, becomes `after`."""

    file: str
    before: str
    after: str
    tests: str


MUTATIONS: tuple[tuple[str, str, str, str], ...] = (
    # task laws
    ("tasks", "range(1, 2 * n, 2)", "range(1, 2 * n + 2, 2)", "tasks landscape solver"),
    (
        "tasks",
        '"rademacher", _even(lambda n: Fraction(1))',
        '"rademacher", _even(lambda n: Fraction(2))',
        "tasks",
    ),
    ("tasks", "3**n", "2**n", "tasks"),
    ("tasks", "factorial(2 * n)", "factorial(n)", "tasks"),
    ("tasks", "if determinant < 0:", "if determinant < -1000:", "tasks command options"),
    ("tasks", "if implied !=", "if 0 * implied !=", "tasks"),
    ("tasks", "if determinant == 0:", "if determinant is None:", "tasks"),
    ("tasks", "k > len(self.moments)", "k > len(self.moments) + 1", "tasks options landscape"),
    ("tasks", "return NAMED[text]", "return GAUSSIAN", "tasks numeric"),
    # models and the inner loop
    ("models", "reduce(mul, w)", "sum(w[1:], w[0])", "landscape solver regimes numeric options"),
    ("models", "1 <= factors <= 6", "1 <= factors", "landscape"),
    ("adaptation", "rate * update if", "2 * rate * update if", "landscape solver regimes command"),
    ("adaptation", "residual = input_second_moment *", "residual =", "landscape command"),
    ("adaptation", "range(loop.steps)", "range(min(loop.steps, 1))", "landscape"),
    ("adaptation", "update *= factors[name]", "update += factors[name]", "landscape solver options"),
    ("adaptation", "if self.adapts is None else self.adapts", "", "landscape solver families options"),
    ("adaptation", "if self.steps < 0:", "if self.steps < -99:", "landscape"),
    ("adaptation", "self.rate <= 0:", "self.rate < 0:", "landscape"),
    (
        "adaptation",
        "if len(set(chosen)) < len(chosen):",
        "if not chosen and set(chosen):",
        "landscape command",
    ),
    ("adaptation", "if name not in model.parameters:", "if not name:", "landscape options command"),
    ("adaptation", "if self.preconditioner not in _FACTORS:", "if not _FACTORS:", "landscape"),
    # loss and derivatives
    ("landscape", "moment, ring) * fmpq(1, 2)", "moment, ring) * fmpq(1, 3)", "landscape solver numeric"),
    ("landscape", "noise_variance) * fmpq", "noise_variance) * 3 * fmpq", "landscape"),
    (
        "landscape",
        "[residual * partial for",
        "[residual * residual * partial for",
        "landscape solver families",
    ),
    ("landscape", "(start[w] - adapted[w])", "(adapted[w] + start[w])", "landscape"),
    ("landscape", '{"alpha": rational(rate)}', '{"alpha": rational(rate + 1)}', "landscape regimes"),
    ("landscape", "for component in self.gradient)", "for component in self.gradient[::-1])", "landscape"),
    (
        "landscape",
        "for component in self.vector_field)",
        "for component in self.vector_field[::-1])",
        "solver numeric",
    ),
    ("landscape", "self.loss.derivative(i) for", "-self.loss.derivative(i) for", "landscape solver numeric"),
    ("landscape", 'index(f"m{k}"))', 'index("m1"))', "landscape"),
    # polynomials, algebraic numbers
    ("algebra/polynomials", "moment(int(power))", "moment(int(power) + 1)", "landscape tasks"),
    ("algebra/polynomials", "if exponent and name not in place:", "if exponent and not name:", "algebra"),
    (
        "algebra/polynomials",
        "if any(e for i, e in enumerate(exponents) if i != index):",
        "if index < 0:",
        "algebra",
    ),
    ("algebra/polynomials", "term *= known[exponent]", "term += known[exponent]", "algebra solver"),
    (
        "algebra/algebraic_numbers",
        "return 1 if self.value(element, 16) > 0 else -1",
        "return 1",
        "algebra solver",
    ),
    ("algebra/algebraic_numbers", "return self.reduce(s)", "return self.reduce(-s)", "algebra fibres"),
    ("algebra/algebraic_numbers", "len(_real_roots(coefficients, 64))", "1", "algebra fibres solver command"),
    (
        "algebra/algebraic_numbers",
        "-((-upper.numerator) // upper.denominator)",
        "(upper.numerator // upper.denominator)",
        "algebra",
    ),
    (
        "algebra/algebraic_numbers",
        "if total.rel_accuracy_bits() >= precision:",
        "if True:",
        "algebra solver fibres",
    ),
    (
        "algebra/algebraic_numbers",
        "poly.numer().factor()[1]",
        "poly.numer().factor()[1][:1]",
        "algebra solver fibres",
    ),
    # elimination
    (
        "algebra/elimination",
        "AlgebraicPoint(root, (abscissa, height)) for root in roots]",
        "AlgebraicPoint(roots[0], (abscissa, height))]",
        "algebra solver fibres",
    ),
    ("algebra/elimination", "return root if all(", "return root if True or all(", "algebra"),
    (
        "algebra/elimination",
        "if not common.is_constant() or not common:",
        "if not common:",
        "algebra fibres families",
    ),
    (
        "algebra/elimination",
        "fmpq_poly([0, 1]) - shear * height",
        "fmpq_poly([0, 1]) + shear * height",
        "algebra solver",
    ),
    ("algebra/fibres", "line = (fmpq_poly([1]), -height)", "line = (fmpq_poly([1]), height)", "fibres"),
    (
        "algebra/fibres",
        "(differences[i] - differences[i - 1])",
        "(differences[i] + differences[i - 1])",
        "fibres",
    ),
    ("algebra/fibres", "root.sign(fmpq_poly([0, 1])) > 0", "root.sign(fmpq_poly([0, 1])) < 0", "fibres"),
    ("algebra/fibres", "            if len(gcd) == 1:\n                continue\n", "", "fibres"),
    # index
    ("algebra/index", "return turns // 4", "return abs(turns) // 4", "algebra solver families"),
    ("algebra/index", "(right - left) // 2", "(left - right) // 2", "solver"),
    ("algebra/index", "(1, top, right, left)", "(1, top, left, right)", "algebra solver"),
    (
        "algebra/index",
        'raise ZeroOnBoundary("the field may vanish on the boundary of the box")',
        "labels.append(0)",
        "algebra",
    ),
    # counting at algebraic rates
    ("algebra/tarski", "total = -m * monic", "total = m * monic", "algebra"),
    ("algebra/tarski", "[_ZERO, _ZERO, _ONE])) // 2", "[_ZERO, _ZERO, _ONE]))", "algebra regimes"),
    ("algebra/tarski", "== count_real_roots(field, poly)", ">= 0", "algebra regimes"),
    # symmetry and strata
    (
        "stationary_points/symmetry",
        "(2 * gens[k] if chart.even[i] else gens[k] ** 0)",
        "gens[k] ** 0",
        "families",
    ),
    (
        "stationary_points/symmetry",
        "for zeros in sorted(product((True, False), repeat=len(even)), key=lambda z: -sum(z)):",
        "for zeros in [(False,) * len(even)]:",
        "solver regimes command families",
    ),
    ("stationary_points/symmetry", "% 2 == parity for", "% 2 in (0, 1) for", "solver regimes families"),
    # the solver
    ("stationary_points/solve", "> 0 for z in _positive", ">= -9 for z in _positive", "solver"),
    ("stationary_points/solve", "[(1, -1) if chart.even[i] else (1,)", "[(1,)", "solver command"),
    ("stationary_points/solve", "if determinant < 0:\n", "if determinant > 0:\n", "solver"),
    ("stationary_points/solve", "signs += [0, trace]", "signs += [trace, trace]", "solver families"),
    (
        "stationary_points/solve",
        "chart.components[i], chart, stratum.active)) for i",
        "chart.components[i] ** 2, chart, stratum.active)) for i",
        "solver",
    ),
    ("stationary_points/solve", "if not any(s.contains(p) for s in sets)", "", "solver families command"),
    (
        "stationary_points/solve",
        "+= [p for factor, _ in curve.factor()[1] for p in singular_points(factor)]",
        "+= []",
        "families",
    ),
    ("stationary_points/solve", 'set(problem.symbols) - {"s2"}', "set()", "solver"),
    ("stationary_points/index_check", "total += sum(_indices_on_curve(factor, quotient))", "", "families"),
    ("stationary_points/index_check", "if factor else field", "if not factor else field", "families"),
    ("stationary_points/index_check", "solved += slope == task", "solved += 1", "families"),
    ("stationary_points/index_check", "(-1) ** negative", "1", "solver families command regimes"),
    (
        "stationary_points/families",
        "yield _describe(landscape, vanishing)",
        "return",
        "solver families command",
    ),
    (
        "stationary_points/families",
        "elif (anchor := _real_point(factor)) is not None:",
        "elif (anchor := _real_point(factor)) is not None or True:",
        "families",
    ),
    (
        "stationary_points/families",
        'kind="minimum" if loss == 0 else _KINDS[sign]',
        "kind=_KINDS[sign]",
        "families solver",
    ),
    ("stationary_points/families", "if loss == 0:  #", "if loss is None:  #", "families"),
    (
        "stationary_points/globality",
        "zero in zip(points, solved",
        "zero in zip(points, [not s for s in solved]",
        "solver command families",
    ),
    (
        "stationary_points/globality",
        "replace(points[0], is_global=True",
        "replace(points[0], is_global=None",
        "solver",
    ),
    ("stationary_points/points", "sign * ball.sqrt() if", "sign * ball if", "solver command families"),
    ("stationary_points/points", "(h[0][0] - h[1][1]) / 2", "(h[0][0] + h[1][1]) / 2", "solver"),
    ("stationary_points/points", "values[i] = arb(0)", "values[i] = arb(1)", "solver"),
    (
        "stationary_points/points",
        "return Interval(*rational_bounds(ball, digits), ball)",
        "return Interval(*rational_bounds(ball, 3), ball)",
        "solver command",
    ),
    (
        "stationary_points/points",
        "balls = self.enclose(int(3.4 * digits) + 64)",
        "balls = self.enclose(64)",
        "solver command",
    ),
    # symbolic alpha
    (
        "stationary_points/regimes",
        "return [*samples, Fraction(int(bounds[-1][1]) + 1)]",
        "return samples",
        "regimes command",
    ),
    (
        "stationary_points/regimes",
        "there != after.counts",
        "True or there != after.counts",
        "regimes command",
    ),
    ("stationary_points/regimes", "total += (2 if even else 1) *", "total += 1 *", "regimes"),
    ("stationary_points/regimes", "after.counts != before.counts or", "", "regimes"),
    ("stationary_points/regimes", 'problem.symbols != ("alpha",) or', "", "regimes"),
    ("stationary_points/regimes", "== 0\n\n\ndef _certified", ">= 0\n\n\ndef _certified", "regimes"),
    ("stationary_points/branches", "meeting=(meeting,),", "", "regimes command"),
    ("stationary_points/branches", "leaving=tuple(leaving),", "", "regimes"),
    ("stationary_points/branches", "filling=tuple(f for f in factors if not f.degrees()[0]),", "", "regimes"),
    (
        "stationary_points/branches",
        "if factor.degrees()[0] > 1:\n        return None",
        "if factor.degrees()[0] > 0:\n        return None",
        "regimes command",
    ),
    ("stationary_points/symbolic", "2 * sympy.sqrt(sympy.cancel(", "sympy.sqrt(sympy.cancel(", "regimes"),
    ("stationary_points/symbolic", "sign * sympy.sqrt(squares[i]) if", "sign * squares[i] if", "regimes"),
    # the command
    ("stationary_points/radicals", "sign * sympy.sqrt(value) if", "sign * value if", "command"),
    ("stationary_points/json_output", '"kind": point.kind,', '"kind": "extremum",', "command"),
    (
        "stationary_points/json_output",
        '"thresholds": [_threshold(t, digits) for t in found.thresholds],',
        "",
        "command",
    ),
    ("stationary_points/json_output", '"adapts": list(loop.adapting(problem.model)),', "", "options"),
    ("stationary_points/json_output", '"outer": loop.outer,', "", "options"),
    ("stationary_points/json_output", '"preconditioner": loop.preconditioner,', "", "options"),
    (
        "stationary_points/json_output",
        '"families": [_family(family) for family in found.families],',
        '"families": [],',
        "command options",
    ),
    (
        "stationary_points/json_output",
        '"input_second_moment": str(problem.input_second_moment),',
        "",
        "command",
    ),
    ("stationary_points/report", "COMPLETE, proved", "complete", "command options"),
    ("stationary_points/report", "family of dimension", "family with dimension", "options"),
    ("stationary_points/latex", r"\begin{align*}", "{align*}", "command"),
    ("stationary_points/latex", r"$\times", r"$\cdot", "options"),
    ("stationary_points/__main__", 'Refusal("--json and --latex', 'print("--json and --latex', "command"),
    ("stationary_points/__main__", "check_plot(arguments.plot)", "pass", "command"),
    (
        "stationary_points/__main__",
        "_check_is_possible(problem)\n        found",
        "pass\n        found",
        "command options",
    ),
    (
        "stationary_points/__main__",
        'raise Refusal("--model and --factors',
        'print("--model and --factors',
        "options",
    ),
    ("stationary_points/__main__", "type=integer_between(1, MOST_FACTORS)", "type=int", "options"),
    ("stationary_points/__main__", '"--alpha", type=positive', '"--alpha", type=float', "command"),
    ("stationary_points/__main__", "models.NAMED[arguments.model or", "models.NAMED[", "command options"),
    ("stationary_points/__main__", 'print(f"alpha = {PAPER_RATE}', 'print(f"a = {PAPER_RATE}', "options"),
    ("stationary_points/__main__", "type=integer_between(1, 1000)", "type=str", "command"),
    ("stationary_points/__main__", "draw(points, arguments.plot)", "pass", "command"),
    (
        "stationary_points/__main__",
        "if arguments.plot is not None and len(problem.unknowns) > 2:",
        "if False:",
        "options",
    ),
    ("stationary_points/many_unknowns", "factors: certified are", "factors: only", "options"),
    (
        "stationary_points/products/solution",
        "expand(landscape, s)), key",
        "expand(landscape, s) if s.kind == 'minimum'), key",
        "options",
    ),
    ("__init__", 'the paper."""', 'the paper."""\n\nimport matplotlib', "command"),
    # the numeric check
    (
        "numeric/maml",
        "rate * mask.unsqueeze(-1) * gradient",
        "2 * rate * mask.unsqueeze(-1) * gradient",
        "numeric",
    ),
    (
        "numeric/maml",
        'raise ValueError(f"no numerical law',
        'return np.ones(1), np.ones(1)\n        print(f"no numerical law',
        "numeric",
    ),
    ("numeric/residuals", "return self.value <= self.bound", "return True", "numeric"),
)


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
        everything, failing = _run(tree, TESTS.values())
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
        return _run(tree, [TESTS[name] for name in mutation.tests.split()])[1]
    finally:
        path.write_text(source)


def _run(tree: Path, files: Iterable[str]) -> tuple[set[str], set[str]]:
    """The test functions that ran, and those that failed; a file that no longer loads has failed as one."""
    report = tree / "report.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *files]
    try:
        subprocess.run(command, cwd=tree, capture_output=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return set(), {"(the tests no longer ended)"}
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
