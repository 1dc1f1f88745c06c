"""Files known to hold the right bytes, without reading all of them each time."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path

__all__ = ["is_verified", "sha256_of", "stamp"]

log = logging.getLogger(__name__)

_CHUNK_BYTES = 1 << 20


def is_verified(path: Path, size_bytes: int, sha256: str) -> bool:
    """Check a cached file: its size each time, its sum once and after each change."""
    status = path.stat()
    if status.st_size != size_bytes:
        log.warning("the cached %s has the wrong size; it has to be fetched again", path.name)
        return False
    try:
        if json.loads(_stamp_path(path).read_text("utf-8")) == _stamp_of(path, sha256):
            return True
    except (OSError, ValueError):
        pass
    if sha256_of(path) != sha256:
        log.warning("the cached %s is damaged; it has to be fetched again", path.name)
        return False
    stamp(path, sha256)
    return True


def _stamp_path(path: Path) -> Path:
    return path.with_name(path.name + ".verified")


def _stamp_of(path: Path, sha256: str) -> dict[str, object]:
    status = path.stat()
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "sha256": sha256}


def stamp(path: Path, sha256: str) -> None:
    """Note beside a file that its bytes have this sum."""
    try:
        _stamp_path(path).write_text(json.dumps(_stamp_of(path, sha256)), "utf-8")
    except OSError:  # a cache that is read-only: checked again next time
        log.debug("no stamp can be written beside %s", path.name)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
