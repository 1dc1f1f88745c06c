"""The sample data of the demo and the notebooks; ATTRIBUTION names its source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load_tips", "tips_path"]


def tips_path() -> Path:
    """Return the path of ``tips.csv``: 244 restaurant bills, 7 columns, with a header."""
    return Path(__file__).with_name("tips.csv")


def load_tips() -> pd.DataFrame:
    """Read the tips data into a new frame of shape (244, 7).

    Columns: ``total_bill`` and ``tip`` in US dollars, ``sex``, ``smoker``,
    ``day``, ``time`` and ``size`` (people at the table).
    """
    import pandas as pd

    return pd.read_csv(tips_path())
