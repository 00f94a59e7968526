"""Messages as JSON: proto3 JSON with the names of the contracts, fields at their default included."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from google.protobuf import json_format
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

#: What is larger is read and written in a thread, so that others are served meanwhile.
_LARGE_BYTES: Final = 16_384

T = TypeVar("T")


async def aside(size_bytes: int, work: Callable[[], T]) -> T:
    """The result of ``work`` on something of this size."""
    return await asyncio.to_thread(work) if size_bytes > _LARGE_BYTES else work()


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
    content = await aside(message.ByteSize(), partial(json_bytes, message))
    return Response(content, media_type="application/json")
