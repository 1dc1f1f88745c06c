"""Which of the notebook's variables a request is about."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from graph_agent.notebook.messages import CodegenError
from graph_agent.similar import did_you_mean

_ORDINARY_WORDS = frozenset({"a", "A", "i", "I"})
"""Names that would be mentioned by almost every sentence."""


def own_variables(namespace: Mapping[str, Any], hidden: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables the user made: no modules, chat models, and nothing of IPython's."""
    return {
        name: value
        for name, value in namespace.items()
        if not name.startswith("_")
        and not isinstance(value, ModuleType)
        and not (name in hidden and hidden[name] is value)
        and not is_chat_model(value)
    }


def named(
    names: Sequence[str], own: Mapping[str, Any], namespace: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the variables whose names were typed, also those that begin with an underscore.

    Raises:
        CodegenError: a variable doesn't exist, or is a module or a chat model.
    """
    found = {}
    for name in names:
        if not name.isidentifier():
            meant = did_you_mean(name, own) or "; give the value a name in a cell above"
            raise CodegenError(f"{name!r} isn't the name of a variable{meant}")
        if name not in namespace:
            meant = did_you_mean(name, own) or "; define it in a cell above"
            raise CodegenError(f"there is no variable {name!r}{meant}")
        value = namespace[name]
        if isinstance(value, ModuleType):
            raise CodegenError(f"{name!r} is a module; the code imports what it needs")
        if is_chat_model(value):
            raise CodegenError(f"{name!r} is a chat model; name it with --model {name}")
        found[name] = value
    return found


def mentioned(request: str, own: Mapping[str, Any]) -> list[str]:
    """Return the variables whose names are words of a request."""
    words = set(re.findall(r"\w+", request)) - _ORDINARY_WORDS
    words |= set(re.findall(r"`(\w+)`", request))
    return [name for name in own if name in words]


def tables(own: Mapping[str, Any]) -> list[str]:
    """Return the variables that are tables."""
    return [name for name, value in own.items() if _is_table(value)]


def is_chat_model(value: object) -> bool:
    """Whether a value is a LangChain chat model."""
    models = sys.modules.get("langchain_core.language_models")
    return models is not None and isinstance(value, models.BaseChatModel)


def kind_of(value: Any) -> str:
    """Name a value's type, and its size if it has one."""
    kind = type(value).__name__
    if not _is_table(value):
        return kind
    return f"{kind}, {'×'.join(f'{length:,}' for length in value.shape)}"


def _is_table(value: object) -> bool:
    library = type(value).__module__.partition(".")[0]
    return type(value).__name__ in ("DataFrame", "Table") and library in (
        "pandas",
        "polars",
        "pyarrow",
    )
