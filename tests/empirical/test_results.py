"""Rows survive kills, full disks and many writers; damaged lines are told and kept."""

import errno
import json
import multiprocessing
import os
import signal
import time

import pytest

from empirical import results


def row(
    seed: int = 0, iterations: int = 10, status: str = "complete", key: str = "k", filler: str = ""
) -> dict:
    return {
        "record": "table3/glyphs/cnn2/maml",
        "key": key,
        "seed": seed,
        "iterations": iterations,
        "status": status,
        "setting": {"benchmark": "glyphs", "filler": filler},
        "measures": {},
    }


def test_rows_come_back_in_order(tmp_path):
    for seed in range(3):
        results.append(row(seed), tmp_path)
    rows, damages = results.read(tmp_path)
    assert [r["seed"] for r in rows] == [0, 1, 2]
    assert damages == []


def write_many(directory, writer: int, count: int) -> None:
    for i in range(count):
        results.append(row(1000 * writer + i, filler="x" * 20_000), directory)


def test_many_writers_lose_and_mix_nothing(tmp_path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=write_many, args=(tmp_path, w, 25)) for w in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    rows, damages = results.read(tmp_path)
    assert sorted(r["seed"] for r in rows) == [1000 * w + i for w in range(4) for i in range(25)]
    assert damages == []


def test_a_writer_killed_at_any_moment_damages_no_other_line(tmp_path):
    context = multiprocessing.get_context("fork")
    for round_ in range(5):
        writer = context.Process(target=write_many, args=(tmp_path, round_, 10_000))
        writer.start()
        time.sleep(0.03)
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        results.append(row(99_000_000 + round_), tmp_path)
    rows, _ = results.read(tmp_path)
    assert [r["seed"] for r in rows if r["seed"] >= 99_000_000] == [99_000_000 + i for i in range(5)]
    for round_ in range(5):
        own = [r["seed"] for r in rows if r["seed"] // 1000 == round_ and r["seed"] < 99_000_000]
        assert own == sorted(own)


def test_a_torn_line_is_closed_reported_and_kept(tmp_path):
    path = results.append(row(0), tmp_path)
    torn = json.dumps(row(1))[:40].encode()
    with path.open("ab") as file:
        file.write(torn)
    results.append(row(2), tmp_path)
    rows, damages = results.read(tmp_path)
    assert [r["seed"] for r in rows] == [0, 2]
    assert [str(d) for d in damages] == ["glyphs.jsonl line 2: not JSON (40 bytes)"]
    assert torn in path.read_bytes()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[1, 2]", "not an object"),
        ("{}", "no 'record'"),
        (json.dumps(row() | {"seed": "one"}), "'seed' is not int"),
        (json.dumps(row() | {"setting": {}}), "its setting names no benchmark"),
    ],
)
def test_json_that_is_no_row_is_damage(tmp_path, line, reason):
    (tmp_path / "glyphs.jsonl").write_text(line + "\n")
    rows, damages = results.read(tmp_path)
    assert rows == []
    assert damages[0].reason == reason


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = results.append(row(0), tmp_path)
    before = path.read_bytes()
    write = os.write

    def full(descriptor, data):
        write(descriptor, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        results.append(row(1), tmp_path)
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:10]))
    with pytest.raises(OSError, match="only part"):
        results.append(row(1), tmp_path)
    assert path.read_bytes() == before


def test_what_would_not_be_read_back_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="no 'key'"):
        results.append({"record": "x"}, tmp_path)
    with pytest.raises(ValueError, match="not JSON compliant"):
        results.append(row() | {"loss": float("nan")}, tmp_path)
    assert results.read(tmp_path) == ([], [])


def test_the_longest_then_the_latest_row_counts():
    short, long, again = row(iterations=10), row(iterations=20), row(iterations=20, status="diverged")
    assert results.best_rows([long, short], "k") == [long]
    assert results.best_rows([long, again], "k") == [again]
    assert results.best_rows([row(1), row(0), row(0, key="other")], "k") == [row(0), row(1)]


def test_a_run_is_answered_by_a_row_as_long_or_by_a_divergence():
    assert results.answered([row(iterations=20)], "k", 0, 10)
    assert not results.answered([row(iterations=20)], "k", 0, 30)
    assert not results.answered([row(iterations=20)], "k", 1, 10)
    assert results.answered([row(iterations=5, status="diverged")], "k", 0, 30)
