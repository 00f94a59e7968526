"""How calls spread over the replicas of a service, and how they find new ones and leave those that end.

A channel knows the addresses that DNS gave it, and asks DNS again when it loses a connection. A server therefore ends
each connection at a certain age: its clients come back at once, and meet replicas that are new. A server that is to
end says NOT_SERVING first and goes on answering for a while, in which its clients go elsewhere.
"""

from __future__ import annotations

from typing import Final

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from wyckoff.rpc.errors import FailedPreconditionError

Options = tuple[tuple[str, int], ...]

_MS_PER_S: Final = 1000


class BalancingSettings(BaseSettings):
    """Of every server and every channel, read from variables with the prefix ``WYCKOFF_``."""

    model_config = SettingsConfigDict(env_prefix="WYCKOFF_", frozen=True)

    max_connection_age_s: float = Field(default=10.0, ge=0, le=86_400)
    """Age at which a server asks a client to connect anew, seconds, drawn for each connection within a tenth of it.
    0 lets connections last, and clients then see new replicas only when they lose an old one."""

    max_connection_age_grace_s: float = Field(default=0.0, ge=0, le=86_400)
    """Calls begun on a connection that is too old are cut off after this time, seconds. 0 lets them end by themselves,
    as streams need that last for as long as somebody reads them."""

    drain_s: float = Field(default=0.25, ge=0, le=600)
    """How long a server that is to end says NOT_SERVING and still takes calls, seconds. Must outlast the way of that
    word to its clients, or of the changed addresses to those that do not ask for health."""

    shutdown_grace_s: float = Field(default=5.0, ge=0, le=3600)
    """Time for calls in flight once no more are taken, seconds."""

    dns_min_time_between_resolutions_ms: int = Field(default=1000, ge=0, le=3_600_000)
    """A channel does not ask DNS again sooner than this, milliseconds."""

    @property
    def server_options(self) -> Options:
        """Options of a gRPC server."""
        if not self.max_connection_age_s:
            return ()
        age = ("grpc.max_connection_age_ms", _in_ms(self.max_connection_age_s))
        if not self.max_connection_age_grace_s:
            return (age,)
        return (age, ("grpc.max_connection_age_grace_ms", _in_ms(self.max_connection_age_grace_s)))

    @property
    def channel_options(self) -> Options:
        """Options of a gRPC channel."""
        return (("grpc.dns_min_time_between_resolutions_ms", self.dns_min_time_between_resolutions_ms),)


def read_balancing_settings() -> BalancingSettings:
    """From the environment; raises FailedPreconditionError when it cannot be understood."""
    try:
        return BalancingSettings()
    except (SettingsError, ValidationError) as error:
        raise FailedPreconditionError(f"the WYCKOFF_ variables of balancing cannot be used: {error}") from error


def _in_ms(seconds: float) -> int:
    # 0 would mean no limit
    return max(1, round(seconds * _MS_PER_S))
