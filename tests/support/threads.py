"""An event loop in a thread of its own, for tests whose tools are not asynchronous."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractAsyncContextManager

T = TypeVar("T")

TIMEOUT_S = 60


@contextmanager
def in_thread(opening: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """What ``opening`` gives, alive in a loop of its own until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        opened = asyncio.run_coroutine_threadsafe(opening.__aenter__(), loop).result(TIMEOUT_S)
        try:
            yield opened
        finally:
            asyncio.run_coroutine_threadsafe(opening.__aexit__(None, None, None), loop).result(TIMEOUT_S)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(TIMEOUT_S)
        loop.close()
