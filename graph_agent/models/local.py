"""The embedded model: a GGUF file served on this machine, no key, no network.

Importing this module needs ``langchain-core`` only; the extra ``local`` is
loaded by the first call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForLLMRun,
    CallbackManagerForLLMRun,
)
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.output_parsers import PydanticOutputParser
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableMap, RunnablePassthrough
from pydantic import BaseModel

from graph_agent.models.local_server import shared_servers

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

__all__ = ["LocalChatModel"]


class LocalChatModel(BaseChatModel):
    """Chat with the weights at ``path``; the first call loads them (2-7 s).

    Holds plain data only, so it can be copied and pickled; all models with the
    same ``path`` and ``context_tokens`` in one process share one server, which
    answers one call at a time. ``timeout_s`` bounds the silence between two
    tokens, not the whole answer: how long that takes is the machine's affair.

    Raises:
        ModelSetupError: from a call, when the weights cannot be loaded.
    """

    model_name: str
    path: Path
    context_tokens: int = 8192
    max_tokens: int = 1024
    temperature: float = 0.0
    seed: int = 7
    timeout_s: float = 120.0

    @property
    def _llm_type(self) -> str:
        return "codegen-agent-local"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {
            "model_name": self.model_name,
            "seed": self.seed,
            "temperature": self.temperature,
        }

    def close(self) -> None:
        """End the server and free its memory; the next call starts it anew."""
        shared_servers().close(self.path)

    @contextmanager
    def _connected(self) -> Iterator[ChatOpenAI]:
        from openai import DefaultHttpxClient

        with DefaultHttpxClient(trust_env=False) as http:  # no proxy on the way to ourselves
            yield self._client(http_client=http)

    @asynccontextmanager
    async def _aconnected(self) -> AsyncIterator[ChatOpenAI]:
        import asyncio

        from openai import DefaultAsyncHttpxClient

        # Loading takes seconds. A connection pool of its own for each call: one
        # that outlives its event loop fails in the next asyncio.run().
        await asyncio.to_thread(shared_servers().get, self.path, self.context_tokens)
        async with DefaultAsyncHttpxClient(trust_env=False) as http:
            yield self._client(http_async_client=http)

    def _client(self, **http: Any) -> ChatOpenAI:
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        server = shared_servers().get(self.path, self.context_tokens)
        return ChatOpenAI(
            model=self.model_name,
            base_url=f"{server.url}/v1",
            api_key=SecretStr(server.api_key),
            temperature=self.temperature,
            max_tokens=self.max_tokens,  # type: ignore[call-arg]  # an alias mypy cannot see
            seed=self.seed,
            timeout=self.timeout_s,
            stream_chunk_timeout=self.timeout_s,
            max_retries=0,
            stream_usage=True,
            use_responses_api=False,
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
        """Let the server's grammar hold the answer to the JSON schema of a pydantic model.

        Raises:
            TypeError: ``schema`` is no pydantic model, or options are given.
        """
        if kwargs or not (isinstance(schema, type) and issubclass(schema, BaseModel)):
            raise TypeError("the local model takes a pydantic class and include_raw, no more")
        described = {
            "name": schema.__name__,
            "schema": schema.model_json_schema(),
            "strict": True,
        }
        wanted = {"type": "json_schema", "json_schema": described}
        # As extra_body: under its own name the OpenAI client parses the answer itself.
        bound = self.bind(extra_body={"response_format": wanted})
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
