"""What the environment and the .env files say together, and where each value came from."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from graph_agent.config.dotenv_file import DotenvFile
from graph_agent.config.harmless import is_harmless
from sandbox.terminal_text import escape_control_chars

__all__ = ["Sources", "merge"]

_said: set[tuple[Path, str]] = set()
"""Files of which this process has already said what it ignored."""


@dataclass(frozen=True)
class Sources:
    """Variables with their origins; ``folder_file`` is a .env file that isn't allowed."""

    variables: Mapping[str, str] = field(repr=False)
    origins: Mapping[str, str]
    dotenv_path: Path | None
    """The file that may set everything."""
    folder_file: DotenvFile | None = None
    ignored: tuple[str, ...] = ()
    """What ``folder_file`` sets in vain."""

    @property
    def paths(self) -> list[Path]:
        """The files that values came from, or could have."""
        folder = [self.folder_file.path] if self.folder_file else []
        return [*folder, self.dotenv_path] if self.dotenv_path else folder

    def ignored_line(self) -> str:
        """Say in one line what was ignored and what allows it; empty for nothing."""
        file = self.folder_file
        if file is None or not self.ignored or file.standing == "denied":
            return ""
        why = "it has changed since you allowed it" if file.standing == "changed" else "not allowed"
        command = f"codegen-agent env allow {shlex.quote(str(file.path.parent))}"
        line = f"ignored {', '.join(self.ignored)} in {str(file.path)!r} ({why}): `{command}`"
        return f"{' '.join(escape_control_chars(line).split())} allows them if you trust the file"

    def say_ignored(self) -> None:
        """Print :meth:`ignored_line` on stderr, once in a process."""
        line = self.ignored_line()
        if line and self.folder_file is not None:
            key = (self.folder_file.path, self.folder_file.digest)
            if key not in _said:
                _said.add(key)
                print(f"codegen-agent: {line}", file=sys.stderr)


def merge(
    environ: Mapping[str, str],
    files: Sequence[DotenvFile],
    names: Collection[str],
    defaults: Mapping[str, str],
) -> Sources:
    """Merge variables by name, not by field.

    A GOOGLE_API_KEY in the environment doesn't win over our own key in the .env file.

    Args:
        environ: it wins over all files.
        files: as :func:`~graph_agent.config.dotenv_file.dotenv_files` yields them.
        names: the variables that settings are read from.
        defaults: their values if nothing sets them.
    """
    trusted = next((file for file in files if file.standing == "allowed"), None)
    folder = next((file for file in files if file.standing != "allowed"), None)
    given = {name: text for name, raw in environ.items() if (text := raw.strip())}
    variables = dict(trusted.entries) if trusted else {}
    origins = dict.fromkeys(variables, str(trusted.path) if trusted else "")
    ignored = []
    for name, text in (folder.entries if folder else {}).items():
        if folder is None or name not in names or name in given:
            continue
        otherwise = variables.get(name, defaults.get(name, ""))
        if folder.standing != "denied" and is_harmless(name, text, otherwise):
            variables[name], origins[name] = text, str(folder.path)
        else:
            ignored.append(name)
    return Sources(
        variables | given,
        origins | dict.fromkeys(given, "environment"),
        trusted.path if trusted else None,
        folder,
        tuple(sorted(ignored)),
    )
