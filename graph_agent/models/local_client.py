"""Makes the client of a local model, or says what is missing for it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from graph_agent.errors import ModelSetupError
from graph_agent.models.local_weights import LOCAL_WEIGHTS, PATH_VARIABLE, find_weights

if TYPE_CHECKING:
    from graph_agent.models.local import LocalChatModel

__all__ = ["local_client"]

_PACKAGES = ("xllamacpp", "langchain_openai")


def local_client(
    name: str,
    timeout_s: float,
    temperature: float | None,
    cache_dir: Path | None,
    model_path: Path | None,
) -> LocalChatModel:
    """Return the local model ``name``; its weights are loaded by the first call.

    Raises:
        ModelSetupError: the extra ``local`` or the weights are missing.
    """
    missing = [package for package in _PACKAGES if importlib.util.find_spec(package) is None]
    if missing:
        raise ModelSetupError(
            f"the model {name!r} needs {' and '.join(missing)}; install the extra with "
            "pip install 'codegen-agent[local]'"
        )
    path = find_weights(name, model_path, cache_dir)
    if path is None:
        size_gb = LOCAL_WEIGHTS[name].size_bytes / 1e9
        raise ModelSetupError(
            f"the weights of the model {name!r} are not on this machine; run "
            f"'codegen-agent model fetch' ({size_gb:.1f} GB), set {PATH_VARIABLE} to a GGUF file, "
            "or set a Gemini key and take a Gemini model"
        )
    from graph_agent.models.local import LocalChatModel

    return LocalChatModel(
        model_name=name, path=path, timeout_s=timeout_s, temperature=temperature or 0.0
    )
