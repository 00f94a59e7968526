"""Messages as JSON: proto3 JSON with the names of the contracts, fields at their default included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf import json_format
from starlette.responses import Response

if TYPE_CHECKING:
    from google.protobuf.message import Message


def json_text(message: Message) -> str:
    """One line of JSON."""
    return json_format.MessageToJson(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, indent=None
    )


def message_response(message: Message) -> Response:
    """The message as the body of an answer."""
    return Response(json_text(message), media_type="application/json")
