"""A thousand clients on real sockets, and some of them stalled for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.events.codec import event_from_proto
from services.gateway.live.settings import LiveSettings
from tests.support.event_source import EventSource
from tests.support.live_socket import live_gateway
from tools.live_swarm import numbered_event, raise_file_limit, swarm

if TYPE_CHECKING:
    from pathlib import Path

CLIENTS = 1_000
STALLED = 50
EVENTS = 100
ROUND = 10
#: A stalled client holds 16 KiB in the server, twice that in the kernel, and 20 messages: less than half of all.
EVENT_BYTES = 2_048
LIVE = LiveSettings(
    max_waiting_messages=20,
    write_buffer_bytes=16_384,
    kernel_buffer_bytes=16_384,
    close_timeout_s=1,
    max_sockets=CLIENTS,
)


async def test_a_thousand_clients_get_all_in_order_and_stalled_ones_harm_nobody(tmp_path: Path) -> None:
    if not raise_file_limit(CLIENTS + 200):
        pytest.skip(f"this process may not open {CLIENTS + 200} files")
    source = EventSource()
    async with (
        live_gateway(source.watch, tmp_path, LIVE, rate_limit="100000/minute") as (address, hub),
        swarm(address, clients=CLIENTS - STALLED, stalled=STALLED) as order,
    ):
        ready = await order("")
        assert (ready["ready"], ready["wrong"]) == (CLIENTS - STALLED, [])
        assert hub.metrics.clients == CLIENTS
        for number in range(EVENTS):
            source.tell(event_from_proto(numbered_event(number, EVENT_BYTES)))
            if (number + 1) % ROUND == 0:
                # nobody who reads is ever further behind than one round
                seen = await order(str(number + 1))
                assert seen["wrong"] == []
                assert len(seen["latencies_ms"]) == ROUND * (CLIENTS - STALLED)
                assert hub.metrics.waiting_messages <= STALLED * LIVE.max_waiting_messages
        ended = (await order("end"))["stalled"]
        metrics = hub.metrics
    assert sum(ended.values()) == STALLED
    assert set(ended) <= {"cut", "1013"}
    assert (metrics.dropped_clients, metrics.waiting_messages) == (STALLED, 0)
    assert metrics.dropped_messages <= STALLED * (LIVE.max_waiting_messages + 1)
    assert hub.metrics.clients == 0
