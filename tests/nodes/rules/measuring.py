"""Run every case in a sandbox and apply the rules to the result."""

from __future__ import annotations

import builtins
from dataclasses import dataclass

from graph_agent.records import Attempt, ExecutionRecord, Finding
from graph_agent.return_types import described
from graph_agent.state import AgentState
from graph_agent.summaries import summarize
from nodes.recording.recording import to_record
from sandbox import DockerSandbox, VariableStore
from sandbox.protocol import Sandbox
from tests.nodes.rules.applying import findings
from tests.nodes.rules.case_files import Case, read_cases
from tests.nodes.rules.given import given
from tests.one_container import OneContainer


@dataclass(frozen=True)
class Measured:
    """A case, its run, and what the rules found."""

    case: Case
    state: AgentState
    execution: ExecutionRecord
    findings: list[Finding]

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that found something, each once."""
        return tuple(dict.fromkeys(finding.rule for finding in self.findings))


def measure(sandbox: DockerSandbox, store: VariableStore) -> list[Measured]:
    """Run all cases, one after another in one container."""
    with OneContainer(sandbox, store) as shared:
        return [measure_case(case, shared, store) for case in read_cases()]


def measure_case(case: Case, sandbox: Sandbox, store: VariableStore) -> Measured:
    """Run one case."""
    values = {name: given(name) for name in case.given}
    state: AgentState = {
        "request": case.request,
        "summaries": [
            summarize(name, value).model_dump(mode="json") for name, value in values.items()
        ],
        "returns": None if case.returns is None else list(case.returns),
        "return_types": {
            name: described(getattr(builtins, kind))
            for name, kind in zip(case.returns or (), case.types, strict=False)
        },
        "checks": case.checks,
    }
    run = sandbox.run(case.code, values, state["returns"], checks=case.checks)
    record = to_record(run, store, "sample", state["return_types"])
    attempt = Attempt(number=1, code=case.code, execution=record)
    return Measured(case, state, record, findings(attempt, **state))
