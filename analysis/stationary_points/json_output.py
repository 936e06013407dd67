"""The answer as JSON; rationals are strings "p/q"."""

from __future__ import annotations

from typing import Any

from analysis.landscape import CONVENTION, Problem
from analysis.stationary_points import radicals
from analysis.stationary_points.points import Family, Interval, Point, StationaryPoints, interval
from analysis.stationary_points.regimes import Regime, Regimes, Threshold
from analysis.stationary_points.report import stratum_in_words
from analysis.stationary_points.symbolic import ALPHA, closed_forms, expression


def numeric(found: StationaryPoints, digits: int) -> dict[str, Any]:
    """All points for one α."""
    certificate = found.certificate
    return {
        "problem": problem_fields(found.problem),
        "convention": CONVENTION,
        "complete": found.complete,
        "certificate": {
            "method": certificate.method,
            "check": certificate.check,
            "index_sum": certificate.index_sum,
            "expected_index_sum": certificate.expected_index_sum,
            "counts": [list(pair) for pair in certificate.counts],
            "reservation": certificate.reservation,
            "outer_box": [[str(lower), str(upper)] for lower, upper in certificate.outer_box],
        },
        "counts": found.counts,
        "eigenvalues_are": found.landscape.eigenvalues_in_words,
        "points": [_point(point, size, digits) for point, size in found.orbits],
        "families": [_family(family) for family in found.families],
    }


def symbolic(found: Regimes, digits: int) -> dict[str, Any]:
    """The answer for symbolic α."""
    return {
        "problem": problem_fields(found.landscape.problem),
        "convention": CONVENTION,
        "complete": True,
        "loss": str(expression(found.landscape.loss)),
        "thresholds": [_threshold(t, digits) for t in found.thresholds],
        "regimes": [_regime(r, digits) for r in found.regimes],
        "closed_form": [
            {
                "points": [
                    dict(zip(found.landscape.unknowns, map(str, point), strict=True))
                    for point in form.coordinates
                ],
                "loss": str(form.loss),
                "hessian": [[str(x) for x in row] for row in form.hessian.tolist()],
                "exists_where_positive": [str(e) for e in form.existence if e.has(ALPHA)],
            }
            for form in closed_forms(found)
        ],
        "without_closed_form": [
            {
                "where": stratum_in_words(found.landscape, found.chart, branch.stratum.active),
                "polynomial": str(expression(branch.polynomial)),
                "points_in_regimes": found.points_on(branch),
            }
            for branch in found.without_closed_form
        ],
    }


def problem_fields(problem: Problem) -> dict[str, Any]:
    """The problem, every option named."""
    loop = problem.loop
    return {
        "model": problem.model.name,
        "factors": len(problem.model.parameters),
        "inner_steps": loop.steps,
        "task": problem.task.name,
        "input_second_moment": str(problem.input_second_moment),
        "noise_variance": str(problem.noise_variance),
        "alpha": None if loop.rate is None else str(loop.rate),
        "adapts": list(loop.adapting(problem.model)),
        "outer": loop.outer,
        "preconditioner": loop.preconditioner,
    }


def interval_fields(value: Interval, exact: object = None) -> dict[str, Any]:
    """A number between rational ends, and its exact form where there is a short one."""
    ends = {"lower": str(value.lower), "upper": str(value.upper), "approx": value.approx}
    return ends | {"exact": None if exact is None else str(exact)}


def _point(point: Point, size: int, digits: int) -> dict[str, Any]:
    box = point.box(digits)
    exact = radicals.coordinates(point) or (None,) * len(box)
    closed = exact[0] is not None
    return {
        "parameters": {w: interval_fields(i, e) for (w, i), e in zip(box.items(), exact, strict=True)},
        "loss": interval_fields(point.loss(digits), radicals.loss(point)),
        "hessian": [[float(entry.mid()) for entry in row] for row in point.jacobian(digits)],
        "eigenvalues": [interval_fields(e) for e in point.eigenvalues(digits)],
        "inertia": dict(zip(("positive", "negative", "zero"), point.inertia, strict=True)),
        "kind": point.kind,
        "index": point.index,
        "orbit_size": size,
        "global": point.is_global,
        "why": point.why if point.is_global or point.is_global is None else "",
        "defining_polynomial": None if closed else radicals.defining_polynomial(point),
    }


def _family(family: Family) -> dict[str, Any]:
    return {
        "dimension": family.dimension,
        "equations": [f"{e} = 0" for e in family.equations],
        "description": family.description,
        "loss": None if family.loss is None else interval_fields(family.loss),
        "hessian_rank": family.hessian_rank,
        "kind": family.kind,
        "parametrisation": family.parametrisation,
        "exceptions": family.exceptions,
        "constants": {
            name: interval_fields(interval(number.enclosure(), 12))
            | {"minimal_polynomial": number.equation(name)}
            for name, number in family.constants.items()
        },
    }


def _threshold(threshold: Threshold, digits: int) -> dict[str, Any]:
    value = threshold.interval(digits)
    return {
        "lower": str(value.lower),
        "upper": str(value.upper),
        "approx": value.approx,
        "minimal_polynomial": threshold.minimal_polynomial,
        "points_at": threshold.points_at,
    }


def _regime(regime: Regime, digits: int) -> dict[str, Any]:
    return {
        "alpha_lower": "0" if regime.lower is None else _threshold(regime.lower, digits),
        "alpha_upper": None if regime.upper is None else _threshold(regime.upper, digits),
        "sample": str(regime.sample),
        "counts": regime.counts,
    }
