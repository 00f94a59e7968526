"""The orchestrator as a process serves it."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from orchestrator.container import OrchestratorContainer
from orchestrator.events.factory import Messaging
from orchestrator.live.mode import LiveMode
from orchestrator.live.settings import LiveSettings
from orchestrator.observed import observe
from orchestrator.servicer import SERVICE_NAME, OrchestratorServicer
from wyckoff.orchestrator.v1.orchestrator_pb2_grpc import add_OrchestratorServiceServicer_to_server
from wyckoff.rpc.server import BARS_BYTES, Mount

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from orchestrator.settings import OrchestratorSettings


@asynccontextmanager
async def open_mounts(settings: OrchestratorSettings | None = None) -> AsyncIterator[Sequence[Mount]]:
    """The orchestrator of the mode in the settings, with live mode where it is on."""
    async with AsyncExitStack() as stack:
        container = await stack.enter_async_context(OrchestratorContainer(settings))
        servicer = await container.get(OrchestratorServicer)
        stack.enter_context(await observe(container))
        if LiveSettings().live and container.settings.detector_mode == "production":
            await container.get(LiveMode)
        bus = (await container.get(Messaging)).bus
        register = partial(add_OrchestratorServiceServicer_to_server, servicer)
        yield [Mount(SERVICE_NAME, register, drain=bus.let_followers_go, max_request_bytes=BARS_BYTES)]
