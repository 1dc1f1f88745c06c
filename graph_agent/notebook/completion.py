"""Completes the names of variables, options and their values on the line of a magic."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from graph_agent.models.names import LLMModels
from graph_agent.notebook.names import is_chat_model
from graph_agent.notebook.options import ANSWER_OPTIONS, OPTIONS
from graph_agent.records import LEVELS

_MAGIC = re.compile(r"\s*%%?(codegen\w*)\s")


def completions(
    line: str, own: Mapping[str, Any], namespace: Mapping[str, Any], waiting: Iterable[str]
) -> list[str] | None:
    """Complete a line up to the cursor; None if it isn't a line of one of our magics.

    ``own``: the user's variables; ``namespace``: all of them; ``waiting``: the result's values.
    """
    magic = _MAGIC.match(line)
    if magic is None:
        return None
    *before, word = re.split(r"[\s,]+", line[magic.end() :])
    last = before[-1] if before else ""
    if magic[1] == "codegen_accept":
        offered: Iterable[str] = waiting
    elif last in OPTIONS and OPTIONS[last] and not word.startswith("--"):
        offered = _values(last, own, namespace)
    elif magic[1] == "codegen":
        given = [option for option in OPTIONS if option not in before]
        offered = given if word.startswith("-") else [*own, *given]
    else:
        offered = ANSWER_OPTIONS
    return sorted(text for text in offered if text.startswith(word))


def _values(option: str, own: Mapping[str, Any], namespace: Mapping[str, Any]) -> list[str]:
    if option == "--privacy":
        return list(LEVELS)
    if option == "--model":
        models = [name for name, value in namespace.items() if is_chat_model(value)]
        return [*(name for name in models if not name.startswith("_")), *map(str, LLMModels)]
    if option == "--checks":
        return [name for name, value in own.items() if isinstance(value, str)]
    return list(own) if option == "--returns" else []
