"""The bus in memory: order, isolation, bounds, resuming."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from structlog.testing import capture_logs

from orchestrator.events.bus import InMemoryEventBus
from orchestrator.events.model import EventKind
from orchestrator.events.settings import EventSettings
from tests.support.events import bar_event, one_of_each
from wyckoff.rpc.errors import NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.events.log import Follower
    from orchestrator.events.model import Event

ALL: frozenset[EventKind] = frozenset()
EVERYBODY: frozenset[str] = frozenset()


def make_bus(**settings: Any) -> InMemoryEventBus:
    return InMemoryEventBus(EventSettings(**settings))


class Collector:
    """A handler that remembers, and can wait before it returns."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def __call__(self, event: Event) -> None:
        await self.may_go_on.wait()
        self.numbers.append(getattr(event, "bar_time_ms", -1))


async def read(follower: Follower, count: int) -> list[tuple[int, int]]:
    told = [await follower.next() for _ in range(count)]
    return [(getattr(item.event, "bar_time_ms", -1), item.dropped_count) for item in told]


async def test_events_arrive_in_order_at_everyone_who_wants_them() -> None:
    bus = make_bus()
    every, bars, others = Collector(), Collector(), Collector()
    subscriptions = [
        bus.subscribe(ALL, every),
        bus.subscribe(frozenset({EventKind.BAR_INGESTED}), bars),
        bus.subscribe(frozenset({EventKind.PHASE_DETECTED}), others),
    ]
    for number in range(20):
        await bus.publish(bar_event(number))
    for subscription in subscriptions:
        await subscription.settled()
    assert every.numbers == bars.numbers == list(range(20))
    assert others.numbers == []
    assert bus.metrics.published == 20
    assert bus.metrics.delivered == 40
    await bus.close()


async def test_a_failing_handler_harms_nobody_and_is_counted() -> None:
    bus = make_bus()
    good = Collector()

    async def bad(event: Event) -> None:
        raise ZeroDivisionError("boom")

    with capture_logs() as logs:
        failing, working = bus.subscribe(ALL, bad), bus.subscribe(ALL, good)
        for number in range(3):
            await bus.publish(bar_event(number))
        await failing.settled()
        await working.settled()
    assert good.numbers == [0, 1, 2]
    assert bus.metrics.handler_failures == 3
    assert [line["event"] for line in logs].count("event_handler_failed") == 3
    await bus.close()


async def test_a_slow_handler_loses_the_oldest_and_holds_nobody_up() -> None:
    bus = make_bus(queue_size=4)
    slow, fast = Collector(), Collector()
    slow.may_go_on.clear()
    slow_one, fast_one = bus.subscribe(ALL, slow), bus.subscribe(ALL, fast)
    for number in range(10):
        await bus.publish(bar_event(number))
        await fast_one.settled()
    assert fast.numbers == list(range(10))
    # the first is with the handler, four wait
    assert slow_one.queue_depth == 4
    assert bus.metrics.queue_depth == 4
    slow.may_go_on.set()
    await slow_one.settled()
    assert slow.numbers == [0, 6, 7, 8, 9]
    assert bus.metrics.dropped == slow_one.dropped == 5
    await bus.close()


async def test_an_id_is_told_once_while_it_is_remembered() -> None:
    bus = make_bus(remembered_ids=2)
    got = Collector()
    subscription = bus.subscribe(ALL, got)
    for number in (0, 0, 1, 0, 2, 1, 0):
        await bus.publish(bar_event(number))
    await subscription.settled()
    # 1 was forgotten when 2 came, 0 was not: it had just been heard of again
    assert got.numbers == [0, 1, 2, 1, 0]
    assert bus.metrics.duplicates == 2
    await bus.close()


async def test_who_unsubscribes_hears_no_more_even_of_what_waits() -> None:
    bus = make_bus()
    slow = Collector()
    slow.may_go_on.clear()
    subscription = bus.subscribe(ALL, slow)
    await bus.publish(bar_event(0))
    await bus.unsubscribe(subscription)
    await bus.unsubscribe(subscription)
    slow.may_go_on.set()
    await bus.publish(bar_event(1))
    assert slow.numbers == []
    assert bus.metrics.queue_depth == 0


@pytest.fixture
def _debug() -> Iterator[None]:
    usual = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    yield
    structlog.configure(**usual)


@pytest.mark.usefixtures("_debug")
async def test_publishing_and_subscribing_are_logged() -> None:
    bus = make_bus()
    with capture_logs() as logs:
        subscription = bus.subscribe(frozenset({EventKind.BAR_INGESTED}), Collector())
        await bus.publish(bar_event(0))
        await bus.unsubscribe(subscription)
    assert [line["event"] for line in logs] == ["event_subscribed", "event_published", "event_unsubscribed"]
    assert logs[1]["event_id"] == bar_event(0).event_id
    assert {line["log_level"] for line in logs} == {"debug"}


async def test_a_follower_sees_what_it_chose_from_now_on() -> None:
    bus = make_bus()
    await bus.publish(bar_event(0))
    with bus.follow(frozenset({EventKind.BAR_INGESTED}), frozenset({"IBM"})) as follower:
        for event in (bar_event(1), *one_of_each()[1:], bar_event(2, symbol="IBM")):
            await bus.publish(event)
        assert await read(follower, 1) == [(2, 0)]
    with bus.follow(ALL, frozenset({"IBM"})) as follower:
        waiting = asyncio.create_task(follower.next())
        # it concerns no symbol, hence everybody
        breaker = one_of_each()[-1].model_copy(update={"event_id": bar_event(99).event_id})
        await bus.publish(breaker)
        assert (await waiting).event == breaker


async def test_a_follower_resumes_behind_an_event_that_is_kept() -> None:
    bus = make_bus(retained_events=5)
    for number in range(8):
        await bus.publish(bar_event(number))
    with bus.follow(ALL, EVERYBODY, bar_event(4).event_id) as follower:
        await bus.publish(bar_event(8))
        assert await read(follower, 4) == [(5, 0), (6, 0), (7, 0), (8, 0)]
    with bus.follow(ALL, EVERYBODY, bar_event(8).event_id) as follower:
        await bus.publish(bar_event(9))
        assert await read(follower, 1) == [(9, 0)]
    gone = bar_event(2).event_id
    with pytest.raises(NotFoundError, match=gone) as caught, bus.follow(ALL, EVERYBODY, gone):
        pass
    assert caught.value.reason == "EVENT_NOT_KEPT"


async def test_a_slow_follower_loses_the_oldest_and_is_told_how_many_it_wanted() -> None:
    bus = make_bus(retained_events=4)
    with bus.follow(ALL, frozenset({"ACME"})) as follower, bus.follow(ALL, frozenset({"IBM"})) as other:
        for number in range(10):
            await bus.publish(bar_event(number))
            await bus.publish(bar_event(number, symbol="IBM"))
        assert await read(follower, 2) == [(8, 8), (9, 0)]
        assert await read(other, 2) == [(8, 8), (9, 0)]
        await bus.publish(bar_event(10))
        assert await read(follower, 1) == [(10, 0)]
    assert bus.metrics.dropped == 16


async def test_followers_read_what_is_left_and_are_let_go() -> None:
    bus = make_bus()
    with bus.follow(ALL, EVERYBODY) as follower:
        await bus.publish(bar_event(0))
        bus.let_followers_go()
        assert await read(follower, 1) == [(0, 0)]
        with pytest.raises(UnavailableError, match="stopping"):
            await follower.next()
    with bus.follow(ALL, EVERYBODY) as late, pytest.raises(UnavailableError):
        await late.next()
