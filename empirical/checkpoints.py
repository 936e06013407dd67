"""Checkpoints: tensors and plain numbers in one file, replaced atomically, read back without executing
anything.

A checkpoint is written beside its target, flushed, and renamed over it, so that a kill at any moment leaves
either the old or the new one, whole. It is read by ``torch.load`` restricted to tensors and plain containers.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from .experiments import ExperimentError


def save(state: dict[str, Any], path: Path) -> None:
    """Replace the checkpoint at ``path``; on a full disk the old one stays and ``OSError`` is raised."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with fresh.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except RuntimeError as error:  # torch wraps a failed write of its zip archive
        raise OSError(f"cannot write the checkpoint {path}: {str(error).splitlines()[0]}") from error
    finally:
        fresh.unlink(missing_ok=True)


def load(path: Path, device: str = "cpu") -> dict[str, Any]:
    """The state saved at ``path``; a file that is no checkpoint is one clear error and stays untouched."""
    reason = f"{path} is not a whole checkpoint; move it away to start this run afresh"
    if not zipfile.is_zipfile(path):
        raise ExperimentError(reason)
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except (RuntimeError, UnpicklingError, EOFError, LookupError, ValueError) as error:
        raise ExperimentError(reason) from error
    if not isinstance(state, dict):
        raise ExperimentError(f"{path} is not a checkpoint of this program")
    return state
