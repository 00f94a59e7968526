"""The alerts contract over the running service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.alerts.intake import Outcome
from wyckoff.alerts.v1 import alerts_pb2, alerts_pb2_grpc

if TYPE_CHECKING:
    from services.alerts.delivery import Delivery
    from services.alerts.service import AlertsService

SERVICE_NAME = alerts_pb2.DESCRIPTOR.services_by_name["AlertsService"].full_name


class AlertsServicer(alerts_pb2_grpc.AlertsServiceServicer):
    """Serves ``wyckoff.alerts.v1.AlertsService``."""

    def __init__(self, service: AlertsService) -> None:
        self._service = service

    async def GetStatus(self, request: alerts_pb2.GetStatusRequest, context: object) -> alerts_pb2.GetStatusResponse:
        intake = self._service.intake
        response = alerts_pb2.GetStatusResponse(
            last_event_id=intake.last_event_id, dropped_count=intake.dropped, gap_count=intake.gaps
        )
        for outcome in Outcome:
            setattr(response, f"{outcome.value}_count", intake.outcomes[outcome])
        if intake.last_event_time_ms is not None:
            response.last_event_time.FromMilliseconds(intake.last_event_time_ms)
        for delivery in self._service.deliveries.values():
            response.targets.append(await _status(delivery))
        return response


async def _status(delivery: Delivery) -> alerts_pb2.TargetStatus:
    health = delivery.health
    status = alerts_pb2.TargetStatus(
        name=delivery.name,
        state=alerts_pb2.TARGET_STATE_ACTIVE,
        waiting_count=await delivery.waiting_count(),
        delivered_count=health.delivered,
        lost_count=health.lost,
        failure_count=health.failures,
        last_error=health.last_error,
    )
    if health.failures:
        status.failing_since.FromMilliseconds(health.failing_since_ms)
    if health.is_paused:
        status.state = alerts_pb2.TARGET_STATE_PAUSED
        status.paused_until.FromMilliseconds(health.next_attempt_ms)
    if health.is_gone:
        status.state = alerts_pb2.TARGET_STATE_GONE
    return status
