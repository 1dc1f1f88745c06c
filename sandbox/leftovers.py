"""Finds and removes what dead processes left: on the engine, and in a variable store."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.backing import remove_temporary_stores
from sandbox.errors import VariableStoreError
from sandbox.failure import engine_errors
from sandbox.owner import OWNER_LABEL, Owner
from sandbox.store import VariableStore

if TYPE_CHECKING:
    import docker

MIN_AGE_S = 3600.0
"""A blob this young may be one whose run has not reached its first checkpoint."""
_BLOB = re.compile(r"[0-9a-f]{64}")
_STAGED = re.compile(r"\.[0-9a-f]{16}")


@dataclass(slots=True)
class EngineLeftovers:
    """What was removed from an engine, by name."""

    containers: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class StoreLeftovers:
    """What was removed from a store: digests, their size together, names of job folders."""

    blobs: list[str] = field(default_factory=list)
    blob_bytes: int = 0
    job_folders: list[str] = field(default_factory=list)


def remove_from_engine(client: docker.DockerClient) -> EngineLeftovers:
    """Remove containers and volumes of processes of this machine that are gone.

    Those of living processes and of other machines that share the engine stay.

    Raises:
        SandboxUnavailableError: the engine does not answer.
    """
    api, removed = client.api, EngineLeftovers()
    filters = {"label": OWNER_LABEL}
    with engine_errors("looking for leftovers"):
        for container in api.containers(all=True, filters=filters):
            if _is_orphan(container) and _try(api.remove_container, container["Id"], force=True):
                removed.containers.append(container["Names"][0].removeprefix("/"))
        for volume in api.volumes(filters=filters)["Volumes"] or ():
            if _is_orphan(volume) and _try(api.remove_volume, volume["Name"]):
                removed.volumes.append(volume["Name"])
    return removed


def sweep(client: docker.DockerClient, store: VariableStore) -> None:
    """Remove what dead processes left, except blobs: who refers to those is not known here.

    Raises:
        SandboxUnavailableError: the engine does not answer.
    """
    remove_temporary_stores()
    _remove_job_folders(store, StoreLeftovers())
    remove_from_engine(client)


def remove_from_store(
    store: VariableStore, referenced: Collection[str], min_age_s: float = MIN_AGE_S
) -> StoreLeftovers:
    """Remove job folders of dead processes, and old blobs that nothing refers to.

    Args:
        store: the store.
        referenced: digests of blobs to keep.
        min_age_s: younger blobs stay.

    Raises:
        VariableStoreError: the store cannot be read or written.
    """
    removed = StoreLeftovers()
    try:
        _remove_job_folders(store, removed)
        for blob in sorted((store.root / "blobs").glob("??/*")):
            if blob.name not in referenced and _BLOB.fullmatch(blob.name):
                _remove_blob(blob, min_age_s, removed)
        for staged in sorted((store.root / "blobs").glob(".*")):
            # Young ones always stay: their writer may be at work.
            if _STAGED.fullmatch(staged.name):
                _remove_blob(staged, max(min_age_s, MIN_AGE_S), removed)
    except OSError as error:
        raise VariableStoreError(
            f"cannot clean the variable store {str(store.root)!r}: {error.strerror}"
            f" ({error.filename!r}); see to its permissions"
        ) from error
    return removed


def _remove_job_folders(store: VariableStore, removed: StoreLeftovers) -> None:
    for folder in sorted((store.root / "jobs").glob("*-*")):
        owner = Owner.parse(folder.name.rpartition("-")[0])
        if owner is not None and owner.is_gone():
            shutil.rmtree(folder)
            removed.job_folders.append(folder.name)


def _remove_blob(blob: Path, min_age_s: float, removed: StoreLeftovers) -> None:
    with contextlib.suppress(FileNotFoundError):  # another process was first
        status = blob.stat()
        # A second link: a container has it now.
        if status.st_nlink > 1 or time.time() - status.st_mtime < min_age_s:
            return
        blob.unlink()
        removed.blobs.append(blob.name)
        removed.blob_bytes += status.st_size


def _is_orphan(thing: dict[str, Any]) -> bool:
    owner = Owner.parse((thing.get("Labels") or {}).get(OWNER_LABEL, ""))
    return owner is not None and owner.is_gone()


def _try(remove: Any, *arguments: Any, **options: Any) -> bool:
    """Remove something; tell whether it was this that did."""
    import docker.errors

    try:
        remove(*arguments, **options)
    except docker.errors.APIError as error:
        if error.status_code not in (404, 409):  # gone meanwhile, or still in use
            raise
        return False
    return True
