"""What a summary is, and what it is made with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Description", "PrivacyLevel", "VariableSummary", "View"]

PrivacyLevel = Literal["schema", "stats", "sample"]
"""How much of a value may be told.

``schema``: types, shapes, names (of columns, attributes, parameters, identifier-like
keys). ``stats``: besides, counts per column, and minimum, maximum and mean of numbers,
where there are at least :data:`MIN_STATS_VALUES` of them, not all equal.
``sample``: besides, a few values.
"""

MIN_STATS_VALUES = 5


class VariableSummary(BaseModel):
    """What the model is told of one variable.

    ``type`` is the value's class, such as ``pandas.DataFrame``; ``text`` one line
    or several for the prompt, the first of which starts with the name. ``columns``
    names those of a table, as far as they are printable strings.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    type: str
    text: str
    level: PrivacyLevel
    columns: list[str] = Field(default_factory=list)


class Description(NamedTuple):
    """A value in one line, without its name, and what more there is to tell."""

    headline: str
    lines: list[str]


@dataclass(frozen=True)
class View:
    """How closely to look: the level, the room, and how deep inside another value we are."""

    level: PrivacyLevel
    max_chars: int
    recurse: Callable[[object, View], Description]
    depth: int = 0

    @property
    def stats(self) -> bool:
        """Whether aggregates may be told."""
        return self.level != "schema"

    @property
    def sample(self) -> bool:
        """Whether values may be told."""
        return self.level == "sample"

    def quotable(self, n_values: int, n_unique: int) -> bool:
        """Tell whether minimum, maximum and mean of so many values may be given.

        Those of a few values, or of equal ones, would be the values themselves.
        """
        return self.sample or (self.stats and n_values >= MIN_STATS_VALUES and n_unique > 1)

    def inside(self, value: object) -> Description:
        """Describe a value that is part of the one being described."""
        return self.recurse(value, replace(self, depth=self.depth + 1))
