"""Opening what other people packed: every way in which a file can disappoint becomes a one-line DataError."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from empirical.benchmarks.benchmark import DataError, Facts

DAMAGED = (OSError, EOFError, ValueError, KeyError, SyntaxError, zipfile.BadZipFile, zlib.error)


def content(path: Path, size: int = -1) -> bytes:
    """The bytes of a file, or the first `size` of them."""
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error


def check_not_html(path: Path) -> None:
    """A server's error or log-in page, saved under an archive's name, is the commonest broken download."""
    head = content(path, 512).lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        raise DataError(f"{path} is an HTML page, not data: the server sent a page in place of the file")


def present(files: tuple[Path, ...]) -> bool:
    """Whether the files are there: all, or none; DataError if some are missing."""
    missing = [path for path in files if not path.is_file()]
    if missing and len(missing) < len(files):
        raise DataError(
            f"{missing[0]} is missing ({len(files) - len(missing)} of {len(files)} files are there)"
        )
    return not missing


def check_file(path: Path, sha256: str) -> None:
    """A downloaded file must be the pinned one, byte for byte."""
    check_not_html(path)
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    if found != sha256:
        raise DataError(
            f"{path} ({path.stat().st_size:,} bytes) is not the published file: was the download cut short? "
            f"SHA-256 {found}, should be {sha256}"
        )


def check_digest(where: Path, facts: Facts, blocks: Iterable[np.ndarray]) -> None:
    """The content's SHA-256 must be the pinned one: names and counts can be right and pixels wrong."""
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(np.ascontiguousarray(block).data)
    if facts.digest is not None and digest.hexdigest() != facts.digest:
        raise DataError(
            f"{where}: the pictures are not those of {facts.label} (content SHA-256 {digest.hexdigest()})"
        )


def arrays(path: Path, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The named arrays of an .npz file."""
    check_not_html(path)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {key: stored[key] for key in keys}
    except DAMAGED as error:
        raise DataError(f"{path} is damaged or not the file described: {_first_line(error)}") from error


def zip_members(path: Path) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every PNG in a zip archive; each member's CRC is checked."""
    check_not_html(path)
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.lower().endswith(".png"):
                    yield f"{path.name}/{name}", archive.read(name)
    except DAMAGED as error:
        raise DataError(f"{path} is truncated or not a zip archive: {_first_line(error)}") from error


def tar_members(path: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """The named members of a compressed tar archive, in memory; nothing is unpacked on the disk."""
    check_not_html(path)
    try:
        with tarfile.open(path) as archive:
            found = {name: archive.extractfile(name) for name in names}
            return {name: file.read() for name, file in found.items() if file is not None}
    except (*DAMAGED, tarfile.TarError) as error:
        raise DataError(f"{path} is truncated or not the archive: {_first_line(error)}") from error


def picture(encoded: bytes, name: str) -> Image.Image:
    """A decoded picture."""
    try:
        image = Image.open(io.BytesIO(encoded))
        image.load()
    except (*DAMAGED, Image.DecompressionBombError) as error:
        raise DataError(f"{name} is not a whole picture: {_first_line(error)}") from error
    return image


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
