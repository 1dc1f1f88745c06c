"""The table of settings in docs/configuration.md.

``python -m tests.docs.settings_table`` updates it.
"""

from __future__ import annotations

import re
from pathlib import Path

from pydantic_core import PydanticUndefined

from graph_agent.config.settings import VARIABLES, Settings

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
DEFAULTS = {"state_dir": "`~/.config/codegen-agent`", "cache_dir": "`~/.cache/codegen-agent`"}
"""Of folders, which depend on the system; see the text above the table."""
_TABLE = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- end of settings -->)", re.DOTALL)


def table() -> str:
    """Make the table from the settings."""
    lines = ["", "| variable | what it sets | value | default |", "|---|---|---|---|"]
    for field, info in Settings.model_fields.items():
        if field == "dotenv_path":
            continue
        names = ", ".join(f"`{name}`" for name in VARIABLES[field])
        value = str(info.description).replace("|", "\\|")
        lines.append(
            f"| {names} | {info.title} | {value} | {DEFAULTS.get(field, _default(info))} |"
        )
    return "\n".join([*lines, "", ""])


def shown(page: str) -> str:
    """Return the table in the page."""
    (found,) = _TABLE.findall(page)
    return str(found)


def _default(info: object) -> str:
    default = getattr(info, "default", None)
    if default in (None, (), PydanticUndefined):
        return ""
    return (
        f"`{default:g}`"
        if isinstance(default, float)
        else f"`{int(default) if default is False else default}`"
    )


if __name__ == "__main__":
    PAGE.write_text(_TABLE.sub(lambda _: table(), PAGE.read_text("utf-8")), "utf-8")
