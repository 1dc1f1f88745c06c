"""What a trace may hold of a run: the graph's own, a node's, a route's or a model's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from graph_agent.config.redaction import redacted
from graph_agent.models.question import ATTEMPT_KEY
from graph_agent.records import Json, PrivacyLevel
from graph_agent.tracing.state_views import permitted_state

__all__ = ["LEVEL_KEY", "permitted_run"]

LEVEL_KEY = "codegen_agent_privacy"
"""In the metadata of this graph's runs: their privacy level."""

_KNOWN_METADATA = re.compile(
    rf"{LEVEL_KEY}|{ATTEMPT_KEY}|(?:langgraph|ls|lc|checkpoint)_\w+|(?:thread|run|assistant|graph|revision)_id"
    r"|usage_metadata|run_attempt"
)


def permitted_run(run: Json) -> Json:
    """Return what may be sent of a run, in the form LangSmith's client takes.

    Runs outside this graph are returned unchanged. A model's run keeps its prompt and its
    answer: the prompt already obeys the level.
    """
    extra = run.get("extra") or {}
    metadata = extra.get("metadata") or {}
    level = metadata.get(LEVEL_KEY)
    if level is None:
        return run
    # "serialized" holds a model's constructor arguments, which may include its key.
    kept = {key: value for key, value in run.items() if key not in ("serialized", "attachments")}
    of_model = run.get("run_type") == "llm"
    for key in ("inputs", "outputs"):
        if run.get(key) is not None and not of_model:
            kept[key] = permitted_state(run[key], level)
    if run.get("error") is not None:
        kept["error"] = _error(str(run["error"]), level, of_model)
    kept["events"] = [
        {key: event[key] for key in ("name", "time") if key in event}
        for event in run.get("events") or []
    ]
    kept["extra"] = {"metadata": _metadata(metadata, level)}
    if "runtime" in extra:
        kept["extra"]["runtime"] = extra["runtime"]
    return kept


def _metadata(metadata: Mapping[str, Any], level: PrivacyLevel) -> Json:
    """Below ``sample``, keep only the metadata of LangGraph and LangChain."""
    if level == "sample":
        return dict(metadata)
    return {key: value for key, value in metadata.items() if _KNOWN_METADATA.fullmatch(key)}


def _error(text: str, level: PrivacyLevel, of_model: bool) -> str:
    """Keep the exception's name, and at ``sample`` its message, but never the traceback.

    A model client's message may quote its key, and the node raises the error again without
    it. An interrupt's message is the question to a person, and only for that person.
    """
    if level != "sample" or of_model or text.startswith("GraphInterrupt("):
        name = re.match(r"[A-Za-z_][\w.]*", text)
        return name.group() if name else "error"
    return redacted(text.partition("Traceback (most recent call last)")[0], ())
