"""A replica that finds out that it cannot answer gets no calls, and gets them again once it can."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.support.behaviours import mount_of
from tools.name_server import NameServer
from tools.replicas import HOSTS
from tools.stage_load import Load, StageCall
from wyckoff.rpc.catalogue import GET_BARS
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.errors import UnavailableError
from wyckoff.rpc.readiness import Readiness
from wyckoff.rpc.server import Server
from wyckoff.rpc.tls.settings import TlsSettings

if TYPE_CHECKING:
    from wyckoff.rpc.server import Mount

LIMIT_S = 60


class Replica:
    """A server in this process that is healthy when told so; ``served`` is shared by all replicas."""

    def __init__(self, host: str, served: Counter[str]) -> None:
        self.host = host
        self.ready = True
        self._served = served

    def mount(self) -> Mount:
        return replace(mount_of(GET_BARS, self._answer), readiness=Readiness(self._check, interval_s=0.01))

    async def _answer(self, request: object, context: object) -> object:
        self._served[self.host] += 1
        return GET_BARS.response()

    async def _check(self) -> None:
        if not self.ready:
            raise UnavailableError("told so")


async def test_calls_follow_health_there_and_back() -> None:
    served: Counter[str] = Counter()
    first, second = (Replica(host, served) for host in HOSTS[:2])
    async with AsyncExitStack() as stack:
        names = stack.enter_context(NameServer())
        port = 0
        for replica in (first, second):
            server = await stack.enter_async_context(Server([replica.mount()], grace_s=1.0))
            port = (await server.start(f"{replica.host}:{port}")).port
        names.publish([first.host, second.host])
        target = f"dns://{names.address}/bars.test:{port}"
        transport = GrpcTransport.connect(target, retries=0, tls=TlsSettings(allow_plaintext=True))
        stack.push_async_callback(transport.close)
        load = await stack.enter_async_context(Load(transport, StageCall(GET_BARS, GET_BARS.request())).running())

        async def until(*hosts: str) -> None:
            async with asyncio.timeout(LIMIT_S):
                while set(await window()) != set(hosts):
                    pass

        async def window() -> Counter[str]:
            before = served.copy()
            await load.more(40)
            return served - before

        await until(first.host, second.host)
        first.ready = False
        await until(second.host)
        assert set(await window()) == {second.host}
        first.ready = True
        await until(first.host, second.host)
        assert load.failures == []
