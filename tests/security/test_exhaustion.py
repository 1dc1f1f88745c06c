"""No program takes more than its limits, and none makes the host work without end."""

from __future__ import annotations

import pytest

from sandbox.security.attack import Attack
from sandbox.security.selection import SELECTION
from tests.security import exhaustion
from tests.security.attacking import Attacked, names, of_kind

ATTACKS = [*of_kind(SELECTION, "exhaustion"), *exhaustion.ALL]


@pytest.mark.parametrize("attack", ATTACKS, ids=names(ATTACKS))
def test_it_takes_no_more_than_its_share(attacked: Attacked, attack: Attack) -> None:
    attacked.assert_failed(attack)
