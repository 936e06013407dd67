"""The cache: every benchmark is decoded once, into one file that is then only mapped into memory.

File format: a plain .npy file (numpy reads it) of uint8 (classes, per_class, channels, height, width),
followed by one line of JSON with the class names. Header, pixels and names are one file, so that one rename
replaces all of them and a reader never sees half of a new version; the names come last, so a file cut short
is recognised.

Nothing is written through the memory map: a full disk would then kill the process (SIGBUS) rather than raise.
Mapped copy-on-write: pages are shared between processes and a stray write stays private.

Where: $METADEPTH_CACHE, else the platform's cache folder. File names carry the fingerprint (names, sizes and
modification times) of what they were decoded from, so that a changed source is decoded anew. The folder may
be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from empirical.benchmarks.benchmark import DataError

FORMAT = 1


def cache_folder() -> Path:
    """$METADEPTH_CACHE, else the platform's folder for caches."""
    if chosen := os.environ.get("METADEPTH_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "metadepth"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "metadepth"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "metadepth"


def fingerprint(files: Iterable[Path]) -> str:
    """16 hexadecimal digits that change when a file's name, size or modification time does."""
    facts = [(str(f.absolute()), (s := f.stat()).st_size, s.st_mtime_ns) for f in sorted(files)]
    return hashlib.sha256(json.dumps([FORMAT, facts]).encode()).hexdigest()[:16]


@contextmanager
def failures_named(path: Path) -> Iterator[None]:
    """A full disk, a missing permission: one line that names the path."""
    try:
        yield
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}") from error


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` in one step, if and only if the block succeeds."""
    with failures_named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
        try:
            with temporary.open("xb") as file:
                yield file
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def write(path: Path, shape: tuple[int, ...], blocks: Iterable[np.ndarray], names: tuple[str, ...]) -> None:
    """Write `blocks`, uint8 slices along the first axis of an array of `shape`, then the class names."""
    header = {"descr": "|u1", "fortran_order": False, "shape": tuple(shape)}
    with replacing(path) as file:
        np.lib.format.write_array_header_1_0(file, header)
        count = 0
        for block in blocks:
            if block.dtype != np.uint8 or block.shape != shape[1:]:
                raise DataError(
                    f"class {names[count]}: {block.dtype} {block.shape}, should be uint8 {shape[1:]}"
                )
            file.write(np.ascontiguousarray(block).data)
            count += 1
        if count != shape[0]:
            raise DataError(f"{count} classes decoded, {shape[0]} expected")
        file.write(json.dumps({"class_names": names}).encode() + b"\n")


def read(path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """The mapped pictures and the class names of a file made by `write`; DataError if it is not whole."""
    try:
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            start = file.tell()
            file.seek(start + int(np.prod(shape)))
            names = tuple(json.loads(file.read())["class_names"])
        if dtype != np.uint8 or len(names) != shape[0]:
            raise ValueError("not a benchmark")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is damaged: delete it, and it will be made again") from error
    return np.memmap(path, dtype=np.uint8, mode="c", offset=start, shape=shape), names
