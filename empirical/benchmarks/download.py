"""Fetching published archives, each checked against its SHA-256 before anybody opens it."""

from __future__ import annotations

import http.client
import sys
import urllib.request
from pathlib import Path

from empirical.benchmarks.archives import check_file
from empirical.benchmarks.benchmark import DataError, Download

PATIENCE = 60  # seconds without a byte
CHUNK = 2**20


def fetch(download: Download, folder: Path) -> Path:
    """The published file, in `folder`; DataError if it cannot be had or is another file."""
    target = folder / download.file
    print(f"fetching {download.url}", file=sys.stderr)
    request = urllib.request.Request(download.url, headers={"User-Agent": "metadepth"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer, target.open("wb") as file:
            while chunk := answer.read(CHUNK):
                file.write(chunk)
    except (OSError, http.client.HTTPException) as error:  # URLError and time-outs are OSErrors
        raise DataError(f"cannot fetch {download.url}: {getattr(error, 'reason', None) or error}") from error
    try:
        check_file(target, download.sha256)
    except DataError as error:
        raise DataError(f"{download.url} did not send the published file: {error}") from error
    return target
