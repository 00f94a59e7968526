"""From events to alerts that wait: every decision and its record in one transaction."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

import structlog

from services.alerts.facts import Telling, fact_of
from services.alerts.message import alert_of, pause_alert
from services.alerts.repository import AlertRepository, State
from services.alerts.rules import AlertKind, targets_of
from wyckoff.orchestrator.v1 import orchestrator_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from services.alerts.config import AlertsSettings
    from services.alerts.facts import Fact
    from services.alerts.message import Alert
    from wyckoff.client import FollowedEvent
    from wyckoff.storage.database import Database

_log = structlog.get_logger("wyckoff.alerts")


class Outcome(Enum):
    """What became of an event."""

    TOLD = "told"
    UNWANTED = "unwanted"
    DUPLICATE = "duplicate"
    UNCHANGED = "unchanged"
    HELD = "held"
    LATE = "late"
    HISTORY = "history"


class Intake:
    """Decides what is told. ``now_ms`` is the time; ``announce`` is called with the targets that got alerts."""

    def __init__(
        self,
        database: Database,
        settings: AlertsSettings,
        now_ms: Callable[[], int],
        announce: Callable[[Iterable[str]], None],
    ) -> None:
        self._database = database
        self._settings = settings
        self._now_ms = now_ms
        self._announce = announce
        # what is decided is decided by what was written before
        self._turn = asyncio.Lock()
        self.outcomes: Counter[Outcome] = Counter()
        self.dropped = 0
        self.gaps = 0
        self.last_event_id = ""
        self.last_event_time_ms: int | None = None

    async def begin(self) -> str:
        """The event behind which to begin; empty at the very first start, which tells nothing of the past."""
        async with self._database.read() as connection:
            self.last_event_id = await AlertRepository(connection).last_event_id()
        return self.last_event_id

    async def take(self, followed: Sequence[FollowedEvent]) -> list[Outcome]:
        """Decide on events in their order, and record them as read, all or none."""
        outcomes: list[Outcome] = []
        alerts: list[Alert] = []
        last = followed[-1].event
        async with self._turn, self._database.write() as connection:
            repository = AlertRepository(connection)
            for told in followed:
                outcome, made = await self._decide(repository, told.event, self._now_ms())
                outcomes.append(outcome)
                alerts += made
            await self._enqueue(repository, alerts)
            await repository.move_cursor(last.event_id, last.timestamp.ToMilliseconds())
        self._count(followed, outcomes)
        self.last_event_id, self.last_event_time_ms = last.event_id, last.timestamp.ToMilliseconds()
        self._announce(alert.target for alert in alerts)
        return outcomes

    async def release_held(self) -> int | None:
        """Tell the changes that lasted; returns when the next one is to be decided, None when none is held."""
        now_ms = self._now_ms()
        alerts: list[Alert] = []
        async with self._turn, self._database.write() as connection:
            repository = AlertRepository(connection)
            for state in await repository.held(now_ms):
                alerts += self._released(state, now_ms)
                await repository.save_state(
                    replace(
                        state,
                        told_value=state.value,
                        told_ms=now_ms,
                        changes_count=0,
                        held_until_ms=None,
                        held_event=None,
                    )
                )
            await self._enqueue(repository, alerts)
            next_ms = await repository.next_held_ms()
        self._announce(alert.target for alert in alerts)
        return next_ms

    async def report_paused(self, target: str, error: str, since_ms: int, until_ms: int) -> None:
        """Tell those who want to know that a target is left alone for a while."""
        wanting = [rule.targets for rule in self._settings.rules if AlertKind.TARGET_PAUSED in rule.kinds]
        others = dict.fromkeys(name for names in wanting for name in names if name != target)
        since, until = _time(since_ms), _time(until_ms)
        alerts = [pause_alert(target, error, since, until, other, self._now_ms()) for other in others]
        async with self._turn, self._database.write() as connection:
            await self._enqueue(AlertRepository(connection), alerts)
        self._announce(alert.target for alert in alerts)

    async def forget_old(self) -> None:
        """Remove what was told long ago."""
        before_ms = self._now_ms() - int(self._settings.remember_days * 86_400_000)
        async with self._turn, self._database.write() as connection:
            await AlertRepository(connection).forget_before(before_ms)

    async def _decide(self, repository: AlertRepository, event: pb.Event, now_ms: int) -> tuple[Outcome, list[Alert]]:
        fact = fact_of(event)
        if fact is None:
            return Outcome.UNWANTED, []
        if self._is_history(fact, event):
            # the first analysis of a market tells thousands of it: nothing is kept of them
            return Outcome.HISTORY, []
        if not await repository.note_seen(event.event_id, now_ms):
            return Outcome.DUPLICATE, []
        before = await repository.state(fact.key)
        outcome, after = self._compared(fact, before, event, now_ms)
        await repository.save_state(after)
        if outcome is not Outcome.TOLD:
            return outcome, []
        alerts = [alert_of(event, fact, target, now_ms) for target in targets_of(fact, self._settings.rules)]
        return (Outcome.TOLD if alerts else Outcome.UNWANTED), alerts

    def _is_history(self, fact: Fact, event: pb.Event) -> bool:
        settings = self._settings
        return fact.is_history(
            event.timestamp.ToMilliseconds(), max_days=settings.max_bar_age_days, max_bars=settings.max_bar_age_bars
        )

    def _count(self, followed: Sequence[FollowedEvent], outcomes: list[Outcome]) -> None:
        self.outcomes.update(outcomes)
        for told in followed:
            if told.gap or told.dropped_count:
                self.gaps += told.gap
                self.dropped += told.dropped_count
                _log.warning("alert_events_missing", dropped=told.dropped_count, gap=told.gap)

    def _compared(self, fact: Fact, before: State | None, event: pb.Event, now_ms: int) -> tuple[Outcome, State]:
        """What is to be done, and the state afterwards."""
        told = State(fact.key, fact.value, fact.value, now_ms, now_ms)
        event_time_ms = event.timestamp.ToMilliseconds()
        if now_ms - event_time_ms > self._settings.max_event_age_s * 1_000:
            return Outcome.LATE, told
        if before is None:
            return Outcome.TOLD, told
        if fact.telling is Telling.ON_CHANGE:
            return (Outcome.UNCHANGED if fact.value == before.value else Outcome.TOLD), told
        if fact.telling is Telling.NOW_AND_THEN:
            is_quiet = now_ms - before.told_ms < self._settings.failure_quiet_s * 1_000
            return (Outcome.UNCHANGED, before) if is_quiet else (Outcome.TOLD, told)
        return self._damped(fact, before, event, now_ms, told)

    def _damped(self, fact: Fact, before: State, event: pb.Event, now_ms: int, told: State) -> tuple[Outcome, State]:
        changes = before.changes_count + (fact.value != before.value)
        now = replace(
            before,
            value=fact.value,
            changed_ms=now_ms,
            changes_count=changes,
            held_until_ms=None,
            held_event=None,
        )
        if fact.value == before.told_value:
            # back before anybody was told
            return Outcome.UNCHANGED, now
        until_ms = before.told_ms + int(self._settings.damping_s * 1_000)
        if now_ms >= until_ms:
            return Outcome.TOLD, told
        return Outcome.HELD, replace(now, held_until_ms=until_ms, held_event=event.SerializeToString())

    def _released(self, state: State, now_ms: int) -> list[Alert]:
        event = pb.Event.FromString(state.held_event or b"")
        fact = fact_of(event)
        if fact is None:
            return []
        return [
            alert_of(event, fact, target, now_ms, changes_count=state.changes_count)
            for target in targets_of(fact, self._settings.rules)
        ]

    async def _enqueue(self, repository: AlertRepository, alerts: list[Alert]) -> None:
        if not alerts:
            return
        await repository.enqueue(alerts)
        for target in {alert.target for alert in alerts}:
            lost = await repository.trim(target, self._settings.max_waiting)
            if lost:
                _log.error("alerts_lost", target=target, count=lost, reason="too many wait")


def _time(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1_000, UTC)
