"""Where a number comes from: revision, versions, machine, time. Stands in every result row."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch


def provenance(device: str) -> dict[str, Any]:
    """Revision, versions, device, threads and the time now, ready for JSON."""
    try:
        own = version("metadepth")
    except PackageNotFoundError:
        own = "not installed"
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else processor()
    return {
        "revision": revision(),
        "versions": {"metadepth": own, "python": platform.python_version(), "torch": torch.__version__},
        "device": f"{device}: {name}",
        "threads": torch.get_num_threads(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def processor() -> str:
    """The processor's name where the system tells it, else its architecture, and the number of cores."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"


def git(*words: str) -> str:
    """The answer of git about the repository that this source lies in."""
    command = ["git", "-C", str(Path(__file__).parent), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()


@cache
def revision() -> str:
    """The git revision of this source, with a plus sign if it was changed since; ``unknown`` outside a
    repository."""
    try:
        changed = git("status", "--porcelain", "--", ".", ":(exclude)*.jsonl")
        return git("rev-parse", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"
