"""Who serves how much of a load."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.replicas import Replicas
    from tools.stage_load import Load

WINDOW_CALLS: Final = 90
LIMIT_S: Final = 60


async def all_share(replicas: Replicas, load: Load) -> None:
    """Return once each replica in DNS serves its fair part, nearly."""
    fair = WINDOW_CALLS / len(replicas.hosts)
    async with asyncio.timeout(LIMIT_S):
        while min((await served_in_window(replicas, load)).values()) < 0.9 * fair:
            pass


async def served_in_window(replicas: Replicas, load: Load) -> Mapping[str, int]:
    """How many calls each replica in DNS has begun to serve while the load had its next window of answers."""
    before = {host: await replicas.served(host) for host in replicas.hosts}
    await load.more(WINDOW_CALLS)
    return {host: await replicas.served(host) - before[host] for host in replicas.hosts}
