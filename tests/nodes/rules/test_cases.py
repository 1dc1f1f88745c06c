"""The rules on whole programs, run for real: no decisive false alarm, nothing missed unsaid."""

from __future__ import annotations

from pathlib import Path

import pytest

import nodes
from nodes.rules import RULES
from sandbox import DockerSandbox, VariableStore
from tests.nodes.rules.measuring import Measured, measure
from tests.nodes.rules.rules_page import page

PAGE = Path(nodes.__file__).with_name("RULES.md")
pytestmark = [pytest.mark.docker, pytest.mark.slow]


@pytest.fixture(scope="module")
def measured(sandbox: DockerSandbox, tmp_path_factory: pytest.TempPathFactory) -> list[Measured]:
    return measure(sandbox, VariableStore(tmp_path_factory.mktemp("variables")))


def test_there_are_enough_of_them(measured: list[Measured]) -> None:
    correct = sum(result.case.correct for result in measured)
    assert correct >= 60
    assert len(measured) - correct >= 25
    assert len({(result.case.title, result.case.correct) for result in measured}) == len(measured)
    every = {rule for result in measured for rule in (*result.case.caught, *result.case.missed)}
    assert every == {rule.name for rule in RULES}


def test_correct_programs_run_and_no_rule_fails_them(measured: list[Measured]) -> None:
    correct = [result for result in measured if result.case.correct]
    assert [result.case.title for result in correct if result.execution.outcome != "ok"] == []
    failed = [(result.case.title, f) for result in correct for f in result.findings if f.decisive]
    assert failed == []


def test_what_is_found_is_what_the_cases_say(measured: list[Measured]) -> None:
    said = {
        result.case.title: {*result.case.caught, *result.case.false_alarms} for result in measured
    }
    assert {result.case.title: set(result.rules) for result in measured} == said


def test_the_page_is_current(measured: list[Measured]) -> None:
    assert PAGE.read_text() == page(measured)
