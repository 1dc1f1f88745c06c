"""From any value to its summary: pick who describes it, bound what comes of it."""

from __future__ import annotations

from collections.abc import Callable

from graph_agent.summaries.arrays import describe_array
from graph_agent.summaries.arrow_tables import describe_arrow
from graph_agent.summaries.callables import describe_callable
from graph_agent.summaries.column_names import column_names
from graph_agent.summaries.containers import describe_container
from graph_agent.summaries.objects import describe_object
from graph_agent.summaries.pandas_frames import describe_pandas
from graph_agent.summaries.polars_frames import describe_polars
from graph_agent.summaries.record import Description, PrivacyLevel, VariableSummary, View
from graph_agent.summaries.scalars import describe_scalar
from graph_agent.summaries.text import clean, clip, fit, type_name

__all__ = ["summarize"]

_MAX_NAME_CHARS = 200

_DESCRIBERS: tuple[Callable[[object, View], Description | None], ...] = (
    describe_pandas,
    describe_polars,
    describe_arrow,
    describe_array,
    describe_scalar,
    describe_container,
    describe_callable,
    describe_object,
)
"""Each returns None for a value that is not of its kind; the last takes any."""


def summarize(
    name: str, value: object, *, level: PrivacyLevel = "sample", max_chars: int = 2_000
) -> VariableSummary:
    """Describe a variable for the model, telling no more than ``level`` allows.

    Never raises for what the value is or does, never changes or consumes it, runs
    no property of it, and reads a bounded part of it. ``text`` has at most
    ``max_chars`` characters and says so where something was left out.
    """
    view = View(level=level, max_chars=max_chars, recurse=_describe)
    description = _describe(value, view)
    lines = [f"{name}: {description.headline}", *(f"  {line}" for line in description.lines)]
    return VariableSummary(
        name=name,
        type=clip(clean(type_name(value)), _MAX_NAME_CHARS),
        # Escaping lengthens, so bound before (to escape little) and after.
        text=fit(clean(fit(lines, max_chars)).split("\n"), max_chars),
        level=level,
        columns=column_names(value),
    )


def _describe(value: object, view: View) -> Description:
    failed = ""
    for describer in _DESCRIBERS:
        try:
            description = describer(value, view)
        except (Exception, SystemExit) as exc:  # a value may do anything
            # Its message may quote data.
            failed = failed or f" (looking into it raised {type(exc).__name__})"
            continue
        if description is not None:
            return Description(description.headline + failed, description.lines)
    return Description(type_name(value) + failed, [])
