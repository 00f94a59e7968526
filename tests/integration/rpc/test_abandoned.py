"""Over a real channel: what a caller no longer waits for is not computed, and what cannot be finished is not begun."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.behaviours import mount_of
from tests.support.serving import serving
from wyckoff.model.isolation import run_isolated
from wyckoff.rpc.budget import MIN_WORK_S
from wyckoff.rpc.catalogue import GET_BARS
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.errors import DeadlineExceededError
from wyckoff.rpc.offload import ThreadOffload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from wyckoff.marketdata.v1 import marketdata_pb2

PATIENCE_S = 10


class Stage:
    """Two detectors; the first waits until it is let on. Counts what ran."""

    def __init__(self, offload: ThreadOffload) -> None:
        self._offload = offload
        self.entered = threading.Event()
        self.let_on = threading.Event()
        self.calls = asyncio.Semaphore(0)
        self.ends = asyncio.Semaphore(0)
        self.ran: list[str] = []

    async def answer(self, request: marketdata_pb2.GetBarsRequest, context: object) -> marketdata_pb2.GetBarsResponse:
        self.calls.release()
        try:
            return await self._offload(self.compute, request.symbol)
        finally:
            self.ends.release()

    def compute(self, symbol: str) -> marketdata_pb2.GetBarsResponse:
        run_isolated("first", lambda: self._wait(symbol))
        run_isolated("second", lambda: self.ran.append(f"{symbol} second"))
        return GET_BARS.response()

    def _wait(self, symbol: str) -> None:
        self.ran.append(f"{symbol} first")
        self.entered.set()
        assert self.let_on.wait(PATIENCE_S)


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Stage, GrpcTransport]]:
    with ThreadOffload() as offload:
        stage = Stage(offload)
        async with serving([mount_of(GET_BARS, stage.answer)]) as server:
            transport = GrpcTransport.connect(server.address)
            try:
                yield stage, transport
            finally:
                stage.let_on.set()
                await transport.close()


def _bars_of(symbol: str) -> marketdata_pb2.GetBarsRequest:
    return GET_BARS.request(symbol=symbol)


@pytest.mark.parametrize("how", ["cancel", "deadline"])
async def test_a_stage_ends_at_its_next_detector_and_the_queue_is_dropped(how: str) -> None:
    async with served() as (stage, transport):
        timeout_s = PATIENCE_S if how == "cancel" else 1.0
        calls = [asyncio.create_task(transport.unary(GET_BARS, _bars_of("A"), timeout_s=timeout_s))]
        await asyncio.to_thread(stage.entered.wait, PATIENCE_S)
        calls += [
            asyncio.create_task(transport.unary(GET_BARS, _bars_of(f"B{number}"), timeout_s=timeout_s))
            for number in range(20)
        ]
        for _ in calls:
            await asyncio.wait_for(stage.calls.acquire(), PATIENCE_S)
        if how == "cancel":
            for call in calls:
                call.cancel()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        expected = asyncio.CancelledError if how == "cancel" else DeadlineExceededError
        assert all(isinstance(outcome, expected) for outcome in outcomes)
        for _ in calls:
            await asyncio.wait_for(stage.ends.acquire(), PATIENCE_S)
        stage.let_on.set()
        # one thread, in order: when this is answered, all before it has had its turn
        await transport.unary(GET_BARS, _bars_of("C"), timeout_s=PATIENCE_S)
    assert stage.ran == ["A first", "C first", "C second"]


async def test_a_call_that_comes_too_late_is_refused_before_the_servicer_sees_it() -> None:
    async with served() as (stage, transport):
        with pytest.raises(DeadlineExceededError):
            await transport.unary(GET_BARS, _bars_of("A"), timeout_s=MIN_WORK_S / 2)
        stage.let_on.set()
        await transport.unary(GET_BARS, _bars_of("B"), timeout_s=PATIENCE_S)
    assert stage.ran == ["B first", "B second"]
