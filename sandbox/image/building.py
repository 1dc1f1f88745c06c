"""Builds the runner image."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import shutil
import tempfile
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from sandbox.cache_folder import cache_folder
from sandbox.engine.commands import Progress
from sandbox.engine.facts import engine_facts
from sandbox.errors import ImageBuildError
from sandbox.file_lock import file_lock
from sandbox.image.base import ensure_base
from sandbox.image.engine_build import build, remove_untagged
from sandbox.image.inventory import image_exists
from sandbox.image.packing import PackingError, byte_code, byte_code_path, pack
from sandbox.image.pulling import pulled
from sandbox.image.requirements import normalize
from sandbox.image.spec import (
    BASE_LABEL,
    PACKAGES_LABEL,
    PYTHON_LABEL,
    ROLE_LABEL,
    ImageSpec,
    image_spec,
)
from sandbox.image.wheels import check_architecture, download_wheels, wheel_versions

if TYPE_CHECKING:
    import docker

PROGRAM_FOLDER = "/opt/codegen_agent/_codegen_agent_runner"
"""Where the program is in the image."""
_PACKED = "packed-"


def build_image(
    client: docker.DockerClient,
    *,
    progress: Progress = lambda line: None,
    force: bool = False,
    spec: ImageSpec | None = None,
    cache_dir: Path | None = None,
) -> str:
    """Build the runner image if it doesn't exist, and return its tag.

    Where a registry is configured, the image is pulled from it if it is there.

    An interrupted build never leaves a partial image under the tag. Two processes
    that build at the same time take turns.

    Args:
        client: the engine.
        progress: receives each step.
        force: build again even if it exists, without the engine's build cache.
        spec: what to build; None: what this host needs.
        cache_dir: holds downloads and the lock; None: the user's cache folder.

    Raises:
        ImageBuildError: the build failed; the message says what to do.
        EngineUnreachableError: the engine stopped answering.
    """
    spec = spec or image_spec()
    if not force and image_exists(client, spec.tag):
        return spec.tag
    with build_lock(progress, cache_dir) as cache:
        try:
            if not force and (image_exists(client, spec.tag) or pulled(client, spec, progress)):
                return spec.tag
            if force or not image_exists(client, spec.libraries_tag):
                build_libraries(client, spec, cache, progress, force)
            if force or not image_exists(client, spec.tag):
                build_runner(client, spec, progress)
        finally:
            remove_untagged(client)
    return spec.tag


@contextlib.contextmanager
def build_lock(progress: Progress, cache_dir: Path | None = None) -> Iterator[Path]:
    """Wait until no other process builds; yield the cache folder, by default the user's."""
    cache = cache_dir or cache_folder()
    with file_lock(cache / "image.lock", lambda: progress("waiting for another build to finish")):
        yield cache


def build_libraries(
    client: docker.DockerClient,
    spec: ImageSpec,
    cache: Path,
    progress: Progress,
    force: bool = False,
) -> None:
    """Build the image of Python and its libraries. This takes minutes, but is rarely needed.

    Raises:
        ImageBuildError: no base, no wheels, or an instruction failed.
    """
    arch = engine_facts(client).arch
    check_architecture(arch)
    fonts = {pin.name for pin in spec.pins if pin.fonts}

    def archives(folder: str) -> tuple[dict[str, str], list[tuple[str, Path]]]:
        wheels = download_wheels(spec.pins, spec.python, arch, cache, progress)
        progress("unpacking the libraries")
        return wheel_versions(wheels), packed(wheels, spec.python, Path(folder), fonts)

    for stale in cache.glob(f"{_PACKED}*"):  # left by a killed process; the caller has the lock
        shutil.rmtree(stale, ignore_errors=True)
    with (
        # Not where temporary files are, which may be memory.
        tempfile.TemporaryDirectory(prefix=_PACKED, dir=cache) as folder,
        ThreadPoolExecutor(1, "wheels") as pool,  # they take as long as the base
    ):
        unpacked = pool.submit(archives, folder)
        base = ensure_base(client, spec.python, arch, progress, wanted=spec.base)
        versions, files = unpacked.result()
        progress(f"building the libraries' image on {base}")
        build(
            client,
            spec.libraries_tag,
            [("Dockerfile", spec.libraries_dockerfile.encode()), *files],
            arguments={
                "BASE_IMAGE": base,
                "PYTHON_VERSION": spec.python,
                "BYTE_CODE": importlib.util.MAGIC_NUMBER.hex(),
            },
            labels={
                ROLE_LABEL: "libraries",
                PYTHON_LABEL: spec.python,
                BASE_LABEL: base,
                PACKAGES_LABEL: json.dumps({n: v for n, v in versions.items() if n not in fonts}),
            },
            progress=progress,
            force=force,
        )


def packed(
    wheels: Path, python: str, folder: Path, fonts: Collection[str] = ()
) -> list[tuple[str, Path]]:
    """Unpack a folder's wheels into archives; return these as files of a build.

    Of packages in ``fonts`` only fonts are kept.

    Raises:
        ImageBuildError: a wheel is damaged, or the disk is full.
    """
    split: dict[bool, list[Path]] = {True: [], False: []}
    for wheel in sorted(wheels.glob("*.whl")):
        split[normalize(wheel.name.partition("-")[0]) in fonts].append(wheel)
    try:
        archives = pack(split[False], folder, python, split[True])
    except PackingError as error:
        raise ImageBuildError(f"the libraries can't be unpacked: {error}") from None
    return [(f"libraries/{archive.name}", archive) for archive in archives]


def build_runner(client: docker.DockerClient, spec: ImageSpec, progress: Progress) -> None:
    """Put the program on top of its libraries, in a second or two.

    Raises:
        ImageBuildError: an instruction failed.
    """
    progress("building the runner image")
    files: list[tuple[str, bytes | Path]] = [("Dockerfile", spec.runner_dockerfile.encode())]
    for path, source in spec.program:
        place = PurePosixPath(PROGRAM_FOLDER, path)
        files.append((f"runner/{path}", source))
        if code := byte_code(source, str(place)):
            files.append((f"runner/{byte_code_path(PurePosixPath(path))}", code))
    build(
        client,
        spec.tag,
        files,
        arguments={"LIBRARIES_IMAGE": spec.libraries_tag},
        labels={ROLE_LABEL: "runner"},
        progress=progress,
    )
