"""Keeps pickles that the code wrote from running anything when the checks load them."""

from __future__ import annotations

import pickle
import sys
from typing import Any

from ..shared.limits import TYPES

_LIBRARIES = frozenset({
    "numpy", "pandas", "pyarrow", "scipy", "sklearn", "statsmodels", "joblib", "datetime",
    "decimal", "fractions", "collections", "uuid", "pathlib", "array", "types",
})  # fmt: skip
"""Any class of theirs may be loaded."""
_FUNCTIONS = frozenset({
    "_reconstruct", "scalar", "_frombuffer", "_new_Index", "_unpickle_block", "_reconstructor",
    "__newobj__", "encode", "_unpickle_timestamp", "_timedelta_unpickle", "_nat_unpickle",
    "new_block", "_new_PeriodIndex", "_new_DatetimeIndex", "_array_reconstructor",
})  # fmt: skip
"""What rebuilds arrays and tables."""


def refuse_unpickling() -> None:
    """From now on, load only data and classes of libraries from a pickle, for good."""
    sys.addaudithook(_look)


def _look(event: str, arguments: Any) -> None:
    if event == "pickle.find_class" and not _is_harmless(*arguments):
        module, name = arguments
        raise pickle.UnpicklingError(
            f"the checks can't load {module}.{name} from a pickle: it could run anything, and"
            " change what the checks find. Compare a value of the code, or another kind of file"
        )


def _is_harmless(module: str, name: str) -> bool:
    if module == "builtins":
        return name in TYPES
    if name in _FUNCTIONS:
        return True
    if module.partition(".")[0] not in _LIBRARIES:
        return False
    return isinstance(getattr(sys.modules.get(module), name, None), type)
