"""Arguments of clients; ``test_clients.py`` passes them to ``create_client``."""

from __future__ import annotations

from typing import Any

import pytest

from graph_agent.errors import ModelSetupError
from graph_agent.models.client_arguments import check_taken, check_values

USABLE: dict[str, Any] = {
    "timeout_s": 1,
    "temperature": None,
    "api_key": None,
    "base_url": None,
}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"timeout_s": 0.5, "temperature": 0},
        {"temperature": 2.0, "api_key": "k", "base_url": "https://example.org/v1"},
    ],
)
def test_usable_values(given: dict[str, Any]) -> None:
    check_values(**{**USABLE, **given})


def test_what_is_left_out_is_never_refused() -> None:
    check_taken("it", {"a": None, "b": 1}, ("b",))
    with pytest.raises(ModelSetupError, match="it takes no a"):
        check_taken("it", {"a": 0}, ("b",))
