"""A sandbox and a model that take no time, for what is measured around them."""

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
from tests.scripted_model import fenced, verdict


class InstantSandbox:
    """Gives the same execution for any code; ``results`` are its variables, with their bytes."""

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
        """Do nothing: it always works."""

    def prepare(self) -> None:
        """Do nothing."""

    def run(
        self,
        code: str,
        variables: Mapping[str, Any] | None = None,
        returns: Sequence[str] | None = None,
        *,
        checks: str | None = None,
        on_output: OutputListener | None = None,
        store: VariableStore | None = None,
    ) -> Execution:
        """Return the one execution."""
        return self._execution

    def packages(self) -> Mapping[str, str]:
        """Name a library or two."""
        return {"numpy": "2", "pandas": "2"}

    def python_version(self) -> str:
        """Return any version."""
        return "3.11"


class InstantModel(BaseChatModel):
    """Writes the same code each time, and is content with it."""

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
        message = AIMessage(verdict(True) if judges else fenced("total = 1"))
        return ChatResult(generations=[ChatGeneration(message=message)])
