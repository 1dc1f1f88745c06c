"""The embedded model: a GGUF file served on this machine, no key, no network.

Importing this module needs only ``langchain-core``; the first call loads the
extra ``local``.
"""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.output_parsers import PydanticOutputParser
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableMap, RunnablePassthrough
from pydantic import BaseModel, Field

from graph_agent.errors import ModelSetupError
from graph_agent.models.gguf import check_gguf
from graph_agent.models.local.catalog import LOCAL_WEIGHTS
from graph_agent.models.local.opening import read_opening
from graph_agent.models.local.prompt_states import PromptStates
from graph_agent.models.local.server import SHARED_SERVERS, LocalServer
from graph_agent.models.local.weights import PATH_VARIABLE, find_weights
from graph_agent.models.names import weights_file
from sandbox.cache_folder import cache_folder

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

__all__ = ["LocalChatModel", "local_client"]

_PACKAGES = ("xllamacpp", "langchain_openai")


class LocalChatModel(BaseChatModel):
    """Chat with the weights at ``path``; the first call loads them (2-7 s).

    Holds plain data only, so it can be copied and pickled; all models with the
    same ``path`` and ``context_tokens`` in one process share one server, which
    answers one call at a time. ``timeout_s`` limits the silence between two
    tokens, not the whole answer, whose time depends on the machine. ``opening``: the
    messages that all prompts of a kind begin with; a new server reads them first, or loads what
    an earlier one kept in ``states``. ``slot``: where the server keeps this kind, from 0.

    Raises:
        ModelSetupError: from a call, if the weights can't be loaded.
    """

    model_name: str
    path: Path
    context_tokens: int = 8192
    max_tokens: int = 1024
    temperature: float = 0.0
    seed: int = 7
    timeout_s: float = 120.0
    # Excluded: they change how fast an answer comes, not what it says.
    opening: tuple[BaseMessage, ...] = Field(default=(), exclude=True)
    states: PromptStates | None = Field(default=None, exclude=True)
    slot: int = Field(default=0, exclude=True)

    @property
    def _llm_type(self) -> str:
        return "codegen-agent-local"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name, "seed": self.seed, "temperature": self.temperature}

    def close(self) -> None:
        """Stop the server and free its memory; the next call restarts it."""
        SHARED_SERVERS.close(self.path)

    def _server(self) -> LocalServer:
        """Return the running server, which has read the opening."""
        for _ in range(2):  # a state may make the first one fail, and is then removed
            server = SHARED_SERVERS.get(self.path, self.context_tokens, self.states)
            read_opening(server, self)
            if server.alive:
                return server
        server = SHARED_SERVERS.get(self.path, self.context_tokens, self.states)
        server.used.add(self.slot)
        return server

    @contextmanager
    def _connected(self) -> Iterator[ChatOpenAI]:
        from openai import DefaultHttpxClient

        with DefaultHttpxClient(trust_env=False) as http:  # no proxy for a server of our own
            yield self._client(self._server(), http_client=http)

    @asynccontextmanager
    async def _aconnected(self) -> AsyncIterator[ChatOpenAI]:
        import asyncio

        from openai import DefaultAsyncHttpxClient

        from graph_agent.leaving import in_daemon_thread

        # In a thread, because loading takes seconds; in one that asyncio.run() doesn't wait for.
        # A new connection pool for each call: one that outlives its event loop fails in the next
        # asyncio.run().
        server = await asyncio.wrap_future(in_daemon_thread(self._server))
        async with DefaultAsyncHttpxClient(trust_env=False) as http:
            yield self._client(server, http_async_client=http)

    def _client(self, server: LocalServer, **http: Any) -> ChatOpenAI:
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        return ChatOpenAI(
            model=self.model_name,
            base_url=f"{server.url}/v1",
            api_key=SecretStr(server.api_key),
            temperature=self.temperature,
            max_tokens=self.max_tokens,  # type: ignore[call-arg]  # an alias mypy can't see
            seed=self.seed,
            timeout=self.timeout_s,
            stream_chunk_timeout=self.timeout_s,
            max_retries=0,
            stream_usage=True,
            use_responses_api=False,
            extra_body={"id_slot": self.slot},
            **http,
        )

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        from langchain_core.language_models.chat_models import generate_from_stream

        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        from langchain_core.language_models.chat_models import agenerate_from_stream

        return await agenerate_from_stream(self._astream(messages, stop, run_manager, **kwargs))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        with self._connected() as client:
            yield from client._stream(messages, stop, run_manager, **kwargs)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async with self._aconnected() as client:
            async for chunk in client._astream(messages, stop, run_manager, **kwargs):
                yield chunk

    def with_structured_output(
        self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[LanguageModelInput, Any]:
        """Make the server restrict the answer to the JSON schema of a pydantic model.

        Raises:
            TypeError: ``schema`` isn't a pydantic model, or other options are given.
        """
        if kwargs or not (isinstance(schema, type) and issubclass(schema, BaseModel)):
            raise TypeError("the local model accepts only a pydantic class and include_raw")
        described = {"name": schema.__name__, "schema": schema.model_json_schema(), "strict": True}
        # In extra_body: as response_format the OpenAI client would parse the answer itself.
        response_format = {"type": "json_schema", "json_schema": described}
        # What is bound takes the place of the client's own.
        bound = self.bind(extra_body={"response_format": response_format, "id_slot": self.slot})
        parser = PydanticOutputParser(pydantic_object=schema)
        if not include_raw:
            return bound | parser
        parsed = RunnablePassthrough.assign(
            parsed=itemgetter("raw") | parser, parsing_error=lambda _: None
        )
        failed = RunnablePassthrough.assign(parsed=lambda _: None)
        return RunnableMap(raw=bound) | parsed.with_fallbacks(
            [failed], exception_key="parsing_error"
        )


def local_client(
    name: str,
    timeout_s: float,
    temperature: float | None,
    cache_dir: Path | None,
    model_path: Path | None,
) -> LocalChatModel:
    """Return the local model ``name``, or ``local:PATH``; the first call loads its weights.

    Raises:
        ModelSetupError: the extra ``local`` or the weights are missing.
    """
    missing = [package for package in _PACKAGES if importlib.util.find_spec(package) is None]
    if missing:
        raise ModelSetupError(
            f"the model {name!r} needs {' and '.join(missing)}; install the extra with "
            "pip install 'codegen-agent[local]'"
        )
    file = weights_file(name)
    if file is not None:
        check_gguf(file)
    path = file or find_weights(name, model_path, cache_dir)
    if path is None:
        size_gb = LOCAL_WEIGHTS[name].size_bytes / 1e9
        named = "" if name == "local" else f" {name}"
        raise ModelSetupError(
            f"the weights of the model {name!r} are not on this machine; run "
            f"'codegen-agent model fetch{named}' ({size_gb:.1f} GB), set {PATH_VARIABLE} to a GGUF"
            " file, or set a Gemini key and use a Gemini model"
        )
    return LocalChatModel(
        model_name=name if file is None else f"local:{file.name}",
        path=path.resolve(),
        timeout_s=timeout_s,
        temperature=temperature or 0.0,
        states=PromptStates.in_cache(cache_dir or cache_folder()),
    )
