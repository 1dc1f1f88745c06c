"""The request: what is asked, about which values, and how it is checked."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from graph_agent.errors import RequestError
from graph_agent.records import PrivacyLevel
from graph_agent.state import DEFAULT_MAX_ATTEMPTS, AgentInput
from sandbox.names import check_variable_name
from sandbox.store import VariableStore

MAX_REQUEST_CHARS = 20_000


@dataclass(frozen=True)
class CodeGenerationRequest:
    """A task in plain words about given values.

    ``checks`` is Python run after the generated code in its namespace; an
    exception there is a failure. ``returns`` names what comes back; None: every
    new or changed variable that has a safe encoding. ``privacy`` bounds what the
    model is told: ``schema`` (names, types, shapes), ``stats`` (besides,
    aggregates) or ``sample`` (besides, a few values). With ``skip_unsendable``
    values that cannot be pickled are left out, and the model is told so.

    Raises:
        RequestError: an empty or overlong request, checks that do not parse, a bad level.
        VariableNameError: a name that is no identifier.
    """

    request_text: str
    user_variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
    checks: str | None = None
    returns: Sequence[str] | None = None
    privacy: PrivacyLevel = "sample"
    skip_unsendable: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.request_text, str) or not self.request_text.strip():
            raise RequestError("the request is empty; say in plain words what you want to know")
        if len(self.request_text) > MAX_REQUEST_CHARS:
            raise RequestError(
                f"the request has {len(self.request_text)} characters, the most is"
                f" {MAX_REQUEST_CHARS}; pass long text as a variable"
            )
        if not isinstance(self.user_variables, Mapping):
            kind = type(self.user_variables).__name__
            raise RequestError(f"user_variables maps names to values; it is a {kind}")
        for name in self.user_variables:
            check_variable_name(name)
        if isinstance(self.returns, str):
            raise RequestError(f"returns is a list of names; write returns=[{self.returns!r}]")
        for name in self.returns or ():
            check_variable_name(name)
        if self.privacy not in get_args(PrivacyLevel):
            levels = ", ".join(get_args(PrivacyLevel))
            raise RequestError(f"privacy is one of {levels}, not {self.privacy!r}")
        _check_parses(self.checks)

    def to_input(
        self, store: VariableStore | None = None, max_attempts: int = DEFAULT_MAX_ATTEMPTS
    ) -> AgentInput:
        """Store the values and return the graph's input: references, plain JSON-able data.

        Args:
            store: where the values go; None: the one the settings name.
            max_attempts: how often code may be generated, at least 1.

        Raises:
            RequestError: ``max_attempts`` is no whole number of at least 1.
            UnsendableVariableError: values that cannot be pickled.
            VariableStoreError: the store cannot be written.
        """
        from graph_agent.summaries import summarize

        if not isinstance(max_attempts, int) or max_attempts < 1:
            raise RequestError(
                f"max_attempts is a whole number of at least 1, not {max_attempts!r}"
            )
        bundle = (store or default_store()).put_variables(
            self.user_variables, skip_unsendable=self.skip_unsendable
        )
        summaries = [
            summarize(name, value, level=self.privacy).model_dump(mode="json")
            for name, value in self.user_variables.items()
            if name not in bundle["unsendable"]
        ]
        return {
            "request": self.request_text.strip(),
            "variables": bundle,
            "summaries": summaries,
            "checks": self.checks,
            "returns": None if self.returns is None else list(self.returns),
            "max_attempts": max_attempts,
            "privacy": self.privacy,
            "attempts": [],
            "usage": {},
            "decision": None,
            "success": False,
            "code": "",
        }


def default_store() -> VariableStore:
    """Open the variable store the settings name."""
    from graph_agent.settings import load_settings

    return VariableStore(load_settings().state_dir / "variables")


def _check_parses(checks: str | None) -> None:
    if checks is None:
        return
    try:
        ast.parse(checks)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        where = f" (line {line})" if line else ""
        raise RequestError(
            f"checks is not Python: {getattr(error, 'msg', error)}{where}; write assertions"
            " such as 'assert len(result) > 0'"
        ) from error
