"""Checks that ``nodes`` and ``sandbox`` are this distribution's packages.

Another distribution, or a folder of the user's, may have the same names.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path


def require_our_packages() -> None:
    """Check that Python finds the packages installed next to this one.

    Raises:
        ImportError: it finds another package of that name, or none.
    """
    home = Path(__file__).resolve().parent.parent
    for name in ("nodes", "sandbox"):
        spec = importlib.util.find_spec(name)
        origin = None if spec is None or spec.origin is None else Path(spec.origin).resolve()
        if origin == home / name / "__init__.py":
            continue
        if spec is None:
            found = "none; install codegen-agent again"
        elif origin is None:
            found = f"a folder in {list(spec.submodule_search_locations or [])!r}"
        else:
            found = repr(str(origin))
        raise ImportError(
            f"codegen-agent needs its own package {name!r} from {str(home / name)!r}, but Python"
            f" finds {found}. Rename yours, or run Python from another folder"
        )
