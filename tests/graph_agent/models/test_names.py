"""The names of the known models."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from graph_agent.errors import ModelUnknownError
from graph_agent.models import (
    DEFAULT_GEMINI,
    LLMModels,
    check_name,
    full_name,
    is_gemini,
    weights_file,
)


def test_a_name_is_the_string_that_stands_for_it() -> None:
    assert LLMModels("gemini-2.5-pro") is LLMModels.GEMINI25_PRO
    assert f"{LLMModels.LOCAL}" == "local"


def test_only_local_models_run_on_this_machine() -> None:
    local = {model for model in LLMModels if model.is_local}
    assert local == {
        LLMModels.LOCAL, LLMModels.LOCAL_SMALL, LLMModels.LOCAL_4B, LLMModels.LOCAL_7B
    }  # fmt: skip
    assert not DEFAULT_GEMINI.is_local


@pytest.mark.parametrize(
    "name",
    [
        *LLMModels, "gemini-9-ultra", "models/gemini-2.5-pro", "google_genai:gemini-2.5-pro",
        "openai:gpt-5", "azure-openai:x", "nobody:model",
    ],
)  # fmt: skip
def test_a_usable_name_passes(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("gtp", "openai:gpt-…"),
        ("gpt-4o", "openai:gpt-4o"),
        ("claude-sonnet-4-5", "anthropic:claude-sonnet-4-5"),
        ("gemeni-2.5-pro", "gemini-2.5-pro"),
        ("opnai:gpt-5", "openai:gpt-5"),
        ("openai:", "openai:NAME"),
        ("locl", "local"),
        ("local4b", "local-4b"),
        ("local:", "local:NAME"),
        ("olama:qwen3", "ollama:qwen3"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_nearest(name: str, meant: str) -> None:
    with pytest.raises(ModelUnknownError, match=f"did you mean '{re.escape(meant)}'"):
        check_name(name)


def test_a_file_is_checked_before_anything_else(tmp_path: Path) -> None:
    weights, other = tmp_path / "own.gguf", tmp_path / "data.csv"
    weights.write_bytes(b"GGUF and more")
    other.write_text("a,b")
    check_name(f"local:{weights}")
    for path, words in ((other, "not a GGUF file"), (tmp_path / "no.gguf", "No such file")):
        with pytest.raises(ModelUnknownError, match=words):
            check_name(f"local:{path}")


def test_a_files_name_means_the_same_in_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert full_name("local:own.gguf") == f"local:{tmp_path / 'own.gguf'}"
    assert full_name("openai:own.gguf") == "openai:own.gguf"
    assert weights_file("local") is None
    assert weights_file("local:") is None


def test_names_are_checked_without_loading_a_library() -> None:
    code = (
        "import sys\nfrom graph_agent.models import check_name\ncheck_name('openai:gpt-5')\n"
        "print([m for m in ('langchain', 'langchain_openai', 'openai') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_which_names_are_geminis() -> None:
    assert is_gemini("gemini-2.5-pro")
    assert is_gemini("google-genai:gemini-2.5-pro")
    assert not is_gemini("openai:gemini-like")
    assert not is_gemini("local")
