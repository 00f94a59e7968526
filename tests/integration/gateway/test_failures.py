"""What goes wrong behind the gateway, and in it."""

from __future__ import annotations

import asyncio
import socket
import uuid
from typing import TYPE_CHECKING, Any, Final

import pytest
import structlog

from tests.support.fakes import FakeTransport
from tests.support.gateway import Gateway, gateway_settings, serving_gateway
from tests.support.gateway_bodies import as_columns
from tests.support.samples import wave_bars
from wyckoff.access.keys import KeyFile, Scope
from wyckoff.marketdata.v1.marketdata_pb2 import IngestBarsResponse
from wyckoff.rpc.errors import (
    BreakerOpenError,
    CancelledCallError,
    DeadlineExceededError,
    FailedPreconditionError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    ResourceExhaustedError,
    UnavailableError,
    UnimplementedError,
    WyckoffError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from google.protobuf.message import Message

BODY = as_columns(wave_bars(50))


class Waiting:
    """Answers once the test lets it."""

    def __init__(self, answer: Message) -> None:
        self._answer = answer
        self.asked = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __call__(self, _request: Any) -> Message:
        self.asked.set()
        await self.go_on.wait()
        return self._answer


#: Errors, each with the status and the header Retry-After that it becomes.
ERRORS: Final[list[tuple[WyckoffError, int, str | None]]] = [
    (InvalidArgumentError.of("page_token", "is no token"), 400, None),
    (NotFoundError("none", reason="INSTRUMENT_UNKNOWN", metadata={"symbol": "X"}), 404, None),
    (FailedPreconditionError("not now"), 409, None),
    (FailedPreconditionError("broken", reason="DATABASE_DAMAGED"), 503, None),
    (ResourceExhaustedError("full", metadata={"retry_after_s": "2.1"}), 429, "3"),
    (InternalError("internal error: KeyError; see the log of the service"), 500, None),
    (WyckoffError("?"), 500, None),
    (UnimplementedError("not known"), 501, None),
    (UnavailableError("not there"), 503, None),
    (CancelledCallError("gone"), 503, None),
    (BreakerOpenError("left alone", metadata={"retry_after_s": "29.7"}), 503, "30"),
    (BreakerOpenError("left alone", metadata={"retry_after_s": "soon"}), 503, "1"),
    (DeadlineExceededError("too late"), 504, None),
]


async def test_an_error_behind_is_told_in_full(tmp_path: Path) -> None:
    behind = FakeTransport()
    async with serving_gateway(gateway_settings(tmp_path), behind) as gateway:
        for error, status, retry_after in ERRORS:
            behind.script["ListSignals"] = error
            answer = await gateway.client.get("/api/v1/signals")
            document = answer.json()
            assert answer.status_code == document["status"] == status, error.reason
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers.get("Retry-After") == retry_after, error.metadata
            assert (document["code"], document["reason"]) == (error.code.name, error.reason)
            assert (document["detail"], document["domain"]) == (error.message, "wyckoff")
            assert document.get("metadata", {}) == error.metadata
            violations = error.violations if isinstance(error, InvalidArgumentError) else ()
            assert document.get("field_violations", []) == [
                {"field": item.field, "description": item.description} for item in violations
            ]


async def test_a_fault_of_the_gateway_tells_no_secret(tmp_path: Path) -> None:
    behind = FakeTransport({"ListSignals": RuntimeError("password=hunter2")})
    async with serving_gateway(gateway_settings(tmp_path), behind) as gateway:
        with structlog.testing.capture_logs() as lines:
            answer = await gateway.client.get("/api/v1/signals?symbol=AAPL")
        assert (answer.status_code, answer.json()["reason"]) == (500, "INTERNAL")
        assert "hunter2" not in answer.text
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
        told = [(line["event"], line["error"]) for line in lines]
        assert told == [("request_failed", "RuntimeError: password=hunter2")]
        # it goes on
        assert (await gateway.client.get("/api/v1/health")).status_code == 200


async def test_every_answer_has_its_ids_and_headers(tmp_path: Path) -> None:
    async with serving_gateway(gateway_settings(tmp_path), FakeTransport()) as gateway:
        sent = str(uuid.uuid4())
        for path, status in (("/api/v1/signals", 200), ("/api/v1/nothing", 404), ("/api/v1/health", 200)):
            answer = await gateway.client.get(path, headers={"X-Correlation-ID": sent.upper()})
            assert answer.status_code == status
            assert answer.headers["X-Correlation-ID"] == sent
            assert str(uuid.UUID(answer.headers["X-Request-ID"])) != sent
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert "server" not in answer.headers


async def test_answers_are_not_held_back_to_be_sent_with_more(tmp_path: Path) -> None:
    async with serving_gateway(gateway_settings(tmp_path), FakeTransport()) as gateway:
        await gateway.client.get("/api/v1/health")
        (connection,) = gateway.server._server.server_state.connections
        taken = connection.transport.get_extra_info("socket")
        assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_the_rate_of_each_key_is_its_own(tmp_path: Path) -> None:
    settings = gateway_settings(tmp_path, rate_limit="3/hour", costly_rate_limit="1/hour")
    file = KeyFile(settings.keys_file)
    (_, first), (_, second) = file.add("first", [Scope.READ]), file.add("second", [Scope.READ])
    async with serving_gateway(settings, FakeTransport()) as gateway:
        client = gateway.client
        for _ in range(3):
            assert (await client.get("/api/v1/signals", headers={"X-API-Key": first})).status_code == 200
        limited = await client.get("/api/v1/signals", headers={"X-API-Key": first})
        assert (limited.status_code, limited.json()["reason"]) == (429, "RATE_LIMITED")
        assert 1 <= int(limited.headers["Retry-After"]) <= 7_200
        # without a key it is the address that is counted
        strangers = [await client.get("/api/v1/signals", headers={"X-API-Key": "wrong"}) for _ in range(4)]
        assert [answer.status_code for answer in strangers] == [401, 401, 401, 429]

        costly = [await client.get("/api/v1/analysis/AAPL/1d", headers={"X-API-Key": second}) for _ in range(2)]
        assert [answer.status_code for answer in costly] == [200, 429]
        assert (await client.get("/api/v1/signals", headers={"X-API-Key": second})).status_code == 200
        # whoever looks whether it is alive is not counted
        assert [(await client.get("/api/v1/health")).status_code for _ in range(5)] == [200] * 5


async def test_a_second_request_does_not_run_beside_the_first(tmp_path: Path) -> None:
    waiting = Waiting(IngestBarsResponse(inserted_count=50))
    behind = FakeTransport({"IngestBars": waiting})
    headers = {"Idempotency-Key": "one"}
    async with serving_gateway(gateway_settings(tmp_path), behind) as gateway:
        first = asyncio.create_task(gateway.client.post("/api/v1/bars", json=BODY, headers=headers))
        await waiting.asked.wait()
        second = await gateway.client.post("/api/v1/bars", json=BODY, headers=headers)
        assert (second.status_code, second.json()["reason"]) == (409, "IDEMPOTENCY_KEY_BUSY")
        waiting.go_on.set()
        assert (await first).json()["inserted_count"] == 50
        again = await gateway.client.post("/api/v1/bars", json=BODY, headers=headers)
        assert again.content == (await first).content
        assert behind.names == ["IngestBars"]


async def test_a_request_that_failed_frees_its_key(tmp_path: Path) -> None:
    failing = FakeTransport({"IngestBars": UnavailableError("not there")})
    headers = {"Idempotency-Key": "one"}
    async with serving_gateway(gateway_settings(tmp_path), failing) as gateway:
        assert (await gateway.client.post("/api/v1/bars", json=BODY, headers=headers)).status_code == 503
        failing.script.clear()
        assert (await gateway.client.post("/api/v1/bars", json=BODY, headers=headers)).status_code == 200


@pytest.fixture
async def busy(tmp_path: Path) -> AsyncIterator[tuple[Gateway, Waiting]]:
    waiting = Waiting(IngestBarsResponse(inserted_count=50))
    settings = gateway_settings(tmp_path, shutdown_grace_s=30)
    async with serving_gateway(settings, FakeTransport({"IngestBars": waiting})) as gateway:
        yield gateway, waiting


async def _connect_again_and_again(host: str, port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            _, writer = await asyncio.open_connection(host, port)
            writer.close()


async def test_a_server_that_stops_answers_what_it_has_taken(busy: tuple[Gateway, Waiting]) -> None:
    gateway, waiting = busy
    host, _, port = gateway.server.address.rpartition(":")
    storing = asyncio.create_task(gateway.client.post("/api/v1/bars", json=BODY))
    await waiting.asked.wait()
    stopping = asyncio.create_task(gateway.server.stop())
    # once it takes no more, the request is still there
    with pytest.raises(ConnectionError):
        await _connect_again_and_again(host, int(port))
    assert not storing.done()
    waiting.go_on.set()
    answer = await storing
    assert (answer.status_code, answer.json()["inserted_count"]) == (200, 50)
    await stopping
