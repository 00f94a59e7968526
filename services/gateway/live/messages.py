"""What clients are told. A message becomes text once, however many get it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from google.protobuf.json_format import MessageToDict

from wyckoff.orchestrator.v1 import orchestrator_pb2

_PREFIX: Final = "EVENT_KIND_"

#: ``type`` of each kind of event: its name in the contract in lower case, without the prefix.
TYPE_OF_KIND: Final = {
    number: name.removeprefix(_PREFIX).lower() for name, number in orchestrator_pb2.EventKind.items() if number
}
EVENT_TYPES: Final = frozenset(TYPE_OF_KIND.values())


class GapReason(StrEnum):
    """Why messages may be missing."""

    NOT_KEPT = "not_kept"
    """The event that the client wanted to resume behind is no longer kept."""
    SOURCE_RESTARTED = "source_restarted"
    """The orchestrator no longer knows the last event that the gateway had from it."""
    SOURCE_DROPPED = "source_dropped"
    """The gateway was too slow for the orchestrator."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Message:
    """One message, ready to send. ``event_id`` is empty for what is no event; ``symbol`` where none is meant."""

    type: str
    text: str
    event_id: str = ""
    symbol: str = ""

    @property
    def size_bytes(self) -> int:
        # the text is ASCII
        return len(self.text)


def event_message(event: orchestrator_pb2.Event) -> Message | None:
    """An event, or None for one of a kind that this contract does not know."""
    name = TYPE_OF_KIND.get(event.kind)
    field = event.WhichOneof("data")
    if name is None or field is None:
        return None
    content = {
        "type": name,
        "id": event.event_id,
        "timestamp": event.timestamp.ToJsonString(),
        "symbol": event.symbol,
        "timeframe": event.timeframe,
        "correlation_id": event.correlation_id,
        "data": MessageToDict(
            getattr(event, field), preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        ),
    }
    return Message(name, _text(content), event.event_id, event.symbol)


def hello(*, last_event_id: str, log_id: str, following: bool, heartbeat_interval_s: float) -> Message:
    """The stream stands: what follows begins behind ``last_event_id``, or with all that is kept when it is empty."""
    return _control(
        "hello",
        last_event_id=last_event_id,
        log_id=log_id,
        following=following,
        heartbeat_interval_s=heartbeat_interval_s,
    )


def heartbeat(*, last_event_id: str, following: bool) -> Message:
    """A sign of life: there was nothing to tell up to ``last_event_id`` but what was told."""
    return _control("heartbeat", last_event_id=last_event_id, following=following)


def gap(reason: GapReason, text: str, *, lost_count: int | None = None) -> Message:
    """Messages may be missing at this place; ``lost_count`` is how many, None when nobody knows."""
    return _control("gap", reason=reason.value, lost_count=lost_count, message=text)


def _control(name: str, **content: object) -> Message:
    return Message(name, _text({"type": name, **content}))


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"), allow_nan=False)
