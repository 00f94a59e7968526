"""The alerts service put together: what follows, what decides, what sends."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Final

import structlog

from services.alerts.delivery import Delivery
from services.alerts.facts import FOLLOWED
from services.alerts.intake import Intake
from services.alerts.webhook import WebhookChannel
from wyckoff.rpc.errors import InternalError, WyckoffError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable

    from services.alerts.channels import Channel
    from services.alerts.config import AlertsSettings
    from services.alerts.targets import Target
    from wyckoff.client import FollowedEvent, Reconnect, WyckoffClient
    from wyckoff.storage.database import Database

_log = structlog.get_logger("wyckoff.alerts")

#: Held changes are looked at that often, seconds; what is remembered too long is removed that often.
_HELD_CHECK_S: Final = 1.0
_FORGET_CHECK_S: Final = 3_600.0
_STORAGE_PAUSE_S: Final = 1.0
#: Events that wait to be recorded before no more are read, and those of one transaction.
_MAX_WAITING_EVENTS: Final = 5_000
_MAX_TOGETHER: Final = 1_000


class AlertsService:
    """Open with :func:`running_alerts`."""

    def __init__(
        self,
        database: Database,
        client: WyckoffClient,
        settings: AlertsSettings,
        now_ms: Callable[[], int],
        *,
        chance: Callable[[], float] = random.random,
        reconnect: Reconnect | None = None,
    ) -> None:
        self._database = database
        self._client = client
        self._reconnect = reconnect
        self._tasks: list[asyncio.Task[None]] = []
        self.intake = Intake(database, settings, now_ms, self._announce)
        self.deliveries = {
            target.name: Delivery(
                target.name,
                channel_of(target, settings.timeout_s),
                database,
                settings,
                now_ms,
                chance,
                self.intake.report_paused,
            )
            for target in settings.targets
        }

    def _announce(self, targets: Iterable[str]) -> None:
        for name in set(targets):
            # settings of before may have had other targets
            if name in self.deliveries:
                self.deliveries[name].wake()

    async def follow(self) -> None:
        """Read events without an end."""
        while True:
            try:
                after = await self.intake.begin()
                events = self._client.follow_events(kinds=FOLLOWED, after_event_id=after, reconnect=self._reconnect)
                waiting: asyncio.Queue[FollowedEvent] = asyncio.Queue(_MAX_WAITING_EVENTS)
                async with aclosing(events), asyncio.TaskGroup() as group:
                    group.create_task(_read(events, waiting))
                    group.create_task(self._record(waiting))
            except* WyckoffError as errors:
                # what was read but not recorded is read again
                _log.error("alert_intake_failed", error=str(errors.exceptions[0]))
            await asyncio.sleep(_STORAGE_PAUSE_S)

    async def _record(self, waiting: asyncio.Queue[FollowedEvent]) -> None:
        """All that waits in one transaction: an orchestrator that reads years of a market tells thousands at once."""
        while True:
            together = [await waiting.get()]
            while len(together) < _MAX_TOGETHER and not waiting.empty():
                together.append(waiting.get_nowait())
            await self.intake.take(together)

    async def decide_held(self) -> None:
        """Decide on held changes when their time has come."""
        await _every(_HELD_CHECK_S, self.intake.release_held)

    async def forget_old(self) -> None:
        """Keep what is remembered within bounds."""
        await _every(_FORGET_CHECK_S, self.intake.forget_old)

    def check(self) -> None:
        """Raise InternalError when a part has ended, which none does by itself."""
        ended = [task.get_name() for task in self._tasks if task.done()]
        if ended:
            raise InternalError(f"{', '.join(ended)} ended by a fault", reason="TASK_ENDED")

    def begin(self) -> None:
        """Begin to follow and to send."""
        loops = {"follow": self.follow(), "held changes": self.decide_held(), "clearing": self.forget_old()}
        loops |= {f"target {name}": delivery.run() for name, delivery in self.deliveries.items()}
        self._tasks = [asyncio.create_task(loop, name=name) for name, loop in loops.items()]
        for task in self._tasks:
            task.add_done_callback(_log_fault)

    async def close(self) -> None:
        """End all of it; what is being sent is sent again at the next start, under its id."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for delivery in self.deliveries.values():
            await delivery.close()


async def _read(events: AsyncGenerator[FollowedEvent], waiting: asyncio.Queue[FollowedEvent]) -> None:
    async for told in events:
        await waiting.put(told)


async def _every(pause_s: float, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await work()
        except WyckoffError as error:
            _log.error("alert_storage_failed", error=error.message)
        await asyncio.sleep(pause_s)


def channel_of(target: Target, timeout_s: float) -> Channel:
    """The way to a target."""
    if target.url is not None:
        return WebhookChannel(target.url.get_secret_value(), target.keys, timeout_s)
    # takes a second to load, which only those who use it should wait for
    from services.alerts.apprise_channel import AppriseChannel

    url = "" if target.apprise is None else target.apprise.get_secret_value()
    return AppriseChannel(target.name, url, timeout_s)


@asynccontextmanager
async def running_alerts(service: AlertsService) -> AsyncIterator[AlertsService]:
    """The service at work."""
    service.begin()
    try:
        yield service
    finally:
        await service.close()


def _log_fault(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.critical("alert_task_failed", exc_info=task.exception())
