"""The ½ of the loss, which §4 and the appendix write differently, and the moments of the tasks."""

from __future__ import annotations

from analysis.claims.conventions import APPENDIX, MAIN
from analysis.claims.derivations import DEEP, SHALLOW, gradient, loss_of, slope
from analysis.claims.notation import parse
from analysis.tasks import GAUSSIAN


def half_against_none(main: str = "E_xy[(y − cx)²]", appendix: str = "½E_xy[(y − cx)²]") -> bool:
    """(8) is twice (30), and its gradient 2(c − θ), where (31) has c − θ."""
    before = slope(SHALLOW, steps=0)
    as_defined = parse(main) == loss_of(before, MAIN) and parse(appendix) == loss_of(before, APPENDIX)
    return (
        as_defined
        and parse(main) == parse(appendix) * 2
        and gradient(SHALLOW, "c", MAIN) == parse("2(c − θ)")
    )


def main_text_losses() -> bool:
    """E(y − cx)² = (c − θ)² + 1 and E(y − abx)² = (ab − θ)² + 1, the noise being 1."""
    shallow = parse("E_xy[(y − cx)²]") == parse("(c − θ)² + 1") == loss_of(slope(SHALLOW, steps=0), MAIN)
    return shallow and parse("E_xy[(y − abx)²]") == parse("(ab − θ)² + 1") == loss_of(
        slope(DEEP, steps=0), MAIN
    )


def stein_recursion() -> bool:
    """E θ^(k+2) = (k + 1) E θ^k for N(0, 1), Stein's identity, for k up to 10."""
    return all(GAUSSIAN.moment(k + 2) == (k + 1) * GAUSSIAN.moment(k) for k in range(11))
