"""A circuit breaker: after failures in a row, calls are refused at once until a single probe has got through.

::

    CLOSED --(failure_threshold failures in a row)--> OPEN --(cool-down over, next call)--> HALF_OPEN
    HALF_OPEN --(probe answered)--> CLOSED        HALF_OPEN --(probe failed or given up)--> OPEN

HALF_OPEN lasts exactly as long as its probe: the call that finds the cool-down over. All others are refused meanwhile.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from wyckoff.rpc.errors import BreakerOpenError, Code, WyckoffError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Outcomes that speak against the service. Every other error is an answer: the service is alive.
FAILURES: Final = frozenset(
    {Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.RESOURCE_EXHAUSTED, Code.INTERNAL, Code.UNKNOWN}
)


class BreakerState(StrEnum):
    """Whether calls pass."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class Verdict(StrEnum):
    """What the end of a call says about the service."""

    ALIVE = "ALIVE"
    FAILED = "FAILED"
    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """When to open and for how long."""

    failure_threshold: int = 5
    """Failures in a row that open it."""

    cool_down_s: float = 5.0
    """Time from opening to the first probe, seconds."""

    min_patience_s: float = 0.05
    """A deadline that ran out earlier was the caller's own lack of time and says nothing about the service, seconds."""

    def __post_init__(self) -> None:
        if self.failure_threshold < 1 or self.cool_down_s < 0 or self.min_patience_s < 0:
            msg = f"{self}: failure_threshold must be 1 or more, times must not be negative"
            raise ValueError(msg)


class Attempt:
    """One admitted call. Its end is judged by the ``with`` block that it was given by."""

    def __init__(self, breaker: CircuitBreaker, generation: int) -> None:
        self._breaker = breaker
        self._generation = generation

    def answered(self) -> None:
        """Something came back: the service is alive, however the call ends. For streams."""
        self._breaker.settle(self._generation, Verdict.ALIVE)

    def unknown(self) -> None:
        """No word so far, and none need come: another call may probe. For streams that may be silent for long."""
        self._breaker.settle(self._generation, Verdict.NOTHING)


class CircuitBreaker:
    """Guards calls to one target. ``clock`` is monotonic, in seconds; belongs to one event loop.

    ``on_change`` is told (before, now) after each change of state; it must not raise.
    """

    def __init__(
        self,
        settings: BreakerSettings,
        clock: Callable[[], float],
        on_change: Callable[[BreakerState, BreakerState], None] | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._on_change = on_change
        self._state = BreakerState.CLOSED
        self._failures = 0
        self._probe_at_s = 0.0
        # counts changes of state: what was begun before the last one no longer has a say
        self._generation = 0

    @property
    def state(self) -> BreakerState:
        """The state now; OPEN until a call comes after the cool-down."""
        return self._state

    @property
    def consecutive_failures(self) -> int:
        """Failures since the last answer."""
        return self._failures

    @contextmanager
    def attempt(self, *, deadline_counts: bool = True) -> Iterator[Attempt]:
        """Around one call; raises BreakerOpenError instead of entering when no call may pass.

        Without ``deadline_counts`` a deadline that runs out says nothing: a stream may be silent all its time.
        """
        generation = self._admit()
        started_s = self._clock()
        try:
            yield Attempt(self, generation)
        except BaseException as error:
            patient = deadline_counts and self._clock() - started_s >= self._settings.min_patience_s
            self.settle(generation, _judge(error, deadline_counts=patient))
            raise
        self.settle(generation, Verdict.ALIVE)

    def settle(self, generation: int, verdict: Verdict) -> None:
        """Take the verdict of a call admitted in ``generation``; late ones are ignored."""
        if generation != self._generation:
            return
        if verdict is Verdict.ALIVE:
            self._failures = 0
            if self._state is BreakerState.HALF_OPEN:
                self._change(BreakerState.CLOSED)
        elif verdict is Verdict.FAILED:
            self._failures += 1
            if self._state is BreakerState.HALF_OPEN or self._failures >= self._settings.failure_threshold:
                self._probe_at_s = self._clock() + self._settings.cool_down_s
                self._change(BreakerState.OPEN)
        elif self._state is BreakerState.HALF_OPEN:
            # the probe was given up without a word: the cool-down stays over and the next call probes
            self._change(BreakerState.OPEN)

    def _admit(self) -> int:
        if self._state is BreakerState.CLOSED:
            return self._generation
        wait_s = self._probe_at_s - self._clock()
        if self._state is BreakerState.HALF_OPEN or wait_s > 0:
            raise _refusal(self._failures, max(wait_s, 0.0))
        self._change(BreakerState.HALF_OPEN)
        return self._generation

    def _change(self, state: BreakerState) -> None:
        before, self._state = self._state, state
        self._generation += 1
        if self._on_change is not None:
            self._on_change(before, state)


def _refusal(failures: int, wait_s: float) -> BreakerOpenError:
    when = f"in {wait_s:.1f} s" if wait_s > 0 else "once the probe under way has been answered"
    return BreakerOpenError(
        f"not called after {failures} failures in a row; the next attempt may be made {when}",
        metadata={"retry_after_s": f"{wait_s:.3f}"},
    )


def _judge(error: BaseException, *, deadline_counts: bool) -> Verdict:
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        return Verdict.NOTHING
    if not isinstance(error, WyckoffError):
        return Verdict.FAILED
    if error.code is Code.CANCELLED or (error.code is Code.DEADLINE_EXCEEDED and not deadline_counts):
        return Verdict.NOTHING
    return Verdict.FAILED if error.code in FAILURES else Verdict.ALIVE
