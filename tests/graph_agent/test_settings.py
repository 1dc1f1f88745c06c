"""The settings: where they come from, which wins, and what a bad one says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from graph_agent.dotenv_file import dotenv_candidates
from graph_agent.errors import SettingsError
from graph_agent.settings import VARIABLES, Settings, load_settings

URL = "postgresql://me:canary%40word@db.example:5432/runs?sslmode=require"
KEY = "AIzaSyCanaryCanaryCanaryCanaryCanary123"


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """A working folder and a home, both empty."""
    cwd, home = tmp_path / "cwd", tmp_path / "home"
    cwd.mkdir()
    home.mkdir()
    return cwd, home


def load(
    places: tuple[Path, Path], environ: dict[str, str] | None = None, platform: str = "linux"
) -> Settings:
    return load_settings(environ=environ or {}, cwd=places[0], home=places[1], platform=platform)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults(places: tuple[Path, Path]) -> None:
    settings = load(places)
    assert settings == Settings(
        state_dir=places[1] / ".config" / "codegen-agent",
        cache_dir=places[1] / ".cache" / "codegen-agent",
    )
    assert (settings.max_attempts, settings.timeout_s, settings.memory) == (3, 60.0, "2g")
    assert (settings.model_timeout_s, settings.log_level) == (120.0, "INFO")
    assert settings.gemini_api_key is None
    assert settings.model is settings.runtime is None
    assert settings.local_model_path is settings.dotenv_path is None


def test_every_variable_is_read(places: tuple[Path, Path]) -> None:
    settings = load(
        places,
        {
            "GEMINI_API_KEY_FOR_CODEGEN_AGENT": KEY,
            "CODEGEN_AGENT_MODEL": "openai:gpt-5",
            "CODEGEN_AGENT_MAX_ATTEMPTS": "7",
            "CODEGEN_AGENT_MODEL_TIMEOUT_S": "30.5",
            "CODEGEN_AGENT_LOCAL_MODEL_PATH": "~/m.gguf",
            "CODEGEN_AGENT_TIMEOUT_S": "5",
            "CODEGEN_AGENT_MEMORY": "512m",
            "CODEGEN_AGENT_RUNTIME": "runsc",
            "CODEGEN_AGENT_STATE": "state",
            "CODEGEN_AGENT_CHECKPOINTS": URL,
            "CODEGEN_AGENT_CACHE": "/var/cache/agent",
            "CODEGEN_AGENT_LOG_LEVEL": "debug",
            "CODEGEN_AGENT_FILES": "files",
            "CODEGEN_AGENT_PRICES": "0.3,2.5",
            "CODEGEN_AGENT_APPROVE": "risky",
            "CODEGEN_AGENT_MODEL_CACHE": "1",
        },
    )
    assert settings.gemini_api_key is not None
    assert settings.gemini_api_key.get_secret_value() == KEY
    assert settings.checkpoints is not None
    assert settings.checkpoints.get_secret_value() == URL
    given = settings.model_dump(exclude={"gemini_api_key", "checkpoints", "dotenv_path"})
    assert given == {
        "model": "openai:gpt-5",
        "max_attempts": 7,
        "model_timeout_s": 30.5,
        "local_model_path": places[1] / "m.gguf",
        "timeout_s": 5.0,
        "memory": "512m",
        "runtime": "runsc",
        "state_dir": places[0] / "state",
        "cache_dir": Path("/var/cache/agent"),
        "log_level": "DEBUG",
        "files_dir": places[0] / "files",
        "prices": "0.3,2.5",
        "approve": "risky",
        "model_cache": True,
    }
    assert settings.prices_and({"cost": 1}) == {"cost": 1, "input_price": 0.3, "output_price": 2.5}
    assert set(VARIABLES) | {"dotenv_path"} == set(Settings.model_fields)


def test_own_key_variable_wins_over_google_api_key(places: tuple[Path, Path]) -> None:
    both = {"GOOGLE_API_KEY": "other", "GEMINI_API_KEY_FOR_CODEGEN_AGENT": KEY}
    assert load(places, both).secrets() == (KEY,)
    assert load(places, {"GOOGLE_API_KEY": "other"}).secrets() == ("other",)
    assert load(places, both | {"GEMINI_API_KEY_FOR_CODEGEN_AGENT": " "}).secrets() == ("other",)
    assert load(places).secrets() == ()


def test_the_database_and_its_password_are_secrets(places: tuple[Path, Path]) -> None:
    settings = load(places, {"CODEGEN_AGENT_CHECKPOINTS": URL})
    assert settings.secrets() == (URL, "canary%40word", "canary@word")
    for text in (repr(settings), settings.model_dump_json(), repr(dict(settings))):
        assert "canary" not in text
    both = load(places, {"CODEGEN_AGENT_CHECKPOINTS": "postgresql:///x", "GOOGLE_API_KEY": KEY})
    assert both.secrets() == (KEY, "postgresql:///x")


def test_a_bad_database_is_named_without_what_it_holds(places: tuple[Path, Path]) -> None:
    with pytest.raises(SettingsError, match=r"CHECKPOINTS must be a URL .*postgresql://") as raised:
        load(places, {"CODEGEN_AGENT_CHECKPOINTS": "mysql://me:canary@host/x"})
    assert "canary" not in str(raised.value)


def test_environment_wins_over_dotenv_and_empty_counts_as_unset(
    places: tuple[Path, Path],
) -> None:
    write(
        places[0] / ".env",
        "CODEGEN_AGENT_MODEL=a:file\nCODEGEN_AGENT_MEMORY='3g'\nCODEGEN_AGENT_RUNTIME=\n",
    )
    settings = load(places, {"CODEGEN_AGENT_MODEL": "b:env", "CODEGEN_AGENT_MEMORY": ""})
    assert (settings.model, settings.memory, settings.runtime) == ("b:env", "3g", None)


def test_dotenv_is_looked_for_in_the_documented_order(places: tuple[Path, Path]) -> None:
    cwd, home = places
    local = cwd / "local"
    environ = {"LOCALAPPDATA": str(local)}
    assert dotenv_candidates(environ, cwd=cwd, home=home) == (
        cwd / ".env",
        Path("/secrets/codegen_agent/.env"),
        home / ".config" / "codegen-agent" / ".env",
        local / "codegen_agent" / "codegen_agent" / ".env",
    )
    # Written last place first, so that each in turn takes over.
    windows = write(local / "codegen_agent/codegen_agent/.env", "CODEGEN_AGENT_MODEL=windows\n")
    assert load(places, environ).dotenv_path == windows
    config = write(home / ".config/codegen-agent/.env", "CODEGEN_AGENT_MODEL=config\n")
    assert load(places, environ).dotenv_path == config
    write(cwd / ".env", "CODEGEN_AGENT_MODEL=cwd\n")
    assert load(places, environ).model == "cwd"
    named = write(cwd / "named.env", "CODEGEN_AGENT_MODEL=named\n")
    settings = load(places, environ | {"CODEGEN_AGENT_DOTENV_PATH": "named.env"})
    assert (settings.model, settings.dotenv_path) == ("named", named)


def test_only_the_first_dotenv_is_read(places: tuple[Path, Path]) -> None:
    write(places[0] / ".env", "OTHER=1\n")
    write(places[1] / ".config/codegen-agent/.env", "CODEGEN_AGENT_MODEL=config\n")
    assert load(places).model is None


def test_a_folder_called_dotenv_is_passed_over(places: tuple[Path, Path]) -> None:
    (places[0] / ".env").mkdir()
    config = write(places[1] / ".config/codegen-agent/.env", "CODEGEN_AGENT_MODEL=config\n")
    assert load(places).dotenv_path == config


def test_dotenv_with_a_byte_order_mark(places: tuple[Path, Path]) -> None:
    (places[0] / ".env").write_bytes(b"\xef\xbb\xbfCODEGEN_AGENT_MODEL=x:y\r\n")
    assert load(places).model == "x:y"


@pytest.mark.parametrize("target", ["missing.env", "folder"])
def test_a_named_dotenv_must_be_a_file(places: tuple[Path, Path], target: str) -> None:
    (places[0] / "folder").mkdir()
    with pytest.raises(SettingsError, match=r"CODEGEN_AGENT_DOTENV_PATH names .*" + target):
        load(places, {"CODEGEN_AGENT_DOTENV_PATH": target})


def test_undecodable_dotenv_is_named_without_its_bytes(places: tuple[Path, Path]) -> None:
    (places[0] / ".env").write_bytes(b"GOOGLE_API_KEY=caf\xe9\n")
    with pytest.raises(SettingsError, match=r"\.env' is not UTF-8") as caught:
        load(places)
    assert "caf" not in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads anything")
def test_unreadable_dotenv(places: tuple[Path, Path]) -> None:
    write(places[0] / ".env", "").chmod(0)
    with pytest.raises(SettingsError, match=r"cannot read .*Permission denied"):
        load(places)


def test_dotenv_does_not_touch_the_environment(places: tuple[Path, Path]) -> None:
    write(places[0] / ".env", "LANGSMITH_API_KEY=lsv2_x\nCODEGEN_AGENT_MODEL=x\n")
    before = dict(os.environ)
    settings = load(places)
    assert dict(os.environ) == before
    assert "lsv2_x" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("CODEGEN_AGENT_MAX_ATTEMPTS", "three", "a whole number of at least 1"),
        ("CODEGEN_AGENT_MAX_ATTEMPTS", "0", "a whole number of at least 1"),
        ("CODEGEN_AGENT_APPROVE", "sometimes", "one of never, risky, always"),
        ("CODEGEN_AGENT_MAX_ATTEMPTS", "2.5", "a whole number of at least 1"),
        ("CODEGEN_AGENT_TIMEOUT_S", "-1", "a number of seconds above 0"),
        ("CODEGEN_AGENT_TIMEOUT_S", "inf", "a number of seconds above 0"),
        ("CODEGEN_AGENT_MODEL_TIMEOUT_S", "nan", "a number of seconds above 0"),
        ("CODEGEN_AGENT_MEMORY", "lots", "a whole number of bytes"),
        ("CODEGEN_AGENT_MEMORY", "0g", "a whole number of bytes"),
        ("CODEGEN_AGENT_RUNTIME", "run c", "a container runtime"),
        ("CODEGEN_AGENT_MODEL_CACHE", "maybe", "1 or true to keep"),
        ("CODEGEN_AGENT_LOG_LEVEL", "loud", "one of DEBUG, INFO, WARNING, ERROR, CRITICAL"),
    ],
)
def test_a_bad_value_is_named_with_what_is_expected(
    places: tuple[Path, Path], name: str, value: str, expected: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(places, {name: value})
    message = str(caught.value)
    assert f"{name} is {value!r} but must be" in message
    assert expected in message


def test_all_bad_values_are_named_at_once_and_no_secret(places: tuple[Path, Path]) -> None:
    write(places[0] / ".env", "CODEGEN_AGENT_MEMORY=lots\n")
    environ = {"GOOGLE_API_KEY": "two wörds", "CODEGEN_AGENT_MAX_ATTEMPTS": "x"}
    with pytest.raises(SettingsError) as caught:
        load(places, environ)
    message = str(caught.value)
    for name in (*environ, "CODEGEN_AGENT_MEMORY"):
        assert name in message
    assert str(places[0] / ".env") in message
    assert "wörds" not in message
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_no_representation_shows_the_key(places: tuple[Path, Path]) -> None:
    settings = load(places, {"GOOGLE_API_KEY": KEY})
    for text in (repr(settings), str(settings), settings.model_dump_json(), repr(dict(settings))):
        assert KEY not in text


def test_settings_are_frozen(places: tuple[Path, Path]) -> None:
    settings = load(places)
    with pytest.raises(ValidationError, match="frozen"):
        settings.model = "x"


def test_state_and_cache_on_windows(places: tuple[Path, Path], tmp_path: Path) -> None:
    local = tmp_path / "Local"
    settings = load(places, {"LOCALAPPDATA": str(local)}, platform="win32")
    assert settings.state_dir == local / "codegen_agent" / "State"
    assert settings.cache_dir == local / "codegen_agent" / "Cache"
    bare = load(places, platform="win32")
    assert bare.state_dir == places[1] / "AppData" / "Local" / "codegen_agent" / "State"


def test_xdg_cache_home(places: tuple[Path, Path]) -> None:
    assert load(places, {"XDG_CACHE_HOME": "/x/cache"}).cache_dir == Path("/x/cache/codegen-agent")
    relative = load(places, {"XDG_CACHE_HOME": "cache"})
    assert relative.cache_dir == places[1] / ".cache" / "codegen-agent"


def test_home_comes_from_the_given_environment(tmp_path: Path) -> None:
    settings = load_settings(environ={"HOME": str(tmp_path)}, cwd=tmp_path, platform="linux")
    assert settings.state_dir == tmp_path / ".config" / "codegen-agent"


def test_importing_loads_nothing_and_reads_no_environment() -> None:
    code = (
        "import os, sys\n"
        "os.environ['CODEGEN_AGENT_MAX_ATTEMPTS'] = 'bad'\n"
        "import graph_agent.settings\n"
        "assert 'dotenv' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(("value", "on"), [("1", True), ("True", True), ("0", False), ("", False)])
def test_the_model_cache_is_switched(places: tuple[Path, Path], value: str, on: bool) -> None:
    settings = load(places, {"CODEGEN_AGENT_MODEL_CACHE": value})
    assert settings.model_cache is on
    assert settings.answers_dir.parent == settings.cache_dir
