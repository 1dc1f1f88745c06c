"""Settings from the environment and one .env file.

Nothing is read at import: :func:`load_settings` reads once and returns a frozen record.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource, NoDecode, SettingsConfigDict

from graph_agent.config.ages import AGE, parse_age
from graph_agent.config.allowed_folders import AllowedFolders
from graph_agent.config.dotenv_file import PATH_VARIABLE, dotenv_files
from graph_agent.config.postgres_url import check_postgres_url, secrets_of
from graph_agent.config.sources import Sources, merge
from graph_agent.errors import SettingsError
from graph_agent.records import MAX_CANDIDATES, Approve
from sandbox.cache_folder import cache_folder

__all__ = [
    "VARIABLES",
    "LogLevel",
    "ReadSettings",
    "Settings",
    "allowed_folders",
    "key_origin",
    "load_settings",
    "read_settings",
]

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]

_PREFIX = "CODEGEN_AGENT_"
_PATHS = ("state_dir", "cache_dir", "files_dir", "local_model_path")
_SECRETS = ("gemini_api_key", "checkpoints")


def _variable(field: str) -> str:
    return _PREFIX + field.removesuffix("_dir").upper()


def _header_safe(key: object) -> object:
    """Refuse a key no HTTP header can carry, here rather than deep in a client."""
    if isinstance(key, str) and not re.fullmatch(r"[!-~]+", key):
        raise ValueError("not one word of printable ASCII")
    return key


def _checked_age(text: object) -> object:
    if isinstance(text, str) and not parse_age(text):
        raise ValueError("an age of zero")
    return text


def _words(text: object) -> object:
    return tuple(text.split()) if isinstance(text, str) else text


_Seconds = Annotated[
    float, Field(gt=0, allow_inf_nan=False, description="a number of seconds above 0")
]
_Folder = Annotated[Path, Field(description="the path of a folder")]


class Settings(BaseSettings):
    """What the environment asks for; a field's description says what it must hold."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        alias_generator=_variable,
        populate_by_name=True,
        case_sensitive=True,
        dotenv_filtering="only_existing",
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    gemini_api_key: Annotated[SecretStr, BeforeValidator(_header_safe)] | None = Field(
        default=None,
        validation_alias=AliasChoices("GEMINI_API_KEY_FOR_CODEGEN_AGENT", "GOOGLE_API_KEY"),
        title="the key for Gemini",
        description="an API key: one word of printable ASCII",
    )
    model: str | None = Field(
        default=None,
        title="the model; if unset, Gemini with a key, else the local model",
        description="a model name or 'provider:model'",
    )
    max_attempts: int = Field(
        default=3, ge=1, title="attempts at most", description="a whole number of at least 1"
    )
    candidates: int = Field(
        default=1,
        ge=1,
        le=MAX_CANDIDATES,
        title="programs of an attempt at most",
        description=f"a whole number from 1 to {MAX_CANDIDATES}",
    )
    prices: str | None = Field(
        default=None,
        pattern=r"^\d+(\.\d+)?,\s*\d+(\.\d+)?$",
        title="prices, for a limit on cost",
        description="two prices per million tokens, sent and received, such as '0.30,2.50'",
    )
    approve: Approve = Field(
        default="never",
        title="when the command line asks before code runs",
        description="one of never, risky, always",
    )
    model_timeout_s: _Seconds = Field(default=120.0, title="time limit of one call to the model")
    model_cache: bool = Field(
        default=False,
        title="whether a question asked before is answered from the model cache (64 MB at most)",
        description="1 or true to keep the model's answers, 0 or false not to",
    )
    local_model_path: Path | None = Field(
        default=None, title="the local model's weights", description="the path of a GGUF file"
    )
    timeout_s: _Seconds = Field(default=60.0, title="time limit of a run in the sandbox")
    memory: str = Field(
        default="2g",
        title="memory limit of a run in the sandbox",
        pattern=r"^\d*[1-9]\d*[bkmgBKMG]?$",
        description="a whole number of bytes, or one with the unit b, k, m or g, such as '2g'",
    )
    runtime: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][\w.\-]*$",
        title="the container runtime; if unset, the engine's default",
        description="the name of a container runtime the engine knows, such as 'runc'",
    )
    allow_packages: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
        default=(),
        title="packages that may be added to the image",
        description="names of packages with spaces between, such as 'emoji Faker>=20'",
    )
    retention: Annotated[str, BeforeValidator(_checked_age)] | None = Field(
        default=None,
        title="when runs are forgotten; if unset, never",
        description=f"how long runs are kept: {AGE}; unset: for ever",
    )
    state_dir: _Folder = Field(title="checkpoints, variables, runs, calls to the model, the log")
    checkpoints: Annotated[SecretStr, BeforeValidator(check_postgres_url)] | None = Field(
        default=None,
        title="the database for checkpoints; needs the extra `postgres`",
        description="a URL such as 'postgresql://user:password@host:5432/database', with special"
        " characters as %XX; unset: SQLite in the state folder",
    )
    shared_store: str | None = Field(
        default=None,
        pattern=r"^(file|s3|gs|gcs|az|abfs|abfss)://[^\s?]+$",
        title="where variables are kept for several machines, such as a bucket; if unset, nowhere",
        description="a URL such as 's3://bucket/folder', 'gs://…', 'az://…' or 'file:///folder'",
    )
    cache_dir: _Folder = Field(
        title="the image's wheels, the local models' weights and prompt states"
    )
    files_dir: Path | None = Field(
        default=None,
        title="where LangGraph's server may read files that a request names; if unset, nowhere",
        description="the path of a folder",
    )
    log_level: Annotated[LogLevel, BeforeValidator(lambda level: str(level).upper())] = Field(
        default="INFO",
        title="level of `log/codegen_agent.log` in the state folder",
        description="one of DEBUG, INFO, WARNING, ERROR, CRITICAL",
    )
    dotenv_path: Path | None = Field(default=None, description="the .env file that was read")

    @classmethod
    def settings_customise_sources(cls, *_: Any, **sources: Any) -> tuple[Any, ...]:
        """Take values from arguments only: :func:`load_settings` reads the environment."""
        return (sources["init_settings"],)

    def prices_and(self, limits: Mapping[str, Any]) -> dict[str, Any]:
        """Return the limits, with the prices that a cost limit needs if they are known."""
        if self.prices is None:
            return dict(limits)
        sent, received = (float(price) for price in self.prices.split(","))
        return {"input_price": sent, "output_price": received, **limits}

    def secrets(self) -> tuple[str, ...]:
        """Return the secret values in clear text, for redaction."""
        key = () if self.gemini_api_key is None else (self.gemini_api_key.get_secret_value(),)
        url = self.checkpoints
        return key if url is None else (*key, *secrets_of(url.get_secret_value()))


