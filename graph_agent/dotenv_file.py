"""Finding and reading the one .env file the settings come from."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from graph_agent.errors import SettingsError

__all__ = ["dotenv_candidates", "read_dotenv"]

_NAMED_BY = "CODEGEN_AGENT_DOTENV_PATH"


def dotenv_candidates(
    environ: Mapping[str, str], *, cwd: Path, home: Path | None
) -> tuple[Path, ...]:
    """List the places a .env file is looked for, in order, after the one named by variable."""
    places = [cwd / ".env", Path("/secrets/codegen_agent/.env")]
    if home is not None:
        places.append(home / ".config" / "codegen-agent" / ".env")
    if environ.get("LOCALAPPDATA"):
        places.append(Path(environ["LOCALAPPDATA"], "codegen_agent", "codegen_agent", ".env"))
    return tuple(places)


def read_dotenv(
    environ: Mapping[str, str], *, cwd: Path, home: Path | None
) -> tuple[Path | None, dict[str, str]]:
    """Read the first .env file there is: its path and entries, or None and nothing.

    Raises:
        SettingsError: ``$CODEGEN_AGENT_DOTENV_PATH`` names no file, or the file
            found cannot be read.
    """
    named = environ.get(_NAMED_BY, "").strip()
    if named:
        path = home / named[2:] if home and named.startswith("~/") else cwd / named
        # Any kind but a folder: secret managers hand out named pipes, too.
        if not path.exists() or path.is_dir():
            raise SettingsError(
                f"{_NAMED_BY} names {str(path)!r}, which is not a file; correct or unset it"
            )
        return path, _parse(path)
    for path in dotenv_candidates(environ, cwd=cwd, home=home):
        if _is_file(path):
            return path, _parse(path)
    return None, {}


def _is_file(path: Path) -> bool:
    """Tell whether this is a file; a virtual environment called .env is not."""
    try:
        return path.is_file()
    except OSError:  # a folder above it that this user may not enter
        return False


def _parse(path: Path) -> dict[str, str]:
    from dotenv import dotenv_values

    try:
        text = path.read_text(encoding="utf-8-sig")  # Notepad writes a byte order mark
    except OSError as exc:
        raise SettingsError(
            f"cannot read {str(path)!r} ({exc.strerror}); make it readable for this user,"
            f" or name another file in {_NAMED_BY}"
        ) from exc
    except UnicodeDecodeError as exc:
        # The codec's own message holds the bytes it choked on: perhaps a key's.
        raise SettingsError(f"{str(path)!r} is not UTF-8 text; save it as UTF-8") from exc
    entries = dotenv_values(stream=io.StringIO(text))
    return {name: value for name, value in entries.items() if value is not None}
