"""Events: frozen, checked, and the same id for the same happening."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.events.codec import event_from_proto, event_to_proto
from orchestrator.events.from_analysis import bars_ingested, breaker_changed
from orchestrator.events.model import BarIngested, EventKind, PhaseDetected
from tests.support.events import NOW, base, one_of_each
from wyckoff.common.v1 import common_pb2
from wyckoff.model.kinds import Phase
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc.errors import InvalidArgumentError

DAY_MS = 86_400_000


def test_there_is_one_of_each_kind_and_it_survives_the_wire() -> None:
    events = one_of_each()
    assert {event.kind for event in events} == set(EventKind)
    for event in events:
        message = event_to_proto(event)
        assert message.WhichOneof("data") == event.kind.value.lower()
        again = orchestrator_pb2.Event.FromString(message.SerializeToString())
        assert event_from_proto(again) == event


def test_unknown_ratios_are_absent_on_the_wire() -> None:
    message = event_to_proto(one_of_each()[1])
    assert message.volume_analyzed.HasField("volume_ratio")
    assert not message.volume_analyzed.HasField("spread_ratio")


@pytest.mark.parametrize(
    "message",
    [orchestrator_pb2.Event(), orchestrator_pb2.Event(kind=orchestrator_pb2.EVENT_KIND_BAR_INGESTED)],
)
def test_a_message_without_kind_or_data_is_refused(message: orchestrator_pb2.Event) -> None:
    with pytest.raises(InvalidArgumentError):
        event_from_proto(message)


@pytest.mark.parametrize("event", one_of_each(), ids=lambda event: event.kind.value)
def test_events_are_frozen(event: Any) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        event.symbol = "OTHER"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event_id", "no-uuid"),
        ("correlation_id", "no-uuid"),
        ("symbol", "A" * 21),
        ("timestamp", datetime(2026, 1, 1)),  # noqa: DTZ001 - the point
        ("timestamp", datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))),
        ("confidence", 101),
        ("range_id", ""),
        ("colour", "red"),
    ],
)
def test_fields_are_checked(field: str, value: object) -> None:
    good: dict[str, Any] = {**base("phase"), "range_id": "r1", "phase": Phase.B, "confidence": 70}
    assert PhaseDetected(**good).kind is EventKind.PHASE_DETECTED
    with pytest.raises(ValidationError, match=field):
        PhaseDetected(**(good | {field: value}))


def bars(close: float = 10.0) -> common_pb2.Bars:
    columns = {name: [10.0, close] for name in ("open", "high", "low", "close", "volume")}
    return common_pb2.Bars(symbol="ACME", timeframe="1d", open_time_ms=[0, DAY_MS], **columns)


def test_a_bar_has_one_id_whenever_it_is_told_and_another_when_it_is_revised() -> None:
    first = bars_ingested(bars(), NOW, newest=5)
    later = bars_ingested(bars(), NOW + timedelta(days=1), newest=1)
    revised = bars_ingested(bars(close=11.0), NOW, newest=5)
    times = [event.bar_time_ms for event in first if isinstance(event, BarIngested)]
    assert times == [0, DAY_MS]
    assert later[0].event_id == first[1].event_id
    assert revised[0].event_id == first[0].event_id
    assert revised[1].event_id != first[1].event_id


def test_a_breaker_change_names_the_service_and_each_change_is_its_own_event() -> None:
    first = breaker_changed("wyckoff.volume.v1.VolumeService", "CLOSED", "OPEN", NOW, replica="a")
    assert (first.component, first.from_state, first.to_state) == ("volume", "CLOSED", "OPEN")
    others = [
        breaker_changed("volume", "CLOSED", "OPEN", NOW, replica="b"),
        breaker_changed("volume", "CLOSED", "OPEN", datetime(2026, 2, 1, tzinfo=UTC), replica="a"),
    ]
    assert first.event_id not in {event.event_id for event in others}
    assert breaker_changed("volume", "CLOSED", "OPEN", NOW, replica="a") == first
