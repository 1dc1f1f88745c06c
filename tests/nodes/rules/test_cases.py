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
    correct = sum(one.case.correct for one in measured)
    assert correct >= 60
    assert len(measured) - correct >= 25
    assert len({(one.case.title, one.case.correct) for one in measured}) == len(measured)
    every = {rule for one in measured for rule in (*one.case.caught, *one.case.missed)}
    assert every == {one.name for one in RULES}


def test_correct_programs_run_and_no_rule_fails_them(measured: list[Measured]) -> None:
    correct = [one for one in measured if one.case.correct]
    assert [one.case.title for one in correct if one.execution.outcome != "ok"] == []
    failed = [(one.case.title, f) for one in correct for f in one.findings if f.decisive]
    assert failed == []


def test_what_is_found_is_what_the_cases_say(measured: list[Measured]) -> None:
    said = {one.case.title: {*one.case.caught, *one.case.false_alarms} for one in measured}
    assert {one.case.title: set(one.rules) for one in measured} == said


def test_the_page_is_current(measured: list[Measured]) -> None:
    assert PAGE.read_text() == page(measured)
