"""Events over every interruption of the connection."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import stamina
import structlog

from wyckoff.rpc.errors import (
    CancelledCallError,
    DeadlineExceededError,
    InternalError,
    NotFoundError,
    ResourceExhaustedError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from wyckoff.orchestrator.v1 import orchestrator_pb2

    #: Opens the stream of events behind an event id.
    Watch = Callable[[str], AsyncGenerator[orchestrator_pb2.WatchEventsResponse]]

_log = structlog.get_logger("wyckoff.client")

#: Behind this id, which no event has, is all that the orchestrator keeps.
ALL_KEPT_EVENTS: Final = str(uuid.UUID(int=0))
#: The reason of the refusal to go on behind an event that is not kept.
NOT_KEPT: Final = "EVENT_NOT_KEPT"
#: Time to say what is kept, seconds.
_ASK_TIMEOUT_S: Final = 5.0

#: What the end of a connection looks like. Whatever else goes wrong would go wrong again.
_LOST: Final = (UnavailableError, DeadlineExceededError, CancelledCallError, ResourceExhaustedError)


@dataclass(frozen=True, slots=True)
class KeptEvents:
    """Events of an orchestrator: which log they are in, and the last of them, empty when there is none.

    The log is another one when what was told before is gone: an id that is told again is at another place in it.
    """

    log_id: str
    newest_event_id: str


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Pauses between attempts to connect, seconds: doubled from the first to the longest, with jitter added."""

    first_pause_s: float = 0.1
    max_pause_s: float = 10.0
    jitter_s: float = 0.5


@dataclass(frozen=True, slots=True)
class FollowedEvent:
    """An event, and what is known to be missing before it.

    ``dropped_count`` events were lost because this reader was slow. With ``gap`` the stream could not be taken up where
    it was, and begins with all that is kept: events before it may be missing, and their number is not known.
    """

    event: orchestrator_pb2.Event
    dropped_count: int = 0
    gap: bool = False


async def ask_what_is_kept(watch: Watch, timeout_s: float = _ASK_TIMEOUT_S) -> KeptEvents:
    """What the orchestrator keeps.

    It is in the refusal to go on behind an event that nobody has told.
    """
    try:
        async with asyncio.timeout(timeout_s), aclosing(watch(str(uuid.uuid4()))) as responses:
            async for response in responses:
                raise InternalError(f"event {response.event.event_id} follows an event that was never told")
    except NotFoundError as refusal:
        if refusal.reason == NOT_KEPT:
            return KeptEvents(refusal.metadata.get("log_id", ""), refusal.metadata.get("newest_event_id", ""))
        raise
    except TimeoutError as error:
        raise DeadlineExceededError(f"no answer from the orchestrator within {timeout_s:g} s") from error
    raise UnavailableError("the orchestrator ended the stream of events", reason="STREAM_ENDED")


async def follow(
    watch: Watch,
    after_event_id: str,
    reconnect: Reconnect,
) -> AsyncGenerator[FollowedEvent]:
    """Events without an end. ``watch`` opens a stream behind an event id, or from now on when it is empty."""
    place = _Place(after_event_id)
    while True:
        # each round ends with a connection that told something, so that pauses begin small again
        attempts = stamina.retry_context(
            on=_LOST,
            attempts=None,
            timeout=None,
            wait_initial=reconnect.first_pause_s,
            wait_max=reconnect.max_pause_s,
            wait_jitter=reconnect.jitter_s,
        )
        async for attempt in attempts:
            with attempt:
                async with aclosing(_one_stream(watch, place)) as events:
                    async for event in events:
                        yield event


class _Place:
    """Where a reader is, and whether events behind it may be missing."""

    def __init__(self, event_id: str) -> None:
        self.event_id = event_id
        self.gap = False
        self._log_id = ""

    def found(self, kept: KeptEvents) -> None:
        """What is kept at the beginning of a connection."""
        if self.event_id and self._log_id not in ("", kept.log_id):
            # the last event may be told again there, with others before it that were never told
            _log.warning("events_forgotten", after_event_id=self.event_id)
            self.not_kept()
        self._log_id = kept.log_id

    def read(self, response: orchestrator_pb2.WatchEventsResponse) -> FollowedEvent:
        gap, self.gap = self.gap, False
        self.event_id = response.event.event_id
        return FollowedEvent(response.event, response.dropped_count, gap)

    def lost(self) -> None:
        # without an event there is nothing to go on from
        self.gap = self.gap or not self.event_id

    def not_kept(self) -> None:
        # what is kept is either newer than the event, or all that a new process has told
        self.event_id = ALL_KEPT_EVENTS
        self.gap = True


async def _one_stream(watch: Watch, place: _Place) -> AsyncGenerator[FollowedEvent]:
    """Events until the connection ends; raises one of the errors of a lost one when nothing came at all."""
    told = False
    try:
        place.found(await ask_what_is_kept(watch))
        async with aclosing(watch(place.event_id)) as responses:
            async for response in responses:
                told = True
                yield place.read(response)
        raise UnavailableError("the orchestrator ended the stream of events", reason="STREAM_ENDED")
    except NotFoundError as error:
        _log.warning("events_missing", after_event_id=place.event_id, error=error.message)
        place.not_kept()
        raise UnavailableError(error.message, reason=error.reason) from error
    except _LOST as error:
        place.lost()
        _log.warning("events_interrupted", after_event_id=place.event_id, error=error.message)
        if not told:
            raise
