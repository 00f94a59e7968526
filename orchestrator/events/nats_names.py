"""Names of streams and subjects."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.events.model import EventKind


@dataclass(frozen=True, slots=True)
class NatsNames:
    """Everything begins with the prefix, so that several systems can share a server."""

    prefix: str

    @property
    def events_stream(self) -> str:
        return f"{self.prefix}_EVENTS"

    @property
    def work_stream(self) -> str:
        return f"{self.prefix}_WORK"

    @property
    def all_events(self) -> str:
        return f"{self.prefix.lower()}.events.>"

    @property
    def all_work(self) -> str:
        return f"{self.prefix.lower()}.work.>"

    def events(self, kind: EventKind) -> str:
        return f"{self.prefix.lower()}.events.{kind.value.lower()}"

    def work(self, partition: int) -> str:
        return f"{self.prefix.lower()}.work.{partition}"

    def worker(self, partition: int) -> str:
        """The durable consumer that the replicas share."""
        return f"{self.prefix.lower()}-live-{partition}"


def partition_of(symbol: str, timeframe: str, partitions: int) -> int:
    """The same for every replica: all work of a symbol goes through one queue, in order."""
    return zlib.crc32(f"{symbol}|{timeframe}".encode()) % partitions
