"""Events as JSON."""

from __future__ import annotations

import json

from orchestrator.events.codec import event_to_proto
from services.gateway.live.messages import EVENT_TYPES, GapReason, event_message, gap, heartbeat, hello
from tests.support.events import CORRELATION_ID, one_of_each
from wyckoff.orchestrator.v1 import orchestrator_pb2 as pb


def test_every_kind_of_event_has_its_type_and_its_fields() -> None:
    told = {}
    for event in one_of_each():
        message = event_message(event_to_proto(event))
        assert message is not None
        content = json.loads(message.text)
        assert list(content) == ["type", "id", "timestamp", "symbol", "timeframe", "correlation_id", "data"]
        assert (
            (content["type"], content["id"]) == (message.type, message.event_id) == (event.kind.lower(), event.event_id)
        )
        assert content["symbol"] == message.symbol == event.symbol
        assert content["timestamp"] == "2026-01-02T03:04:05.678Z"
        assert message.size_bytes == len(message.text.encode())
        told[message.type] = content
    assert told.keys() == EVENT_TYPES
    assert told["bar_ingested"]["correlation_id"] == CORRELATION_ID
    assert told["bar_ingested"]["data"] == {"bar_timestamp": "2026-01-01T00:00:00Z"}
    assert told["phase_detected"]["data"].items() >= {"range_id": "r1", "phase": "PHASE_C", "confidence": 80}.items()
    assert told["signal_generated"]["data"]["signal"]["entry_price"] == "10.25"
    assert told["signal_rejected"]["data"]["rejection"]["reason"] == "too wide"
    assert told["breaker_changed"]["symbol"] == ""
    assert told["breaker_changed"]["data"] == {
        "component": "volume",
        "from_state": "BREAKER_STATE_CLOSED",
        "to_state": "BREAKER_STATE_OPEN",
    }
    # unknown is absent, not zero
    assert "spread_ratio" not in told["volume_analyzed"]["data"]


def test_an_event_of_a_kind_that_is_not_known_is_no_message() -> None:
    assert event_message(pb.Event(event_id="x", kind=99)) is None  # type: ignore[arg-type]
    assert event_message(pb.Event(event_id="x", kind=pb.EVENT_KIND_BAR_INGESTED)) is None


def test_what_is_no_event_has_a_type_of_its_own() -> None:
    assert json.loads(hello(last_event_id="a", log_id="l", following=True, heartbeat_interval_s=15.0).text) == {
        "type": "hello",
        "last_event_id": "a",
        "log_id": "l",
        "following": True,
        "heartbeat_interval_s": 15.0,
    }
    assert json.loads(heartbeat(last_event_id="", following=False).text)["type"] == "heartbeat"
    assert json.loads(gap(GapReason.SOURCE_DROPPED, "slow", lost_count=3).text) == {
        "type": "gap",
        "reason": "source_dropped",
        "lost_count": 3,
        "message": "slow",
    }
