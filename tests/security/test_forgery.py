"""No program passes as the runner, and none makes failed checks look passed."""

from __future__ import annotations

import pytest

from sandbox.security.attack import Attack
from sandbox.security.selection import SELECTION
from tests.security import forgery
from tests.security.attacking import Attacked, limited, names, of_kind

ATTACKS = [*of_kind(SELECTION, "forgery"), *forgery.ALL]


@pytest.mark.parametrize("attack", ATTACKS, ids=names(ATTACKS))
def test_the_host_is_not_fooled(attacked: Attacked, attack: Attack) -> None:
    attacked.assert_failed(attack)


def test_right_results_still_pass_their_checks() -> None:
    with limited(memory="512m") as sandbox:
        run = sandbox.run("x = 2", returns=["x"], checks="assert x == 2")
    assert (run.outcome, run.check_error, dict(run.variables)) == ("ok", None, {"x": 2})
