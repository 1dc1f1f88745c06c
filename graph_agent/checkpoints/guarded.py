"""What both databases' savers share: errors that say what to do, and asynchronous methods."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import ormsgpack
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
)

from graph_agent.errors import CheckpointError

_UNREADABLE = (
    json.JSONDecodeError,
    UnicodeDecodeError,
    ormsgpack.MsgpackDecodeError,
    NotImplementedError,  # a serialization type that is none
)


class GuardedSaver(BaseCheckpointSaver[str]):
    """Stands before a synchronous saver in a class's bases.

    Whatever the database raises, in LangGraph's background threads too, becomes
    a :class:`CheckpointError`. Asynchronous callers are served in threads.
    """

    errors: tuple[type[Exception], ...]
    """What the database raises."""

    def explain(self, error: Exception) -> CheckpointError:
        """Say what an error means, and what to do."""
        raise NotImplementedError

    @contextlib.contextmanager
    def explained(self) -> Iterator[None]:
        """Turn the database's errors, and values that cannot be read, into clear ones."""
        told: tuple[type[Exception], ...] = (*self.errors, *_UNREADABLE)
        try:
            yield
        except told as error:
            raise self.explain(error) from error

    def _whole(self, saved: CheckpointTuple) -> CheckpointTuple:
        """Refuse what was read without an error and is no checkpoint."""
        checkpoint: object = saved.checkpoint
        values = checkpoint.get("channel_values") if isinstance(checkpoint, dict) else None
        if not isinstance(values, dict):
            raise self.explain(ValueError("a checkpoint holds something else"))
        return saved

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Get a checkpoint."""
        with self.explained():
            saved = super().get_tuple(config)
        return None if saved is None else self._whole(saved)

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002  # LangGraph's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """List checkpoints, newest first."""
        with self.explained():
            for saved in super().list(config, filter=filter, before=before, limit=limit):
                yield self._whole(saved)

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Save a checkpoint."""
        with self.explained():
            return super().put(config, checkpoint, metadata, new_versions)

    def put_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Save what a node wrote, before the step's checkpoint."""
        with self.explained():
            super().put_writes(config, writes, task_id, task_path)

    def delete_thread(self, thread_id: str) -> None:
        """Delete all of a thread."""
        with self.explained():
            super().delete_thread(thread_id)

    def get_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Collect what was written to channels that keep differences."""
        with self.explained():
            return super().get_delta_channel_history(config=config, channels=channels)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Get a checkpoint."""
        return await asyncio.to_thread(self.get_tuple, config)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002  # LangGraph's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """List checkpoints, newest first."""
        found = await asyncio.to_thread(
            lambda: [*self.list(config, filter=filter, before=before, limit=limit)]
        )
        for saved in found:
            yield saved

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Save a checkpoint."""
        return await asyncio.to_thread(self.put, config, checkpoint, metadata, new_versions)

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
        """Delete all of a thread."""
        await asyncio.to_thread(self.delete_thread, thread_id)

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Collect what was written to channels that keep differences."""
        return await asyncio.to_thread(
            self.get_delta_channel_history, config=config, channels=channels
        )
