"""The process of the alerts service killed while an alert is under way."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from orchestrator.events.codec import event_from_proto
from tests.support.alerts import SECRET, Clock, Events
from tests.support.receiver import Answer, receiving
from tests.support.watching import ObservedBus, telling_orchestrator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

TIMEOUT_S = 60


@asynccontextmanager
async def process(environment: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service as a process, killed at the end without a word."""
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.alerts", "--address", "127.0.0.1:0"),
        env={**os.environ, **environment},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        started.kill()
        await started.wait()


async def test_an_alert_under_way_is_sent_again_under_its_id_and_nothing_else(tmp_path: Path) -> None:
    bus, never = ObservedBus(), asyncio.Event()
    # a process has the real time
    events = Events(Clock(time.time_ns() // 1_000_000))
    config = tmp_path / "alerts.toml"
    async with receiving() as receiver, telling_orchestrator(bus) as orchestrator, asyncio.timeout(TIMEOUT_S):
        receiver.answers = [Answer(), Answer(wait_for=never)]
        config.write_text(
            f'[[targets]]\nname = "desk"\nurl = "{receiver.url}"\nsecrets = ["{SECRET}"]\n'
            '[[rules]]\ntargets = ["desk"]\n'
        )
        environment = {
            "ALERTS_CONFIG": str(config),
            "ALERTS_DATA_DIR": str(tmp_path),
            "ALERTS_ORCHESTRATOR_TARGET": orchestrator.address,
        }
        async with process(environment):
            await bus.followed.wait()
            for number in range(3):
                await bus.publish(event_from_proto(events.signal(number)))
            # the first one is done, the second one arrived and nobody knows
            await receiver.wait_for_posts(2)
        async with process(environment):
            await receiver.wait_for_posts(4)
        never.set()
        ids = [post.headers["webhook-id"] for post in receiver.posts]
    assert ids[1] == ids[2]
    assert len({ids[0], ids[1], ids[3]}) == 3
