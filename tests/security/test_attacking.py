"""The attacks as a whole: enough of them, of every kind, each under a name of its own."""

from __future__ import annotations

from collections import Counter
from typing import get_args

from sandbox.policy import SandboxPolicy
from sandbox.security.attack import Kind
from sandbox.security.selection import SELECTION
from tests.security import escapes, exhaustion, forgery, hazards, host_files
from tests.security.texts import INSTRUCTIONS, MARKUP, TERMINAL
from tests.security.uploads import HARMLESS, REFUSED

PROGRAMS = (
    *SELECTION,
    *escapes.ALL,
    *host_files.ALL,
    *exhaustion.ALL,
    *forgery.ALL,
    *hazards.ALL,
)
LEAST = {"escape": 60, "host files": 30, "exhaustion": 50, "forgery": 40, "hazard": 40}


def test_there_are_enough_programs_of_each_kind() -> None:
    counts = Counter(attack.kind for attack in PROGRAMS)
    assert {kind for kind, least in LEAST.items() if counts[kind] < least} == set()
    assert sum(counts.values()) >= 120
    assert set(counts) == set(get_args(Kind))


def test_each_has_a_name_of_its_own_and_possible_limits() -> None:
    names = Counter(attack.id for attack in PROGRAMS)
    assert [name for name, count in names.items() if count > 1] == []
    for attack in PROGRAMS:
        SandboxPolicy(**attack.limits)
        compile(attack.program, attack.id, "exec")


def test_there_are_enough_texts_and_files() -> None:
    assert min(len(TERMINAL), len(MARKUP), len(INSTRUCTIONS)) >= 15
    assert len(REFUSED) + len(HARMLESS) >= 25
