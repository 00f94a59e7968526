"""What a refusal of the gateway looks like, and whether anything was stored all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import httpx2

    from tests.support.gateway import Gateway

FIELDS: Final = {"type", "title", "status", "detail", "instance", "code", "reason", "domain"}


async def instrument_count(gateway: Gateway) -> int:
    return len((await gateway.parts.marketdata.list_instruments()).instruments)


def problem(answer: httpx2.Response, status: int) -> dict[str, Any]:
    document: dict[str, Any] = answer.json()
    assert answer.status_code == document["status"] == status, answer.text[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(document) >= FIELDS
    assert document["instance"] == f"urn:uuid:{answer.headers['X-Request-ID']}"
    assert len(answer.content) < 8_192
    return document
