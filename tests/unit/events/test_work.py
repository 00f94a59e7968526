"""Work in memory: never twice at once for a symbol, coalesced, tried again, bounded."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.events.work import InMemoryWorkQueue, RetryTerms, WorkItem
from wyckoff.rpc.errors import FailedPreconditionError, UnavailableError

AT_ONCE = RetryTerms(max_attempts=3, first_pause_s=0.0, max_pause_s=0.0)


class Worker:
    """Counts what it is given; works only while open; fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.items: list[WorkItem] = []
        self.running = self.most_running = 0
        self.failures = failures
        self.opened = asyncio.Event()
        self.opened.set()
        self.reached = asyncio.Event()

    async def __call__(self, item: WorkItem) -> None:
        self.items.append(item)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.reached.set()
        try:
            await self.opened.wait()
        finally:
            self.running -= 1
        if self.failures:
            self.failures -= 1
            raise UnavailableError("not now")


def item(symbol: str, *, catch_up: bool = False) -> WorkItem:
    return WorkItem(symbol, "1d", catch_up)


async def test_what_comes_while_a_symbol_is_worked_on_is_done_once_afterwards() -> None:
    queue, worker = InMemoryWorkQueue(4, AT_ONCE), Worker()
    worker.opened.clear()
    queue.start(worker)
    await queue.put(item("A"))
    await worker.reached.wait()
    for _ in range(10):
        await queue.put(item("A"))
    assert queue.depth == 2
    worker.opened.set()
    await queue.settled()
    assert worker.items == [item("A"), item("A")]
    assert worker.most_running == 1


async def test_so_many_symbols_at_once_and_not_more() -> None:
    queue, worker = InMemoryWorkQueue(3, AT_ONCE), Worker()
    worker.opened.clear()
    queue.start(worker)
    for number in range(10):
        await queue.put(item(f"S{number}"))
    await worker.reached.wait()
    worker.opened.set()
    await queue.settled()
    assert [done.symbol for done in worker.items] == [f"S{number}" for number in range(10)]
    assert worker.most_running == 3


async def test_work_that_fails_is_tried_again_and_remembers_why_it_was_asked_for() -> None:
    queue, worker = InMemoryWorkQueue(1, AT_ONCE), Worker(failures=2)
    queue.start(worker)
    await queue.put(item("A", catch_up=True))
    await queue.settled()
    assert worker.items == [item("A", catch_up=True)] * 3
    await queue.put(item("A"))
    await queue.settled()
    assert worker.items[-1] == item("A")


async def test_it_is_given_up_after_the_last_attempt_and_begins_anew_with_news() -> None:
    queue, worker = InMemoryWorkQueue(1, AT_ONCE), Worker(failures=4)
    queue.start(worker)
    await queue.put(item("A"))
    await queue.settled()
    assert len(worker.items) == 3
    await queue.put(item("A"))
    await queue.settled()
    assert len(worker.items) == 5


async def test_news_do_not_wait_for_a_pause() -> None:
    queue, worker = InMemoryWorkQueue(1, RetryTerms(first_pause_s=3600.0, max_pause_s=3600.0)), Worker(failures=1)
    queue.start(worker)
    await queue.put(item("A"))
    # B has its turn when A is over
    await queue.put(item("B"))
    while item("B") not in worker.items:
        worker.reached.clear()
        await worker.reached.wait()
    await queue.put(item("A"))
    await queue.settled()
    assert worker.items == [item("A"), item("B"), item("A")]


async def test_a_closed_queue_takes_nothing_and_leaves_nothing_running() -> None:
    queue, worker = InMemoryWorkQueue(1, AT_ONCE, close_grace_s=0.0), Worker()
    worker.opened.clear()
    queue.start(worker)
    await queue.put(item("A"))
    await worker.reached.wait()
    await queue.close()
    assert worker.running == 0
    with pytest.raises(FailedPreconditionError):
        await queue.put(item("A"))


async def test_work_that_is_being_done_when_the_queue_closes_may_end() -> None:
    queue, worker = InMemoryWorkQueue(1, AT_ONCE), Worker()
    worker.opened.clear()
    queue.start(worker)
    await queue.put(item("A"))
    await queue.put(item("B"))
    await worker.reached.wait()
    closing = asyncio.create_task(queue.close())
    worker.opened.set()
    await closing
    assert worker.items == [item("A")]
    assert queue.depth == 0


def test_pauses_double_up_to_a_limit() -> None:
    terms = RetryTerms(max_attempts=6, first_pause_s=1.0, max_pause_s=5.0)
    assert [terms.pause_s(attempt) for attempt in range(1, 7)] == [1.0, 2.0, 4.0, 5.0, 5.0, None]
