"""``model list``, and fetching a model from a hub."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.graph_agent.cli.command import Command
from tests.graph_agent.models.local.weights_server import DATA, WeightsServer


def test_the_list_says_what_models_need_and_what_is_known(command: Command, tmp_path: Path) -> None:
    listed = command.here("model", "list", "--json", CODEGEN_AGENT_CACHE=str(tmp_path)).json
    models = {model["name"]: model for model in listed["models"]}
    assert list(models) == ["local", "local-small", "local-4b", "local-7b"]
    assert not any(model["fetched"] for model in models.values())
    assert all(model["memory_bytes"] > model["disk_bytes"] for model in models.values())
    assert models["local"]["score"]
    assert models["local-7b"]["score"] is None
    assert listed["prompt_states"] == {"count": 0, "bytes": 0}
    done = command.here("model", "list", CODEGEN_AGENT_CACHE=str(tmp_path))
    assert done.code == 0
    for words in ("local-4b", "Qwen3-4B-Instruct-2507", "not measured yet", "about 4.7 GB"):
        assert words in " ".join(done.out.split())


def test_a_larger_model_comes_from_the_hub_and_is_checked(command: Command, tmp_path: Path) -> None:
    cache = {"CODEGEN_AGENT_CACHE": str(tmp_path / "cache")}
    stated = hashlib.sha256(DATA).hexdigest()
    with WeightsServer(DATA, stated=stated) as server:
        # A process of its own: huggingface_hub reads its variables when it is imported.
        process = command.start("model", "fetch", "local-4b", **cache, HF_ENDPOINT=server.endpoint)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert Path(out.decode().strip()).read_bytes() == DATA
    assert {path for _, path, _ in server.requests} == {
        "/unsloth/Qwen3-4B-Instruct-2507-GGUF/resolve/main/Qwen3-4B-Instruct-2507-Q4_K_M.gguf"
    }
    models = command.here("model", "list", "--json", **cache).json["models"]
    assert [model["name"] for model in models if model["fetched"]] == ["local-4b"]


def test_a_misspelt_name_is_refused_with_the_nearest(command: Command) -> None:
    done = command.here("model", "fetch", "local-4")
    assert (done.code, done.out) == (2, "")
    assert "did you mean 'local-4b'" in done.err


def test_a_file_that_is_no_model_is_refused_before_anything_else(command: Command) -> None:
    for path, words in (("tips.csv", "not a GGUF file"), ("no.gguf", "No such file")):
        done = command.here(
            "run", "Mean tip?", "--var", "tips=tips.csv", "--model", f"local:{path}"
        )
        assert (done.code, done.out) == (2, "")
        assert words in done.err
