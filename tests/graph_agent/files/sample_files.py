"""Data for the files that tests read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "ü", None]})


class Exploit:
    """Creates a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.mark,))
