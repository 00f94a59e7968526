"""Bars in."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.bodies import BarsBody, Read, json_body
from services.gateway.dependencies import Parts, Writer, count_costly
from services.gateway.documented import ingest_route
from services.gateway.wire import aside, message_dict

router = APIRouter(tags=["bars"])

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,128}$",
        description="A text of the caller's choice: the request sent again with it gets the answer of the first.",
    ),
]


@router.post("/api/v1/bars", summary="Store bars", dependencies=[Depends(count_costly)], **ingest_route(BarsBody))
async def ingest_bars(
    request: Request,
    parts: Parts,
    writer: Writer,
    body: Annotated[Read[BarsBody], Depends(json_body(BarsBody))],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """All of them, or none when one is wrong. Sending them again is safe with and without an Idempotency-Key: bars
    that are there already are counted as unchanged, and one that differs replaces what was stored.
    The orchestrator analyses the symbol in the background.
    """
    if idempotency_key is None:
        return Response(await _ingest(parts, body), media_type="application/json")
    with parts.answered.once(request.scope["state"]["caller"], idempotency_key, body.digest) as remembered:
        replayed = remembered.answer is not None
        answer = remembered.answer = remembered.answer or await _ingest(parts, body)
    headers = {"Idempotent-Replayed": "true"} if replayed else None
    return Response(answer, headers=headers, media_type="application/json")


async def _ingest(parts: Parts, body: Read[BarsBody]) -> bytes:
    bars = await aside(body.size_bytes, body.content.root.bars)
    stored = await parts.marketdata.ingest_bars(bars, timeout_s=parts.settings.ingest_timeout_s)
    content = {"status": "ingested", "symbol": bars.symbol, "timeframe": bars.timeframe, **message_dict(stored)}
    return json.dumps(content).encode()
