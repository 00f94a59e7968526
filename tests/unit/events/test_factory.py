"""Which bus a URL stands for."""

from __future__ import annotations

import pytest

from orchestrator.events.bus import InMemoryEventBus
from orchestrator.events.factory import open_messaging
from orchestrator.events.settings import EventSettings
from orchestrator.events.work import RetryTerms
from wyckoff.rpc.errors import InvalidArgumentError, UnavailableError


async def test_no_url_is_this_process() -> None:
    async with open_messaging(EventSettings(), max_concurrent=1, retry=RetryTerms()) as messaging:
        assert isinstance(messaging.bus, InMemoryEventBus)


async def test_an_unknown_url_is_told_by_the_name_of_its_setting() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        async with open_messaging(EventSettings(bus_url="kafka://x"), max_concurrent=1, retry=RetryTerms()):
            pass
    assert caught.value.violations[0].field == "ORCHESTRATOR_EVENT_BUS_URL"


async def test_a_server_that_is_not_there_is_told() -> None:
    settings = EventSettings(bus_url="nats://127.0.0.1:1", connect_timeout_s=0.3)
    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:1"):
        async with open_messaging(settings, max_concurrent=1, retry=RetryTerms()):
            pass
