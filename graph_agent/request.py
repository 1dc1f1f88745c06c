"""The request: what is asked, about which values, and how it is checked."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from graph_agent.budget import Budget
from graph_agent.errors import RequestError
from graph_agent.records import Approve, PrivacyLevel
from graph_agent.rule_names import RULE_NAMES
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
    aggregates) or ``sample`` (besides, a few values, what the code prints, and figures
    where the model sees). With ``skip_unsendable`` values that cannot be pickled are
    left out, and the model is told so. ``approve`` says when a person is asked before
    code runs: ``never``, ``always``, or when it looks ``risky``. ``skip_rules`` names
    rules that are not to judge the result, and ``budget`` limits besides attempts, see
    :class:`~graph_agent.budget.Budget`.

    Raises:
        RequestError: an empty or overlong request, checks that do not parse, a bad level,
            an unknown rule or limit.
        VariableNameError: a name that is no identifier.
    """

    request_text: str
    user_variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
    checks: str | None = None
    returns: Sequence[str] | None = None
    privacy: PrivacyLevel = "sample"
    skip_unsendable: bool = False
    approve: Approve = "never"
    skip_rules: Sequence[str] = ()
    budget: Mapping[str, Any] = field(default_factory=dict)

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
        _check_one_of("privacy", self.privacy, get_args(PrivacyLevel))
        _check_one_of("approve", self.approve, get_args(Approve))
        if isinstance(self.skip_rules, str):
            raise RequestError(f"skip_rules is a list of names; write [{self.skip_rules!r}]")
        for rule in self.skip_rules:
            _check_one_of("each of skip_rules", rule, RULE_NAMES)
        Budget.read(self.budget)
        _check_parses(self.checks)

    def with_variables(self, values: Mapping[str, Any]) -> CodeGenerationRequest:
        """Return the same request about other values."""
        return replace(self, user_variables=values)

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
        if isinstance(max_attempts, bool) or not isinstance(max_attempts, int) or max_attempts < 1:
            raise RequestError(
                f"max_attempts is a whole number of at least 1, not {max_attempts!r}"
            )
        return {
            "request": self.request_text.strip(),
            "files": [],
            **self.stored(store or default_store()),
            "checks": self.checks,
            "returns": None if self.returns is None else list(self.returns),
            "max_attempts": max_attempts,
            "budget": dict(self.budget),
            "privacy": self.privacy,
            "approve": self.approve,
            "skip_rules": list(self.skip_rules),
            "setup": {},
            "decision": None,
        }

    def stored(self, store: VariableStore) -> AgentInput:
        """Store the values and return the part of the input that is about them.

        Raises:
            UnsendableVariableError: values that cannot be pickled.
            VariableStoreError: the store cannot be written.
        """
        from graph_agent.summaries import summarize

        bundle = store.put_variables(self.user_variables, skip_unsendable=self.skip_unsendable)
        summaries = [
            summarize(name, value, level=self.privacy).model_dump(mode="json")
            for name, value in self.user_variables.items()
            if name not in bundle["unsendable"]
        ]
        return {"variables": bundle, "summaries": summaries}


def default_store() -> VariableStore:
    """Open the variable store the settings name."""
    from graph_agent.settings import load_settings

    return VariableStore(load_settings().state_dir / "variables")


def _check_one_of(name: str, value: object, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise RequestError(f"{name} is one of {', '.join(allowed)}, not {value!r}")


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
