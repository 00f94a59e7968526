"""Whether a service can answer now, as it finds out itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from wyckoff.rpc.errors import WyckoffError
from wyckoff.telemetry.readings import observe_readiness

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_log = structlog.get_logger("wyckoff.rpc")


@dataclass(frozen=True, slots=True)
class Readiness:
    """``check`` raises WyckoffError while the service cannot answer; it is asked every ``interval_s`` seconds, and
    counts as failed when it takes longer than ``timeout_s``.
    """

    check: Callable[[], Awaitable[None]]
    interval_s: float
    timeout_s: float = 10.0

    async def follow(self, service_name: str, tell: Callable[[bool], Awaitable[None]]) -> None:
        """Call ``tell`` whenever the service, which was ready at first, becomes unready or ready. Until cancelled."""
        was_ready = True
        forget = observe_readiness(lambda: {service_name: was_ready})
        try:
            while True:
                await asyncio.sleep(self.interval_s)
                problem = await self._problem()
                if (problem is None) == was_ready:
                    continue
                was_ready = problem is None
                if problem is None:
                    _log.info("service_ready_again", service=service_name)
                else:
                    _log.error("service_not_ready", service=service_name, error=problem)
                await tell(was_ready)
        finally:
            forget()

    async def _problem(self) -> str | None:
        try:
            async with asyncio.timeout(self.timeout_s):
                await self.check()
        except TimeoutError:
            return f"no answer within {self.timeout_s:g} s"
        except WyckoffError as error:
            return error.message
        except Exception as error:  # noqa: BLE001 - a fault of the check must not end it, and is no sign of health
            _log.error("readiness_check_failed", service_check=repr(self.check), exc_info=error)
            return f"{type(error).__name__}: {error}"
        return None
