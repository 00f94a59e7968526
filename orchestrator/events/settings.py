"""Settings of the event bus, from the environment."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class EventSettings(BaseSettings):
    """Read from variables with the prefix ``ORCHESTRATOR_EVENT_``."""

    model_config = SettingsConfigDict(env_prefix="ORCHESTRATOR_EVENT_", frozen=True)

    bus_url: str = Field(default="", repr=False)
    """``nats://HOST:PORT`` of a NATS server with JetStream; empty keeps events in this process."""

    queue_size: int = Field(default=1_000, ge=1)
    """Events that wait for a slow subscriber before it loses the oldest."""

    retained_events: int = Field(default=10_000, ge=1)
    """Newest events that a watcher can resume from, and that a slow watcher may be behind."""

    remembered_ids: int = Field(default=100_000, ge=1)
    """Newest event ids that are not published a second time."""

    outbox_size: int = Field(default=100_000, ge=1)
    """Events that wait for a NATS server that is away before the oldest are lost."""

    stream_prefix: str = Field(default="WYCKOFF", pattern=r"^[A-Za-z0-9_-]{1,32}$")
    """NATS streams are called ``<prefix>_EVENTS`` and ``<prefix>_WORK``; the subjects begin with it in lower case."""

    stream_replicas: int = Field(default=1, ge=1, le=5)
    """Copies of each NATS stream in a NATS cluster."""

    stream_max_age_s: float = Field(default=7 * 86_400.0, gt=0)
    """How long NATS keeps events, seconds."""

    stream_max_events: int = Field(default=1_000_000, ge=1)
    """How many events NATS keeps."""

    duplicate_window_s: float = Field(default=120.0, gt=0)
    """How long NATS remembers an event id, so that two replicas publish it once, seconds."""

    connect_timeout_s: float = Field(default=10.0, gt=0)
    """How long the first connection to NATS may take, seconds."""

    work_partitions: int = Field(default=16, ge=1, le=256)
    """Queues that symbols are spread over on NATS; each has one analysis in flight over all replicas."""

    work_ack_wait_s: float = Field(default=30.0, ge=0.2)
    """Work of a replica that says nothing for so long is given to another one, seconds."""

    @property
    def bus_place(self) -> str:
        """``bus_url`` for people, without what is before the host, which may be a password."""
        return self.bus_url.rpartition("@")[2]
