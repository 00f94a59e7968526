"""What a servicer may ask about the call it serves, on either transport."""

from __future__ import annotations

from typing import Any, Protocol


class CallContext(Protocol):
    """The part of a call's context that both transports have."""

    def time_remaining(self) -> float | None:
        """Seconds until the caller's deadline; None when it set none."""
        ...


class StreamContext(CallContext, Protocol):
    """The part of a streaming call's context that both transports have."""

    async def send_initial_metadata(self, initial_metadata: Any, /) -> None:  # noqa: ANN401 - typed by the transport
        """Tell the caller that the call stands, before the first message."""
        ...
