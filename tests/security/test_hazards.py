"""No result hurts the host when it is decoded, saved, described or shown."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from sandbox.records import Execution
from sandbox.security.attack import Attack
from sandbox.security.selection import SELECTION
from tests.security import hazards
from tests.security.attacking import Attacked, limited, names, of_kind

ATTACKS = [*of_kind(SELECTION, "hazard"), *hazards.ALL]
MAX_GROWTH_KIB = 1 << 20


@pytest.mark.parametrize("attack", ATTACKS, ids=names(ATTACKS))
def test_it_can_be_used_without_harm(attacked: Attacked, attack: Attack) -> None:
    attacked.assert_failed(attack)


@pytest.fixture(scope="module")
def all_payloads() -> Iterator[Execution]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    limits = {**hazards.BIG, "max_result": "64m", "timeout_s": 60}
    with limited(**limits) as sandbox:
        yield sandbox.run(hazards.SEND_ALL, {"bodies": list(hazards.PAYLOADS.values())}, [
            f"x{number}" for number in range(len(hazards.PAYLOADS))
        ])  # fmt: skip
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < MAX_GROWTH_KIB, f"the host's memory grew by {grown} KiB"


@pytest.mark.parametrize("number", range(len(hazards.PAYLOADS)), ids=list(hazards.PAYLOADS))
def test_a_malformed_payload_is_refused_with_a_reason(all_payloads: Execution, number: int) -> None:
    assert f"x{number}" not in all_payloads.variables
    assert all_payloads.withheld[f"x{number}"].isprintable()
