"""The time that the call served right now has left, for whatever works on it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from wyckoff.rpc.deadline import Deadline
from wyckoff.rpc.errors import DeadlineExceededError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Less than this is not enough for any answer to be computed and sent, seconds.
MIN_WORK_S: Final = 0.005

_deadline: ContextVar[Deadline | None] = ContextVar("call_deadline", default=None)


def begin_call(remaining_s: float | None) -> None:
    """Note the deadline of the call that this task serves, and refuse it when it cannot be met; None is no deadline."""
    _deadline.set(None if remaining_s is None else Deadline(time.monotonic() + remaining_s, time.monotonic))
    require_time()


@contextmanager
def nested_call(remaining_s: float) -> Iterator[None]:
    """The same for a call inside a task that goes on afterwards."""
    outer = _deadline.get()
    try:
        begin_call(remaining_s)
        yield
    finally:
        _deadline.set(outer)


def require_time() -> None:
    """Raise DeadlineExceededError when too little time is left to begin anything."""
    deadline = _deadline.get()
    if deadline is not None and (left_s := deadline.remaining_s()) < MIN_WORK_S:
        raise DeadlineExceededError(
            f"{left_s * 1000:.1f} ms are left, too little to begin; {MIN_WORK_S * 1000:g} ms are needed",
            reason="BUDGET_TOO_SMALL",
        )


def require_caller() -> None:
    """Raise DeadlineExceededError once the deadline has passed: the caller no longer waits."""
    deadline = _deadline.get()
    if deadline is not None and deadline.remaining_s() <= 0:
        raise DeadlineExceededError("the caller's deadline passed while computing")
