"""`make benchmark`: the exact solver against `import sympy` and against sympy's own solvers, in one run.

Every peer gets the same two polynomials (∂L/∂a, ∂L/∂b of the deep model at α = 1/10) in a process of its own
with a time limit; its answer counts as many stationary points as it lists real pairs at which the exact
gradient vanishes. What counts is not only the seconds but how many of the points come back.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import sys
import time
from fractions import Fraction

PEERS = {
    "sympy.solve": "answers = [(s[a], s[b]) for s in sympy.solve([F, G], [a, b], dict=True) if len(s) == 2]",
    "sympy.solve_poly_system": "answers = sympy.solve_poly_system([F, G], a, b)",
    "sympy.nonlinsolve": "answers = [s for s in sympy.nonlinsolve([F, G], [a, b]) if len(s) == 2]",
}
PEER_PROGRAM = """
import sympy
from fractions import Fraction
from analysis.adaptation import InnerLoop
from analysis.algebra.polynomials import to_sympy
from analysis.landscape import Problem, derive
from analysis.models import DEEP
a, b = sympy.symbols("a b")
F, G = (to_sympy(p).as_expr() for p in derive(Problem(DEEP, loop=InnerLoop(rate=Fraction(1, 10)))).gradient)
import time
start = time.perf_counter()
{call}
seconds = time.perf_counter() - start
found = set()
for x, y in answers:
    x, y = complex(sympy.N(x, 30)), complex(sympy.N(y, 30))
    gradient = [complex(p.subs({{a: x.real, b: y.real}})) for p in (F, G)]
    if abs(x.imag) + abs(y.imag) < 1e-9 and max(map(abs, gradient)) < 1e-6:
        found.add((round(x.real, 6) + 0.0, round(y.real, 6) + 0.0))
print(seconds, len(found))
"""


def process_seconds(*arguments: str, repeats: int) -> float:
    """The median wall time of a whole Python process."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def solver_seconds(repeats: int) -> tuple[float, int]:
    """The median in-process time of deriving and solving, and the number of points."""
    from analysis.adaptation import InnerLoop
    from analysis.landscape import Problem
    from analysis.models import DEEP
    from analysis.stationary_points import stationary_points

    times, count = [], 0
    for i in range(repeats):
        rate = Fraction(1, 10) + Fraction(i, 10**6)  # another α each time: nothing is remembered
        start = time.perf_counter()
        count = len(stationary_points(Problem(DEEP, loop=InnerLoop(rate=rate))).points)
        times.append(time.perf_counter() - start)
    return statistics.median(times), count


def peer(call: str, limit: float) -> tuple[str, str]:
    """(seconds, real stationary points found) of a peer, in words."""
    program = PEER_PROGRAM.format(call=call)
    try:
        result = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=limit, check=True
        )
    except subprocess.TimeoutExpired:
        return f"> {limit:g} (stopped)", "0"
    except subprocess.CalledProcessError as error:
        return "failed", error.stderr.strip().splitlines()[-1][:60]
    seconds, found = result.stdout.split()
    return f"{float(seconds):.3f}", found


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for each peer")
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    import flint
    import sympy

    versions = f"Python {platform.python_version()}, sympy {sympy.__version__}, flint {flint.__version__}"
    print(f"{platform.machine()}, {versions}; medians of {arguments.repeats}\n")
    process_seconds("-c", "import sympy", repeats=1)
    reference = process_seconds("-c", "import sympy", repeats=arguments.repeats)
    job = ("-m", "analysis.stationary_points")
    numeric = process_seconds(*job, "--alpha", "1/10", repeats=arguments.repeats)
    symbolic = process_seconds(*job, repeats=arguments.repeats)
    print("whole process                        seconds   × import sympy")
    for name, seconds in (
        ("import sympy", reference),
        ("main job, --alpha 1/10", numeric),
        ("main job, symbolic and regimes", symbolic),
    ):
        print(f"{name:36} {seconds:7.3f}   {seconds / reference:7.2f}")
    seconds, count = solver_seconds(arguments.repeats)
    print("\nin process                           seconds          real stationary points found")
    print(f"{'analysis.stationary_points':36} {seconds:<16.3f} {count} (certified: all)")
    for name, call in PEERS.items():
        took, found = peer(call, arguments.limit)
        print(f"{name:36} {took:16} {found}")


if __name__ == "__main__":
    main()
