"""Settings of the live events."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_MIB = 1024 * 1024


class LiveSettings(BaseSettings):
    """How many clients are served, how far they may be behind and what is kept for them, read from ``GATEWAY_LIVE_*``.

    A client that reads nothing costs at most what the kernel and the server hold for it (``kernel_buffer_bytes``, which
    Linux doubles, and ``write_buffer_bytes``); the messages that wait for it are shared by all clients.
    """

    model_config = SettingsConfigDict(env_prefix="GATEWAY_LIVE_", frozen=True)

    max_sockets: int = Field(default=2_000, ge=1)
    """Clients at the same time; more are refused."""

    heartbeat_interval_s: float = Field(default=15.0, gt=0)
    """How often a client that nothing waits for gets a heartbeat, seconds."""

    ping_interval_s: float = Field(default=20.0, gt=0)
    """How often the server sends a WebSocket ping, seconds."""

    ping_timeout_s: float = Field(default=20.0, gt=0)
    """A client that does not answer a ping within this time is dropped, seconds."""

    authentication_timeout_s: float = Field(default=10.0, gt=0)
    """Time for a client to say who it is, seconds."""

    max_frame_bytes: int = Field(default=4_096, ge=256)
    """Largest message that a client may send."""

    max_waiting_messages: int = Field(default=1_000, ge=1)
    """New messages that may wait for a client before it is dropped."""

    max_waiting_bytes: int = Field(default=1 * _MIB, ge=1)
    """Bytes of new messages that may wait for a client before it is dropped; one message is always allowed."""

    retained_messages: int = Field(default=10_000, ge=1)
    """Newest messages that a client can resume behind; what the orchestrator keeps by default."""

    retained_bytes: int = Field(default=32 * _MIB, ge=1)
    """Bytes of the messages kept for that; the newest is kept whatever its size."""

    max_older_messages: int = Field(default=10_000, ge=0)
    """Most messages that are read from the orchestrator for a client that resumes further back than what is kept."""

    write_buffer_bytes: int = Field(default=65_536, ge=1_024)
    """Bytes that the server holds for a client, beyond one message, before it lets messages wait."""

    kernel_buffer_bytes: int = Field(default=262_144, ge=4_096)
    """Send buffer of a client's connection in the kernel."""

    close_timeout_s: float = Field(default=2.0, gt=0)
    """How long a client that is to go may take to read what was sent to it, seconds; then the connection is cut."""

    connect_timeout_s: float = Field(default=10.0, gt=0)
    """Time for the orchestrator to answer, seconds."""

    first_pause_s: float = Field(default=0.1, gt=0)
    """Pause before the orchestrator is called again, seconds; doubled after each failure, as much added at random."""

    max_pause_s: float = Field(default=5.0, gt=0)
    """Longest of these pauses, seconds."""
