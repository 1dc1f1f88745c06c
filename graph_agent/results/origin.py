"""Where a run comes from: another run that it was forked from, or that it follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Origin:
    """Where a run comes from; all empty: it is a first request.

    ``sentence`` says it. A fork with another request has the earlier one in ``earlier_request``;
    its first ``kept`` attempts answer that one.
    """

    sentence: str = ""
    earlier_request: str = ""
    kept: int = 0

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """Read it from a run's state."""
        setup = state.get("setup") or {}
        if fork := setup.get("forked_from"):
            kept = int(fork["attempt"])
            what = f"after attempt {kept}" if kept else "before its first attempt"
            return cls(
                f"Forked from the run {fork['thread_id']}, {what}.",
                str(fork.get("request") or "") if kept else "",
                kept,
            )
        if follows := setup.get("follows"):
            earlier = state.get("earlier") or []
            asked = f": {earlier[-1]['request']}" if earlier else ""
            return cls(f"A follow-up to the run {follows}{asked}")
        return cls()
