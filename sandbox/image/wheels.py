"""Downloads the image's libraries with the host's own pip.

The host has the user's package index, proxy and certificates configured; for a download
during the build they would have to be stored in a layer.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sandbox.engine.commands import CommandError, Progress, run_command
from sandbox.errors import ImageBuildError
from sandbox.image.requirements import Pin, normalize, relaxed, strict

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""The engine's name for an architecture → the one in wheel names."""
GLIBC_MINORS = range(17, 35)
"""glibc 2.17 to 2.34, which all base images can load."""


def download_wheels(
    pins: tuple[Pin, ...], python: str, arch: str, cache: Path, progress: Progress
) -> Path:
    """Return a folder with the wheels and ``requirements.txt``, from the cache if possible.

    The caller holds the build lock, so that one process at a time downloads.

    Args:
        pins: the libraries.
        python: minor version, such as ``3.11``.
        arch: the engine's, such as ``amd64``.
        cache: a folder kept between builds.
        progress: receives each step.

    Raises:
        ImageBuildError: there are no wheels of compatible versions.
    """
    check_architecture(arch)
    key = hashlib.sha256("\n".join([python, arch, *map(str, pins)]).encode()).hexdigest()[:16]
    parent = cache / "wheels"
    parent.mkdir(parents=True, exist_ok=True)
    complete = parent / f"py{python}-{arch}-{key}"
    for stale in parent.glob("partial-*"):  # left by a killed process
        shutil.rmtree(stale, ignore_errors=True)
    if not complete.is_dir():
        partial = Path(tempfile.mkdtemp(prefix="partial-", dir=parent))
        try:
            _download(pins, python, arch, partial, progress)
            partial.rename(complete)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    _remove_others(complete)
    return complete


def check_architecture(arch: str) -> None:
    """Check that there are wheels for the engine's architecture.

    Raises:
        ImageBuildError: there are none.
    """
    if arch not in MACHINES:
        raise ImageBuildError(
            f"no wheels are published for engine architecture {arch!r}; use an engine on"
            f" {' or '.join(MACHINES)}"
        )


def wheel_versions(folder: Path) -> dict[str, str]:
    """Read name → version from the names of the wheels in a folder."""
    return {
        normalize(name): version
        for name, version, *_ in sorted(path.stem.split("-") for path in folder.glob("*.whl"))
    }


def pip_arguments(python: str, arch: str) -> list[str]:
    """Return pip's options for wheels of the image's platform instead of the host's."""
    machine = MACHINES[arch]
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in reversed(GLIBC_MINORS)]
    platforms += [f"manylinux2014_{machine}"]
    if machine == "x86_64":
        platforms += ["manylinux2010_x86_64", "manylinux1_x86_64"]
    options = ["--only-binary=:all:", "--python-version", python, "--implementation", "cp"]
    return options + [part for name in platforms for part in ("--platform", name)]


def _download(
    pins: tuple[Pin, ...], python: str, arch: str, folder: Path, progress: Progress
) -> None:
    progress("downloading the libraries' wheels")
    wanted, constraints = strict(pins)
    try:
        pip_download(wanted, constraints, python, arch, folder, progress)
    except CommandError as first:
        if not any(pin.host for pin in pins):
            raise _no_wheels(first) from None
        progress(
            "this host's versions conflict with the shipped pins;"
            " trying again with only the host's versions"
        )
        wanted, constraints = relaxed(pins)
        for wheel in folder.glob("*.whl"):
            wheel.unlink()
        try:
            pip_download(wanted, constraints, python, arch, folder, progress)
        except CommandError as second:
            raise _no_wheels(second) from None
    versions = wheel_versions(folder)
    direct = [f"{pin.name}=={versions[pin.name]}\n" for pin in pins if pin.direct]
    (folder / "requirements.txt").write_text("".join(direct), encoding="utf-8")


def pip_download(
    wanted: str,
    constraints: str,
    python: str,
    arch: str,
    folder: Path,
    progress: Progress,
    *options: str,
) -> None:
    """Download the wheels of requirements and of their dependencies, within constraints.

    ``options`` are added to those of ``pip download``.

    Raises:
        CommandError: pip failed; its tail says why.
        ImageBuildError: there is no pip.
    """

    def on_line(line: str) -> None:
        if line.lstrip().startswith("Downloading "):
            progress(line.strip())

    with tempfile.TemporaryDirectory(prefix="codegen-agent-pip-") as scratch:
        requirements, limits = Path(scratch, "requirements.txt"), Path(scratch, "constraints.txt")
        requirements.write_text(wanted, encoding="utf-8")
        limits.write_text(constraints, encoding="utf-8")
        command = [*_pip(Path(scratch)), "download", "--no-input", "--progress-bar=off"]
        command += ["--disable-pip-version-check", *pip_arguments(python, arch)]
        command += ["--dest", str(folder), "-r", str(requirements), "-c", str(limits), *options]
        run_command(command, on_line, _pip_environment(os.environ))


def _pip(scratch: Path) -> list[str]:
    """Return the command that starts pip, from a new environment if this one has none (uv)."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    import venv

    try:
        venv.create(scratch / "pip", with_pip=True)
    except subprocess.CalledProcessError:
        raise ImageBuildError(
            f"{sys.executable!r} has no pip and cannot make an environment with one;"
            " install pip for it, for example with `python -m ensurepip` or `uv pip install pip`"
        ) from None
    folder = "Scripts" if sys.platform == "win32" else "bin"
    return [str(scratch / "pip" / folder / "python"), "-m", "pip"]


def _pip_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without pip settings that would forbid or redirect a download."""
    dropped = {"PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_NO_BINARY", "PIP_NO_DEPS"}
    kept = {name: value for name, value in environ.items() if name not in dropped}
    return {**kept, "PIP_REQUIRE_VIRTUALENV": "0"}


def _no_wheels(error: CommandError) -> ImageBuildError:
    return ImageBuildError(
        "pip could not download the image's libraries; check that"
        " `python -m pip download numpy` works here, or install other versions of the"
        f" libraries it names. Its last lines: {error.tail}"
    )


def _remove_others(kept: Path) -> None:
    """Remove the wheels of earlier images for the same Python and architecture."""
    prefix = kept.name.rpartition("-")[0]
    for folder in kept.parent.glob(f"{prefix}-*"):
        if folder != kept:
            shutil.rmtree(folder, ignore_errors=True)
