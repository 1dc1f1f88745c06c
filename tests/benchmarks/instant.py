"""A sandbox and a model that take no time, to measure what is around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from sandbox import Execution, VariableStore
from sandbox.protocol import OutputListener
from sandbox.records import Payload
from sandbox.variables.bundle import VariableBundle
from tests.scripted_model import fenced, verdict


class InstantSandbox:
    """Returns the same execution for any code; ``results`` are its variables with their bytes."""

    def __init__(self, results: Mapping[str, tuple[Any, bytes | memoryview]] | None = None) -> None:
        results = results or {"total": (1, b"1")}
        self._execution = Execution(
            outcome="ok",
            stdout="1\n",
            variables={name: value for name, (value, _) in results.items()},
            payloads={
                name: Payload("tree/1", type(value).__name__, data)  # type: ignore[arg-type]
                for name, (value, data) in results.items()
            },
        )

    def check(self) -> None:
        """Do nothing."""

    def prepare(self, *, thread: str = "") -> None:
        """Do nothing."""

    def run(
        self,
        code: str,
        variables: Mapping[str, Any] | VariableBundle | None = None,
        returns: Sequence[str] | None = None,
        *,
        checks: str | None = None,
        on_output: OutputListener | None = None,
        store: VariableStore | None = None,
        thread: str = "",
        task: str = "",
    ) -> Execution:
        """Return the execution."""
        return self._execution

    def packages(self) -> Mapping[str, str]:
        """Return two libraries."""
        return {"numpy": "2", "pandas": "2"}

    def python_version(self) -> str:
        """Return a version."""
        return "3.11"


class InstantModel(BaseChatModel):
    """Always writes the same code and approves it."""

    code: str = "total = 1"

    @property
    def _llm_type(self) -> str:
        return "instant"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        judges = run_manager is not None and "analyze" in run_manager.tags
        message = AIMessage(verdict(True) if judges else fenced(self.code))
        return ChatResult(generations=[ChatGeneration(message=message)])
