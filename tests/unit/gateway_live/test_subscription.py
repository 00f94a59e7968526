"""What waits for one client."""

from __future__ import annotations

import asyncio

import pytest

from services.gateway.live.messages import GapReason, Message, gap
from services.gateway.live.subscription import GOING_AWAY, TRY_AGAIN_LATER, Ending, Subscription, Wish


def message(number: int, size: int = 10, *, kind: str = "bar_ingested", symbol: str = "ACME") -> Message:
    return Message(kind, f"{number:0{size}d}", f"e{number}", symbol)


def subscription(wish: Wish | None = None, *, max_messages: int = 3, max_bytes: int = 1_000) -> Subscription:
    return Subscription(wish or Wish(), max_messages=max_messages, max_bytes=max_bytes)


async def test_the_past_comes_before_what_is_new_and_does_not_count() -> None:
    client = subscription()
    client.place([message(number) for number in range(10)])
    for number in range(10, 13):
        client.offer(message(number))
    assert client.waiting == 13
    assert [(await client.next()).event_id for _ in range(13)] == [f"e{number}" for number in range(13)]
    assert client.ending is None


async def test_a_reader_that_waits_is_woken() -> None:
    client = subscription()
    waiting = asyncio.create_task(client.next())
    await asyncio.sleep(0)
    client.offer(message(1))
    assert (await waiting).event_id == "e1"


@pytest.mark.parametrize(("max_messages", "max_bytes", "taken"), [(3, 1_000, 3), (100, 45, 4)])
async def test_a_client_that_falls_too_far_behind_is_out_and_nothing_waits_for_it(
    max_messages: int, max_bytes: int, taken: int
) -> None:
    client = subscription(max_messages=max_messages, max_bytes=max_bytes)
    client.place([message(100)])
    stopped = asyncio.Event()
    client.on_end = stopped.set
    for number in range(taken):
        client.offer(message(number))
    assert client.waiting == taken + 1
    client.offer(message(taken))
    assert client.ending is not None
    assert client.ending.code == TRY_AGAIN_LATER
    assert "too slow" in client.ending.reason
    assert "after=" in client.ending.reason
    assert len(client.ending.reason.encode()) <= 123
    assert stopped.is_set()
    assert (client.waiting, client.lost) == (0, taken + 2)
    client.offer(message(99))
    client.place([message(99)])
    client.end(Ending(GOING_AWAY, "later"))
    assert (client.waiting, client.ending.code) == (0, TRY_AGAIN_LATER)


async def test_one_message_may_be_larger_than_all_that_may_wait() -> None:
    client = subscription(max_bytes=5)
    client.offer(message(1, 50))
    assert (await client.next()).event_id == "e1"
    client.offer(message(2, 50))
    assert client.ending is None


def test_types_and_symbols_choose_and_what_concerns_everybody_always_comes() -> None:
    wish = Wish(frozenset({"signal_generated", "breaker_changed"}), frozenset({"ACME"}))
    assert wish.covers(message(1, kind="signal_generated"))
    assert not wish.covers(message(1, kind="signal_generated", symbol="IBM"))
    assert not wish.covers(message(1))
    assert wish.covers(message(1, kind="breaker_changed", symbol=""))
    assert wish.covers(gap(GapReason.NOT_KEPT, "gone"))
    assert Wish().covers(message(1, symbol="IBM"))


async def test_what_is_not_wanted_does_not_count() -> None:
    client = subscription(Wish(symbols=frozenset({"IBM"})))
    client.place([message(1), message(2, symbol="IBM")])
    for number in range(100):
        client.offer(message(number))
    assert client.waiting == 1
    assert (await client.next()).event_id == "e2"
