"""Where downloads and other things that can be fetched again are kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

CACHE_VARIABLE = "CODEGEN_AGENT_CACHE"


def cache_folder(
    environ: Mapping[str, str] | None = None,
    *,
    home: Path | None = None,
    platform: str = sys.platform,
) -> Path:
    r"""Return the user's cache folder for this program; it need not exist.

    ``$CODEGEN_AGENT_CACHE``, else ``%LOCALAPPDATA%\codegen_agent\Cache`` on Windows and
    ``$XDG_CACHE_HOME/codegen-agent`` or ``~/.cache/codegen-agent`` elsewhere.

    Raises:
        RuntimeError: it would be in the home folder, and there is none.
    """
    environ = os.environ if environ is None else environ
    if own := environ.get(CACHE_VARIABLE):
        return Path(own).expanduser()
    if platform == "win32":
        local = environ.get("LOCALAPPDATA")
        base = Path(local) if local else (home or Path.home()) / "AppData" / "Local"
        return base / "codegen_agent" / "Cache"
    # The XDG specification says to ignore relative paths.
    xdg = Path(environ.get("XDG_CACHE_HOME", ""))
    return (xdg if xdg.is_absolute() else (home or Path.home()) / ".cache") / "codegen-agent"
