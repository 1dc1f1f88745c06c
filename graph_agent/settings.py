"""Settings from the environment and one .env file.

Nothing is read at import: :func:`load_settings` reads once and returns a frozen
record that is handed on to whoever needs it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from graph_agent.dotenv_file import read_dotenv
from graph_agent.errors import SettingsError
from graph_agent.postgres_url import check_postgres_url, secrets_of
from graph_agent.records import Approve

__all__ = ["VARIABLES", "LogLevel", "Settings", "load_settings"]

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]

VARIABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gemini_api_key": ("GEMINI_API_KEY_FOR_CODEGEN_AGENT", "GOOGLE_API_KEY"),
        "model": ("CODEGEN_AGENT_MODEL",),
        "max_attempts": ("CODEGEN_AGENT_MAX_ATTEMPTS",),
        "prices": ("CODEGEN_AGENT_PRICES",),
        "approve": ("CODEGEN_AGENT_APPROVE",),
        "model_timeout_s": ("CODEGEN_AGENT_MODEL_TIMEOUT_S",),
        "model_cache": ("CODEGEN_AGENT_MODEL_CACHE",),
        "local_model_path": ("CODEGEN_AGENT_LOCAL_MODEL_PATH",),
        "timeout_s": ("CODEGEN_AGENT_TIMEOUT_S",),
        "memory": ("CODEGEN_AGENT_MEMORY",),
        "runtime": ("CODEGEN_AGENT_RUNTIME",),
        "state_dir": ("CODEGEN_AGENT_STATE",),
        "checkpoints": ("CODEGEN_AGENT_CHECKPOINTS",),
        "cache_dir": ("CODEGEN_AGENT_CACHE",),
        "files_dir": ("CODEGEN_AGENT_FILES",),
        "log_level": ("CODEGEN_AGENT_LOG_LEVEL",),
    }
)
"""Field of :class:`Settings` → environment variables that set it, first one first."""

_PATHS = ("state_dir", "cache_dir", "files_dir", "local_model_path")
_SECRETS = ("gemini_api_key", "checkpoints")


def _header_safe(key: object) -> object:
    """Refuse a key no HTTP header can carry, here rather than deep in a client."""
    if isinstance(key, str) and not re.fullmatch(r"[!-~]+", key):
        raise ValueError("not one word of printable ASCII")
    return key


def _upper(level: object) -> object:
    return level.upper() if isinstance(level, str) else level


class Settings(BaseModel):
    """What the environment asks for; every field's description is what is expected of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    gemini_api_key: Annotated[SecretStr, BeforeValidator(_header_safe)] | None = Field(
        default=None, description="an API key: one word of printable ASCII"
    )
    model: str | None = Field(default=None, description="a model name or 'provider:model'")
    max_attempts: int = Field(default=3, ge=1, description="a whole number of at least 1")
    prices: str | None = Field(
        default=None,
        pattern=r"^\d+(\.\d+)?,\s*\d+(\.\d+)?$",
        description="two prices per million tokens, sent and received, such as '0.30,2.50'",
    )
    approve: Approve = Field(default="never", description="one of never, risky, always")
    model_timeout_s: float = Field(
        default=120.0, gt=0, allow_inf_nan=False, description="a number of seconds above 0"
    )
    model_cache: bool = Field(
        default=False, description="1 or true to keep the model's answers, 0 or false not to"
    )
    local_model_path: Path | None = Field(default=None, description="the path of a GGUF file")
    timeout_s: float = Field(
        default=60.0, gt=0, allow_inf_nan=False, description="a number of seconds above 0"
    )
    memory: str = Field(
        default="2g",
        pattern=r"^\d*[1-9]\d*[bkmgBKMG]?$",
        description="a whole number of bytes, or one with the unit b, k, m or g, such as '2g'",
    )
    runtime: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][\w.\-]*$",
        description="the name of a container runtime the engine knows, such as 'runc'",
    )
    state_dir: Path = Field(description="the path of a folder")
    checkpoints: Annotated[SecretStr, BeforeValidator(check_postgres_url)] | None = Field(
        default=None,
        description="a URL such as 'postgresql://user:password@host:5432/database', with special"
        " characters as %XX; unset: SQLite in the state folder",
    )
    cache_dir: Path = Field(description="the path of a folder")
    files_dir: Path | None = Field(default=None, description="the path of a folder")
    log_level: Annotated[LogLevel, BeforeValidator(_upper)] = Field(
        default="INFO", description="one of DEBUG, INFO, WARNING, ERROR, CRITICAL"
    )
    dotenv_path: Path | None = Field(default=None, description="the .env file that was read")

    @property
    def answers_dir(self) -> Path:
        """Where the model cache lies."""
        return self.cache_dir / "answers"

    def prices_and(self, limits: Mapping[str, Any]) -> dict[str, Any]:
        """Return limits with the prices that a limit on cost needs, where they are known."""
        if self.prices is None:
            return dict(limits)
        sent, received = (float(one) for one in self.prices.split(","))
        return {"input_price": sent, "output_price": received, **limits}

    def secrets(self) -> tuple[str, ...]:
        """Return the secret values in clear, for whatever must redact them."""
        key = () if self.gemini_api_key is None else (self.gemini_api_key.get_secret_value(),)
        url = self.checkpoints
        return key if url is None else (*key, *secrets_of(url.get_secret_value()))


