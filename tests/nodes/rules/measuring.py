"""Runs every case in a sandbox and applies the rules to what it did."""

from __future__ import annotations

from dataclasses import dataclass

from graph_agent.records import Attempt, ExecutionRecord, Finding
from graph_agent.state import AgentState
from graph_agent.summaries import summarize
from nodes.recording import to_record
from nodes.rules import find
from sandbox import DockerSandbox, VariableStore
from tests.nodes.rules.case_files import Case, read_cases
from tests.nodes.rules.given import given


@dataclass(frozen=True)
class Measured:
    """A case, what it did, and what the rules found."""

    case: Case
    state: AgentState
    execution: ExecutionRecord
    findings: list[Finding]

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that spoke, each once."""
        return tuple(dict.fromkeys(one.rule for one in self.findings))


def measure(sandbox: DockerSandbox, store: VariableStore) -> list[Measured]:
    """Run all cases, each in a container of its own."""
    return [measure_case(one, sandbox, store) for one in read_cases()]


def measure_case(case: Case, sandbox: DockerSandbox, store: VariableStore) -> Measured:
    """Run one case."""
    values = {name: given(name) for name in case.given}
    state: AgentState = {
        "request": case.request,
        "summaries": [summarize(name, one).model_dump(mode="json") for name, one in values.items()],
        "returns": None if case.returns is None else list(case.returns),
        "checks": case.checks,
    }
    run = sandbox.run(case.code, values, state["returns"], checks=case.checks)
    record = to_record(run, store, "sample")
    attempt = Attempt(number=1, code=case.code, execution=record)
    return Measured(case, state, record, find(attempt, state))
