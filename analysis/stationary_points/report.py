"""The answer as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.exact_numbers import decimal
from analysis.landscape import CONVENTION, Landscape, Problem
from analysis.stationary_points.families import coordinate_forms
from analysis.stationary_points.points import Point, StationaryPoint, StationaryPoints
from analysis.stationary_points.radicals import coordinates, defining_polynomial
from analysis.stationary_points.regimes import Regime, Regimes
from analysis.stationary_points.symbolic import closed_forms, expression
from analysis.stationary_points.symmetry import Chart


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Left-aligned columns under a rule."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in [header, *rows]
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def heading(problem: Problem) -> str:
    """One line that says what is analysed."""
    loop = problem.loop
    rate = "symbolic" if loop.rate is None else f"{loop.rate} ({float(loop.rate):g})"
    rate = rate if loop.uses_rate else "none, rates are learned"
    adapts = "all" if loop.adapts is None else ", ".join(loop.adapts) or "none"
    extra = "" if loop.outer == "maml" else f", outer rule {loop.outer}"
    extra += "" if problem.input_second_moment == 1 else f", E[x^2] = {problem.input_second_moment}"
    extra += "" if problem.noise_variance == 1 else f", noise variance {problem.noise_variance}"
    extra += "" if loop.preconditioner == "none" else f", preconditioner {loop.preconditioner}"
    return (
        f"{problem.model.name} model ({', '.join(problem.model.parameters)}), {problem.task.name} tasks, "
        f"{loop.steps} inner step{'s' * (loop.steps != 1)}, alpha = {rate}, adapting: {adapts}{extra}"
    )


def numeric(found: StationaryPoints, digits: int) -> str:
    """All points for one α."""
    header = ["kind", *found.problem.unknowns, "excess loss", found.landscape.eigenvalues_in_words, "global"]
    orbits = found.orbits
    rows = [_row(point, digits) for point, _ in orbits]
    if len(orbits) < len(found.points):
        header = ["points", *header]
        rows = [[str(size), *row] for row, (_, size) in zip(rows, orbits, strict=True)]
    parts = [heading(found.problem), CONVENTION, ""]
    counts = ", ".join(f"{n} {kind}" for kind, n in found.counts.items() if kind != "points" and n)
    symmetric = f" in {len(orbits)} orbits" if len(orbits) < len(found.points) else ""
    parts.append(
        f"{len(found.points)} isolated stationary points{symmetric}" + (f": {counts}" if counts else "")
    )
    if rows:
        parts += ["", table(header, rows)]
    for family in found.families:
        loss = "" if family.loss is None else f", excess loss {decimal(family.loss.ball, min(digits, 12))}"
        parts.append(
            f"family of dimension {family.dimension}: {family.description}{loss}, "
            f"{found.landscape.derivative_name} rank {family.hessian_rank}, {family.kind}"
        )
        parts += [f"    {words}" for words in (family.parametrisation, family.exceptions) if words]
    for name, number in found.constants.items():
        value = decimal(number.enclosure(int(3.4 * digits) + 64), digits)
        parts.append(f"{name} = {value}, a root of {number.equation(name)}")
    parts += ["", *_reasons(found), *_exact(found), _certificate(found)]
    return "\n".join(parts)


def _row(point: Point, digits: int) -> list[str]:
    coordinates = [decimal(i.ball, digits) for i in point.box(digits + 4).values()]
    eigenvalues = "  ".join(decimal(e.ball, min(digits, 6)) for e in point.eigenvalues(digits))
    is_global = {True: "yes", False: "", None: "undecided"}[point.is_global]
    return [point.kind, *coordinates, decimal(point.loss(digits + 4).ball, digits), eigenvalues, is_global]


def _reasons(found: StationaryPoints) -> list[str]:
    reasons = dict.fromkeys(p.why for p in found.points if p.is_global or p.is_global is None)
    return [f"global minima: {why}" for why in reasons if why]


def _exact(found: StationaryPoints) -> list[str]:
    """Closed forms, and for the other points the polynomial that defines them."""
    closed: list[str] = []
    algebraic: dict[tuple[str, str], int] = {}
    for point in found.points:
        expressions = coordinates(point)
        if expressions is not None:
            closed.append("(" + ", ".join(map(str, expressions)) + ")")
        elif isinstance(point, StationaryPoint) and (polynomial := defining_polynomial(point)) is not None:
            key = (stratum_in_words(found.landscape, point.chart, point.active), polynomial)
            algebraic[key] = algebraic.get(key, 0) + 1
    lines = ["exact: " + "  ".join(closed)] if closed else []
    for (words, polynomial), count in algebraic.items():
        lines.append(f"{count} points with {words} in Q(u), u a real root of {polynomial} = 0")
    return lines


def _certificate(found: StationaryPoints) -> str:
    c = found.certificate
    check = f"independent check: {c.check or 'none for this problem'}"
    if c.counts:
        found_numbers, expected_numbers = (
            " and ".join(map(str, column)) for column in zip(*c.counts, strict=True)
        )
        check += f": {found_numbers} found, {expected_numbers} expected"
    verdict = f"NOT COMPLETE: {c.reservation or 'the two checks disagree'}"
    if found.complete:
        verdict = "COMPLETE, proved"
    return f"{verdict}\n  method: {c.method}\n  {check}"


def symbolic(found: Regimes, digits: int) -> str:
    """The answer for symbolic α: loss, closed forms, the rest as roots, thresholds and regimes."""
    landscape = found.landscape
    parts = [heading(landscape.problem), CONVENTION, "", f"L = {expression(landscape.loss)}", ""]
    for form in closed_forms(found):
        points = "  ".join("(" + ", ".join(map(str, point)) + ")" for point in form.coordinates)
        hessian = str(form.hessian.tolist())
        parts.append(f"closed form: {points}")
        parts.append(f"    excess loss {form.loss}")
        name = landscape.derivative_name
        parts.append(f"    {name} {hessian}" if len(hessian) < 200 else f"    {name}: long; use --latex")
    for branch in found.without_closed_form:
        counts = found.points_on(branch)
        words = stratum_in_words(landscape, found.chart, branch.stratum.active)
        real = (
            f"{', '.join(map(str, counts))} real points in the regimes below" if any(counts) else "never real"
        )
        parts.append(f"roots: {words}; {real}")
        if any(counts):
            parts.append(f"    {expression(branch.polynomial)} = 0")
    parts.append("")
    for threshold in found.thresholds:
        i = threshold.interval(digits)
        parts.append(f"threshold alpha = {decimal(i.ball, digits)}: {threshold.points_in_words} there")
        parts.append(f"    root of {threshold.minimal_polynomial}")
    header = ["alpha from", "to", "points", "minima", "maxima", "saddles", "degenerate"]
    parts += ["", table(header, [_regime_row(regime, digits) for regime in found.regimes])]
    parts.append(
        "proved: counts are constant between critical values of alpha and certified at one inside each"
    )
    return "\n".join(parts)


def stratum_in_words(landscape: Landscape, chart: Chart, active: tuple[int, ...]) -> str:
    """Which coordinates of a chart vanish and which do not, as linear forms in the unknowns."""
    forms = coordinate_forms(landscape, chart)
    words = [f"{forms[i]} = 0" for i in range(len(forms)) if i not in active]
    for i in active:
        form = f"({forms[i]})^2 > 0" if chart.even[i] else str(forms[i])
        words.append(f"{chart.coordinates[i]} = {form}")
    return ", ".join(words)


def paper_statement(found: Regimes, points: StationaryPoints) -> str:
    """One line on what the paper says of these stationary points, with the counts just derived."""
    if found.landscape.problem.model.name == "shallow":
        curvature = expression(found.landscape.hessian[0][0]).factor()
        return (
            "Paper, (11) and (35): '2(1 - alpha)^2 c^2 + const', minimiser c = 0. "
            f"Derived: L'' = {curvature}, so "
            "the c-part is half that times c^2; c = 0 is the minimiser unless alpha = 1, where every c is."
        )
    ends = " and ".join(
        f"{regime.counts['points']} {word}"
        for regime, word in zip(found.regimes, ("below the threshold", "above it"), strict=False)
    )
    return (
        f"Paper, A.1.2: 'at least 5 stationary points'. Exactly {len(points.points)} at its alpha = "
        f"{points.problem.loop.rate} ({ends}): its five are right, the others lie on the diagonals a = b and "
        "a = -b. Its Hessians (55)-(57) belong to 2 L."
    )


def _regime_row(regime: Regime, digits: int) -> list[str]:
    ends = [
        decimal(end.interval(digits).ball, digits) if end is not None else default
        for end, default in ((regime.lower, "0"), (regime.upper, "infinity"))
    ]
    return ends + [str(regime.counts[k]) for k in ("points", "minimum", "maximum", "saddle", "degenerate")]
