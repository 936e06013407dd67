"""Benchmarks: disjoint splits, one decoding, and the facts printed in the data's own description."""

import os

import pytest
import torch

from empirical import benchmarks
from empirical.benchmarks import NAMES, DataError, glyphs, load
from empirical.episodes import Episodes

FOLDER = os.environ.get("FEWSHOT_DATA")
needs_data = pytest.mark.skipif(FOLDER is None, reason="real few-shot images: $FEWSHOT_DATA is not set")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("METADEPTH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FEWSHOT_DATA", raising=False)
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def drawn():
    return load("glyphs")


# --- glyphs


def test_splits_are_disjoint_and_cover_every_class(drawn):
    members = torch.cat([drawn.splits[split] for split in benchmarks.SPLITS])
    assert torch.equal(members, torch.arange(len(drawn.images)))
    assert tuple(len(drawn.splits[split]) for split in benchmarks.SPLITS) == glyphs.FACTS.classes


def test_a_glyph_does_not_depend_on_its_company(drawn):
    alone = glyphs.draw(torch.tensor([7, 423]), 5, 28, seed=0)
    assert torch.equal(alone, drawn.images[[7, 423], :5])
    assert not torch.equal(glyphs.draw(torch.tensor([7]), 5, 28, seed=1), alone[:1])


def test_no_glyph_is_empty_or_drawn_twice(drawn):
    flat = drawn.images.flatten(2)
    assert (flat.float().mean(-1) > 2).all()
    assert len(flat.flatten(0, 1).unique(dim=0)) == flat.shape[0] * flat.shape[1]


def test_glyphs_can_be_learned_but_not_by_comparing_pixels(drawn):
    """Nearest class mean in pixel space, 5-way: far above chance, far below what a network reaches."""
    task = Episodes.evaluation(drawn, "test", ways=5, shots=5, queries=5).batch(0, 200)
    means = task.support_x.flatten(2).unflatten(1, (5, 5)).mean(2)
    accuracy = (torch.cdist(task.query_x.flatten(2), means).argmin(-1) == task.query_y).float().mean()
    assert 0.6 < accuracy < 0.9


# --- looking data up


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(DataError, match="unknown benchmark 'imagenet'; known: " + ", ".join(NAMES)):
        load("imagenet")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "glyphs"])
def test_without_data_the_answer_says_what_to_do(name, tmp_path, monkeypatch):
    with pytest.raises(DataError, match="neither --data-dir nor .*data prepare.*glyphs"):
        load(name)
    with pytest.raises(DataError, match="expected"):
        load(name, data_dir=tmp_path)
    with pytest.raises(DataError, match="no folder .*nowhere"):
        load(name, data_dir=tmp_path / "nowhere")
    monkeypatch.setenv("FEWSHOT_DATA", str(tmp_path))
    with pytest.raises(DataError, match="not here: no .* in .*expected"):
        load(name)
