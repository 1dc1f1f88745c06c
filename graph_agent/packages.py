"""Makes sure that ``nodes`` and ``sandbox`` are ours.

Both are names another distribution, or a folder of the user's, may have too.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

SIBLINGS = ("nodes", "sandbox")


def require_our_packages() -> None:
    """Check that the sibling packages found are those installed beside this one.

    Raises:
        ImportError: another package of that name is found first, or none.
    """
    home = Path(__file__).resolve().parent.parent
    for name in SIBLINGS:
        spec = importlib.util.find_spec(name)
        origin = None if spec is None or spec.origin is None else Path(spec.origin).resolve()
        if origin == home / name / "__init__.py":
            continue
        found = _found(spec, origin)
        raise ImportError(
            f"codegen-agent needs its own package {name!r} from {str(home / name)!r}, but Python"
            f" finds {found}. Rename yours, or run Python from another folder"
        )


def _found(spec: object, origin: Path | None) -> str:
    if spec is None:
        return "none; install codegen-agent again"
    if origin is None:
        return f"a folder in {list(getattr(spec, 'submodule_search_locations', None) or [])!r}"
    return repr(str(origin))
