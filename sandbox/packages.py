"""Installs the distribution's packages, on Debian and Ubuntu."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence

from sandbox.commands import CommandError, run_command
from sandbox.errors import SandboxUnavailableError


def install_packages(names: Sequence[str], progress: Callable[[str], None]) -> None:
    """Install packages as root, without questions and without what they merely recommend.

    Raises:
        SandboxUnavailableError: apt-get failed.
    """
    progress(f"installing {', '.join(names)} (apt-get)")
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends", *names]
    # One source of many that does not answer fails the update; the install tells if it matters.
    with contextlib.suppress(CommandError, OSError):
        run_command(["apt-get", "update"], lambda line: None, environ)
    try:
        run_command(install, lambda line: None, environ)
    except (CommandError, OSError) as error:
        raise SandboxUnavailableError(
            f"apt-get could not install {', '.join(names)}; run"
            f" `{' '.join(install)}` as root and mend what it names. It said: {error}"
        ) from None
