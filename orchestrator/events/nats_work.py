"""Work shared by replicas: durable, given to one at a time for each symbol, given to another when a replica dies."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import nats.errors
import structlog
from nats.js.api import AckPolicy, ConsumerConfig
from pydantic import TypeAdapter, ValidationError

from orchestrator.events.ending import cancel, end_within
from orchestrator.events.nats_bus import MESSAGE_ID
from orchestrator.events.nats_names import partition_of
from orchestrator.events.work import CLOSE_GRACE_S, WorkItem, report_failure
from wyckoff.rpc.errors import InvalidArgumentError, UnavailableError
from wyckoff.telemetry.spans import live_lag

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nats.aio.msg import Msg
    from nats.js.client import JetStreamContext

    from orchestrator.events.nats_names import NatsNames
    from orchestrator.events.settings import EventSettings
    from orchestrator.events.work import RetryTerms, WorkHandler

_log = structlog.get_logger("wyckoff.events")

_TIMEOUT_S: Final = 5.0
_RETRY_S: Final = 0.5
_WORK: Final = TypeAdapter(WorkItem)


def work_item(data: bytes) -> WorkItem:
    """The work in a message; raises InvalidArgumentError for anything else."""
    try:
        return _WORK.validate_json(data)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        raise InvalidArgumentError.of(".".join(map(str, wrong["loc"])) or "work", wrong["msg"]) from error


class NatsWorkQueue:
    """Symbols are spread over partitions. A partition has one item in flight over all replicas, so that work of a
    symbol is done in order; it is acknowledged when it is done.
    """

    def __init__(
        self,
        stream: JetStreamContext,
        names: NatsNames,
        settings: EventSettings,
        max_concurrent: int,
        retry: RetryTerms,
    ) -> None:
        self._stream = stream
        self._names = names
        self._partitions = settings.work_partitions
        self._ack_wait_s = settings.work_ack_wait_s
        self._retry = retry
        self._slots = asyncio.Semaphore(max_concurrent)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._busy: set[int] = set()
        self._closing = False

    async def put(self, item: WorkItem, *, item_id: str = "") -> None:
        payload = json.dumps({"symbol": item.symbol, "timeframe": item.timeframe, "catch_up": item.catch_up}).encode()
        try:
            await self._stream.publish(
                self._names.work(partition_of(item.symbol, item.timeframe, self._partitions)),
                payload,
                timeout=_TIMEOUT_S,
                stream=self._names.work_stream,
                headers={MESSAGE_ID: item_id} if item_id else None,
            )
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise UnavailableError(
                f"NATS does not take work: {type(error).__name__}: {error}", reason="EVENT_BUS_UNAVAILABLE"
            ) from error

    def start(self, handler: WorkHandler) -> None:
        self._tasks = {number: asyncio.create_task(self._serve(number, handler)) for number in range(self._partitions)}

    @property
    def depth(self) -> int:
        return len(self._busy)

    async def close(self) -> None:
        self._closing = True
        await cancel([task for partition, task in self._tasks.items() if partition not in self._busy])
        await end_within(self._tasks.values(), CLOSE_GRACE_S)

    async def _serve(self, partition: int, handler: WorkHandler) -> None:
        while not self._closing:
            try:
                await self._take_all(partition, handler)
            except (nats.errors.Error, TimeoutError, OSError) as error:
                _log.warning("work_not_read", partition=partition, error=f"{type(error).__name__}: {error}")
                await asyncio.sleep(_RETRY_S)

    async def _take_all(self, partition: int, handler: WorkHandler) -> None:
        config = ConsumerConfig(
            durable_name=self._names.worker(partition),
            filter_subject=self._names.work(partition),
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=self._ack_wait_s,
            max_ack_pending=1,
            max_deliver=-1,
        )
        await self._stream.add_consumer(self._names.work_stream, config)
        queue = await self._stream.pull_subscribe_bind(self._names.worker(partition), stream=self._names.work_stream)
        try:
            while not self._closing:
                try:
                    [message] = await queue.fetch(1, timeout=_TIMEOUT_S)
                except TimeoutError:
                    continue
                self._busy.add(partition)
                try:
                    await self._do(message, handler)
                finally:
                    self._busy.discard(partition)
        finally:
            await queue.unsubscribe()

    async def _do(self, message: Msg, handler: WorkHandler) -> None:
        try:
            item = work_item(message.data)
        except InvalidArgumentError as error:
            # it would be as unreadable the next time, and hold up the partition for ever
            _log.error("work_unreadable", sequence=message.metadata.sequence.stream, error=error.message)
            await message.term()
            return
        try:
            async with self._kept(message), self._slots:
                await handler(item)
        except asyncio.CancelledError:
            # another replica need not wait until this one is missed
            await message.nak()
            raise
        except Exception as error:  # noqa: BLE001 - work of one symbol must not take that of the others down
            await self._failed(message, item, error)
        else:
            await message.ack_sync(timeout=_TIMEOUT_S)
            live_lag((datetime.now(UTC) - message.metadata.timestamp).total_seconds())

    async def _failed(self, message: Msg, item: WorkItem, error: Exception) -> None:
        attempt = message.metadata.num_delivered
        pause_s = self._retry.pause_s(attempt)
        report_failure(item, attempt, pause_s, error)
        if pause_s is None:
            await message.term()
        else:
            await message.nak(delay=pause_s)

    @asynccontextmanager
    async def _kept(self, message: Msg) -> AsyncIterator[None]:
        """The server is told that the work goes on, so that it gives it to nobody else."""
        telling = asyncio.create_task(self._tell_in_progress(message))
        try:
            yield
        finally:
            await cancel([telling])

    async def _tell_in_progress(self, message: Msg) -> None:
        while True:
            await asyncio.sleep(self._ack_wait_s / 3)
            await message.in_progress()
