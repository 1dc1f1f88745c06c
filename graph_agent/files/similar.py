"""Suggests the file that a path which leads nowhere may mean."""

from __future__ import annotations

import difflib
import os
from pathlib import Path


def hint_for(path: Path) -> str:
    """Say what may be wrong with the path of a file that doesn't exist, as half a sentence."""
    folder = path.absolute().parent
    try:
        names = {entry.name.casefold(): entry.name for entry in os.scandir(folder)}
    except (OSError, ValueError):
        return f"nor does its folder {str(folder)!r}; check the path"
    close = difflib.get_close_matches(path.name.casefold(), names, n=1, cutoff=0.6)
    return f"did you mean {names[close[0]]!r}?" if close else "check the path"
