"""What outsiders have: small archives in the published layouts, whole, and damaged in every likely way."""

import hashlib
import io
import itertools
import os
import pickle
import struct
import tarfile
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from empirical.benchmarks import (
    DataError,
    cifar_fs,
    command,
    inert_pickle,
    load,
    loading,
    mini_imagenet,
    omniglot,
    standin,
    store,
)
from empirical.benchmarks.benchmark import Download, Facts

RANDOM = np.random.default_rng(0)
HTML = b"\n<!DOCTYPE html><html><title>404</title></html>"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("METADEPTH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FEWSHOT_DATA", raising=False)
    return tmp_path / "cache"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def decoded(source) -> tuple[tuple[str, ...], np.ndarray]:
    names, blocks = source.decode()
    return names, np.stack(list(blocks))


def encoded(array: np.ndarray, kind: str = "png", **options) -> bytes:
    memory = io.BytesIO()
    Image.fromarray(array).save(memory, kind, **options)
    return memory.getvalue()


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# --- Omniglot

PARTS = ("images_background", "images_evaluation")


class Omniglot:
    """Six characters of two drawings in the archives' layout, and the same drawings packed."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.bits = RANDOM.random((6, 2, 105, 105)) < 0.1
        self.facts = Facts("omniglot", "Omniglot", (3, 1, 2), 2, (1, 28, 28), True, None)
        self.members = {
            f"{PARTS[i > 3]}/Letters_{i % 2}/character{i:02d}/{i + 1:04d}_{j + 1:02d}.png": encoded(
                ~self.bits[i, j]
            )
            for i, j in itertools.product(range(6), range(2))
        }

    def packed(self) -> Path:
        np.savez(
            self.folder / "omniglot_105_bits.npz",
            images_packed=np.packbits(self.bits, axis=-1),
            class_names=np.array([f"Letters_{i % 2}/character{i:02d}" for i in range(6)]),
        )
        return self.folder

    def zipped(self, leave_out: str = "-") -> Path:
        for part in PARTS:
            with zipfile.ZipFile(self.folder / f"{part}.zip", "w") as archive:
                for name, content in self.members.items():
                    if name.startswith(part) and leave_out not in name:
                        archive.writestr(name, content)
                archive.writestr(f"__MACOSX/{part}/._0001_01.png", b"not a picture")
        self.pin()
        return self.folder

    def pin(self) -> None:
        files = [self.folder / f"{part}.zip" for part in PARTS]
        self.facts = replace(
            self.facts, downloads=tuple(Download(path.as_uri(), sha256(path)) for path in files)
        )

    def unpacked(self) -> Path:
        for name, content in self.members.items():
            write(self.folder / name, content)
        return self.folder

    def read(self, folder: Path | None = None):
        return omniglot.read(folder or self.folder, self.facts)


@pytest.fixture
def letters(tmp_path):
    (tmp_path / "omniglot").mkdir()
    return Omniglot(tmp_path / "omniglot")


@pytest.mark.parametrize("layout", ["packed", "zipped", "unpacked"])
def test_omniglot_is_the_same_from_every_layout(letters, layout):
    getattr(letters, layout)()
    names, images = decoded(letters.read())
    order = [4, 2, 1, 0, 5, 3]  # random.Random(0).shuffle of 0 … 5
    assert names == tuple(f"Letters_{i % 2}/character{i:02d}" for i in order)
    for k, i in enumerate(order):
        for j in range(2):
            grey = Image.fromarray(letters.bits[i, j].astype(np.uint8) * 255)
            assert np.array_equal(images[k, j, 0], np.asarray(grey.resize((28, 28), Image.Resampling.BOX)))
    assert images.max() > 60  # ink is bright
    assert images.mean() < 40  # and paper dark


def test_omniglot_errors_name_what_is_wrong(letters, tmp_path):
    folder = letters.zipped(leave_out="0004_02")
    with pytest.raises(DataError, match=r"1 of 12 drawings are missing, the first is 0004_02\.png"):
        letters.read().decode()
    letters.zipped()
    letters.facts = replace(letters.facts, digest="0" * 64)
    with pytest.raises(DataError, match="the pictures are not those of Omniglot"):
        letters.read().decode()
    letters.facts = replace(letters.facts, digest=None, per_class=1)
    with pytest.raises(DataError, match="Omniglot has 6 characters of 1 drawings"):
        letters.read().decode()
    letters.facts = replace(letters.facts, per_class=2)
    archive = folder / "images_evaluation.zip"
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="not the published file: was the download cut short"):
        letters.read().decode()
    letters.pin()
    with pytest.raises(DataError, match="truncated or not a zip archive"):
        letters.read().decode()
    archive.write_bytes(HTML)
    with pytest.raises(DataError, match=r"images_evaluation\.zip is an HTML page, not data"):
        letters.read().decode()
    archive.unlink()
    with pytest.raises(DataError, match=r"images_evaluation\.zip is missing \(1 of 2 files are there\)"):
        letters.read()


def test_a_damaged_or_misshapen_drawing_is_named(letters):
    name = next(name for name in letters.members if "0002_01" in name)
    letters.members[name] = letters.members[name][:60]
    letters.unpacked()
    with pytest.raises(DataError, match=r"0002_01\.png is not a whole picture"):
        letters.read().decode()
    letters.members[name] = encoded(np.zeros((20, 30), bool))
    letters.unpacked()
    with pytest.raises(DataError, match=r"0002_01\.png: 30x20 pixels, should be 105x105"):
        letters.read().decode()


def test_a_file_that_cannot_be_read_is_named(letters):
    letters.unpacked()
    source = letters.read()
    source.files[0].unlink()
    with pytest.raises(DataError, match=rf"cannot read {source.files[0]}: No such file"):
        source.decode()


def test_a_damaged_npz_is_named(letters):
    file = letters.packed() / "omniglot_105_bits.npz"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"omniglot_105_bits\.npz is damaged"):
        letters.read().decode()
    np.savez(file, other=np.zeros(3))
    with pytest.raises(DataError, match=r"omniglot_105_bits\.npz is damaged or not the file described"):
        letters.read().decode()


# --- CIFAR-FS


def python2_pickle(item) -> bytes:
    """What Python 2 and the numpy of 2009 wrote at protocol 2."""

    def write(item) -> bytes:
        match item:
            case dict():
                return b"}(" + b"".join(write(key) + write(value) for key, value in item.items()) + b"u"
            case list():
                return b"](" + b"".join(map(write, item)) + b"e"
            case tuple():
                return b"(" + b"".join(map(write, item)) + b"t"
            case bool():
                return b"\x88" if item else b"\x89"
            case None:
                return b"N"
            case int():
                return b"J" + struct.pack("<i", item)
            case str():
                return b"T" + struct.pack("<i", len(item)) + item.encode("latin-1")
            case np.ndarray():
                build = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n" + write((0,)) + write("b")
                kind = b"cnumpy\ndtype\n" + write(("u1", 0, 1)) + b"R"
                kind += write((3, "|", None, None, None, -1, -1, 0)) + b"b"
                state = b"(" + write(1) + write(item.shape) + kind + write(False)
                return build + b"\x87R" + state + write(item.tobytes().decode("latin-1")) + b"tb"
        raise TypeError(item)

    return b"\x80\x02" + write(item) + b"."


class Cifar:
    """Three classes of six pictures, four of them in the training set, in all three layouts."""

    names = ("bee", "apple", "cup")  # train, validation, test

    def __init__(self, folder: Path):
        self.folder = folder
        self.images = RANDOM.integers(0, 256, (3, 6, 32, 32, 3), dtype=np.uint8)  # bee, apple, cup
        self.facts = replace(cifar_fs.FACTS, classes=(1, 1, 1), per_class=6, digest=None)

    def packed(self) -> Path:
        for part, classes in (("train-1", [0]), ("train-2", []), ("val", [1]), ("test", [2])):
            sheets = [
                encoded(
                    self.images[i].reshape(2, 3, 32, 32, 3).transpose(0, 2, 1, 3, 4).reshape(64, 96, 3),
                    "webp",
                    lossless=True,
                )
                for i in classes
            ]
            np.savez(
                self.folder / f"cifar_fs_{part}.npz",
                encoded=np.frombuffer(b"".join(sheets), np.uint8),
                offsets=np.cumsum([0, *map(len, sheets)]),
                class_names=np.array([self.names[i] for i in classes], dtype=str),
            )
        return self.folder

    def archive(self, drop: int = 0) -> Path:
        """The pictures of all classes shuffled together, as rows of 3072 bytes, channels first."""
        labels = np.repeat([1, 0, 2], 6)  # meta is sorted: apple, bee, cup
        rows = self.images.transpose(0, 1, 4, 2, 3).reshape(18, 3072)
        training = np.tile([True] * 4 + [False] * 2, 3)
        files = {"meta": {"fine_label_names": sorted(self.names), "coarse_label_names": ["things"]}}
        for part, chosen in (("train", training), ("test", ~training)):
            order = RANDOM.permutation(np.flatnonzero(chosen))[drop:]
            files[part] = {
                "filenames": [f"{i}.png" for i in order],
                "batch_label": part,
                "fine_labels": labels[order].tolist(),
                "data": rows[order],
            }
        path = self.folder / "cifar-100-python.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(f"cifar-100-python/{name}")
                content = python2_pickle(content)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return self.pin()

    def pin(self) -> Path:
        path = self.folder / "cifar-100-python.tar.gz"
        self.facts = replace(self.facts, downloads=(Download(path.as_uri(), sha256(path)),))
        return self.folder

    def unpacked(self) -> Path:
        with tarfile.open(self.archive() / "cifar-100-python.tar.gz") as archive:
            for member in archive:
                write(self.folder / member.name, archive.extractfile(member).read())
        (self.folder / "cifar-100-python.tar.gz").unlink()
        return self.folder

    def folders(self) -> Path:
        for i, j in itertools.product(range(3), range(6)):
            part = "train" if j < 4 else "test"
            write(self.folder / part / self.names[i] / f"{j:03d}.png", encoded(self.images[i, j]))
        return self.folder

    def read(self):
        return cifar_fs.read(self.folder, self.facts, self.names)


@pytest.fixture
def cifar(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar_fs, "SHEET", (2, 3))
    (tmp_path / "cifar").mkdir()
    return Cifar(tmp_path / "cifar")


@pytest.mark.parametrize("layout", ["packed", "archive", "unpacked", "folders"])
def test_cifar_is_the_same_from_every_layout(cifar, layout):
    getattr(cifar, layout)()
    names, images = decoded(cifar.read())
    assert names == cifar.names
    assert images.shape == (3, 6, 3, 32, 32)
    for i in range(3):
        expected = sorted(image.transpose(2, 0, 1).tobytes() for image in cifar.images[i])
        assert [image.tobytes() for image in images[i]] == expected


def test_cifar_errors_name_what_is_wrong(cifar):
    cifar.archive(drop=1)
    with pytest.raises(DataError, match=r"class '\w+' has \d pictures of shape .*should be 6"):
        cifar.read().decode()
    path = cifar.archive() / "cifar-100-python.tar.gz"
    cifar.names = ("bee", "apple", "cup", "dragon")
    with pytest.raises(DataError, match="class 'dragon' is missing"):
        cifar.read().decode()
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(DataError, match="not the published file"):
        cifar.read().decode()
    cifar.pin()
    with pytest.raises(DataError, match="truncated or not the archive"):
        cifar.read().decode()


def test_class_lists_beside_the_pictures_must_be_those_of_cifar_fs(cifar):
    for part, name in zip(("train", "val", "test"), cifar.names, strict=True):
        write(cifar.folders() / "splits" / f"{part}.txt", f"{name}\n".encode())
    assert decoded(cifar.read())[0] == cifar.names
    lists = write(cifar.folder / "splits" / "val.txt", b"cup\n")
    with pytest.raises(DataError, match=rf"{lists} does not list the 1 val classes of CIFAR-FS"):
        cifar.read()


FORBIDDEN = "made-by-a-pickle"


class Evil:
    def __reduce__(self):
        return os.mkdir, (FORBIDDEN,)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps({"data": Evil()}, protocol=2), r"refused: the file asks for posix\.mkdir|nt\.mkdir"),
        (pickle.dumps({"data": 1.5}, protocol=2), "refused: the file contains the instruction BINFLOAT"),
        (pickle.dumps({"data": {1}}, protocol=4), "refused"),
        (b"\x80\x02}(U\x01a", "truncated or not one"),
        (b"", "truncated"),
        (b"hello", "truncated or not one"),
        (b"\x80\x02}(u.u.", None),
        (
            python2_pickle({"x": np.arange(6, dtype=np.uint8).reshape(2, 3)}).replace(b"u1", b"f8"),
            "type 'f8'",
        ),
        (python2_pickle({"x": np.zeros((2, 3), np.uint8)})[:-20], "truncated"),
    ],
)
def test_a_pickle_can_only_be_data(content, message, tmp_path):
    if message is None:
        assert inert_pickle.read(io.BytesIO(content), "it") == {}
        return
    with pytest.raises(DataError, match=message) as refusal:
        inert_pickle.read(io.BytesIO(content), "it")
    assert "\n" not in str(refusal.value)
    assert not Path(FORBIDDEN).exists()


def test_ordinary_pickles_of_plain_data_are_understood():
    item = {"names": ["a", "b"], "numbers": [1, 300, 70000, -1], "none": None, "pair": (1, "x"), "flag": True}
    for protocol in (2, 3):
        assert inert_pickle.read(io.BytesIO(pickle.dumps(item, protocol=protocol)), "it") == item
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert np.array_equal(inert_pickle.read(io.BytesIO(python2_pickle({"x": array})), "it")["x"], array)


# --- mini-ImageNet and its stand-in


@pytest.fixture
def mini(tmp_path):
    """Two, one and one classes of three pictures, one folder of 84 x 84 and larger JPEG files."""
    folder = tmp_path / "mini"
    classes = {"train": ["n2", "n1"], "val": ["n3"], "test": ["n4"]}
    for split, labels in classes.items():
        rows = [(f"{label}_{j}.jpg", label) for label in labels for j in range(3)]
        write(folder / f"{split}.csv", "\n".join(["filename,label", *map(",".join, rows)]).encode())
        for file, label in rows:
            side = 84 if label == "n1" else 120
            content = encoded(np.full((side, side, 3), 10 * int(label[1]), np.uint8), "jpeg")
            write(folder / "images" / (label if label == "n2" else "") / file, content)
    return folder


MINI = replace(mini_imagenet.FACTS, classes=(2, 1, 1), per_class=3, digest=None)


def test_mini_imagenet_is_read_from_its_lists(mini):
    names, images = decoded(mini_imagenet.read(mini, MINI))
    assert names == ("n1", "n2", "n3", "n4")
    assert images.shape == (4, 3, 3, 84, 84)
    assert np.abs(images.mean((1, 2, 3, 4)) - [10, 20, 30, 40]).max() < 2


def test_mini_imagenet_errors_name_what_is_wrong(mini):
    with pytest.raises(DataError, match="the lists do not name the classes of Ravi and Larochelle"):
        mini_imagenet.read(mini, replace(MINI, digest="0" * 64)).decode()
    with pytest.raises(DataError, match=r"train\.csv lists 2 classes, should be 64"):
        mini_imagenet.read(mini, mini_imagenet.FACTS).decode()
    with pytest.raises(DataError, match=r"train\.csv lists 3 pictures of class n1, should be 4"):
        mini_imagenet.read(mini, replace(MINI, per_class=4)).decode()
    (mini / "images" / "n3_1.jpg").unlink()
    with pytest.raises(DataError, match=r"n3_1\.jpg is listed and missing \(class n3\)"):
        decoded(mini_imagenet.read(mini, MINI))
    write(mini / "val.csv", b"name;class\nx;y")
    with pytest.raises(DataError, match=r"val\.csv is not a list with the columns filename and label"):
        mini_imagenet.read(mini, MINI).decode()
    write(mini / "val.csv", HTML)
    with pytest.raises(DataError, match=r"val\.csv is an HTML page"):
        mini_imagenet.read(mini, MINI).decode()
    (mini / "val.csv").unlink()
    with pytest.raises(DataError, match=r"val\.csv is missing"):
        mini_imagenet.read(mini, MINI)


def test_the_stand_in_says_what_it_is_and_is_read_in_order(tmp_path):
    facts = replace(standin.FACTS, classes=(2, 1, 1), per_class=2, digest=None)
    for k, part in enumerate(standin.PARTS):
        pictures = [encoded(np.full((64, 64, 3), 50 * k + 20 * j, np.uint8), "jpeg") for j in range(2)]
        np.savez(
            tmp_path / f"mini_imagenet_standin_{part}.npz",
            encoded=np.frombuffer(b"".join(pictures), np.uint8),
            offsets=np.cumsum([0, *map(len, pictures)]),
            class_names=np.array([f"n{k}"]),
        )
    names, images = decoded(standin.read(tmp_path, facts))
    assert names == ("n0", "n1", "n2", "n3")
    expected = 50 * np.arange(4)[:, None] + 20 * np.arange(2)
    assert np.abs(images.mean((2, 3, 4)) - expected).max() < 2
    assert standin.FACTS.label == "mini-ImageNet stand-in (Tiny-ImageNet, 64 px)"
    with pytest.raises(DataError, match="4 classes and 8 pictures, should be 100 classes of 550"):
        standin.read(tmp_path, standin.FACTS).decode()
    with pytest.raises(DataError, match="the pictures are not those of mini-ImageNet stand-in"):
        standin.read(tmp_path, replace(facts, digest="0" * 64)).decode()


# --- prepare, load, show


@pytest.fixture
def known(letters, monkeypatch):
    """The small Omniglot in place of the real one, in the registry that every command uses."""
    letters.zipped()

    def register():
        monkeypatch.setitem(
            loading.READERS, "omniglot", (letters.facts, partial(omniglot.read, facts=letters.facts))
        )

    register()
    letters.register = register
    return letters


def test_prepare_decodes_once_and_load_finds_it(known, cache):
    file = command.prepare("omniglot", known.folder)
    assert file == cache / "omniglot.npy"
    benchmark = load("omniglot")
    assert benchmark.images.dtype == torch.uint8
    assert benchmark.shape == (1, 28, 28)
    assert np.array_equal(np.load(file), benchmark.images.numpy())  # an ordinary .npy file
    assert np.array_equal(benchmark.images.numpy(), decoded(known.read())[1])
    assert [len(benchmark.splits[split]) for split in benchmark.splits] == [3, 1, 2]
    benchmark.images[0] = 7  # mapped copy-on-write: the file does not change
    assert not torch.equal(load("omniglot").images, benchmark.images)


def test_data_dir_is_decoded_once_and_again_when_it_changes(known, cache, capsys):
    first = load("omniglot", data_dir=known.folder).images
    load("omniglot", data_dir=known.folder / "images_evaluation.zip")
    assert capsys.readouterr().err.count("decoding Omniglot once") == 1
    known.bits = ~known.bits
    known.__init__(known.folder)
    known.zipped()
    known.register()
    assert not torch.equal(load("omniglot", data_dir=known.folder).images, first)
    assert capsys.readouterr().err.count("decoding Omniglot once") == 1


def test_the_environment_is_used_and_the_cache_after_it(known, monkeypatch, tmp_path):
    monkeypatch.setenv("FEWSHOT_DATA", str(known.folder))
    found = load("omniglot").images
    command.prepare("omniglot", known.folder)
    monkeypatch.setenv("FEWSHOT_DATA", str(tmp_path))  # holds other things
    assert torch.equal(load("omniglot").images, found)
    with pytest.raises(DataError, match="no Omniglot in"):
        load("omniglot", data_dir=tmp_path)


def test_resizing_is_done_once_and_said(known, capsys):
    command.prepare("omniglot", known.folder)
    small = load("omniglot", image_size=14)
    assert small.shape == (1, 14, 14)
    assert small.label == "Omniglot, resized to 14 px"
    whole = load("omniglot").images[2, 1, 0].numpy()
    expected = Image.fromarray(whole).resize((14, 14), Image.Resampling.BILINEAR)
    assert np.array_equal(small.images[2, 1, 0].numpy(), np.asarray(expected))
    assert load("omniglot", image_size=28).label == "Omniglot"
    assert load("glyphs", image_size=20).shape == (1, 20, 20)
    with pytest.raises(DataError, match="image size 0 is out of range: 1 to 512"):
        load("omniglot", image_size=0)


@pytest.mark.parametrize("damage", ["html", "truncated", "incomplete", "other pixels"])
@pytest.mark.parametrize("way", ["from", "download"])
def test_a_failed_preparation_leaves_the_old_one(known, cache, damage, way):
    file = command.prepare("omniglot", download=True)  # file: addresses, the same code as https:
    before = file.read_bytes()
    archive = known.folder / "images_background.zip"
    if damage == "html":
        archive.write_bytes(HTML)
    elif damage == "truncated":
        archive.write_bytes(archive.read_bytes()[:900])
    elif damage == "incomplete":
        known.zipped(leave_out="0001_01")
    else:
        known.facts = replace(known.facts, digest="0" * 64)
    known.register()
    with pytest.raises(DataError, match=r"HTML|not the published file|missing|not those of") as error:
        command.prepare("omniglot", *([known.folder] if way == "from" else [None, True]))
    assert "\n" not in str(error.value)
    assert file.read_bytes() == before
    assert os.listdir(cache) == ["omniglot.npy"]  # nothing half-made is left


def test_a_download_that_cannot_be_had_is_one_line(known):
    (known.folder / "images_evaluation.zip").unlink()
    with pytest.raises(DataError, match=r"cannot fetch file:.*images_evaluation\.zip: .*No such file"):
        command.prepare("omniglot", download=True)


def test_prepare_refuses_what_it_cannot_do(known):
    with pytest.raises(DataError, match="cannot prepare 'glyphs'; known: omniglot, cifar-fs"):
        command.prepare("glyphs", known.folder)
    with pytest.raises(DataError, match="one of the two"):
        command.prepare("omniglot")
    with pytest.raises(DataError, match="one of the two"):
        command.prepare("omniglot", known.folder, download=True)
    with pytest.raises(DataError, match="mini-ImageNet has no public address"):
        command.prepare("mini-imagenet", download=True)
    with pytest.raises(DataError, match="no file or folder"):
        command.prepare("omniglot", known.folder / "nowhere")


def test_a_damaged_cache_file_is_recognised(known):
    file = command.prepare("omniglot", known.folder)
    whole = file.read_bytes()
    for content in (whole[:-30], whole[: len(whole) // 2], b"", HTML):
        file.write_bytes(content)
        with pytest.raises(DataError, match=r"omniglot\.npy is damaged: delete it"):
            load("omniglot")


def test_a_full_disk_is_one_line_and_loses_nothing(known, cache):
    resource = pytest.importorskip("resource", reason="needs a file-size limit to stand for a full disk")
    file = command.prepare("omniglot", known.folder)
    before, limits = file.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
        with pytest.raises(DataError, match=r"cannot write .*omniglot\.npy: File too large"):
            command.prepare("omniglot", known.folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_bytes() == before
    assert os.listdir(cache) == ["omniglot.npy"]


def test_a_cache_that_cannot_be_written_is_one_line(known, tmp_path, monkeypatch):
    monkeypatch.setenv("METADEPTH_CACHE", str(write(tmp_path / "file", b"")))
    with pytest.raises(DataError, match=r"cannot write .*file"):
        command.prepare("omniglot", known.folder)


@pytest.mark.parametrize("blocks", [[np.zeros((2, 3), np.uint8)], [np.zeros((2, 4), np.uint8)] * 3, [0.0]])
def test_the_store_accepts_only_what_it_was_promised(tmp_path, blocks):
    with pytest.raises(DataError, match=r"classes decoded|should be uint8"):
        store.write(tmp_path / "x.npy", (2, 2, 3), map(np.asarray, blocks), ("a", "b"))
    assert os.listdir(tmp_path) == []


def test_show_draws_the_tasks_as_the_learner_gets_them(known, tmp_path):
    command.prepare("omniglot", known.folder)
    output = tmp_path / "made" / "tasks.png"
    made = command.show(
        "omniglot", "test", tasks=2, ways=2, shots=1, queries=1, output=output, image_size=None
    )
    assert made == output
    with Image.open(output) as drawn:
        assert drawn.size[0] > 500
    episodes = command.Episodes(load("omniglot"), "test", 2, 1, 1)
    sheet = command.contact_sheet(episodes, 2)
    picture = (episodes.batch(0, 2).query_x[1, 0, 0] * 255).round().byte().numpy()
    top, left = 2 * 30 + 8 + 2, 30 + 8
    assert np.array_equal(sheet[top : top + 28, left : left + 28], np.repeat(picture[..., None], 3, -1))
    with pytest.raises(DataError, match="0 tasks: a picture holds 1 to 20"):
        command.show("omniglot", tasks=0)
