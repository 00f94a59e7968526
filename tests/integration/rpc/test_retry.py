"""Retries over a real channel: which calls, which codes, and within whose time."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.behaviours import mount_of
from tests.support.serving import serving
from wyckoff.portfolio.v1 import portfolio_pb2
from wyckoff.rpc.catalogue import ANALYZE_SYMBOL, ANALYZE_VOLUME, GET_BARS, INGEST_BARS, PORTFOLIO
from wyckoff.rpc.channel import REPEATABLE, GrpcTransport, service_config
from wyckoff.rpc.errors import (
    CancelledCallError,
    DeadlineExceededError,
    InternalError,
    ResourceExhaustedError,
    UnavailableError,
    WyckoffError,
)
from wyckoff.rpc.methods import Method
from wyckoff.volume.v1 import volume_pb2

if TYPE_CHECKING:
    from wyckoff.rpc.call import CallContext

OPEN_POSITION = Method(PORTFOLIO, "OpenPosition", portfolio_pb2.OpenPositionRequest, portfolio_pb2.OpenPositionResponse)


class Service:
    """Fails ``failures`` times with ``error``, then answers; counts."""

    def __init__(self, method: Method[Any, Any], error: WyckoffError, failures: int) -> None:
        self.calls = 0
        self.method = method
        self._error = error
        self._failures = failures

    async def answer(self, request: object, context: CallContext) -> object:
        self.calls += 1
        if self.calls <= self._failures:
            raise self._error
        return self.method.response()

    async def ask(self, *, retries: int = 2) -> None:
        async with serving([mount_of(self.method, self.answer)]) as server:
            transport = GrpcTransport.connect(server.address, retries=retries)
            try:
                await transport.unary(self.method, self.method.request(), timeout_s=10)
            finally:
                await transport.close()


@pytest.mark.parametrize("method", REPEATABLE, ids=lambda method: method.name)
async def test_a_read_that_fails_twice_is_answered_the_third_time(method: Method[Any, Any]) -> None:
    service = Service(method, UnavailableError("not now"), failures=2)
    await service.ask()
    assert service.calls == 3


async def test_three_attempts_are_all() -> None:
    service = Service(GET_BARS, UnavailableError("never"), failures=9)
    with pytest.raises(UnavailableError, match="never"):
        await service.ask()
    assert service.calls == 3


@pytest.mark.parametrize("retries", [0, 1, 4])
async def test_the_number_of_retries_is_the_callers(retries: int) -> None:
    service = Service(GET_BARS, UnavailableError("never"), failures=9)
    with pytest.raises(UnavailableError, match="never"):
        await service.ask(retries=retries)
    assert service.calls == retries + 1


@pytest.mark.parametrize("error", [InternalError("x"), ResourceExhaustedError("x"), DeadlineExceededError("x")])
async def test_other_codes_are_not_tried_again(error: WyckoffError) -> None:
    service = Service(GET_BARS, error, failures=1)
    with pytest.raises(type(error)):
        await service.ask()
    assert service.calls == 1


async def test_a_read_that_a_stopping_server_cancels_is_tried_again() -> None:
    service = Service(GET_BARS, CancelledCallError("the server shuts down"), failures=1)
    await service.ask()
    assert service.calls == 2


async def test_a_large_request_is_tried_again_too() -> None:
    # far beyond what grpc keeps for a second attempt by itself
    request = volume_pb2.AnalyzeVolumeRequest()
    request.bars.close.extend([1.0] * 1_000_000)
    service = Service(ANALYZE_VOLUME, UnavailableError("not now"), failures=1)
    async with serving([mount_of(ANALYZE_VOLUME, service.answer)]) as server:
        transport = GrpcTransport.connect(server.address)
        await transport.unary(ANALYZE_VOLUME, request, timeout_s=10)
        await transport.close()
    assert service.calls == 2


async def test_who_is_told_when_to_come_back_comes_back_then() -> None:
    service = Service(GET_BARS, ResourceExhaustedError("full", metadata={"retry_after_s": "0.020"}), failures=2)
    await service.ask()
    assert service.calls == 3


@pytest.mark.parametrize("method", [INGEST_BARS, OPEN_POSITION, ANALYZE_SYMBOL], ids=lambda method: method.name)
async def test_what_changes_something_is_not_tried_again(method: Method[Any, Any]) -> None:
    service = Service(method, UnavailableError("not now"), failures=1)
    with pytest.raises(UnavailableError):
        await service.ask()
    assert service.calls == 1


async def test_the_deadline_covers_all_attempts() -> None:
    left_s: list[float] = []
    gone = asyncio.Event()

    async def answer(request: object, context: CallContext) -> object:
        left_s.append(context.time_remaining() or 0.0)
        if len(left_s) == 1:
            raise UnavailableError("not now")
        try:
            await asyncio.Event().wait()
        finally:
            gone.set()
        return GET_BARS.response()

    async with serving([mount_of(GET_BARS, answer)]) as server:
        transport = GrpcTransport.connect(server.address)
        with pytest.raises(DeadlineExceededError):
            await transport.unary(GET_BARS, GET_BARS.request(), timeout_s=0.5)
        await asyncio.wait_for(gone.wait(), 5)
        await transport.close()
    first_s, second_s = left_s
    assert second_s < first_s <= 0.5


def test_the_service_config_sets_no_time_limit_and_names_every_method() -> None:
    assert "methodConfig" not in json.loads(service_config(0))
    for entry in json.loads(service_config(3))["methodConfig"]:
        assert "timeout" not in entry
        assert all(name["service"] and name["method"] for name in entry["name"])