def _names(alias: object) -> tuple[str, ...]:
    return tuple(map(str, alias.choices if isinstance(alias, AliasChoices) else (alias,)))


VARIABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {field: _names(info.validation_alias) for field, info in Settings.model_fields.items()}
)
"""Field of :class:`Settings` → environment variables that set it; the first one set wins."""


def load_settings(
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    home: Path | None = None,
    platform: str = sys.platform,
) -> Settings:
    """Read the settings; for each name the environment wins over the .env file.

    ``environ``, ``cwd``, ``home`` and ``platform`` (as in :data:`sys.platform`)
    default to those of this process. An empty value counts as unset. Other
    entries of the .env file are ignored, and ``os.environ`` isn't changed. What
    a folder may not set is ignored too, and said once on stderr.

    Raises:
        SettingsError: a value, or the .env file, is unusable; the message names
            every such variable and what it should hold, never a secret.
    """
    found = read_settings(environ=environ, cwd=cwd, home=home, platform=platform)
    found.sources.say_ignored()
    return found.settings


@dataclass(frozen=True)
class ReadSettings:
    """The settings and where each came from."""

    settings: Settings
    sources: Sources

    def origins(self) -> dict[str, str]:
        """Map each variable to where its value came from, never showing the value."""
        origins = self.sources.origins
        found = {}
        for field, names in VARIABLES.items():
            if field != "dotenv_path":
                name = next((name for name in names if name in origins), names[0])
                found[name] = origins.get(name, "default")
        return found


def key_origin(secrets: Collection[str]) -> str:
    """Say which variable holds one of these keys, and where it was set; empty if none is known."""
    for name, value in os.environ.items():
        if value and value.strip() in secrets:
            return f"{name} from the environment"
    with contextlib.suppress(SettingsError):
        read = read_settings()
        key = read.settings.gemini_api_key
        if key is not None and key.get_secret_value() in secrets:
            origins = read.origins()
            name = next(name for name in VARIABLES["gemini_api_key"] if name in origins)
            return f"{name} from {origins[name]}"
    return ""


