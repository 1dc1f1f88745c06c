"""The guarantees that need no attack: read off a container from inside, and from the engine."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from sandbox.security import isolation, limits, privileges
from sandbox.security.seen import Guarantee, Seen, Verdict, verdict

GUARANTEES = tuple(
    sorted(
        (*isolation.GUARANTEES, *privileges.GUARANTEES, *limits.GUARANTEES),
        key=lambda guarantee: tuple(map(int, (guarantee.cis or "9.0").split("."))),
    )
)
"""In the order of the benchmark; those without a number last."""


def private_folder(folder: Path) -> Verdict:
    """Check that only this user can enter a folder, and owns it."""
    if os.name == "nt":
        return "absent", "Windows' own permissions of the user's profile apply"
    try:
        found = folder.stat()
    except OSError as error:
        return "held", f"not there yet: {error.strerror}"
    mode = stat.S_IMODE(found.st_mode)
    holds = not mode & 0o077 and found.st_uid == os.getuid()
    return verdict(holds, f"{folder} has mode {mode:o}")


def check_all(seen: Seen) -> Sequence[tuple[Guarantee, Verdict]]:
    """Check every guarantee; one whose facts are missing has failed."""
    results = []
    for guarantee in GUARANTEES:
        try:
            results.append((guarantee, guarantee.check(seen)))
        except Exception as error:  # a fact is missing, or is the text of an error
            results.append((guarantee, ("failed", f"not seen: {type(error).__name__}: {error}")))
    return results
