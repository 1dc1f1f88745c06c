"""Removes what dead processes left on the engine and in a variable store."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.containers.connections import remove_temporary_stores
from sandbox.engine.connection import engine_errors
from sandbox.errors import VariableStoreError
from sandbox.owner import OWNER_LABEL, Owner
from sandbox.variables.store import VariableStore, is_digest

if TYPE_CHECKING:
    import docker

MIN_AGE_S = 3600.0
"""A younger blob may belong to a run that hasn't reached its first checkpoint yet."""
_STAGED = re.compile(r"\.[0-9a-f]{16}")


@dataclass(slots=True)
class EngineLeftovers:
    """Names of what was removed from an engine."""

    containers: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class StoreLeftovers:
    """What was removed from a store: digests, their total size, names of job folders."""

    blobs: list[str] = field(default_factory=list)
    blob_bytes: int = 0
    job_folders: list[str] = field(default_factory=list)


def remove_from_engine(client: docker.DockerClient) -> EngineLeftovers:
    """Remove containers and volumes of this machine's dead processes.

    Those of living processes, and of other machines that use the same engine, stay, except
    containers that an engine lost while it removed them: nobody can use these.

    Raises:
        SandboxUnavailableError: the engine doesn't answer.
    """
    api, removed = client.api, EngineLeftovers()
    filters = {"label": OWNER_LABEL}
    with engine_errors("looking for leftovers"):
        for container in api.containers(all=True, filters=filters):
            if not _is_orphan(container) and not _is_half_removed(container):
                continue
            if _try(api.remove_container, container["Id"], force=True, v=True):
                name = next(iter(container["Names"] or ()), container["Id"])
                removed.containers.append(name.removeprefix("/"))
        for volume in api.volumes(filters=filters)["Volumes"] or ():
            if _is_orphan(volume) and _try(api.remove_volume, volume["Name"]):
                removed.volumes.append(volume["Name"])
    return removed


def sweep(client: docker.DockerClient, store: VariableStore) -> None:
    """Remove what dead processes left, except blobs: what refers to them isn't known here.

    Raises:
        SandboxUnavailableError: the engine doesn't answer.
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
            if blob.name not in referenced and is_digest(blob.name):
                _remove_blob(blob, min_age_s, removed)
        for staged in sorted((store.root / "blobs").glob(".*")):
            # Recent ones always stay: they may still be being written.
            if _STAGED.fullmatch(staged.name):
                _remove_blob(staged, max(min_age_s, MIN_AGE_S), removed)
    except OSError as error:
        raise VariableStoreError(
            f"cannot clean the variable store {str(store.root)!r}: {error.strerror}"
            f" ({error.filename!r}); check its permissions"
        ) from error
    return removed


def _remove_job_folders(store: VariableStore, removed: StoreLeftovers) -> None:
    for folder in sorted((store.root / "jobs").glob("*-*")):
        owner = Owner.parse(folder.name.rpartition("-")[0])
        if owner is not None and owner.is_gone():
            shutil.rmtree(folder)
            removed.job_folders.append(folder.name)


def _remove_blob(blob: Path, min_age_s: float, removed: StoreLeftovers) -> None:
    with contextlib.suppress(FileNotFoundError):  # another process removed it
        status = blob.stat()
        # With a second link, a container has it now.
        if status.st_nlink > 1 or time.time() - status.st_mtime < min_age_s:
            return
        blob.unlink()
        removed.blobs.append(blob.name)
        removed.blob_bytes += status.st_size


def _is_orphan(listed: dict[str, Any]) -> bool:
    owner = Owner.parse((listed.get("Labels") or {}).get(OWNER_LABEL, ""))
    return owner is not None and owner.is_gone()


def _is_half_removed(container: dict[str, Any]) -> bool:
    """Whether an engine lost a container while it removed it: its name is gone already.

    A restarted engine may also list one that isn't there any more; removing it changes nothing.
    """
    return not container["Names"] and container["State"] in ("exited", "dead")


def _try(remove: Any, *arguments: Any, **options: Any) -> bool:
    """Remove something; return False if it's already gone, or still in use."""
    import docker.errors

    try:
        remove(*arguments, **options)
    except docker.errors.APIError as error:
        if error.status_code not in (404, 409):
            raise
        return False
    return True
