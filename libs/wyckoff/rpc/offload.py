"""Computing off the event loop, for callers that still wait."""

from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, Protocol, Self, TypeVar

from wyckoff.model.isolation import checkpoint_var
from wyckoff.rpc.budget import require_caller, require_time
from wyckoff.rpc.errors import CancelledCallError

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class Offload(Protocol):
    """Runs a function somewhere and returns its result; exceptions pass through.

    Raises DeadlineExceededError without running it when the call that is served has no time left for it. A function
    that runs already ends at its next checkpoint (:mod:`wyckoff.model.isolation`) when the deadline passes.
    """

    async def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...


class Inline:
    """Runs the function at once, on the event loop. For programs that serve nobody else meanwhile."""

    async def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        require_time()
        # a copy, so that the checkpoint ends with the function
        context = contextvars.copy_context()
        context.run(checkpoint_var.set, require_caller)
        return context.run(function, *args, **kwargs)


class ThreadOffload:
    """Runs functions one at a time in a thread of its own, so that health answers while a stage computes.

    One thread, because NumPy work on short arrays gains nothing from more under the global lock; another
    process is how a stage scales. The caller's context (trace, log fields) goes along. When the caller goes away,
    what waits is dropped and what runs ends at its next checkpoint.
    """

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="stage")

    async def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        require_time()
        caller = _Caller()
        context = contextvars.copy_context()
        context.run(checkpoint_var.set, caller.require)

        def work() -> T:
            # the queue may have taken what time there was
            require_time()
            caller.require()
            return function(*args, **kwargs)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, context.run, work)
        except asyncio.CancelledError:
            caller.gone = True
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)


class _Caller:
    """Whether somebody still waits for a computation; written by the event loop, read by the thread."""

    def __init__(self) -> None:
        self.gone = False

    def require(self) -> None:
        if self.gone:
            raise CancelledCallError("the caller went away while computing")
        require_caller()
