"""The request: a task, the values it is about, and how the result is checked."""

from __future__ import annotations

import ast
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict

from graph_agent.budget import Budget, checked_candidates, limits_in
from graph_agent.errors import RequestError
from graph_agent.records import APPROVALS, LEVELS, Approve, PrivacyLevel
from graph_agent.return_types import ReturnType, described
from graph_agent.state import DEFAULT_MAX_ATTEMPTS, AgentInput
from sandbox.terminal_text import escape_control_chars
from sandbox.variables.bundle import VariableBundle, check_variable_name
from sandbox.variables.store import VariableStore

MAX_REQUEST_CHARS = 20_000
RULE_NAMES = (
    "undefined_name",
    "unknown_column",
    "checks",
    "missing_return",
    "wrong_type",
    "no_figure",
    "blank_figure",
    "empty_result",
    "input_overwritten",
    "input_ignored",
    "blank_answer",
    "blank_result",
    "empty_axes",
    "untouched_column",
    "unlikely_type",
)
"""The rules that a request can skip; see :mod:`nodes.rules`."""


class RequestOptions(TypedDict, total=False):
    """What a follow-up may be given, as :class:`CodeGenerationRequest` describes it."""

    user_variables: Mapping[str, Any]
    checks: str | None
    returns: Sequence[str] | Mapping[str, ReturnType] | None
    privacy: PrivacyLevel
    skip_unsendable: bool
    approve: Approve
    skip_rules: Sequence[str]
    candidates: int | None


@dataclass(frozen=True)
class CodeGenerationRequest:
    """A task in plain words about given values.

    Args:
        request_text: the task.
        user_variables: the values, by the name the code uses.
        checks: Python that runs after the generated code, with its names, in a process that
            the code can't reach; an exception is a failure.
        returns: the variables to return; None: every new or changed one that has a safe
            encoding. A mapping gives each its type, such as ``{"answer": bool}``: a class, a
            generic one, a union, a ``Literal`` or a pydantic model (its fields and their
            types). A value of another type is a failure.
        privacy: what the model may see: ``schema`` (names, types, shapes), ``stats`` (also
            aggregates) or ``sample`` (also a few values, printed output, and figures if it
            has vision).
        skip_unsendable: leave out values that can't be pickled; the model sees their names.
        approve: when code needs a person's approval: ``never``, ``always``, or when it looks
            ``risky``.
        skip_rules: rules that don't judge the result.
        budget: limits besides attempts.
        candidates: how many programs an attempt may have. They are written and run one after
            another until more than half of them give the same answer, which wins. None: the
            setting, by default 1.

    Raises:
        RequestError: the request is empty or too long, the checks don't parse, or a level, a
            rule or a limit is unknown.
        VariableNameError: a name isn't an identifier.
    """

    request_text: str
    user_variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
    checks: str | None = None
    returns: Sequence[str] | Mapping[str, ReturnType] | None = None
    privacy: PrivacyLevel = "sample"
    skip_unsendable: bool = False
    approve: Approve = "never"
    skip_rules: Sequence[str] = ()
    budget: Budget | Mapping[str, float | None] = field(default_factory=dict)
    candidates: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.request_text, str):
            raise RequestError(f"the request is text, not {type(self.request_text).__name__}")
        if not self.request_text.strip():
            raise RequestError("the request is empty; say in plain words what you want to know")
        if len(self.request_text) > MAX_REQUEST_CHARS:
            raise RequestError(
                f"the request has {len(self.request_text)} characters, more than"
                f" {MAX_REQUEST_CHARS}; pass long text as a variable"
            )
        if not isinstance(self.user_variables, Mapping):
            kind = type(self.user_variables).__name__
            raise RequestError(f"user_variables must map names to values; it is a {kind}")
        for name in self.user_variables:
            check_variable_name(name)
        if isinstance(self.returns, str):
            raise RequestError(f"returns is a list of names; use returns=[{self.returns!r}]")
        for name in self.returns or ():
            check_variable_name(name)
        self.return_types()
        _check_one_of("privacy", self.privacy, LEVELS)
        _check_one_of("approve", self.approve, APPROVALS)
        if isinstance(self.skip_rules, str):
            raise RequestError(f"skip_rules is a list of names; use [{self.skip_rules!r}]")
        for rule in self.skip_rules:
            _check_one_of("a rule in skip_rules", rule, RULE_NAMES)
        if limits := limits_in(self.budget):
            Budget.read(limits)
        if self.candidates is not None:
            checked_candidates(self.candidates)
        _check_parses(self.checks)

    def return_types(self) -> dict[str, dict[str, Any]]:
        """Describe the types that ``returns`` gives, as plain JSON.

        Raises:
            RequestError: one isn't a type.
        """
        if not isinstance(self.returns, Mapping):
            return {}
        return {name: described(kind) for name, kind in self.returns.items()}

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Show the task and the variables' types in notebooks, without their values."""
        kinds = {name: type(value).__name__ for name, value in self.user_variables.items()}
        listed = "".join(f"\n- {name}: {kind}" for name, kind in kinds.items())
        items = "".join(
            f"<li><code>{html.escape(name)}</code>: {html.escape(kind)}</li>"
            for name, kind in kinds.items()
        )
        text = escape_control_chars(self.request_text)
        page = f"<div><p>{html.escape(text)}</p><ul>{items}</ul></div>"
        return {"text/plain": text + listed, "text/html": page}

    def with_variables(self, values: Mapping[str, Any]) -> CodeGenerationRequest:
        """Return the same request with other values."""
        return replace(self, user_variables=values)

    def to_input(
        self,
        store: VariableStore | None = None,
        max_attempts: int = DEFAULT_MAX_ATTEMPTS,
        *,
        beside: VariableBundle | None = None,
    ) -> AgentInput:
        """Store the values and return the graph's input: JSON data with references to them.

        Args:
            store: where to store the values; None: the store from the settings.
            max_attempts: how often code may be generated, at least 1.
            beside: stored variables that the caller will put together with these.

        Raises:
            RequestError: ``max_attempts`` isn't an integer of at least 1.
            UnsendableVariableError: a value can't be pickled.
            VariableStoreError: the store can't be written.
        """
        if isinstance(max_attempts, bool) or not isinstance(max_attempts, int) or max_attempts < 1:
            raise RequestError(
                f"max_attempts must be an integer of at least 1, not {max_attempts!r}"
            )
        return {
            "request": self.request_text.strip(),
            "files": [],
            **self.stored(store or default_store(), beside),
            "checks": self.checks,
            "returns": None if self.returns is None else list(self.returns),
            "return_types": self.return_types(),
            "max_attempts": max_attempts,
            "candidates": self.candidates,
            "budget": limits_in(self.budget),
            "privacy": self.privacy,
            "approve": self.approve,
            "skip_rules": list(self.skip_rules),
            "earlier": [],
            "setup": {},
            "decision": None,
        }

    def stored(self, store: VariableStore, beside: VariableBundle | None = None) -> AgentInput:
        """Store the values and return the part of the input that describes them.

        Raises:
            UnsendableVariableError: a value can't be pickled.
            VariableStoreError: the store can't be written.
        """
        return stored_variables(
            self.user_variables, store, self.privacy, self.skip_unsendable, beside
        )


