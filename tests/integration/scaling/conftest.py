"""Replicas of the pattern service, and what they are asked."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

import pytest

from orchestrator.cli.services import STAGES
from tools.replicas import HOSTS, Replicas, can_listen
from tools.sample_bars import sample_bars
from tools.stage_load import Load, StageCall, stage_calls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from wyckoff.rpc.tls.settings import TlsSettings

(PATTERN,) = (service for service in STAGES if service.name == "pattern")


class Loaded(Protocol):
    """Starts so many replicas with ``settings`` and puts load on them; the channel repeats calls so often."""

    def __call__(
        self, count: int, settings: Mapping[str, str], *, retries: int, tls: TlsSettings | None = None
    ) -> AbstractAsyncContextManager[tuple[Replicas, Load]]: ...


@pytest.fixture(scope="session", autouse=True)
def _several_loopback_addresses() -> None:
    if not can_listen():
        pytest.skip(f"this machine has no {HOSTS[0]}: loopback is 127.0.0.1 alone")


@pytest.fixture
async def pattern_call() -> StageCall:
    """The pattern stage on 500 real bars."""
    return (await stage_calls(sample_bars("IBM").tail(500)))["pattern"]


@pytest.fixture
def loaded(tmp_path: Path, pattern_call: StageCall) -> Loaded:
    @asynccontextmanager
    async def start(
        count: int, settings: Mapping[str, str], *, retries: int, tls: TlsSettings | None = None
    ) -> AsyncIterator[tuple[Replicas, Load]]:
        async with Replicas(PATTERN, tmp_path / "replicas", settings, tls) as replicas:
            for host in HOSTS[:count]:
                await replicas.add(host)
            transport = replicas.connect(retries=retries)
            try:
                async with Load(transport, pattern_call).running() as load:
                    await load.more(1)
                    yield replicas, load
            finally:
                await transport.close()

    return start
