"""Moments of the named laws against quadrature, and the consistency of moment lists."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import tasks


@pytest.mark.parametrize("name", sorted(tasks.NAMED))
def test_named_moments_agree_with_gauss_quadrature(name: str) -> None:
    torch = pytest.importorskip("torch")  # the numeric room lives behind it
    assert torch
    from analysis.numeric.maml import task_nodes

    nodes, weights = task_nodes(12, name)
    for k in range(12):
        assert float(np.sum(weights * nodes**k)) == pytest.approx(
            float(tasks.NAMED[name].moment(k)), rel=1e-10, abs=1e-9
        )


atoms = st.lists(
    st.tuples(st.fractions(-2, 2, max_denominator=5), st.integers(1, 5)),
    min_size=1,
    max_size=4,
    unique_by=lambda a: a[0],
)


@given(atoms, st.integers(1, 9))
def test_moments_of_an_atomic_law_are_accepted(law: list[tuple[Fraction, int]], count: int) -> None:
    total = sum(w for _, w in law)
    moments = tuple(sum(w * x**k for x, w in law) / Fraction(total) for k in range(1, count + 1))
    assert tasks.from_moments(moments).moment(count) == moments[-1]


@given(atoms, st.integers(1, 3))
def test_spoilt_moments_of_an_atomic_law_are_refused(law: list[tuple[Fraction, int]], beyond: int) -> None:
    """n atoms fix every moment from m_{2n} on: any other value belongs to no law."""
    total = sum(w for _, w in law)
    count = 2 * len(law) - 1 + beyond
    moments = [sum(w * x**k for x, w in law) / Fraction(total) for k in range(1, count + 1)]
    moments[-1] -= Fraction(1, 1000)
    with pytest.raises(tasks.MomentError, match="no law has these moments"):
        tasks.from_moments(tuple(moments))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cauchy", "unknown task law 'cauchy': choose gaussian"),
        ("moments:", "moments: .. is not a rational number"),
        ("moments:0,1/0", "divides by zero"),
        ("moments:0,1e999999999", "is not a rational number"),
        ("moments:0,-1", "Hankel determinant of m0..m2 is -1 < 0"),
        ("moments:0,1,0,1/2", "Hankel determinant"),
        ("moments:1,1,2", "only a law with 1 atoms, whose m3 is 1, not 2"),
    ],
)
def test_impossible_laws_are_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(tasks.MomentError, match=message):
        tasks.parse(text)


def test_a_short_list_says_which_moment_is_missing() -> None:
    with pytest.raises(tasks.MomentError, match="add m3"):
        tasks.parse("moments:0,1").moment(3)


def test_names_round_trip() -> None:
    for name in tasks.NAMED:
        assert tasks.parse(name).name == name
    assert tasks.parse("moments:1/2, 1").name == "moments:1/2,1"