def load_settings(
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    home: Path | None = None,
    platform: str = sys.platform,
) -> Settings:
    """Read the settings; the real environment wins over the .env file, name by name.

    ``environ``, ``cwd``, ``home`` and ``platform`` (as in :data:`sys.platform`)
    default to those of this process. An empty value counts as unset. Other
    entries of the .env file are ignored, and nothing is written to ``os.environ``.

    Raises:
        SettingsError: a value, or the .env file, is unusable; the message names
            every such variable and what it should hold, never a secret.
    """
    environ = os.environ if environ is None else environ
    cwd = Path.cwd() if cwd is None else cwd
    home = _home(environ) if home is None else home
    dotenv_path, entries = read_dotenv(environ, cwd=cwd, home=home)
    merged = _present(entries) | _present(environ)
    values: dict[str, Any] = {}
    for field, names in VARIABLES.items():
        found = next((merged[name] for name in names if name in merged), None)
        if found is not None:
            values[field] = _absolute(found, cwd, home) if field in _PATHS else found
    for field, default in _default_dirs(merged, home, platform).items():
        values.setdefault(field, default)
    try:
        return Settings(**values, dotenv_path=dotenv_path)
    except ValidationError as exc:
        raise _explain(exc, merged, dotenv_path) from None


def _present(entries: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, raw in entries.items() if (text := raw.strip())}


def _home(environ: Mapping[str, str]) -> Path | None:
    if environ.get("HOME"):
        return Path(environ["HOME"])
    try:
        return Path.home()
    except RuntimeError:  # a container's user may have neither $HOME nor a passwd entry
        return None


def _absolute(text: str, cwd: Path, home: Path | None) -> Path:
    """Make a path absolute now, so that a later chdir does not move it."""
    if home is not None and (text == "~" or text.startswith(("~/", "~\\"))):
        return home / text[2:]
    return cwd / text


def _default_dirs(environ: Mapping[str, str], home: Path | None, platform: str) -> dict[str, Path]:
    """Return where state and cache lie by default, as far as it can be told."""
    dirs: dict[str, Path] = {}
    if platform == "win32":
        local = environ.get("LOCALAPPDATA")
        base = Path(local) if local else home and home / "AppData" / "Local"
        if base is not None:
            dirs["state_dir"] = base / "codegen_agent" / "State"
            dirs["cache_dir"] = base / "codegen_agent" / "Cache"
        return dirs
    if home is not None:
        dirs["state_dir"] = home / ".config" / "codegen-agent"
        dirs["cache_dir"] = home / ".cache" / "codegen-agent"
    # The XDG specification has relative paths ignored.
    xdg = Path(environ.get("XDG_CACHE_HOME", ""))
    if xdg.is_absolute():
        dirs["cache_dir"] = xdg / "codegen-agent"
    return dirs


def _explain(
    exc: ValidationError, merged: Mapping[str, str], dotenv_path: Path | None
) -> SettingsError:
    """Say for every bad variable what it holds and what it should hold."""
    complaints = {}
    for error in exc.errors(include_input=False):
        field = str(error["loc"][0])
        name = next((n for n in VARIABLES[field] if n in merged), None)
        expected = Settings.model_fields[field].description
        if name is None:  # no home to put a default under
            complaints[field] = f"set {VARIABLES[field][0]} to {expected}: there is no home folder"
        elif field in _SECRETS:
            complaints[field] = f"{name} must be {expected} (its value is not shown)"
        else:
            complaints[field] = f"{name} is {merged[name]!r} but must be {expected}"
    where = f" (environment, or {str(dotenv_path)!r})" if dotenv_path else ""
    return SettingsError("; ".join(complaints.values()) + where)