def stored_variables(
    values: Mapping[str, Any],
    store: VariableStore,
    privacy: PrivacyLevel,
    skip: bool = False,
    beside: VariableBundle | None = None,
) -> AgentInput:
    """Store values and return the part of a graph's input that describes them.

    ``skip``: leave out what can't be pickled; otherwise that is an error. ``beside``: see
    :meth:`~sandbox.variables.store.VariableStore.put_variables`.
    """
    from graph_agent.summaries import summarize

    if beside is not None and not values:
        return {"variables": VariableBundle("", "").to_json(), "summaries": []}
    bundle = store.put_variables(values, skip_unsendable=skip, beside=beside)
    summaries = [
        summarize(name, value, level=privacy).model_dump(mode="json")
        for name, value in values.items()
        if name not in bundle.unsendable
    ]
    return {"variables": bundle.to_json(), "summaries": summaries}


def default_store() -> VariableStore:
    """Open the variable store from the settings."""
    from graph_agent.config.settings import load_settings
    from graph_agent.config.stores import variable_store

    return variable_store(load_settings())


def _check_one_of(name: str, value: object, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise RequestError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")


def _check_parses(checks: str | None) -> None:
    if checks is None:
        return
    if not isinstance(checks, str):
        raise RequestError(
            f"checks is Python as text, not {type(checks).__name__}; use assertions such as"
            " 'assert len(result) > 0'"
        )
    try:
        ast.parse(checks)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        where = f" (line {line})" if line else ""
        raise RequestError(
            f"checks is not valid Python: {getattr(error, 'msg', error)}{where}; use assertions"
            " such as 'assert len(result) > 0'"
        ) from error
