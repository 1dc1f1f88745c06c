"""On whose behalf a container runs."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

LABELS = "org.codegen-agent"
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,100}")


@dataclass(frozen=True, slots=True)
class Purpose:
    """A thread and one of its tasks; empty: none in particular."""

    thread: str = ""
    task: str = ""

    def labels(self) -> dict[str, str]:
        """Return what a container made for it carries."""
        named = {"thread": self.thread, "task": self.task}
        return {f"{LABELS}.{key}": value for key, value in named.items() if value}

    def container_name(self) -> str | None:
        """Return the name a container has while it runs for the task; None without a task."""
        if not self.task:
            return None
        if _NAME.fullmatch(self.task):
            return f"codegen-agent-{self.task}"
        return f"codegen-agent-{hashlib.sha256(self.task.encode()).hexdigest()}"
