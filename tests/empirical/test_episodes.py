"""Episodes: what makes a list of tasks usable as evidence is that everyone draws the same ones, without
overlap."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from empirical.benchmarks import SPLITS, Benchmark, DataError
from empirical.benchmarks.benchmark import Facts
from empirical.episodes import Episodes, quarter_turns
from empirical.philox import MASK, philox, sample_without_replacement, uniform, words

FACTS = Facts("toy", "toy", (12, 5, 7), 9, (1, 4, 4), True, None)


def toy() -> Benchmark:
    """Picture j of class i says so: its first pixel is i, its second j, and nothing is symmetric."""
    images = torch.zeros(24, 9, 1, 4, 4, dtype=torch.uint8)
    images[..., 0, 0] = torch.arange(24).view(-1, 1, 1)
    images[..., 0, 1] = torch.arange(9).view(-1, 1)
    images[..., 3, 2] = 200
    return Benchmark.of(FACTS, images, tuple(map(str, range(24))), "toy")


TOY = toy()
LIST = {"split": st.sampled_from(SPLITS), "ways": st.integers(1, 5), "shots": st.integers(1, 4)}


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ((0,) * 4, 0, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((MASK,) * 4, 2**64 - 1, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            0x299F31D0A4093822,
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_its_published_answers(counter, key, answer):
    assert philox(tuple(map(torch.tensor, counter)), key).tolist() == list(answer)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**62), st.integers(1, 9), st.integers(1, 9))
@settings(deadline=None)
def test_words_are_a_function_of_their_address(seed, first, count, more):
    rows = first + torch.arange(3)
    drawn = words(seed, 5, rows, count)
    assert torch.equal(drawn, words(seed, 5, rows, count + more)[:, :count])
    assert torch.equal(drawn[1:2], words(seed, 5, rows[1:2], count))
    assert not torch.equal(words(seed, 5, rows, 4), words(seed, 6, rows, 4))
    assert not torch.equal(words(seed, 5, rows, 4), words(seed ^ 1, 5, rows, 4))


def test_uniform_is_uniform():
    u = uniform(3, 0, torch.arange(2000), 10)
    assert u.min() >= 0
    assert u.max() < 1
    counts = torch.histc(u, 20, 0, 1)
    assert ((counts - 1000).square() / 1000).sum() < 43.8  # chi-square with 19 degrees of freedom, p = 0.001


@given(st.integers(0, 2**40), st.integers(1, 40), st.data())
@settings(deadline=None)
def test_samples_are_distinct_and_extend_each_other(seed, population, data):
    count = data.draw(st.integers(0, population))
    drawn = sample_without_replacement(seed, 1, torch.arange(4), population, count)
    everyone = sample_without_replacement(seed, 1, torch.arange(4), population, population)
    assert torch.equal(everyone[:, :count], drawn)
    assert torch.equal(everyone.sort(-1).values, torch.arange(population).expand(4, -1))


def test_every_ordered_sample_is_equally_likely():
    drawn = sample_without_replacement(11, 2, torch.arange(12000), 4, 2)
    counts = torch.bincount(drawn[:, 0] * 4 + drawn[:, 1], minlength=16)
    assert (counts[[0, 5, 10, 15]] == 0).all()
    pairs = counts[counts > 0].float()
    assert len(pairs) == 12
    assert ((pairs - 1000).square() / 1000).sum() < 31.3  # 11 degrees of freedom, p = 0.001


@given(first=st.integers(0, 2**40), count=st.integers(1, 6), seed=st.integers(0, 2**64 - 1), **LIST)
@settings(max_examples=60, deadline=None)
def test_an_episode_is_what_its_name_says(first, count, seed, split, ways, shots):
    episodes = Episodes(TOY, split, ways, shots, queries=5, seed=seed, rotations=False, scale=1)
    batch = episodes.batch(first, count)
    assert batch.support_x.shape == (count, ways * shots, 1, 4, 4)
    assert batch.query_x.shape == (count, ways * 5, 1, 4, 4)
    for task in range(count):
        x = torch.cat([batch.support_x[task], batch.query_x[task]])
        y = torch.cat([batch.support_y[task], batch.query_y[task]])
        classes, pictures = x[:, 0, 0, 0].long(), x[:, 0, 0, 1].long()
        assert torch.isin(classes, TOY.splits[split]).all()
        assert len(set(zip(classes.tolist(), pictures.tolist(), strict=True))) == len(x)  # none twice
        assert len(set(zip(classes.tolist(), y.tolist(), strict=True))) == ways  # one label a class


@given(first=st.integers(0, 2**40), seed=st.integers(0, 2**64 - 1), **LIST)
@settings(max_examples=40, deadline=None)
def test_a_task_depends_on_nothing_but_seed_split_and_number(first, seed, split, ways, shots):
    episodes = Episodes(TOY, split, ways, shots, 3, seed)
    together, again = episodes.batch(first, 4), Episodes(toy(), split, ways, shots, 3, seed)
    alone = [again.batch(first + i, 1) for i in (3, 0, 1, 2)]
    for field in ("support_x", "support_y", "query_x", "query_y"):
        parts = torch.cat([getattr(alone[i], field) for i in (1, 2, 3, 0)])
        assert torch.equal(getattr(together, field), parts)
    more = Episodes(TOY, split, ways, shots, 5, seed).batch(first, 4)
    assert torch.equal(together.support_x, more.support_x)


def test_lists_differ_between_seeds_splits_and_tasks():
    def drawn(split, seed):
        return Episodes(TOY, split, 5, 4, 5, seed).indices(0, 50)[1].flatten(1)

    assert not torch.equal(drawn("train", 0), drawn("train", 1))
    assert not torch.equal(drawn("train", 0), drawn("test", 0))
    assert len(drawn("train", 0).unique(dim=0)) == 50


def test_evaluation_lists_are_fixed_and_cut_into_batches():
    episodes = Episodes.evaluation(TOY, "test", ways=5, shots=1, queries=2)
    whole = episodes.batch(0, 10)
    parts = list(episodes.batches(10, 4))
    assert [len(part.query_y) for part in parts] == [4, 4, 2]
    assert torch.equal(torch.cat([part.query_x for part in parts]), whole.query_x)
    assert episodes.indices(0, 2)[0].tolist() == [[17, 19, 22, 21, 18], [21, 17, 20, 19, 23]]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("split", SPLITS)
def test_a_task_is_the_same_on_a_gpu(split):
    here = Episodes(TOY, split, shots=4, seed=2**63 + 5).batch(10**9, 32)
    there = Episodes(TOY.to("cuda"), split, shots=4, seed=2**63 + 5).batch(10**9, 32)
    for field in ("support_x", "support_y", "query_x", "query_y"):
        assert torch.equal(getattr(here, field), getattr(there, field).cpu())


def test_a_task_number_out_of_range_is_refused():
    episodes = Episodes(TOY, "train", shots=4)
    assert episodes.batch(2**42 - 1, 1).query_y.shape == (1, 25)
    for first, count in ((-1, 1), (2**42, 1), (0, -1)):
        with pytest.raises(DataError, match="out of range"):
            episodes.batch(first, count)


def test_a_class_is_turned_as_one():
    plain = Episodes(TOY, "train", rotations=False, shots=4).batch(0, 8)
    turned = Episodes(TOY, "train", shots=4)  # the toy's protocol rotates
    classes, _, turns = turned.indices(0, 8)
    assert classes.shape == turns.shape == (8, 5)
    assert set(turns.flatten().tolist()) == {0, 1, 2, 3}
    batch = turned.batch(0, 8)
    for task in range(8):
        for row in range(20):
            expected = plain.support_x[task, row].rot90(int(turns[task, row // 4]), (-2, -1))
            assert torch.equal(batch.support_x[task, row], expected)


def test_quarter_turns_agree_with_rot90():
    x = torch.arange(4 * 2 * 9).view(4, 2, 3, 3)
    out = quarter_turns(x, torch.arange(4).view(4, 1, 1, 1))
    for k in range(4):
        assert torch.equal(out[k], x[k].rot90(k, (-2, -1)))


def test_pixels_are_scaled_once():
    episodes = Episodes(TOY, "train", shots=4, rotations=False)
    x = episodes.batch(0, 1).support_x
    assert x.dtype == torch.float32
    assert x.max() == torch.tensor(200.0) * (1 / 255)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"split": "test", "ways": 8}, "8 ways: the test split of toy has 7 classes"),
        ({"split": "test", "ways": 0}, "0 ways"),
        ({"split": "train", "shots": 5, "queries": 5}, "5 shots and 5 queries a class.* 9 pictures a class"),
        ({"split": "train", "shots": 0}, "0 shots"),
        ({"split": "training"}, "no split 'training'; known: train, validation, test"),
        ({"split": "train", "shots": 1, "seed": -1}, "seed -1 is out of range"),
    ],
)
def test_impossible_tasks_are_refused_in_one_line(settings, message):
    with pytest.raises(DataError, match=message) as refusal:
        Episodes(TOY, **settings)
    assert "\n" not in str(refusal.value)
