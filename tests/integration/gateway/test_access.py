"""Who is let in: with keys, without, from pages of other sites, under other names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import websockets

from services.gateway.__main__ import serve
from services.gateway.access import Access
from tests.support.fakes import FakeTransport
from tests.support.gateway import Gateway, gateway_settings, serving_gateway
from tests.support.gateway_bodies import as_columns
from tests.support.raw_http import get
from tests.support.samples import wave_bars
from wyckoff.access.keys import KeyFile, Scope
from wyckoff.access.loopback import is_loopback_host
from wyckoff.rpc.errors import FailedPreconditionError, PermissionDeniedError
from wyckoff.rpc.process import Running

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

SIGNALS = "/api/v1/signals"
BODY = as_columns(wave_bars(50))


def _refused(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["reason"]


async def _ask(gateway: Gateway, key: str | None, path: str = SIGNALS) -> httpx2.Response:
    return await gateway.client.get(path, headers={"X-API-Key": key} if key is not None else {})


async def _store(gateway: Gateway, key: str) -> httpx2.Response:
    return await gateway.client.post("/api/v1/bars", json=BODY, headers={"X-API-Key": key})


async def test_a_key_is_needed_and_may_what_its_scopes_say(tmp_path: Path) -> None:
    settings = gateway_settings(tmp_path)
    file, behind = KeyFile(settings.keys_file), FakeTransport()
    (_, reader), (_, writer) = file.add("reader", [Scope.READ]), file.add("writer", [Scope.WRITE])
    async with serving_gateway(settings, behind) as gateway:
        missing = await _ask(gateway, None)
        assert _refused(missing) == (401, "KEY_MISSING")
        assert missing.headers["WWW-Authenticate"].startswith("ApiKey")
        for wrong in ("", "wyk_", reader[:-1], reader + "x", reader.upper(), "x" * 5_000, "\u00fc"):
            headers = {"X-API-Key": wrong.encode("latin-1")}
            answer = await gateway.client.get(SIGNALS, headers=headers)  # type: ignore[arg-type]
            assert _refused(answer) == (401, "KEY_INVALID" if wrong else "KEY_MISSING")
            assert wrong not in answer.text or len(wrong) < 5
        assert _refused(await gateway.client.get(SIGNALS, params={"X-API-Key": reader})) == (401, "KEY_MISSING")

        assert (await _ask(gateway, reader)).status_code == 200
        assert _refused(await _store(gateway, reader)) == (403, "SCOPE_MISSING")
        assert _refused(await _ask(gateway, writer)) == (403, "SCOPE_MISSING")
        assert behind.names == ["ListSignals"]
        assert (await _store(gateway, writer)).status_code == 200

        # which routes there are is told to callers only
        assert _refused(await _ask(gateway, None, "/api/v1/nothing")) == (401, "KEY_MISSING")
        assert _refused(await _ask(gateway, reader, "/api/v1/nothing")) == (404, "ROUTE_UNKNOWN")
        assert (await _ask(gateway, None, "/api/v1/health")).status_code == 200
        assert (await _ask(gateway, None, "/api/v1/openapi.json")).status_code == 200


async def test_changes_of_the_keys_hold_at_once(tmp_path: Path) -> None:
    settings = gateway_settings(tmp_path)
    file = KeyFile(settings.keys_file)
    async with serving_gateway(settings, FakeTransport()) as gateway:
        assert (await _ask(gateway, None)).status_code == 200
        # the first key closes the door
        key, text = file.add("charts", [Scope.READ])
        assert _refused(await _ask(gateway, None)) == (401, "KEY_MISSING")
        assert (await _ask(gateway, text)).status_code == 200
        principal = gateway.parts.access.authenticate(text, Scope.READ, "127.0.0.1")
        assert gateway.parts.access.is_valid(principal)

        # the last one revoked does not open it
        file.revoke(key.key_id)
        assert not gateway.parts.access.is_valid(principal)
        assert _refused(await _ask(gateway, text)) == (401, "KEY_INVALID")
        assert _refused(await _ask(gateway, None)) == (401, "KEY_MISSING")

        _, other = file.add("charts", [Scope.READ])
        assert (await _ask(gateway, other)).status_code == 200
        kept = file.path.read_bytes()
        for break_it in (lambda: file.path.write_text("{"), file.path.unlink):
            break_it()
            assert _refused(await _ask(gateway, other)) == (401, "KEY_INVALID")
        file.path.write_bytes(kept)
        file.path.chmod(0o600)
        assert (await _ask(gateway, other)).status_code == 200


async def test_without_keys_other_names_pages_and_proxies_are_refused(tmp_path: Path) -> None:
    behind = FakeTransport()
    async with serving_gateway(gateway_settings(tmp_path), behind) as gateway:
        client, port = gateway.client, gateway.server.address.rpartition(":")[2]
        for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "", "[", "169.254.1.1"):
            answer = await get(gateway.server.address, SIGNALS, Host=host)
            assert (answer.status, answer.json()["reason"]) == (403, "HOST_NOT_ALLOWED")
        for host in (f"localhost:{port}", "LOCALHOST", f"[::1]:{port}"):
            assert (await get(gateway.server.address, SIGNALS, Host=host)).status == 200

        for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
            assert _refused(await client.get(SIGNALS, headers={name: "10.0.0.7"})) == (403, "NOT_LOOPBACK")

        behind.calls.clear()
        for origin in ("https://evil.example", "null", f"https://127.0.0.1:{port}1", "http://127.0.0.1"):
            refused = await client.post("/api/v1/bars", json=BODY, headers={"Origin": origin})
            assert _refused(refused) == (403, "ORIGIN_NOT_ALLOWED")
        assert behind.calls == []
        own = await client.post("/api/v1/bars", json=BODY, headers={"Origin": gateway.url})
        assert own.status_code == 200

        with pytest.raises(websockets.InvalidStatus) as caught:
            await websockets.connect(f"{gateway.websocket_url}/ws", origin="https://evil.example", proxy=None)  # type: ignore[arg-type]
        assert caught.value.response.status_code == 403


async def test_cors_is_closed_unless_an_origin_is_named(tmp_path: Path) -> None:
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key, content-type"}
    friend = {"Origin": "https://charts.example"}
    async with serving_gateway(gateway_settings(tmp_path), FakeTransport()) as gateway:
        for answer in (
            await gateway.client.get(SIGNALS, headers=friend),
            await gateway.client.options("/api/v1/bars", headers={**friend, **preflight}),
        ):
            assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.status_code == 405

    settings = gateway_settings(tmp_path, allowed_origins="https://charts.example, https://other.example")
    async with serving_gateway(settings, FakeTransport()) as gateway:
        asked = await gateway.client.options("/api/v1/bars", headers={**friend, **preflight})
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, "https://charts.example")
        stored = await gateway.client.post("/api/v1/bars", json=BODY, headers=friend)
        assert (stored.status_code, stored.headers["access-control-allow-origin"]) == (200, "https://charts.example")
        stranger = await gateway.client.options("/api/v1/bars", headers={"Origin": "https://evil.example", **preflight})
        assert "access-control-allow-origin" not in stranger.headers


async def test_other_machines_are_not_served_without_keys(tmp_path: Path) -> None:
    access = Access(tmp_path / "keys.json")
    assert access.authenticate(None, Scope.WRITE, "127.0.0.1").scopes == set(Scope)
    for host in ("10.0.0.7", "", "::ffff:10.0.0.7", "localhost.evil.example"):
        with pytest.raises(PermissionDeniedError):
            access.authenticate(None, Scope.READ, host)
    with pytest.raises(FailedPreconditionError, match="wyckoff keys add"):
        await serve(Running("gateway", "0.0.0.0:0", None), gateway_settings(tmp_path))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback_host(host)
