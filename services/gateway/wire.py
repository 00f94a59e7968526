"""Messages as JSON: proto3 JSON with the names of the contracts, fields at their default included."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import json_format
from starlette.responses import Response

if TYPE_CHECKING:
    from google.protobuf.message import Message

#: A message above this is written in a thread, so that no socket waits for it.
_LARGE_BYTES: Final = 16_384


def message_dict(message: Message) -> dict[str, Any]:
    """What the JSON of a message says."""
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def json_bytes(message: Message) -> bytes:
    """The JSON of a message on one line."""
    return json.dumps(message_dict(message), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


async def message_response(message: Message) -> Response:
    """The message as the body of an answer."""
    large = message.ByteSize() > _LARGE_BYTES
    content = await asyncio.to_thread(json_bytes, message) if large else json_bytes(message)
    return Response(content, media_type="application/json")
