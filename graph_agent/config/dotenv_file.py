"""The .env files that settings come from, and how far each is trusted."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

from graph_agent.config.allowed_folders import AllowedFolders, Standing
from graph_agent.errors import SettingsError

__all__ = ["DotenvFile", "dotenv_candidates", "dotenv_files", "read_dotenv"]

PATH_VARIABLE = "CODEGEN_AGENT_DOTENV_PATH"
MAX_FOLDER_BYTES = 64 << 10
"""Of a .env file in the current folder, which may be somebody else's."""


@dataclass(frozen=True)
class DotenvFile:
    """A .env file as it was read once; ``digest`` is the SHA-256 of its bytes, hex."""

    path: Path
    digest: str
    entries: Mapping[str, str] = field(repr=False)
    standing: Standing = "allowed"


def dotenv_candidates(
    environ: Mapping[str, str], *, cwd: Path, home: Path | None
) -> tuple[Path, ...]:
    """List where a .env file is searched for if ``$CODEGEN_AGENT_DOTENV_PATH`` is unset."""
    places = [cwd / ".env", Path("/secrets/codegen_agent/.env")]
    if home is not None:
        places.append(home / ".config" / "codegen-agent" / ".env")
    if environ.get("LOCALAPPDATA"):
        places.append(Path(environ["LOCALAPPDATA"], "codegen_agent", "codegen_agent", ".env"))
    return tuple(places)


def dotenv_files(
    environ: Mapping[str, str], *, cwd: Path, home: Path | None, allowed: AllowedFolders
) -> Iterator[DotenvFile]:
    """Yield the file in the current folder if it isn't allowed, then the first one that counts.

    Raises:
        SettingsError: ``$CODEGEN_AGENT_DOTENV_PATH`` names no file, or a file can't be read.
    """
    named = environ.get(PATH_VARIABLE, "").strip()
    if named:
        path = home / named[2:] if home and named.startswith("~/") else cwd / named
        # Anything but a folder: secret managers also provide named pipes.
        if not path.exists() or path.is_dir():
            raise SettingsError(
                f"{PATH_VARIABLE} names {str(path)!r}, which is not a file; correct or unset it"
            )
        yield read_dotenv(path)
        return
    first, *others = dotenv_candidates(environ, cwd=cwd, home=home)
    if _is_file(first):
        found = read_dotenv(first, None if first in others else allowed)
        yield found
        if found.standing == "allowed":
            return
    for path in others:
        if _is_file(path):
            yield read_dotenv(path)
            return


def read_dotenv(path: Path, allowed: AllowedFolders | None = None) -> DotenvFile:
    """Read a file once, so that what is allowed is what is used; None: it needs no allowance.

    Raises:
        SettingsError: it can't be read, isn't text, or is too big for a folder's file.
    """
    try:
        with path.open("rb") as file:
            data = file.read() if allowed is None else file.read(MAX_FOLDER_BYTES + 1)
    except OSError as exc:
        raise SettingsError(
            f"cannot read {str(path)!r} ({exc.strerror}); make it readable for this user,"
            f" or name another file in {PATH_VARIABLE}"
        ) from exc
    if allowed is not None and len(data) > MAX_FOLDER_BYTES:
        raise SettingsError(
            f"{str(path)!r} has more than {MAX_FOLDER_BYTES >> 10} KiB; name a file in"
            f" {PATH_VARIABLE}, such as your own"
        )
    digest = hashlib.sha256(data).hexdigest()
    standing: Standing = "allowed" if allowed is None else allowed.standing(path, digest)
    try:
        text = data.decode("utf-8-sig")  # Notepad writes a byte order mark
    except UnicodeDecodeError:
        # The codec's own message shows the bytes it failed on, perhaps a key's.
        raise SettingsError(f"{str(path)!r} is not UTF-8 text; save it as UTF-8") from None
    # ``${NAME}`` would bring variables of the environment into a file that isn't trusted.
    values = dotenv_values(stream=io.StringIO(text), interpolate=standing == "allowed")
    entries = {name: text for name, value in values.items() if (text := (value or "").strip())}
    return DotenvFile(path, digest, entries, standing)


def _is_file(path: Path) -> bool:
    """Check for a file; a virtual environment named .env is a folder."""
    try:
        return path.is_file()
    except OSError:  # a parent folder this user can't enter
        return False
