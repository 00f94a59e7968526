"""What is told, and what is not, over restarts; on a real database, with a clock that the test sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from services.alerts.intake import Intake, Outcome
from services.alerts.repository import AlertRepository
from services.alerts.rules import AlertKind, Rule
from tests.support.alerts import Clock, Events, settings, webhook
from wyckoff.client import FollowedEvent

if TYPE_CHECKING:
    from pathlib import Path

    from services.alerts.message import Alert
    from wyckoff.orchestrator.v1 import orchestrator_pb2
    from wyckoff.storage.database import Database


pytestmark = pytest.mark.usefixtures("each_database")


class Desk:
    """An intake, and what waits for its targets."""

    def __init__(self, database: Database, clock: Clock, folder: Path, **changes: Any) -> None:
        self.announced: list[str] = []
        targets = changes.pop("targets", (webhook(),))
        self._database = database
        self.intake = Intake(database, settings(folder, *targets, **changes), clock, self.announced.extend)

    async def take(self, *events: orchestrator_pb2.Event) -> list[Outcome]:
        return await self.intake.take([FollowedEvent(event) for event in events])

    async def waiting(self, target: str = "desk") -> list[Alert]:
        """Taken out, oldest first."""
        alerts = []
        async with self._database.write() as connection:
            repository = AlertRepository(connection)
            while (alert := await repository.next_alert(target)) is not None:
                alerts.append(alert)
                await repository.forget_alert(alert.alert_id)
        return alerts

    async def texts(self) -> list[str]:
        return [alert.text for alert in await self.waiting()]


@pytest.fixture
def desk(database: Database, clock: Clock, tmp_path: Path) -> Desk:
    return Desk(database, clock, tmp_path)


async def test_a_signal_is_told_once_also_over_restarts(
    desk: Desk, database: Database, clock: Clock, events: Events, tmp_path: Path
) -> None:
    assert await desk.intake.begin() == ""
    signal = events.signal(1)
    assert await desk.take(signal, signal) == [Outcome.TOLD, Outcome.DUPLICATE]
    assert desk.announced == ["desk"]
    again = Desk(database, clock, tmp_path)
    assert await again.intake.begin() == signal.event_id
    assert await again.take(signal) == [Outcome.DUPLICATE]
    (alert,) = await again.waiting()
    assert alert.text == ("ACME 1d: SPRING long, entry 10.25, stop 9.80, target 12.50, size 100, confidence 85")
    assert alert.title == "ACME 1d trade signal"


async def test_a_phase_is_told_when_it_is_another_one(desk: Desk, events: Events) -> None:
    phases = [events.phase(phase) for phase in "BBCBC"]
    told = [Outcome.TOLD, Outcome.UNCHANGED, Outcome.TOLD, Outcome.TOLD, Outcome.TOLD]
    assert await desk.take(*phases) == told
    # told anew by an orchestrator that has forgotten it
    assert await desk.take(*phases) == [Outcome.DUPLICATE] * 5
    assert await desk.take(events.phase("C", range_id="r2")) == [Outcome.TOLD]
    assert [text.split(",")[0] for text in await desk.texts()] == [
        f"ACME 1d: phase {phase}" for phase in ("B", "C", "B", "C", "C")
    ]


async def test_what_is_old_is_counted_and_not_told(desk: Desk, clock: Clock, events: Events) -> None:
    late = events.phase("B")
    clock.advance(3_601)
    assert await desk.take(late) == [Outcome.LATE]
    # the state is known all the same
    assert await desk.take(events.phase("B"), events.phase("C")) == [Outcome.UNCHANGED, Outcome.TOLD]
    history = [events.signal(1, days_ago=5.1), events.phase("D", days_ago=400)]
    assert await desk.take(*history) == [Outcome.HISTORY] * 2
    assert await desk.take(events.signal(2, days_ago=4.9)) == [Outcome.TOLD]
    weekly = [events.signal(number, timeframe="1w", days_ago=days) for number, days in ((3, 27.9), (4, 28.1))]
    assert await desk.take(*weekly) == [Outcome.TOLD, Outcome.HISTORY]
    assert len(await desk.waiting()) == 3


async def test_a_breaker_that_flaps_is_told_once_and_then_how_it_ended(
    desk: Desk, clock: Clock, events: Events
) -> None:
    assert await desk.take(events.breaker("OPEN")) == [Outcome.TOLD]
    assert await desk.take(events.breaker("HALF_OPEN")) == [Outcome.UNWANTED]
    for _ in range(3):
        clock.advance(5)
        assert await desk.take(events.breaker("CLOSED")) == [Outcome.HELD]
        assert await desk.take(events.breaker("OPEN")) == [Outcome.UNCHANGED]
    clock.advance(400)
    assert await desk.intake.release_held() is None
    assert await desk.texts() == ["circuit breaker of volume is open"]

    assert await desk.take(events.breaker("CLOSED")) == [Outcome.TOLD]
    assert await desk.take(events.breaker("OPEN")) == [Outcome.HELD]
    decide_ms = await desk.intake.release_held()
    assert decide_ms == clock() + 300_000
    clock.advance(299)
    await desk.intake.release_held()
    assert len(await desk.waiting()) == 1
    clock.advance(1)
    assert await desk.intake.release_held() is None
    assert await desk.texts() == ["circuit breaker of volume is open"]


async def test_a_held_change_outlives_the_process(
    desk: Desk, database: Database, clock: Clock, events: Events, tmp_path: Path
) -> None:
    states = ["OPEN", "CLOSED", "OPEN", "CLOSED"]
    assert (await desk.take(*map(events.breaker, states)))[-1] is Outcome.HELD
    await desk.waiting()
    clock.advance(301)
    again = Desk(database, clock, tmp_path)
    await again.intake.release_held()
    assert await again.texts() == ["circuit breaker of volume is closed; it changed 3 times meanwhile"]
    await again.intake.release_held()
    assert await again.texts() == []


async def test_a_detector_that_fails_for_every_symbol_is_one_trouble(desk: Desk, clock: Clock, events: Events) -> None:
    failures = [events.failure(symbol=f"S{number}") for number in range(50)]
    outcomes = await desk.take(*failures)
    assert (outcomes.count(Outcome.TOLD), outcomes.count(Outcome.UNCHANGED)) == (1, 49)
    clock.advance(3_600)
    assert await desk.take(events.failure(), events.failure("range.climax")) == [Outcome.TOLD] * 2


async def test_rules_choose_by_kind_symbol_timeframe_and_confidence(
    database: Database, clock: Clock, events: Events, tmp_path: Path
) -> None:
    rules = (
        Rule(targets=("desk",), symbols=("ACME",), timeframes=("1d",), min_confidence=80),
        Rule(targets=("desk", "mail"), kinds=(AlertKind.SIGNAL_REJECTED,)),
        Rule(targets=("mail",), kinds=(AlertKind.BREAKER_CHANGED,), symbols=("ACME",)),
    )
    desk = Desk(database, clock, tmp_path, targets=(webhook(), webhook("mail")), rules=rules)
    unwanted = [
        events.signal(1, symbol="OTHER"),
        events.signal(2, timeframe="1h", days_ago=0.1),
        events.signal(3, confidence=79),
        events.rejection(1, near_miss=False),
        events.phase("C"),
    ]
    assert await desk.take(*unwanted) == [Outcome.UNWANTED] * 5
    wanted = [events.signal(4, confidence=80), events.rejection(2), events.breaker("OPEN")]
    assert await desk.take(*wanted) == [Outcome.TOLD] * 3
    assert [alert.kind for alert in await desk.waiting("desk")] == ["signal_generated", "signal_rejected"]
    assert [alert.kind for alert in await desk.waiting("mail")] == ["signal_rejected", "breaker_changed"]
    assert desk.announced == ["desk", "desk", "mail", "mail"]


async def test_a_rejection_is_told_again_only_when_another_stage_refuses(desk: Desk, events: Events) -> None:
    same = events.rejection(1)
    same.event_id = "00000000-0000-4000-8000-000000000001"
    outcomes = await desk.take(events.rejection(1), same, events.rejection(1, stage="Risk"))
    assert outcomes == [Outcome.TOLD, Outcome.UNCHANGED, Outcome.TOLD]


async def test_too_many_that_wait_give_up_the_oldest(
    database: Database, clock: Clock, events: Events, tmp_path: Path
) -> None:
    desk = Desk(database, clock, tmp_path, max_waiting=3)
    await desk.take(*(events.signal(number) for number in range(5)))
    alerts = await desk.waiting()
    assert [
        alert.body.count(b'"signal_id":"s%d"' % number) for alert, number in zip(alerts, (2, 3, 4), strict=True)
    ] == [
        1,
        1,
        1,
    ]


async def test_what_was_told_long_ago_is_forgotten_and_losses_are_counted(
    desk: Desk, clock: Clock, events: Events
) -> None:
    signal = events.signal(1)
    await desk.take(signal)
    clock.advance(201 * 86_400)
    await desk.intake.forget_old()
    # known no more, and too old all the same
    assert await desk.take(signal) == [Outcome.LATE]
    await desk.intake.take([FollowedEvent(events.signal(2), dropped_count=4, gap=True)])
    assert (desk.intake.dropped, desk.intake.gaps) == (4, 1)
