"""What the nodes need and the state can't hold; bound to them when the graph is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from graph_agent.models import CallLog
from sandbox.protocol import Sandbox
from sandbox.variables.store import VariableStore


@dataclass(frozen=True)
class Dependencies:
    """The parts a graph works with.

    ``client`` makes the chat model for a name, or the graph's own for None.
    ``files_folder`` holds the files that an input may name; None: it may name none.
    ``candidates``: how many programs an attempt has, if the input doesn't say.
    """

    client: Callable[[str | None], BaseChatModel]
    sandbox: Sandbox
    store: VariableStore
    calls: CallLog
    files_folder: Path | None = None
    candidates: int = 1
