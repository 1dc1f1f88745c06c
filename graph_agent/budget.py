"""The limits of a run, and which of them it has reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError

from graph_agent.errors import RequestError
from graph_agent.records import MAX_CANDIDATES, Json, Record, Usage

Limit = Literal["attempts", "model_calls", "tokens", "time_s", "cost"]
LIMITS: tuple[Limit, ...] = ("attempts", "model_calls", "tokens", "time_s", "cost")
_Count = Annotated[int, Field(strict=True, ge=1)]
_Amount = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
_Price = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]


class Budget(Record):
    """Limits of a run; None: no limit.

    They are checked before each model call, and never stop a call or a run of code in
    progress: a run ends at most one step after its limit. A step has limits of its own,
    the settings' ``model_timeout_s`` and ``timeout_s``.
    """

    attempts: _Count | None = None
    """How often code may be written."""
    model_calls: _Count | None = None
    tokens: _Count | None = None
    """Sent and received, in all calls together."""
    time_s: _Amount | None = None
    """Seconds of work, without the time a person takes to answer or before a resume."""
    cost: _Amount | None = None
    """In the currency of the prices, which it requires."""
    input_price: _Price | None = None
    """Per million tokens sent."""
    output_price: _Price | None = None
    """Per million tokens received."""

    @classmethod
    def read(cls, limits: Mapping[str, Any], *, partial: bool = False) -> Self:
        """Check limits given by name; ``partial``: others may be set elsewhere.

        Raises:
            RequestError: a limit is unknown or makes no sense, or a cost has no prices.
        """
        try:
            budget = cls.model_validate({k: v for k, v in limits.items() if v is not None})
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            name = ".".join(map(str, first["loc"]))
            known = ", ".join(cls.model_fields)
            raise RequestError(
                f"the limit {name!r} is unusable: {first['msg'].lower()}; limits are {known}"
            ) from None
        if (
            not partial
            and budget.cost is not None
            and None in (budget.input_price, budget.output_price)
        ):
            raise RequestError(
                "a limit on cost needs prices: give input_price and output_price, each per"
                " million tokens; the command line reads them from CODEGEN_AGENT_PRICES"
            )
        return budget

    def price_of(self, usage: Usage) -> float | None:
        """Return what calls cost; None if the prices are unknown."""
        if self.input_price is None or self.output_price is None:
            return None
        spent = usage.input_tokens * self.input_price + usage.output_tokens * self.output_price
        return spent / 1e6

    def reached(self, attempts: int, used: Usage, spent_s: float) -> Limit | None:
        """Name the first limit that leaves no room for another attempt; None if there is room."""
        so_far: tuple[float | None, ...] = (
            attempts,
            used.calls,
            used.input_tokens + used.output_tokens,
            spent_s,
            self.price_of(used),
        )
        for name, amount in zip(LIMITS, so_far, strict=True):
            limit = getattr(self, name)
            if limit is not None and amount is not None and amount >= limit:
                return name
        return None


def checked_candidates(count: object) -> int:
    """Check the number of programs in an attempt.

    Raises:
        RequestError: it isn't an integer from 1 to :data:`~graph_agent.records.MAX_CANDIDATES`.
    """
    if type(count) is not int or not 1 <= count <= MAX_CANDIDATES:
        raise RequestError(
            f"candidates must be an integer from 1 to {MAX_CANDIDATES}, not {count!r}"
        )
    return count


def limits_in(budget: Budget | Mapping[str, float | None] | None) -> Json:
    """Return the limits that a caller set, by name.

    Raises:
        RequestError: it is neither a budget nor a mapping.
    """
    if isinstance(budget, Budget):
        return budget.model_dump(exclude_unset=True)
    if not isinstance(budget, Mapping | None):
        known = ", ".join(Budget.model_fields)
        raise RequestError(
            f"the budget is a Budget or a dict of limits ({known}), not {type(budget).__name__}"
        )
    return dict(budget or {})
