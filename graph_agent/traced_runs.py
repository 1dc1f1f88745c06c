"""What a trace may hold of one run of this graph: of itself, a node, a route or a model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from graph_agent.models.redaction import redacted
from graph_agent.records import Json, PrivacyLevel
from graph_agent.traced_state import permitted_state

__all__ = ["LEVEL_KEY", "permitted_run"]

LEVEL_KEY = "codegen_agent_privacy"
"""In a run's metadata: that it belongs to this graph, and the level that bounds it."""

_KNOWN_METADATA = re.compile(
    rf"{LEVEL_KEY}|(?:langgraph|ls|lc|checkpoint)_\w+|(?:thread|run|assistant|graph|revision)_id"
    r"|usage_metadata|run_attempt"
)


def permitted_run(run: Json) -> Json:
    """Return what of a run, as LangSmith's client takes it, may leave.

    A run of something else is returned as it is. A model's run keeps its prompt and
    its answer, which the level has bounded already.
    """
    extra = run.get("extra") or {}
    metadata = extra.get("metadata") or {}
    level = metadata.get(LEVEL_KEY)
    if level is None:
        return run
    # A model's constructor and call arguments may hold its key.
    kept = {key: value for key, value in run.items() if key not in ("serialized", "attachments")}
    of_model = run.get("run_type") == "llm"
    for key in ("inputs", "outputs"):
        if run.get(key) is not None and not of_model:
            kept[key] = permitted_state(run[key], level)
    if run.get("error") is not None:
        kept["error"] = _error(str(run["error"]), level, of_model)
    kept["events"] = [
        {key: one[key] for key in ("name", "time") if key in one} for one in run.get("events") or []
    ]
    kept["extra"] = {
        "metadata": _metadata(metadata, level),
        **({"runtime": extra["runtime"]} if "runtime" in extra else {}),
    }
    return kept


def _metadata(metadata: Mapping[str, Any], level: PrivacyLevel) -> Json:
    """Below ``sample`` keep only what LangGraph and LangChain say of the run."""
    if level == "sample":
        return dict(metadata)
    return {key: value for key, value in metadata.items() if _KNOWN_METADATA.fullmatch(key)}


def _error(text: str, level: PrivacyLevel, of_model: bool) -> str:
    """Keep the exception's name, and its message where it may be told.

    Not that of a model's client, which may quote its key; the node around it raises
    the error again without. Nor what a person is asked: it is for them alone. Never the
    traceback, whose causes are not ours.
    """
    if level != "sample" or of_model or text.startswith("GraphInterrupt("):
        name = re.match(r"[A-Za-z_][\w.]*", text)
        return name.group() if name else "error"
    return redacted(text.partition("Traceback (most recent call last)")[0], ())
