"""The answer as LaTeX, ready to paste (needs amsmath and booktabs)."""

from __future__ import annotations

import sympy

from analysis.exact_numbers import decimal
from analysis.landscape import Landscape
from analysis.stationary_points import radicals
from analysis.stationary_points.points import StationaryPoints
from analysis.stationary_points.regimes import Regimes
from analysis.stationary_points.symbolic import closed_forms, expression

_CONVENTION = r"% \ell=\tfrac12 E(y-\hat y)^2; L=\tfrac12 E_\tau(\theta-f)^2 is the excess MAML loss"


def formulas(landscape: Landscape) -> str:
    """Loss, and its gradient or the field that is none."""
    lines = [_CONVENTION, r"\begin{align*}", rf"L &= {sympy.latex(expression(landscape.loss))} \\"]
    is_gradient = landscape.field_polynomials is None
    for w, component in zip(landscape.unknowns, landscape.vector_field, strict=True):
        name = rf"\frac{{\partial L}}{{\partial {w}}}" if is_gradient else f"G_{{{w}}}"
        lines.append(rf"{name} &= {sympy.latex(expression(component))} \\")
    return "\n".join([*lines, r"\end{align*}"])


def numeric(found: StationaryPoints, digits: int) -> str:
    """The table of all points for one α."""
    names = found.problem.unknowns
    head = " & ".join(["kind", *(f"${w}$" for w in names), "$L$", found.landscape.eigenvalues_in_words])
    lines = [
        f"% alpha = {found.problem.loop.rate}; {len(found.points)} points, complete: {found.complete}",
        rf"\begin{{tabular}}{{l{'r' * (len(names) + 1)}l}}",
        r"\toprule",
        head + r" \\",
        r"\midrule",
    ]
    for point, size in found.orbits:
        exact = radicals.coordinates(point)
        cells = (
            [f"${sympy.latex(e)}$" for e in exact]
            if exact is not None
            else [f"${decimal(i.ball, digits)}$" for i in point.box(digits + 4).values()]
        )
        eigenvalues = ", ".join(f"${decimal(e.ball, 6)}$" for e in point.eigenvalues(digits))
        loss = f"${decimal(point.loss(digits + 4).ball, digits)}$"
        kind = point.kind if size == 1 else rf"{point.kind} ($\times {size}$)"
        lines.append(" & ".join([kind, *cells, loss, eigenvalues]) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}"]
    for family in found.families:
        equations = ", ".join(f"{sympy.latex(expression(e))} = 0" for e in family.equations)
        lines.append(
            rf"\noindent Family of dimension {family.dimension}: ${equations or 'L'}$, {family.kind}."
        )
    for name, number in found.constants.items():
        value = decimal(number.enclosure(int(3.4 * digits) + 64), digits)
        polynomial = sympy.latex(sympy.sympify(number.equation(name)))
        lines.append(
            rf"\noindent ${sympy.latex(sympy.Symbol(name))} \approx {value}$, a root of ${polynomial}$."
        )
    return "\n".join(lines)


def symbolic(found: Regimes, digits: int) -> str:
    """Closed forms, thresholds and regimes."""
    lines = [formulas(found.landscape), r"\begin{itemize}"]
    for form in closed_forms(found):
        points = r",\; ".join(
            r"\left(" + ", ".join(sympy.latex(x) for x in point) + r"\right)" for point in form.coordinates
        )
        matrix = f"{found.landscape.derivative_name[0]} = {sympy.latex(form.hessian)}"
        lines.append(rf"\item ${points}$, $L = {sympy.latex(form.loss)}$, ${matrix}$")
    for branch in found.without_closed_form:
        if any(found.points_on(branch)):
            lines.append(rf"\item roots of ${sympy.latex(expression(branch.polynomial))} = 0$")
    for threshold in found.thresholds:
        value = decimal(threshold.interval(digits).ball, digits)
        polynomial = sympy.latex(sympy.sympify(threshold.minimal_polynomial))
        lines.append(rf"\item threshold $\alpha \approx {value}$, a root of ${polynomial}$")
    lines += [r"\end{itemize}", r"\begin{tabular}{rrrrrr}", r"\toprule"]
    lines += [r"$\alpha$ from & to & points & minima & maxima & saddles \\", r"\midrule"]
    for regime in found.regimes:
        lower = "0" if regime.lower is None else decimal(regime.lower.interval(digits).ball, digits)
        upper = r"\infty" if regime.upper is None else decimal(regime.upper.interval(digits).ball, digits)
        counts = " & ".join(str(regime.counts[k]) for k in ("points", "minimum", "maximum", "saddle"))
        lines.append(rf"${lower}$ & ${upper}$ & {counts} \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"])
