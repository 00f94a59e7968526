"""The end of tasks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_AGAIN_S: Final = 0.1


async def cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel the tasks and return once they have ended.

    Asked again until they do: before Python 3.12, ``asyncio.wait_for`` forgets a cancellation that arrives together
    with what it waits for, and the NATS client is full of it.
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_AGAIN_S)


async def end_within(tasks: Iterable[asyncio.Task[None]], grace_s: float) -> None:
    """Return once the tasks have ended; what has not by the end of the grace is cancelled."""
    pending = {task for task in tasks if not task.done()}
    if pending:
        await asyncio.wait(pending, timeout=grace_s)
    await cancel(pending)
