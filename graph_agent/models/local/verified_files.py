"""Check files by their SHA-256 without reading all of them each time."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path

__all__ = ["is_verified", "known_sha256", "sha256_of", "stamp"]

log = logging.getLogger(__name__)


def is_verified(path: Path, size_bytes: int, sha256: str) -> bool:
    """Check a cached file: its size each time, its SHA-256 once and after each change."""
    status = path.stat()
    if status.st_size != size_bytes:
        log.warning("the cached %s has the wrong size; fetch it again", path.name)
        return False
    if known_sha256(path) == sha256:
        return True
    if sha256_of(path) != sha256:
        log.warning("the cached %s is damaged; fetch it again", path.name)
        return False
    stamp(path, sha256)
    return True


def known_sha256(path: Path) -> str | None:
    """Return the SHA-256 that was recorded for a file that hasn't changed since."""
    try:
        recorded = json.loads(_stamp_path(path).read_text("utf-8"))
        sha256 = recorded["sha256"]
        return str(sha256) if recorded == _stamp_of(path, sha256) else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _stamp_path(path: Path) -> Path:
    return path.with_name(path.name + ".verified")


def _stamp_of(path: Path, sha256: str) -> dict[str, object]:
    status = path.stat()
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "sha256": sha256}


def stamp(path: Path, sha256: str) -> None:
    """Record next to a file that its bytes have this SHA-256."""
    try:
        _stamp_path(path).write_text(json.dumps(_stamp_of(path, sha256)), "utf-8")
    except OSError:  # a read-only cache: checked again next time
        log.debug("no stamp can be written next to %s", path.name)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
