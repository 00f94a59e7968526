"""The stream of the orchestrator, over every interruption."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import stamina
import structlog

from services.gateway.live.messages import GapReason, event_message
from wyckoff.client.following import ALL_KEPT_EVENTS, NOT_KEPT, ask_what_is_kept
from wyckoff.rpc.errors import NotFoundError, UnavailableError, WyckoffError

if TYPE_CHECKING:
    from services.gateway.live.settings import LiveSettings
    from services.gateway.live.stream import EventStream
    from wyckoff.client.following import KeptEvents, Watch
    from wyckoff.orchestrator.v1 import orchestrator_pb2

_log = structlog.get_logger("wyckoff.gateway.live")


class OrchestratorFollower:
    """Tells the events of the orchestrator to the clients, each once and in order, and where some may be missing."""

    def __init__(self, watch: Watch, stream: EventStream, settings: LiveSettings) -> None:
        self._watch = watch
        self._stream = stream
        self._settings = settings
        self._after = ALL_KEPT_EVENTS
        self._log_id = ""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            # each round ends with a connection that told something, so that pauses begin small again
            attempts = stamina.retry_context(
                on=Exception,
                attempts=None,
                timeout=None,
                wait_initial=self._settings.first_pause_s,
                wait_max=self._settings.max_pause_s,
                wait_jitter=self._settings.first_pause_s,
            )
            async for attempt in attempts:
                with attempt:
                    await self._one_connection()

    async def _one_connection(self) -> None:
        """Raises when nothing came of it."""
        told = 0
        try:
            self._begin(await ask_what_is_kept(self._watch, self._settings.connect_timeout_s))
            _log.info("live_events_followed", after_event_id=self._after)
            async with aclosing(self._watch(self._after)) as responses:
                async for response in responses:
                    told += 1
                    self._tell(response)
                    # whoever can take it has it before the next one is read
                    await asyncio.sleep(0)
            raise UnavailableError("the orchestrator ended the stream of events", reason="STREAM_ENDED")
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # nobody cancelled this task: a call whose channel is closed ends like this
            raise UnavailableError("the connection to the orchestrator was closed") from error
        except NotFoundError as error:
            self._lose_place(error)
        except Exception as error:
            unexpected = None if isinstance(error, WyckoffError) else error
            _log.warning("live_events_interrupted", told=told, error=str(error), exc_info=unexpected)
            if not told:
                raise
        finally:
            self._stream.is_following = False

    def _begin(self, kept: KeptEvents) -> None:
        if self._log_id not in ("", kept.log_id):
            # the last event may be told again there, with others before it that were never told
            self._after = ALL_KEPT_EVENTS
            self._stream.tell_gap(
                GapReason.SOURCE_RESTARTED, "the orchestrator forgot its events; what it keeps now follows"
            )
        self._log_id = kept.log_id
        self._stream.reached(kept.newest_event_id, kept.log_id)

    def _tell(self, response: orchestrator_pb2.WatchEventsResponse) -> None:
        if response.dropped_count:
            self._stream.tell_gap(
                GapReason.SOURCE_DROPPED, "the gateway was too slow for the orchestrator", response.dropped_count
            )
        self._after = response.event.event_id
        message = event_message(response.event)
        if message is None:
            _log.error("live_event_unknown", event_id=response.event.event_id, kind=response.event.kind)
            return
        self._stream.tell(message)

    def _lose_place(self, error: NotFoundError) -> None:
        if error.reason != NOT_KEPT or self._after == ALL_KEPT_EVENTS:
            raise error
        self._after = ALL_KEPT_EVENTS
        self._stream.tell_gap(
            GapReason.SOURCE_DROPPED, "the orchestrator no longer keeps the event before; what it keeps follows"
        )
