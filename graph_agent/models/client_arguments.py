"""Checks the arguments of ``create_client``: none is ignored, and each has a usable value."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from graph_agent.errors import ModelSetupError

__all__ = ["check_taken", "check_values"]


def check_taken(what: str, given: Mapping[str, object], taken: Collection[str]) -> None:
    """Refuse arguments that have no meaning for this model.

    Raises:
        ModelSetupError: one was given.
    """
    for name, value in given.items():
        if value is not None and name not in taken:
            raise ModelSetupError(f"{what} takes no {name}; leave it out")


def check_values(
    *, timeout_s: object, temperature: object, api_key: object, base_url: object
) -> None:
    """Refuse values that no model can use.

    Raises:
        ModelSetupError: it names the argument.
    """
    if not _is_number(timeout_s) or not timeout_s > 0:  # type: ignore[operator]  # it is one
        raise ModelSetupError(f"timeout_s is a number of seconds above 0, not {timeout_s!r}")
    if temperature is not None and not (_is_number(temperature) and 0 <= temperature <= 2):  # type: ignore[operator]  # as above
        raise ModelSetupError(f"temperature is a number from 0 to 2, not {temperature!r}")
    if api_key is not None and (not isinstance(api_key, str) or not api_key.strip()):
        kind = "empty" if isinstance(api_key, str) else f"a text, not {type(api_key).__name__}"
        raise ModelSetupError(f"api_key is {kind}; leave it out to use the configured key")
    if base_url is not None and (
        not isinstance(base_url, str) or not base_url.startswith(("http://", "https://"))
    ):
        raise ModelSetupError(
            f"base_url is an address such as 'http://127.0.0.1:8000/v1', not {base_url!r}"
        )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
