"""Work nobody waits for is not done: in the queue, and between detectors of what runs."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from wyckoff.model.isolation import checkpoint, checkpoint_var, run_isolated
from wyckoff.rpc.budget import MIN_WORK_S, begin_call, nested_call
from wyckoff.rpc.errors import CancelledCallError, DeadlineExceededError
from wyckoff.rpc.offload import Inline, Offload, ThreadOffload

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 10


class Gate:
    """A computation that a test holds: ``entered`` once it runs, ends when ``opened``."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()

    def pass_through(self) -> str:
        self.entered.set()
        assert self.opened.wait(PATIENCE_S)
        return "through"

    async def wait_entered(self) -> None:
        await asyncio.to_thread(self.entered.wait, PATIENCE_S)


@contextmanager
def held() -> Iterator[tuple[ThreadOffload, Gate]]:
    """An offload and a gate that is opened at the end, whatever happens."""
    gate = Gate()
    with ThreadOffload() as offload:
        try:
            yield offload, gate
        finally:
            gate.opened.set()


async def test_work_whose_caller_has_gone_is_dropped_from_the_queue() -> None:
    ran: list[int] = []
    with held() as (offload, gate):
        first = asyncio.create_task(offload(gate.pass_through))
        await gate.wait_entered()
        waiting = [asyncio.create_task(offload(ran.append, number)) for number in range(100)]
        await asyncio.sleep(0)
        for task in waiting[1:]:
            task.cancel()
        outcomes = await asyncio.gather(*waiting[1:], return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
        gate.opened.set()
        assert await first == "through"
        # the queue is in order: whatever was before this has had its turn
        await offload(ran.append, 100)
    assert ran == [0, 100]


async def test_a_running_computation_ends_between_detectors_when_the_caller_goes() -> None:
    ended: list[BaseException] = []
    second: list[str] = []
    with held() as (offload, gate):

        def stage() -> None:
            try:
                assert run_isolated("first", gate.pass_through) == ("through", None)
                run_isolated("second", lambda: second.append("ran"))
            except CancelledCallError as error:
                ended.append(error)
                raise

        task = asyncio.create_task(offload(stage))
        await gate.wait_entered()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.opened.set()
        await offload(checkpoint)
    assert (len(ended), second) == (1, [])


async def test_work_that_waited_too_long_is_refused_when_its_turn_comes() -> None:
    ran: list[str] = []

    async def call(offload: Offload) -> None:
        begin_call(4 * MIN_WORK_S)
        await offload(ran.append, "ran")

    with held() as (offload, gate):
        first = asyncio.create_task(offload(gate.pass_through))
        await gate.wait_entered()
        late = asyncio.create_task(call(offload))
        await asyncio.to_thread(threading.Event().wait, 4 * MIN_WORK_S)
        gate.opened.set()
        await first
        with pytest.raises(DeadlineExceededError, match="too little to begin"):
            await late
    assert ran == []


@pytest.mark.parametrize("offload", [Inline(), ThreadOffload()], ids=["inline", "thread"])
async def test_work_without_time_is_refused_at_once(offload: Offload) -> None:
    ran: list[str] = []
    with pytest.raises(DeadlineExceededError) as caught, nested_call(MIN_WORK_S / 2):
        pytest.fail("the call began")
    assert caught.value.reason == "BUDGET_TOO_SMALL"

    async def call() -> None:
        begin_call(2 * MIN_WORK_S)
        await asyncio.to_thread(threading.Event().wait, 2 * MIN_WORK_S)
        await offload(ran.append, "ran")

    with pytest.raises(DeadlineExceededError):
        await asyncio.create_task(call())
    assert ran == []
    # what the refused call had left concerns no other
    await offload(ran.append, "ran")
    assert ran == ["ran"]


@pytest.mark.parametrize("offload", [Inline(), ThreadOffload()], ids=["inline", "thread"])
async def test_a_deadline_that_passes_ends_the_computation_between_detectors(offload: Offload) -> None:
    ran: list[str] = []

    def stage() -> None:
        run_isolated("first", lambda: threading.Event().wait(4 * MIN_WORK_S))
        run_isolated("second", lambda: ran.append("ran"))

    async def call() -> None:
        begin_call(3 * MIN_WORK_S)
        await offload(stage)

    with pytest.raises(DeadlineExceededError, match="while computing"):
        await asyncio.create_task(call())
    assert ran == []


def test_an_end_that_is_wanted_inside_a_detector_is_not_taken_for_its_failure() -> None:
    def stop() -> None:
        raise CancelledCallError("gone")

    def detector() -> None:
        checkpoint_var.set(stop)
        run_isolated("inner", lambda: None)

    token = checkpoint_var.set(lambda: None)
    try:
        with pytest.raises(CancelledCallError):
            run_isolated("outer", detector)
    finally:
        checkpoint_var.reset(token)


def test_outside_of_a_call_everything_runs() -> None:
    assert run_isolated("any", lambda: 7) == (7, None)
    result, failure = run_isolated("bad", lambda: 1 // 0)
    assert result is None
    assert failure is not None
    assert failure.detector == "bad"
