"""The peer's set-up, without a network: what is taken from its archive, and what its absence looks like."""

import io
import sys
import tarfile

import pytest

from tests.benchmarks import peers

VERSION = b"__version__ = '0.2.0'\n"
MAML = b"""
import torch

class MAML:
    def __init__(self, module, lr, weight=None):
        self.module, self.lr, self.weight = module, lr, weight

    def clone(self):
        return MAML(self.module, self.lr, self.module.weight)

    def __call__(self, x):
        return x @ self.weight.T

    def adapt(self, loss):
        (gradient,) = torch.autograd.grad(loss, self.weight, create_graph=True)
        self.weight = self.weight - self.lr * gradient
"""
FILES = {
    "_version.py": VERSION,
    "__init__.py": b"import gym, torchvision\n",
    "algorithms/__init__.py": MAML,
    "nn/__init__.py": b"",
    "optim/__init__.py": b"",
    "optim/transforms/kronecker.py": b"",
    "utils/__init__.py": b"def accuracy(): ...\n",
    "utils/../../../escaped.py": b"",
    "data/meta_dataset.c": b'#include "longintrepr.h"\n',
    "gym/__init__.py": b"import gym\n",
}


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "learn2learn-0.2.0.tar.gz"
    with tarfile.open(path, "w:gz") as target:
        for name, content in FILES.items():
            member = tarfile.TarInfo(f"learn2learn-0.2.0/learn2learn/{name}")
            member.size = len(content)
            target.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("METADEPTH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    others = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "learn2learn"}
    for name in others:
        monkeypatch.delitem(sys.modules, name)
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "learn2learn"]:
        del sys.modules[name]


def test_its_absence_is_one_line():
    with pytest.raises(peers.PeerMissing, match=r"run `python -m tests\.benchmarks\.peers` once"):
        peers.learn2learn()


def test_only_the_algorithms_are_taken(archive):
    peers.unpack(archive, peers.folder())
    found = {str(p.relative_to(peers.folder() / "learn2learn")) for p in peers.folder().rglob("*.py")}
    assert found == {name for name in FILES if name.split("/")[0] not in ("data", "gym") and ".." not in name}
    module = peers.learn2learn()
    assert module.__version__ == "0.2.0"
    peers.check(module)


def test_a_wrong_meta_gradient_is_noticed(archive):
    peers.unpack(archive, peers.folder())
    first_order = MAML.replace(b"create_graph=True", b"create_graph=False")
    (peers.folder() / "learn2learn" / "algorithms" / "__init__.py").write_bytes(first_order)
    with pytest.raises(peers.PeerMissing, match="meta-gradient"):
        peers.check(peers.learn2learn())


def test_a_peer_that_does_not_import_is_one_line(archive):
    peers.unpack(archive, peers.folder())
    (peers.folder() / "learn2learn" / "nn" / "__init__.py").write_text("import gone_since_2022")
    with pytest.raises(peers.PeerMissing, match="does not import: ModuleNotFoundError"):
        peers.learn2learn()


def test_another_archive_is_refused(archive, monkeypatch):
    monkeypatch.setattr(peers, "fetch", lambda folder: archive)
    with pytest.raises(peers.PeerMissing, match="is not the published file"):
        peers.install()
    assert not peers.folder().exists()
