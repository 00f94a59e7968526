"""Alerts that wait, sent to one target in their order, with pauses that grow while it fails."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from services.alerts.channels import Delivered, Failed, Gone, Refused
from services.alerts.repository import AlertRepository
from wyckoff.rpc.errors import WyckoffError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from services.alerts.channels import Channel, Sent
    from services.alerts.config import AlertsSettings
    from services.alerts.message import Alert
    from wyckoff.storage.database import Database

    #: Name, last error, failing since, paused until.
    ReportPaused = Callable[[str, str, int, int], Awaitable[None]]

_log = structlog.get_logger("wyckoff.alerts")

#: A database that does not answer is asked again after so long, seconds.
_STORAGE_PAUSE_S = 1.0


@dataclass(slots=True)
class TargetHealth:
    """How a target does, since the service started."""

    delivered: int = 0
    lost: int = 0
    failures: int = 0
    last_error: str = ""
    failing_since_ms: int = 0
    next_attempt_ms: int = 0
    is_paused: bool = False
    is_gone: bool = False


class Delivery:
    """Sends to one target. An alert is forgotten once it was taken: who dies in between sends it again, with its id.

    ``chance`` gives numbers from 0 to 1 for the jitter of pauses, ``report_paused`` is told of a pause.
    """

    def __init__(
        self,
        name: str,
        channel: Channel,
        database: Database,
        settings: AlertsSettings,
        now_ms: Callable[[], int],
        chance: Callable[[], float],
        report_paused: ReportPaused,
    ) -> None:
        self.name = name
        self.health = TargetHealth()
        self._channel = channel
        self._database = database
        self._settings = settings
        self._now_ms = now_ms
        self._chance = chance
        self._report_paused = report_paused
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Something waits to be sent."""
        self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._news.clear()
            try:
                wait_s = await self.send_due()
            except WyckoffError as error:
                _log.error("alert_storage_failed", target=self.name, error=error.message)
                wait_s = _STORAGE_PAUSE_S
                self._news.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._news.wait()
                    # news does not end a pause
                    await asyncio.sleep(max(0, self.health.next_attempt_ms - self._now_ms()) / 1_000)
            except TimeoutError:
                continue

    async def send_due(self) -> float | None:
        """Send what may be sent now; returns after how many seconds to come again, None when nothing waits."""
        health = self.health
        while True:
            if health.is_gone:
                await self._give_up_all()
                return None
            now_ms = self._now_ms()
            if now_ms < health.next_attempt_ms:
                return (health.next_attempt_ms - now_ms) / 1_000
            async with self._database.read() as connection:
                alert = await AlertRepository(connection).next_alert(self.name)
            if alert is None:
                return None
            if now_ms - alert.created_ms > self._settings.give_up_after_s * 1_000:
                await self._give_up(alert, "could not be sent for too long")
                continue
            await self._settle(alert, await self._sent(alert, now_ms))

    async def waiting_count(self) -> int:
        """Alerts that wait."""
        async with self._database.read() as connection:
            return await AlertRepository(connection).waiting_count(self.name)

    async def close(self) -> None:
        """Let go of connections."""
        await self._channel.close()

    async def _sent(self, alert: Alert, now_ms: int) -> Sent:
        try:
            return await self._channel.send(alert, now_ms)
        except Exception as error:  # noqa: BLE001 - a fault of one channel must not end what is sent after it
            # only its name: the text may have an address, which may be secret
            _log.error("alert_channel_failed", target=self.name, fault=type(error).__name__)
            return Failed(f"fault of the channel: {type(error).__name__}")

    async def _settle(self, alert: Alert, sent: Sent) -> None:
        match sent:
            case Delivered():
                await self._forget(alert)
                self.health.delivered += 1
                self._succeeded()
                _log.info("alert_sent", target=self.name, alert_id=alert.alert_id, kind=alert.kind)
            case Refused(reason):
                # it answers, so that the next one has a chance
                await self._give_up(alert, reason)
                self._succeeded(last_error=reason)
            case Gone(reason):
                self.health.is_gone, self.health.last_error = True, reason
                _log.error("alert_target_gone", target=self.name, reason=reason)
            case Failed(reason, retry_after_s):
                await self._failed(alert, reason, retry_after_s)

    def _succeeded(self, last_error: str = "") -> None:
        health = self.health
        if health.failures:
            _log.warning("alert_target_back", target=self.name, failures=health.failures)
        health.failures, health.is_paused, health.next_attempt_ms = 0, False, 0
        health.last_error = last_error

    async def _failed(self, alert: Alert, reason: str, retry_after_s: float | None) -> None:
        health, now_ms = self.health, self._now_ms()
        if not health.failures:
            health.failing_since_ms = now_ms
        health.failures += 1
        health.last_error = reason
        pause_s = max(self._pause_s(health.failures), retry_after_s or 0.0)
        was_paused = health.is_paused
        health.is_paused = now_ms - health.failing_since_ms >= self._settings.pause_after_s * 1_000
        if health.is_paused:
            pause_s = max(pause_s, self._settings.pause_s)
        health.next_attempt_ms = now_ms + int(pause_s * 1_000)
        _log.warning(
            "alert_not_sent",
            target=self.name,
            alert_id=alert.alert_id,
            reason=reason,
            failures=health.failures,
            retry_in_s=round(pause_s, 3),
        )
        if health.is_paused and not was_paused:
            _log.error("alert_target_paused", target=self.name, reason=reason, failures=health.failures)
            await self._report_paused(self.name, reason, health.failing_since_ms, health.next_attempt_ms)

    def _pause_s(self, failures: int) -> float:
        """Doubled with each failure; between half of it and all, by chance, so that many do not come at once."""
        settings = self._settings
        longest_s = min(settings.max_pause_s, settings.first_pause_s * 2.0 ** min(failures - 1, 32))
        return longest_s * (0.5 + 0.5 * self._chance())

    async def _give_up(self, alert: Alert, reason: str) -> None:
        await self._forget(alert)
        self.health.lost += 1
        _log.error("alert_given_up", target=self.name, alert_id=alert.alert_id, kind=alert.kind, reason=reason)

    async def _give_up_all(self) -> None:
        async with self._database.write() as connection:
            count = await AlertRepository(connection).forget_target(self.name)
        self.health.lost += count
        if count:
            _log.error("alerts_lost", target=self.name, count=count, reason=self.health.last_error)

    async def _forget(self, alert: Alert) -> None:
        async with self._database.write() as connection:
            await AlertRepository(connection).forget_alert(alert.alert_id)
