"""NATS JetStream: one connection, the streams, and the bus and queue on them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import nats
import nats.errors
import nats.js.errors
import structlog
from nats.js.api import RetentionPolicy, StorageType, StreamConfig

from orchestrator.events.nats_bus import NatsEventBus
from orchestrator.events.nats_names import NatsNames
from orchestrator.events.nats_work import NatsWorkQueue
from wyckoff.rpc.errors import FailedPreconditionError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nats.aio.client import Client
    from nats.js.client import JetStreamContext

    from orchestrator.events.settings import EventSettings
    from orchestrator.events.work import RetryTerms

_log = structlog.get_logger("wyckoff.events")

#: Replicas follow the same bars within this time of each other; later ones find the work done, seconds.
WORK_DUPLICATE_WINDOW_S = 5.0


@asynccontextmanager
async def open_nats(
    settings: EventSettings, *, max_concurrent: int, retry: RetryTerms
) -> AsyncIterator[tuple[NatsEventBus, NatsWorkQueue]]:
    """Bus and queue on the NATS server of ``settings``; streams are made if needed. Raises UnavailableError."""
    client = await _connect(settings)
    try:
        stream = client.jetstream(timeout=settings.connect_timeout_s)
        names = NatsNames(settings.stream_prefix)
        await _make_streams(stream, names, settings)
        bus = await NatsEventBus.open(stream, names, settings)
        work = NatsWorkQueue(stream, names, settings, max_concurrent, retry)
        try:
            yield bus, work
        finally:
            await work.close()
            await bus.close()
    finally:
        await client.close()


async def _connect(settings: EventSettings) -> Client:
    async def on_error(error: Exception) -> None:
        _log.warning("nats_error", error=f"{type(error).__name__}: {error}")

    async def on_disconnected() -> None:
        _log.info("nats_disconnected")

    async def on_reconnected() -> None:
        _log.info("nats_reconnected")

    try:
        async with asyncio.timeout(settings.connect_timeout_s):
            return await nats.connect(
                settings.bus_url,
                name="wyckoff-orchestrator",
                max_reconnect_attempts=-1,
                reconnect_time_wait=0.5,
                error_cb=on_error,
                disconnected_cb=on_disconnected,
                reconnected_cb=on_reconnected,
            )
    except (TimeoutError, OSError, ValueError, nats.errors.Error) as error:
        raise UnavailableError(
            f"NATS at {settings.bus_place} cannot be reached within {settings.connect_timeout_s:g} s; is it running?",
            reason="EVENT_BUS_UNAVAILABLE",
        ) from error


async def _make_streams(stream: JetStreamContext, names: NatsNames, settings: EventSettings) -> None:
    events = StreamConfig(
        name=names.events_stream,
        subjects=[names.all_events],
        retention=RetentionPolicy.LIMITS,
        max_age=settings.stream_max_age_s,
        max_msgs=settings.stream_max_events,
        duplicate_window=min(settings.duplicate_window_s, settings.stream_max_age_s),
    )
    work = StreamConfig(
        name=names.work_stream,
        subjects=[names.all_work],
        retention=RetentionPolicy.WORK_QUEUE,
        duplicate_window=WORK_DUPLICATE_WINDOW_S,
    )
    for config in (events, work):
        config.storage = StorageType.FILE
        config.num_replicas = settings.stream_replicas
        try:
            await _make_stream(stream, config)
        except (nats.errors.Error, TimeoutError) as error:
            raise FailedPreconditionError(
                f"NATS at {settings.bus_place} does not keep the stream {config.name}: {error}; is JetStream enabled?",
                reason="EVENT_BUS_STREAM",
            ) from error


async def _make_stream(stream: JetStreamContext, config: StreamConfig) -> None:
    try:
        await stream.add_stream(config)
    except nats.js.errors.BadRequestError:
        # it is there with other settings
        await stream.update_stream(config)
