"""What both databases' savers share: errors that say what to do, and asynchronous methods."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import ormsgpack
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple, DeltaChannelHistory
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from graph_agent.errors import CheckpointError
from graph_agent.langgraph_internals import continue_ids_after

_UNREADABLE = (
    json.JSONDecodeError,
    UnicodeDecodeError,
    ormsgpack.MsgpackDecodeError,
    NotImplementedError,  # an unknown serialization type
)


class GuardedSaver(BaseCheckpointSaver[str]):
    """Translates the errors of the synchronous saver that follows it in a class's bases.

    What the database raises, also in LangGraph's background threads, becomes a
    :class:`CheckpointError`. Asynchronous methods call the synchronous ones in threads.
    """

    errors: tuple[type[Exception], ...]
    """What the database raises."""

    def translate(self, error: Exception) -> CheckpointError:
        """Say what an error means and what to do."""
        raise NotImplementedError

    @contextlib.contextmanager
    def translated_errors(self) -> Iterator[None]:
        """Translate the database's errors, and those of values that can't be read."""
        translated: tuple[type[Exception], ...] = (*self.errors, *_UNREADABLE)
        try:
            yield
        except translated as error:
            raise self.translate(error) from error

    def _checked(self, saved: CheckpointTuple) -> CheckpointTuple:
        """Refuse a value that was read without an error but isn't a checkpoint."""
        checkpoint: object = saved.checkpoint
        values = checkpoint.get("channel_values") if isinstance(checkpoint, dict) else None
        if not isinstance(values, dict):
            raise self.translate(ValueError("the stored value isn't a checkpoint"))
        return saved

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Get a checkpoint."""
        with self.translated_errors():
            saved = super().get_tuple(config)
        if saved is None:
            return None
        checked = self._checked(saved)
        continue_ids_after(str(checked.checkpoint.get("id")))
        return checked

    def list(self, config: RunnableConfig | None, **options: Any) -> Iterator[CheckpointTuple]:
        """List checkpoints, newest first."""
        with self.translated_errors():
            for saved in super().list(config, **options):
                yield self._checked(saved)

    def put(self, *args: Any, **kwargs: Any) -> RunnableConfig:
        """Save a checkpoint."""
        with self.translated_errors():
            return super().put(*args, **kwargs)

    # LangGraph reads from its signature whether it takes a task_path.
    def put_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Save what a node wrote, before the step's checkpoint."""
        with self.translated_errors():
            super().put_writes(config, writes, task_id, task_path)

    def delete_thread(self, thread_id: str) -> None:
        """Delete all of a thread's checkpoints."""
        with self.translated_errors():
            super().delete_thread(thread_id)

    def get_delta_channel_history(self, **options: Any) -> Mapping[str, DeltaChannelHistory]:
        """Collect what was written to channels that store differences."""
        with self.translated_errors():
            return super().get_delta_channel_history(**options)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Get a checkpoint."""
        return await asyncio.to_thread(self.get_tuple, config)

    async def alist(
        self, config: RunnableConfig | None, **options: Any
    ) -> AsyncIterator[CheckpointTuple]:
        """List checkpoints, newest first."""
        for saved in await asyncio.to_thread(lambda: [*self.list(config, **options)]):
            yield saved

    async def aput(self, *args: Any, **kwargs: Any) -> RunnableConfig:
        """Save a checkpoint."""
        return await asyncio.to_thread(self.put, *args, **kwargs)

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Save what a node wrote, before the step's checkpoint."""
        await asyncio.to_thread(self.put_writes, config, writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete all of a thread's checkpoints."""
        await asyncio.to_thread(self.delete_thread, thread_id)

    async def aget_delta_channel_history(self, **options: Any) -> Mapping[str, DeltaChannelHistory]:
        """Collect what was written to channels that store differences."""
        return await asyncio.to_thread(self.get_delta_channel_history, **options)


def strict_serializer() -> JsonPlusSerializer:
    """Load plain data only; by default, LangGraph calls what the stored bytes name."""
    return JsonPlusSerializer(allowed_msgpack_modules=None)
