"""The settings: where they come from, which wins, and what a bad one says."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pydantic import ValidationError

from graph_agent.config.settings import (
    VARIABLES,
    Settings,
    allowed_folders,
    load_settings,
    read_settings,
)
from graph_agent.errors import SettingsError

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


def allow(places: tuple[Path, Path]) -> None:
    """Allow the working folder's .env file, as ``codegen-agent env allow`` does."""
    allowed = allowed_folders(environ={}, cwd=places[0], home=places[1], platform="linux")
    path = places[0] / ".env"
    allowed.allow(path, hashlib.sha256(path.read_bytes()).hexdigest())


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
            "CODEGEN_AGENT_CANDIDATES": "5",
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
            "CODEGEN_AGENT_ALLOW_PACKAGES": "emoji Faker>=20",
            "CODEGEN_AGENT_RETENTION": "30d",
            "CODEGEN_AGENT_SHARED_STORE": "s3://ours/values",
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
        "candidates": 5,
        "shared_store": "s3://ours/values",
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
        "allow_packages": ("emoji", "Faker>=20"),
        "retention": "30d",
    }
    assert settings.prices_and({"cost": 1}) == {"cost": 1, "input_price": 0.3, "output_price": 2.5}
    assert set(VARIABLES) == set(Settings.model_fields)


def test_only_the_documented_names_are_read(places: tuple[Path, Path]) -> None:
    others = ("CODEGEN_AGENT_STATE_DIR", "CODEGEN_AGENT_GEMINI_API_KEY", "codegen_agent_model")
    assert load(places, dict.fromkeys((*others, "model", "STATE"), "x")) == load(places)


def test_arguments_are_the_only_source_of_the_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEGEN_AGENT_MODEL", "a:model")
    monkeypatch.setenv("CODEGEN_AGENT_MAX_ATTEMPTS", "bad")
    settings = Settings(state_dir=tmp_path, cache_dir=tmp_path, max_attempts=4)
    assert (settings.model, settings.max_attempts) == (None, 4)
    with pytest.raises(ValidationError, match="extra"):
        Settings(state_dir=tmp_path, cache_dir=tmp_path, attempts=4)  # type: ignore[call-arg]  # a typo


def test_own_key_variable_wins_over_google_api_key(places: tuple[Path, Path]) -> None:
    both = {"GOOGLE_API_KEY": "other", "GEMINI_API_KEY_FOR_CODEGEN_AGENT": KEY}
    assert load(places, both).secrets() == (KEY,)
    assert load(places, {"GOOGLE_API_KEY": "other"}).secrets() == ("other",)
    assert load(places, both | {"GEMINI_API_KEY_FOR_CODEGEN_AGENT": " "}).secrets() == ("other",)
    assert load(places).secrets() == ()
    # Whatever the place of either: GOOGLE_API_KEY is often exported for other programs.
    write(places[0] / ".env", f"GEMINI_API_KEY_FOR_CODEGEN_AGENT={KEY}\n")
    allow(places)
    assert load(places, {"GOOGLE_API_KEY": "other"}).secrets() == (KEY,)


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
    allow(places)
    settings = load(places, {"CODEGEN_AGENT_MODEL": "b:env", "CODEGEN_AGENT_MEMORY": ""})
    assert (settings.model, settings.memory, settings.runtime) == ("b:env", "3g", None)


def test_only_the_first_allowed_dotenv_is_read(places: tuple[Path, Path]) -> None:
    first = write(places[0] / ".env", "OTHER=1\n")
    write(places[1] / ".config/codegen-agent/.env", "CODEGEN_AGENT_MODEL=config\n")
    allow(places)
    settings = load(places)
    assert (settings.model, settings.dotenv_path) == (None, first)


def test_the_named_dotenv_is_read(places: tuple[Path, Path]) -> None:
    write(places[0] / ".env", "CODEGEN_AGENT_MODEL=cwd\n")
    named = write(places[0] / "named.env", "CODEGEN_AGENT_MODEL=named\n")
    settings = load(places, {"CODEGEN_AGENT_DOTENV_PATH": "named.env"})
    assert (settings.model, settings.dotenv_path) == ("named", named)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_dotenv_may_be_a_pipe(places: tuple[Path, Path]) -> None:
    pipe = places[0] / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=write, args=(pipe, "CODEGEN_AGENT_MODEL=piped\n"))
    writer.start()
    assert load(places, {"CODEGEN_AGENT_DOTENV_PATH": str(pipe)}).model == "piped"
    writer.join()


