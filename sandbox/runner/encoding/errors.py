"""The one error of encoding."""

from __future__ import annotations


class NotEncodableError(ValueError):
    """A value has no safe encoding. ``path`` leads to the part at fault, as in ``['a'][0]``."""

    def __init__(self, why: str, path: str = "") -> None:
        self.why = why
        self.path = path
        super().__init__(self.reason)

    @property
    def reason(self) -> str:
        """One sentence: where, and why."""
        return f"{self.path}: {self.why}" if self.path else self.why

    def inside(self, step: str) -> NotEncodableError:
        """Make the same error as seen from the container around the value."""
        # Deep nesting must not make a message of any length.
        path = f"{step}{self.path}"
        return NotEncodableError(self.why, path if len(path) <= 300 else f"{step}…")
