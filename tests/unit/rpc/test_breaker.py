"""The circuit breaker: its whole state machine against a model, and what counts as a failure."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, suppress
from typing import NoReturn

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from tests.support.fakes import FakeClock
from wyckoff.rpc.breaker import Attempt, BreakerSettings, BreakerState, CircuitBreaker
from wyckoff.rpc.errors import (
    BreakerOpenError,
    CancelledCallError,
    DeadlineExceededError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    ResourceExhaustedError,
    UnavailableError,
    WyckoffError,
)

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
SETTINGS = BreakerSettings(failure_threshold=3, cool_down_s=10.0)
Begun = tuple[AbstractContextManager[Attempt], int, float]


class BreakerMachine(RuleBasedStateMachine):
    """Calls begin, end in any order and any way, and time passes; a few lines of model say what must come of it."""

    begun: Bundle[Begun] = Bundle("begun")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.changes: list[tuple[BreakerState, BreakerState]] = []
        self.breaker = CircuitBreaker(SETTINGS, self.clock, lambda *change: self.changes.append(change))
        self.state, self.failures, self.probe_at_s, self.era = CLOSED, 0, 0.0, 0
        self.probes = 0

    def move(self, state: BreakerState) -> None:
        self.state = state
        self.era += 1

    @rule(target=begun)
    def begin(self) -> Begun | MultipleResults[Begun]:
        attempt = self.breaker.attempt()
        if self.state is OPEN and self.clock.now_s >= self.probe_at_s:
            self.move(HALF_OPEN)
            self.probes = 0
        if self.state is CLOSED or (self.state is HALF_OPEN and self.probes == 0):
            attempt.__enter__()
            self.probes += 1
            return attempt, self.era, self.clock.now_s
        with pytest.raises(BreakerOpenError) as refused:
            attempt.__enter__()
        wait_s = 0.0 if self.state is HALF_OPEN else self.probe_at_s - self.clock.now_s
        assert float(refused.value.metadata["retry_after_s"]) == pytest.approx(wait_s, abs=1e-3)
        return multiple()

    @rule(call=consumes(begun))
    def answer(self, call: Begun) -> None:
        self.end(call, None)

    @rule(call=consumes(begun), error=st.sampled_from([NotFoundError("x"), InvalidArgumentError([])]))
    def answer_with_error(self, call: Begun, error: WyckoffError) -> None:
        self.end(call, error)

    @rule(
        call=consumes(begun),
        error=st.sampled_from(
            [
                UnavailableError("x"),
                ResourceExhaustedError("x"),
                InternalError("x"),
                WyckoffError("x"),
                ZeroDivisionError(),
            ]
        ),
    )
    def fail(self, call: Begun, error: Exception) -> None:
        self.end(call, error)

    @rule(call=consumes(begun))
    def run_out_of_time(self, call: Begun) -> None:
        self.end(call, DeadlineExceededError("x"))

    @rule(
        call=consumes(begun),
        error=st.sampled_from([asyncio.CancelledError(), GeneratorExit(), CancelledCallError("x")]),
    )
    def give_up(self, call: Begun, error: BaseException) -> None:
        self.end(call, error)

    @rule(seconds=st.sampled_from([0.01, 0.05, 1.0, 9.9, 10.0, 11.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now_s += seconds

    def end(self, call: Begun, error: BaseException | None) -> None:
        attempt, era, began_s = call
        if error is None:
            attempt.__exit__(None, None, None)
        else:
            assert not attempt.__exit__(type(error), error, error.__traceback__)
        if era != self.era:
            return
        too_soon = isinstance(error, DeadlineExceededError) and self.clock.now_s - began_s < SETTINGS.min_patience_s
        if too_soon or isinstance(error, asyncio.CancelledError | GeneratorExit | CancelledCallError):
            if self.state is HALF_OPEN:
                self.move(OPEN)
        elif error is None or isinstance(error, NotFoundError | InvalidArgumentError):
            self.failures = 0
            if self.state is HALF_OPEN:
                self.move(CLOSED)
        else:
            self.failures += 1
            if self.state is HALF_OPEN or self.failures >= SETTINGS.failure_threshold:
                self.probe_at_s = self.clock.now_s + SETTINGS.cool_down_s
                self.move(OPEN)

    @invariant()
    def agrees_with_the_model(self) -> None:
        assert self.breaker.state is self.state
        assert self.breaker.consecutive_failures == self.failures
        assert len(self.changes) == self.era

    @invariant()
    def every_change_starts_where_the_last_ended(self) -> None:
        path = [CLOSED, *(now for _, now in self.changes)]
        assert [before for before, _ in self.changes] == path[:-1]
        assert set(self.changes) <= {(CLOSED, OPEN), (OPEN, HALF_OPEN), (HALF_OPEN, OPEN), (HALF_OPEN, CLOSED)}


TestBreakerMachine = BreakerMachine.TestCase


def fail(error: BaseException) -> NoReturn:
    raise error


def opened(clock: FakeClock) -> CircuitBreaker:
    breaker = CircuitBreaker(SETTINGS, clock)
    for _ in range(SETTINGS.failure_threshold):
        with suppress(UnavailableError), breaker.attempt():
            fail(UnavailableError("down"))
    assert breaker.state is OPEN
    return breaker


async def test_one_of_a_hundred_concurrent_calls_passes_when_half_open() -> None:
    clock = FakeClock()
    breaker = opened(clock)
    clock.now_s += SETTINGS.cool_down_s
    reached, answer = 0, asyncio.Event()

    async def call() -> str:
        nonlocal reached
        try:
            with breaker.attempt():
                reached += 1
                await answer.wait()
        except BreakerOpenError as error:
            return error.reason
        return "answered"

    calls = [asyncio.create_task(call()) for _ in range(100)]
    refused, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    assert {task.result() for task in refused} == {"BREAKER_OPEN"}
    answer.set()
    outcomes = await asyncio.gather(*calls)
    assert reached == 1
    assert (outcomes.count("answered"), outcomes.count("BREAKER_OPEN")) == (1, 99)
    assert breaker.state is CLOSED


async def test_a_cancelled_probe_leaves_the_next_call_to_probe() -> None:
    clock = FakeClock()
    breaker = opened(clock)
    clock.now_s += SETTINGS.cool_down_s
    started = asyncio.Event()

    async def probe() -> None:
        with breaker.attempt():
            started.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(probe())
    await started.wait()
    assert breaker.state is HALF_OPEN
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert breaker.state is OPEN
    with breaker.attempt():
        assert breaker.state is HALF_OPEN
    assert breaker.state is CLOSED


def test_results_of_calls_begun_before_it_opened_are_ignored() -> None:
    clock = FakeClock()
    breaker = CircuitBreaker(SETTINGS, clock)
    late = [breaker.attempt() for _ in range(2)]
    for attempt in late:
        attempt.__enter__()
    for _ in range(SETTINGS.failure_threshold):
        with suppress(UnavailableError), breaker.attempt():
            fail(UnavailableError("down"))
    late[0].__exit__(None, None, None)
    assert (breaker.state, breaker.consecutive_failures) == (OPEN, 3)
    clock.now_s += SETTINGS.cool_down_s
    probe = breaker.attempt()
    probe.__enter__()
    late[1].__exit__(None, None, None)
    assert breaker.state is HALF_OPEN


def test_the_refusal_is_an_unavailable_error_that_says_when_to_come_back() -> None:
    clock = FakeClock()
    breaker = opened(clock)
    clock.now_s += 4
    with pytest.raises(UnavailableError, match=r"in 6\.0 s") as caught, breaker.attempt():
        pytest.fail("an open breaker let a call through")
    assert caught.value.reason == "BREAKER_OPEN"
    assert caught.value.metadata == {"retry_after_s": "6.000"}


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="failure_threshold"):
        BreakerSettings(failure_threshold=0)
    with pytest.raises(ValueError, match="negative"):
        BreakerSettings(cool_down_s=-1.0)
