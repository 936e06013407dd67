"""Benchmarks: disjoint splits, one decoding, and the facts printed in the data's own description."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from empirical import benchmarks
from empirical.benchmarks import NAMES, DataError, glyphs, load, mini_imagenet
from empirical.episodes import Episodes

FOLDER = os.environ.get("FEWSHOT_DATA")
needs_data = pytest.mark.skipif(FOLDER is None, reason="real few-shot pictures: $FEWSHOT_DATA is not set")


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
    with pytest.raises(DataError, match=r"neither --data-dir nor .*data prepare.*glyphs"):
        load(name)
    with pytest.raises(DataError, match="expected"):
        load(name, data_dir=tmp_path)
    with pytest.raises(DataError, match=r"no file or folder .*nowhere"):
        load(name, data_dir=tmp_path / "nowhere")
    monkeypatch.setenv("FEWSHOT_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"not here: no .* in .*expected"):
        load(name)


@pytest.mark.parametrize("device", ["cuda:9", "tpu"])
def test_an_unavailable_device_is_one_line(device):
    with pytest.raises(DataError, match=f"generated glyphs cannot be put on device '{device}'") as error:
        load("glyphs", device=device)
    assert "\n" not in str(error.value)


# --- the real pictures, against the description that came with them


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Real benchmarks, each decoded once for all tests of this module."""
    loaded = {}

    def get(name):
        if name not in loaded:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("METADEPTH_CACHE", str(tmp_path_factory.getbasetemp() / "decoded"))
                loaded[name] = load(name, data_dir=FOLDER)
        return loaded[name]

    return get


def described(name):
    return json.loads((Path(FOLDER) / f"{name}_splits.json").read_text())


@needs_data
@pytest.mark.data
def test_omniglot_is_the_described_one(real):
    benchmark, split = real("omniglot"), described("omniglot")
    order = split["train"] + split["val"] + split["test"]
    with np.load(Path(FOLDER) / "omniglot_28.npz", allow_pickle=False) as stored:
        assert np.array_equal(benchmark.images[:, :, 0].numpy(), stored["images"][order])
        assert benchmark.class_names == tuple(stored["class_names"][order])
    assert [len(benchmark.splits[s]) for s in benchmarks.SPLITS] == [1100, 100, 423]
    assert sorted(order) == list(range(1623))


@needs_data
@pytest.mark.data
def test_cifar_fs_is_the_described_one(real):
    benchmark, split = real("cifar-fs"), described("cifar_fs")
    for ours, theirs in zip(benchmarks.SPLITS, ("train", "val", "test"), strict=True):
        names = [benchmark.class_names[i] for i in benchmark.splits[ours]]
        assert names == sorted(split[theirs])
    assert benchmark.images.shape == (100, 600, 3, 32, 32)
    mean = benchmark.images.float().mean((0, 1, 3, 4)) / 255
    published = torch.tensor(
        [0.5071, 0.4865, 0.4409]
    )  # of the 50,000 training pictures; these are all 60,000
    assert (mean - published).abs().max() < 1e-3


@needs_data
@pytest.mark.data
def test_the_stand_in_is_the_described_one(real):
    benchmark, split = real("mini-imagenet-standin"), described("mini_imagenet_standin")
    for ours, theirs in zip(benchmarks.SPLITS, ("train", "val", "test"), strict=True):
        names = [benchmark.class_names[i] for i in benchmark.splits[ours]]
        assert names == [item["wnid"] for item in split[theirs]]
    assert benchmark.images.shape == (100, 550, 3, 64, 64)
    assert benchmark.label == "mini-ImageNet stand-in (Tiny-ImageNet, 64 px)"


@needs_data
@pytest.mark.data
def test_the_canonical_class_list_is_pinned():
    """The digest that a user's mini-ImageNet lists are held against is that of the published split."""
    split = described("mini_imagenet_canonical")
    text = "\n".join(" ".join(sorted(c["wnid"] for c in split[part])) for part in ("train", "val", "test"))
    assert hashlib.sha256(text.encode()).hexdigest() == mini_imagenet.FACTS.digest


@needs_data
@pytest.mark.data
@pytest.mark.parametrize("name", ["omniglot", "cifar-fs", "mini-imagenet-standin"])
def test_real_tasks_hold_no_picture_twice(real, name):
    episodes = Episodes.evaluation(real(name), "test", ways=5, shots=5, queries=5)
    classes, pictures, _ = episodes.indices(0, 200)
    flat = (classes.unsqueeze(-1) * 1000 + pictures).flatten(1).sort(-1).values
    assert (flat.diff(dim=-1) > 0).all()
    assert torch.isin(classes, real(name).splits["test"]).all()
    if name == "omniglot":
        assert episodes.batch(0, 1).support_x.mean() < 0.3  # ink is bright, paper is dark
