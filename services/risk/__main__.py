"""Start the risk service: ``python -m services.risk --address HOST:PORT``."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from services.risk.config import RiskSettings
from services.risk.servicer import SERVICE_NAME, RiskServicer
from wyckoff.risk.v1.risk_pb2_grpc import add_RiskServiceServicer_to_server
from wyckoff.rpc.offload import ThreadOffload
from wyckoff.rpc.runner import run_service
from wyckoff.rpc.server import Mount

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence


@asynccontextmanager
async def open_mounts() -> AsyncIterator[Sequence[Mount]]:
    """The risk servicer with a thread to compute in."""
    with ThreadOffload() as offload:
        servicer = RiskServicer(RiskSettings(), offload)
        yield [Mount(SERVICE_NAME, partial(add_RiskServiceServicer_to_server, servicer))]


if __name__ == "__main__":
    sys.exit(run_service("risk", open_mounts, "127.0.0.1:50056"))