def read_settings(
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    home: Path | None = None,
    platform: str = sys.platform,
) -> ReadSettings:
    """Read the settings as :func:`load_settings` does, with their sources, and say nothing.

    Raises:
        SettingsError: a value, or the .env file, is unusable.
    """
    environ = os.environ if environ is None else environ
    cwd = Path.cwd() if cwd is None else cwd
    home = _home(environ) if home is None else home
    allowed = allowed_folders(environ=environ, cwd=cwd, home=home, platform=platform)
    names = [name for names in VARIABLES.values() for name in names]
    files = list(dotenv_files(environ, cwd=cwd, home=home, allowed=allowed))
    sources = merge(environ, files, names, _defaults())
    variables, path = sources.variables, sources.dotenv_path
    source = DotEnvSettingsSource(Settings, env_file=None)
    source.env_vars = {
        **variables,
        **{n: _absolute(variables[n], cwd, home) for n in map(_variable, _PATHS) if n in variables},
        **({PATH_VARIABLE: str(path)} if path else {}),
    }
    try:
        settings = Settings(**_default_dirs(variables, home, platform), **source())
    except ValidationError as exc:
        raise _explain(exc, variables, sources.paths) from None
    return ReadSettings(settings, sources)


def allowed_folders(
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    home: Path | None = None,
    platform: str = sys.platform,
) -> AllowedFolders:
    """Return the list of allowed folders; no .env file can say where it is."""
    environ = os.environ if environ is None else environ
    cwd = Path.cwd() if cwd is None else cwd
    home = _home(environ) if home is None else home
    named = environ.get("CODEGEN_AGENT_STATE", "").strip()
    if named:
        return AllowedFolders(Path(_absolute(named, cwd, home)))
    return AllowedFolders(_default_dirs(environ, home, platform).get("state_dir"))


def _defaults() -> dict[str, str]:
    return {VARIABLES[name][0]: str(info.default) for name, info in Settings.model_fields.items()}


def _home(environ: Mapping[str, str]) -> Path | None:
    if environ.get("HOME"):
        return Path(environ["HOME"])
    try:
        return Path.home()
    except RuntimeError:  # a container's user may have neither $HOME nor a passwd entry
        return None


def _absolute(text: str, cwd: Path, home: Path | None) -> str:
    """Make a path absolute now, so that a later chdir doesn't change it."""
    if home is not None and (text == "~" or text.startswith(("~/", "~\\"))):
        return str(home / text[2:])
    return str(cwd / text)


def _default_dirs(environ: Mapping[str, str], home: Path | None, platform: str) -> dict[str, Any]:
    """Return the default folders of state and cache; those that are unknown are left out."""
    dirs: dict[str, Any] = {}
    with contextlib.suppress(RuntimeError):  # no home folder
        dirs["cache_dir"] = cache_folder(environ, home=home, platform=platform)
    if platform == "win32":
        local = environ.get("LOCALAPPDATA")
        base = Path(local) if local else home and home / "AppData" / "Local"
        if base is not None:
            dirs["state_dir"] = base / "codegen_agent" / "State"
    elif home is not None:
        dirs["state_dir"] = home / ".config" / "codegen-agent"
    return dirs


def _explain(
    exc: ValidationError, variables: Mapping[str, str], dotenv_paths: Sequence[Path]
) -> SettingsError:
    """Name every bad variable, its value if that isn't secret, and what it should hold."""
    complaints = {}
    for error in exc.errors(include_input=False):
        place = str(error["loc"][0])
        field = next(field for field, names in VARIABLES.items() if place in (field, *names))
        name = next((name for name in VARIABLES[field] if name in variables), None)
        expected = Settings.model_fields[field].description
        if name is None:  # no home folder for the default
            complaints[field] = f"set {VARIABLES[field][0]} to {expected}: there is no home folder"
        elif field in _SECRETS:
            complaints[field] = f"{name} must be {expected} (its value is not shown)"
        else:
            complaints[field] = f"{name} is {variables[name]!r} but must be {expected}"
    files = " or ".join(repr(str(path)) for path in dotenv_paths)
    where = f" (environment, or {files})" if files else ""
    return SettingsError("; ".join(complaints.values()) + where)
