"""Gets the base of the runner image ahead: ``python3 -m tests.base_ahead``, used by make.

Runs while the environment is installed, so it needs the standard library and Docker's command
line only. Whatever fails here is no loss: the image's build gets the base itself, and says why
it can't.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from sandbox.errors import ImageBuildError
from sandbox.image.packaged_base import made_tag, make_base, own_tag

FIRST_ANSWER_S = 10.0
ASK_S = 30.0
NOT_AHEAD = ("CODEGEN_AGENT_BASE_IMAGE", "CODEGEN_AGENT_IMAGE_REGISTRY")
"""With these settings the build may need another base, or none."""


class CommandLine:
    """Docker's command line, with the one method that making a base needs of an engine."""

    def __init__(self) -> None:
        self.api = self

    def import_image_from_file(self, archive: str, repository: str, tag: str) -> None:
        """Import an archive as an image."""
        subprocess.run(
            ["docker", "import", archive, f"{repository}:{tag}"],
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )

    def ask(self, *command: str) -> str:
        """Return what a short command prints, empty if it fails."""
        try:
            done = subprocess.run(
                ["docker", *command],
                check=False,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                text=True,
                timeout=ASK_S,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return "" if done.returncode else done.stdout.strip()

    def pulled(self, tag: str, first_answer_s: float = FIRST_ANSWER_S) -> bool:
        """Pull an image, if a registry answers soon; return whether it is there."""
        with subprocess.Popen(
            ["docker", "pull", tag],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            clock = threading.Timer(first_answer_s, process.kill)
            clock.start()
            try:
                assert process.stdout is not None
                process.stdout.readline()
                clock.cancel()
                process.stdout.read()
            except BaseException:
                process.kill()
                raise
            finally:
                clock.cancel()
        return process.returncode == 0


def get_base(
    python: str,
    docker: Any,
    make: Callable[..., str] = make_base,
    environ: Any = os.environ,
) -> str | None:
    """Get the base if there is none yet; return its name, None if there is one or it can't.

    Args:
        python: minor version, such as ``3.11``.
        docker: the command line.
        make: makes a base from packages.
        environ: the environment.
    """
    if any(environ.get(name) for name in NOT_AHEAD):
        return None
    architecture = docker.ask("version", "--format", "{{.Server.Arch}}")
    official = f"python:{python}-slim"
    known = (official, made_tag(python), own_tag())
    if not architecture or any(docker.ask("images", "-q", tag) for tag in known):
        return None
    if docker.pulled(official):
        return official
    try:
        return make(docker, python, architecture, lambda line: None)
    except (ImageBuildError, OSError, subprocess.CalledProcessError):
        return None


def main() -> int:
    """Get the base; return 0, or 130 if interrupted."""
    started = time.monotonic()
    try:
        if get_base("{}.{}".format(*sys.version_info), CommandLine()):
            print(f"base of the runner image: {time.monotonic() - started:.0f} s", flush=True)
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
