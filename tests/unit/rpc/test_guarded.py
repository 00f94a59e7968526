"""A transport behind a breaker: what it lets through, and what teaches it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress

import pytest

from orchestrator.health import CHECK
from tests.support.fakes import FakeClock, FakeTransport
from wyckoff.rpc.breaker import BreakerSettings, BreakerState, CircuitBreaker
from wyckoff.rpc.catalogue import ANALYZE_SYMBOLS, GET_BARS
from wyckoff.rpc.errors import BreakerOpenError, DeadlineExceededError, UnavailableError
from wyckoff.rpc.guarded import GuardedTransport

SETTINGS = BreakerSettings(failure_threshold=2, cool_down_s=10.0)
BARS, SYMBOLS, HEALTH = GET_BARS.request(), ANALYZE_SYMBOLS.request(), CHECK.request()


def guard(inner: FakeTransport) -> tuple[GuardedTransport, FakeClock]:
    clock = FakeClock()
    return GuardedTransport(inner, CircuitBreaker(SETTINGS, clock)), clock


async def test_an_open_breaker_spares_the_service_but_not_its_health() -> None:
    inner = FakeTransport({"GetBars": UnavailableError("down")})
    transport, clock = guard(inner)
    for _ in range(2):
        with pytest.raises(UnavailableError, match="down"):
            await transport.unary(GET_BARS, BARS, timeout_s=1)
    with pytest.raises(BreakerOpenError):
        await transport.unary(GET_BARS, BARS, timeout_s=1)
    with pytest.raises(BreakerOpenError):
        await anext(transport.server_stream(ANALYZE_SYMBOLS, SYMBOLS, timeout_s=1))
    await transport.unary(CHECK, HEALTH, timeout_s=1)
    assert inner.names == ["GetBars", "GetBars", "Check"]

    del inner.script["GetBars"]
    clock.now_s += SETTINGS.cool_down_s
    await transport.unary(GET_BARS, BARS, timeout_s=1)
    assert transport.breaker.state is BreakerState.CLOSED


async def test_a_deadline_counts_only_when_the_service_had_time() -> None:
    inner = FakeTransport({"GetBars": DeadlineExceededError("late")})
    transport, clock = guard(inner)
    for _ in range(5):
        with pytest.raises(DeadlineExceededError):
            await transport.unary(GET_BARS, BARS, timeout_s=0.001)
    assert transport.breaker.consecutive_failures == 0

    def slow(_: object) -> None:
        clock.now_s += 2 * SETTINGS.min_patience_s
        raise DeadlineExceededError("late")

    inner.script["GetBars"] = slow
    with pytest.raises(DeadlineExceededError):
        await transport.unary(GET_BARS, BARS, timeout_s=1)
    assert transport.breaker.consecutive_failures == 1


async def test_a_failing_health_check_teaches_nothing() -> None:
    transport, _ = guard(FakeTransport({"Check": UnavailableError("down")}))
    for _ in range(5):
        with pytest.raises(UnavailableError):
            await transport.unary(CHECK, HEALTH, timeout_s=1)
    assert transport.breaker.consecutive_failures == 0


async def test_a_stream_proves_the_service_alive_with_its_first_response() -> None:
    transport, _ = await _resting()
    async with aclosing(transport.server_stream(ANALYZE_SYMBOLS, SYMBOLS, timeout_s=1)) as responses:
        await anext(responses)
        assert transport.breaker.state is BreakerState.CLOSED


async def test_a_stream_that_stays_silent_does_not_keep_the_probe() -> None:
    changes: asyncio.Queue[BreakerState] = asyncio.Queue()
    transport, inner = await _resting(changes, stream_probe_s=0.0)
    inner.script["AnalyzeSymbols"] = _never
    waiting = asyncio.ensure_future(anext(transport.server_stream(ANALYZE_SYMBOLS, SYMBOLS, timeout_s=1)))
    assert [await changes.get(), await changes.get()] == [BreakerState.HALF_OPEN, BreakerState.OPEN]
    await transport.unary(GET_BARS, BARS, timeout_s=1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert transport.breaker.state is BreakerState.CLOSED


async def _never(_: object) -> None:
    await asyncio.Event().wait()


async def _resting(
    changes: asyncio.Queue[BreakerState] | None = None, **options: float
) -> tuple[GuardedTransport, FakeTransport]:
    """Behind an open breaker whose cool-down is over; later states go to ``changes``."""
    inner, clock = FakeTransport({"GetBars": UnavailableError("down")}), FakeClock()
    told = asyncio.Queue() if changes is None else changes
    breaker = CircuitBreaker(SETTINGS, clock, lambda _, now: told.put_nowait(now))
    transport = GuardedTransport(inner, breaker, **options)
    for _ in range(SETTINGS.failure_threshold):
        with suppress(UnavailableError):
            await transport.unary(GET_BARS, BARS, timeout_s=1)
    assert told.get_nowait() is BreakerState.OPEN
    del inner.script["GetBars"]
    clock.now_s += SETTINGS.cool_down_s
    return transport, inner