def test_dotenv_with_a_byte_order_mark(places: tuple[Path, Path]) -> None:
    (places[0] / ".env").write_bytes(b"\xef\xbb\xbfCODEGEN_AGENT_MODEL=x:y\r\n")
    allow(places)
    assert load(places).model == "x:y"


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
    allow(places)
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


def test_importing_reads_neither_environment_nor_dotenv(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff")
    code = (
        "import os, sys\n"
        "os.environ['CODEGEN_AGENT_MAX_ATTEMPTS'] = 'bad'\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: event == 'open' and opened.append(str(args[0])))\n"
        "import graph_agent.config.settings\n"
        "assert not [path for path in opened if path.endswith('.env')], opened\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=tmp_path)


def test_without_a_home_the_folders_must_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_home() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", no_home)  # such as in a container without a passwd entry
    with pytest.raises(SettingsError, match=r"set CODEGEN_AGENT_STATE .*CODEGEN_AGENT_CACHE"):
        load_settings(environ={}, cwd=tmp_path)
    folders = {"CODEGEN_AGENT_STATE": "s", "CODEGEN_AGENT_CACHE": "c"}
    assert load_settings(environ=folders, cwd=tmp_path).state_dir == tmp_path / "s"


@pytest.mark.parametrize(("value", "on"), [("1", True), ("True", True), ("0", False), ("", False)])
def test_the_model_cache_is_switched(places: tuple[Path, Path], value: str, on: bool) -> None:
    settings = load(places, {"CODEGEN_AGENT_MODEL_CACHE": value})
    assert settings.model_cache is on


HOSTILE = {
    "GEMINI_API_KEY_FOR_CODEGEN_AGENT": "theirs",
    "GOOGLE_API_KEY": "theirs",
    "CODEGEN_AGENT_MODEL": "openai:theirs",
    "CODEGEN_AGENT_MAX_ATTEMPTS": "999",
    "CODEGEN_AGENT_CANDIDATES": "50",
    "CODEGEN_AGENT_PRICES": "0,0",
    "CODEGEN_AGENT_APPROVE": "never",
    "CODEGEN_AGENT_MODEL_TIMEOUT_S": "99999",
    "CODEGEN_AGENT_MODEL_CACHE": "1",
    "CODEGEN_AGENT_LOCAL_MODEL_PATH": "evil.gguf",
    "CODEGEN_AGENT_TIMEOUT_S": "99999",
    "CODEGEN_AGENT_MEMORY": "900g",
    "CODEGEN_AGENT_RUNTIME": "runc",
    "CODEGEN_AGENT_ALLOW_PACKAGES": "evil",
    "CODEGEN_AGENT_RETENTION": "1h",
    "CODEGEN_AGENT_STATE": "state",
    "CODEGEN_AGENT_CHECKPOINTS": "postgresql://theirs/x",
    "CODEGEN_AGENT_SHARED_STORE": "s3://theirs/x",
    "CODEGEN_AGENT_CACHE": "cache",
    "CODEGEN_AGENT_FILES": "/",
    "CODEGEN_AGENT_LOG_LEVEL": "critical",
    "CODEGEN_AGENT_DOTENV_PATH": "/etc/passwd",
}


def test_a_folder_that_is_not_allowed_sets_nothing_harmful(
    places: tuple[Path, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    assert set(HOSTILE) == {name for names in VARIABLES.values() for name in names}
    mine = write(places[1] / ".config/codegen-agent/.env", "CODEGEN_AGENT_APPROVE=always\n")
    expected = load(places)
    lines = [f"{name}={value}" for name, value in HOSTILE.items()]
    write(places[0] / ".env", "\n".join(lines))
    assert load(places) == load(places) == expected
    assert (expected.approve, expected.dotenv_path) == ("always", mine)
    (said,) = capfd.readouterr().err.splitlines()
    for name in HOSTILE:
        assert name in said
    assert f"codegen-agent env allow {places[0]}" in said
    assert "theirs" not in said


def test_a_folder_that_is_not_allowed_may_tighten_limits(
    places: tuple[Path, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    write(
        places[0] / ".env",
        "CODEGEN_AGENT_MAX_ATTEMPTS=1\nCODEGEN_AGENT_TIMEOUT_S=5\nCODEGEN_AGENT_MEMORY=512m\n"
        "CODEGEN_AGENT_APPROVE=risky\nCODEGEN_AGENT_LOG_LEVEL=DEBUG\nLANGSMITH_API_KEY=x\n",
    )
    settings = load(places)
    assert (settings.max_attempts, settings.timeout_s, settings.memory) == (1, 5.0, "512m")
    assert (settings.approve, settings.log_level) == ("risky", "DEBUG")
    assert capfd.readouterr().err == ""
    # Compared with the user's own file, not only with the defaults.
    write(
        places[1] / ".config/codegen-agent/.env",
        "CODEGEN_AGENT_APPROVE=always\nCODEGEN_AGENT_MEMORY=100m\nCODEGEN_AGENT_TIMEOUT_S=90\n",
    )
    settings = load(places)
    assert (settings.approve, settings.memory, settings.timeout_s) == ("always", "100m", 5.0)


def test_the_environment_wins_and_is_not_called_ignored(
    places: tuple[Path, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    write(places[0] / ".env", "CODEGEN_AGENT_MODEL=theirs\nCODEGEN_AGENT_MAX_ATTEMPTS=1\n")
    given = {"CODEGEN_AGENT_MODEL": "mine", "CODEGEN_AGENT_MAX_ATTEMPTS": "5"}
    settings = load(places, given)
    assert (settings.model, settings.max_attempts) == ("mine", 5)
    assert capfd.readouterr().err == ""


def test_an_allowance_ends_with_a_change(places: tuple[Path, Path]) -> None:
    path = write(places[0] / ".env", "CODEGEN_AGENT_MODEL=a:b\n")
    allow(places)
    assert load(places).model == "a:b"
    write(path, "CODEGEN_AGENT_MODEL=c:d\n")
    assert load(places).model is None
    write(path, "CODEGEN_AGENT_MODEL=a:b\n")
    assert load(places).model == "a:b"
    # Neither the same file elsewhere nor the folder that moved is what was allowed.
    other = places[0].with_name("other")
    places[0].rename(other)
    assert load((other, places[1])).model is None


def test_a_folder_may_not_allow_itself(places: tuple[Path, Path]) -> None:
    path = write(places[0] / ".env", f"CODEGEN_AGENT_STATE={places[0]}\nCODEGEN_AGENT_MODEL=x\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    theirs = allowed_folders(environ={"CODEGEN_AGENT_STATE": str(places[0])}, home=places[1])
    theirs.allow(path, digest)
    settings = load(places)
    assert (settings.model, settings.state_dir) == (None, places[1] / ".config" / "codegen-agent")


def test_no_variable_of_the_environment_gets_into_a_foreign_file(
    places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "canary")
    write(places[0] / ".env", "CODEGEN_AGENT_MEMORY=${CANARY}\n")
    with pytest.raises(SettingsError, match="CODEGEN_AGENT_MEMORY") as caught:
        load(places)
    assert "canary" not in str(caught.value)


def test_where_each_setting_comes_from(places: tuple[Path, Path]) -> None:
    mine = write(places[1] / ".config/codegen-agent/.env", f"GOOGLE_API_KEY={KEY}\n")
    theirs = write(places[0] / ".env", "CODEGEN_AGENT_MEMORY=1g\nCODEGEN_AGENT_MODEL=x\n")
    found = read_settings(
        environ={"CODEGEN_AGENT_MAX_ATTEMPTS": "2"}, cwd=places[0], home=places[1]
    )
    origins = found.origins()
    assert origins["CODEGEN_AGENT_MAX_ATTEMPTS"] == "environment"
    assert origins["CODEGEN_AGENT_MEMORY"] == str(theirs)
    assert origins["GOOGLE_API_KEY"] == str(mine)
    assert origins["CODEGEN_AGENT_MODEL"] == origins["CODEGEN_AGENT_STATE"] == "default"
    assert found.sources.ignored == ("CODEGEN_AGENT_MODEL",)
    assert KEY not in str(origins) + repr(found)


def test_a_huge_dotenv_is_not_read(places: tuple[Path, Path]) -> None:
    write(places[0] / ".env", "#" * 100_000)
    with pytest.raises(SettingsError, match="KiB"):
        load(places)
