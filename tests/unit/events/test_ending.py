"""Tasks end, even one that does not hear the first time."""

from __future__ import annotations

import asyncio

from orchestrator.events.ending import cancel, end_within


async def test_a_task_that_forgets_a_cancellation_is_asked_again() -> None:
    heard = 0
    started = asyncio.Event()

    async def forgetful() -> None:
        nonlocal heard
        while True:
            try:
                started.set()
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                heard += 1
                if heard > 1:
                    raise

    task = asyncio.create_task(forgetful())
    await started.wait()
    await cancel([task])
    assert task.cancelled()
    assert heard == 2


async def test_what_ends_by_itself_is_not_cancelled() -> None:
    async def short() -> None:
        """Nothing to wait for."""

    task = asyncio.create_task(short())
    await end_within([task], 10.0)
    assert task.done()
    assert not task.cancelled()
