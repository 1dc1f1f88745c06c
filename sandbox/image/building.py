"""Building the runner image."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.file_lock import file_lock
from sandbox.image.inventory import image_exists
from sandbox.image.layers import build_libraries, build_runner, prune
from sandbox.image.spec import ImageSpec, image_spec

if TYPE_CHECKING:
    import docker

Progress = Callable[[str], None]


def build_image(
    client: docker.DockerClient,
    *,
    progress: Progress = lambda line: None,
    force: bool = False,
    spec: ImageSpec | None = None,
    cache_folder: Path | None = None,
    install_missing: bool = False,
) -> str:
    """Build the runner image if it is not there, and return its tag.

    Interrupted at any point it leaves nothing half-made under the tag. Two
    processes building at once build one after the other.

    Args:
        client: the engine.
        progress: told in short lines what is under way.
        force: build anew what is there already, from a base made anew.
        spec: what to build; None: what this host needs.
        cache_folder: keeps downloads and the lock; None: the user's.
        install_missing: as root on Debian or Ubuntu, install what making a base takes.

    Raises:
        ImageBuildError: it cannot be built; the message says what to do.
        EngineUnreachableError: the engine stopped answering.
    """
    spec = spec or image_spec()
    if not force and image_exists(client, spec.tag):
        return spec.tag
    cache = cache_folder or default_cache_folder(os.environ)
    with file_lock(cache / "image.lock", lambda: progress("another build is under way; waiting")):
        try:
            if force or not image_exists(client, spec.libraries_tag):
                build_libraries(client, spec, cache, progress, force, install_missing)
            if force or not image_exists(client, spec.tag):
                build_runner(client, spec, progress)
        finally:
            prune(client)
    return spec.tag


def default_cache_folder(environ: Mapping[str, str]) -> Path:
    """Return ``$CODEGEN_AGENT_CACHE``, or the platform's folder for caches."""
    if environ.get("CODEGEN_AGENT_CACHE"):
        return Path(environ["CODEGEN_AGENT_CACHE"])
    if sys.platform == "win32" and environ.get("LOCALAPPDATA"):
        return Path(environ["LOCALAPPDATA"], "codegen_agent", "Cache")
    xdg = Path(environ.get("XDG_CACHE_HOME", ""))
    return (xdg if xdg.is_absolute() else Path.home() / ".cache") / "codegen-agent"
