"""What a servicer may ask about the call it serves, on either transport."""

from __future__ import annotations

from typing import Protocol


class CallContext(Protocol):
    """The part of a call's context that both transports have."""

    def time_remaining(self) -> float | None:
        """Seconds until the caller's deadline; None when it set none."""
        ...
