"""One client on a real socket: what it is told, and when it has to go."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import InvalidStatus

from services.gateway.live.settings import LiveSettings
from tests.support.event_source import EventSource
from tests.support.events import bar_event, one_of_each
from tests.support.gateway import gateway_settings
from tests.support.live_socket import TIMEOUT_S, live_client, live_gateway
from wyckoff.access.keys import KeyFile, Scope

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.live_socket import LiveClient

LIVE = LiveSettings(heartbeat_interval_s=0.05, authentication_timeout_s=0.2, max_frame_bytes=300, close_timeout_s=1)


def ids(first: int, last: int) -> list[str]:
    return [bar_event(number).event_id for number in range(first, last + 1)]


def new_key(data_dir: Path, scope: Scope = Scope.READ, name: str = "page") -> str:
    """A key of a gateway on this folder."""
    return KeyFile(gateway_settings(data_dir).keys_file).add(name, [scope])[1]


async def test_events_come_as_they_happen_and_again_to_those_who_resume(tmp_path: Path) -> None:
    source = EventSource()
    source.tell(bar_event(0))
    async with live_gateway(source.watch, tmp_path, LIVE) as (address, _), live_client(address) as client:
        hello = await client.read()
        assert hello == {
            "type": "hello",
            "last_event_id": bar_event(0).event_id,
            "log_id": source.log_id,
            "following": True,
            "heartbeat_interval_s": 0.05,
        }
        source.tell(*(bar_event(number) for number in range(1, 4)), *one_of_each())
        assert await client.ids(3) == ids(1, 3)
        every = [await client.read_event() for _ in one_of_each()]
        assert [message["id"] for message in every] == [event.event_id for event in one_of_each()]
        async with live_client(address, after=bar_event(1).event_id, types="bar_ingested", symbols="ACME") as resumed:
            assert (await resumed.read())["last_event_id"] == bar_event(1).event_id
            assert await resumed.ids(3) == [*ids(2, 3), one_of_each()[0].event_id]
            beat = await resumed.read()
            # nothing else of its type came: it may resume behind what it did not want
            assert (beat["type"], beat["last_event_id"]) == ("heartbeat", one_of_each()[-1].event_id)


async def say(client: LiveClient, message: str | bytes) -> tuple[int, str]:
    await client.connection.send(message)
    return await client.closing()


@pytest.mark.parametrize(
    ("message", "code", "part"),
    [
        ("{", 1008, "authenticate"),
        ("[" * 200, 1008, "authenticate"),
        ('"authenticate"', 1008, "authenticate"),
        ('{"type":"subscribe"}', 1008, "authenticate"),
        ('{"type":"authenticate","key":7}', 1008, "authenticate"),
        (b"\x00\x01", 1003, "binary"),
        ("x" * 301, 1009, "301"),
    ],
)
async def test_what_is_not_understood_closes_with_a_reason(
    tmp_path: Path, message: str | bytes, code: int, part: str
) -> None:
    async with live_gateway(EventSource().watch, tmp_path, LIVE) as (address, hub):
        async with live_client(address) as client:
            closed = await say(client, message)
            assert closed[0] == code
            assert part in closed[1]
        async with live_client(address) as other:
            assert (await other.read())["type"] == "hello"
            assert hub.metrics.clients == 1


async def test_a_page_may_show_a_key_where_none_is_needed_but_only_once(tmp_path: Path) -> None:
    source = EventSource()
    async with live_gateway(source.watch, tmp_path, LIVE) as (address, _), live_client(address) as client:
        await client.connection.send('{"type":"authenticate","key":"whatever"}')
        assert (await client.read())["type"] == "hello"
        source.tell(bar_event(1))
        assert await client.ids(1) == ids(1, 1)
        assert (await say(client, '{"type":"authenticate","key":"whatever"}'))[0] == 1008


@pytest.mark.parametrize(
    ("query", "part"),
    [({"types": "sgnal"}, "types: 'sgnal'"), ({"after": "17"}, "after: '17'"), ({"key": "k"}, "'key': is unknown")],
)
async def test_a_wrong_address_closes_with_the_field(tmp_path: Path, query: dict[str, Any], part: str) -> None:
    async with (
        live_gateway(EventSource().watch, tmp_path, LIVE) as (address, _),
        live_client(address, **query) as client,
    ):
        code, reason = await client.closing()
    assert code == 1008
    assert part in reason


async def test_places_are_limited_and_free_again(tmp_path: Path) -> None:
    live = LIVE.model_copy(update={"max_sockets": 1})
    async with live_gateway(EventSource().watch, tmp_path, live) as (address, hub):
        async with live_client(address) as first:
            assert (await first.read())["type"] == "hello"
            async with live_client(address) as second:
                code, reason = await second.closing()
            assert (code, hub.metrics.refused_clients) == (1013, 1)
            assert "all 1 places" in reason
        async with live_client(address) as third:
            assert (await third.read())["type"] == "hello"


async def test_sockets_count_as_requests(tmp_path: Path) -> None:
    async with live_gateway(EventSource().watch, tmp_path, LIVE, rate_limit="1/hour") as (address, _):
        async with live_client(address) as first:
            assert (await first.read())["type"] == "hello"
        async with live_client(address) as second:
            code, reason = await second.closing()
    assert code == 1013
    assert "more than 1 requests" in reason


async def test_keys_come_in_a_header_or_in_the_first_message(tmp_path: Path) -> None:
    key, writer = new_key(tmp_path), new_key(tmp_path, Scope.WRITE, "feeder")
    authenticate = '{"type":"authenticate","key":"%s"}'

    async def by_header(client: LiveClient, _text: str) -> None:
        """Nothing to say."""

    async def by_message(client: LiveClient, text: str) -> None:
        await client.connection.send(authenticate % text)

    async with live_gateway(EventSource().watch, tmp_path, LIVE) as (address, _):
        ways: list[tuple[Callable[..., Any], Callable[[str], dict[str, str]]]] = [
            (by_header, lambda text: {"X-API-Key": text}),
            (by_message, lambda _text: {}),
        ]
        for show, headers in ways:
            async with live_client(address, headers=headers(key)) as client:
                await show(client, key)
                assert (await client.read())["type"] == "hello"
            for wrong, part in [(key[:-1] + "_", "not valid"), (writer, "may not read")]:
                async with live_client(address, headers=headers(wrong)) as client:
                    await show(client, wrong)
                    code, reason = await client.closing()
                assert code == 1008
                assert part in reason
                assert wrong not in reason
        async with live_client(address) as silent:
            assert await silent.closing() == (1008, "no API key within 0.2 s")
        async with live_client(address) as rude:
            assert (await say(rude, "let me in"))[0] == 1008


async def test_a_revoked_key_ends_what_it_began(tmp_path: Path) -> None:
    key = new_key(tmp_path)
    async with (
        live_gateway(EventSource().watch, tmp_path, LIVE) as (address, _),
        live_client(address, headers={"X-API-Key": key}) as client,
    ):
        assert (await client.read())["type"] == "hello"
        KeyFile(gateway_settings(tmp_path).keys_file).revoke("page")
        assert await client.closing() == (1008, "the API key is no longer valid")


async def test_pages_of_other_sites_are_refused(tmp_path: Path) -> None:
    allowed = "https://charts.example.org"
    async with live_gateway(EventSource().watch, tmp_path, LIVE, allowed_origins=allowed) as (address, hub):
        for origin in (f"http://{address}", allowed):
            async with live_client(address, headers={"Origin": origin}) as client:
                assert (await client.read())["type"] == "hello"
        for origin in ("https://evil.example", "null", f"https://{address}.evil.example", "http://["):
            with pytest.raises(InvalidStatus) as caught:
                async with live_client(address, headers={"Origin": origin}):
                    pass
            assert caught.value.response.status_code == 403
        assert hub.metrics.refused_clients == 0


async def test_a_gateway_that_stops_says_goodbye_and_waits_for_no_stalled_client(tmp_path: Path) -> None:
    source = EventSource()
    live = LIVE.model_copy(update={"write_buffer_bytes": 1_024, "kernel_buffer_bytes": 4_096})
    async with AsyncExitStack() as clients, asyncio.timeout(TIMEOUT_S):
        async with live_gateway(source.watch, tmp_path, live) as (address, hub):
            clients.enter_context(await stalled_socket(address))
            client = await clients.enter_async_context(live_client(address))
            assert (await client.read())["type"] == "hello"
            number = 0
            while not hub.metrics.waiting_messages:
                source.tell(bar_event(number))
                assert await client.ids(1) == [bar_event(number).event_id]
                number += 1
            goodbye = asyncio.create_task(client.closing())
        assert await goodbye == (1001, "the gateway is stopping; connect again")
    assert hub.metrics.clients == 0


async def test_a_client_that_answers_no_ping_is_closed(tmp_path: Path) -> None:
    live = LIVE.model_copy(update={"ping_interval_s": 0.05, "ping_timeout_s": 0.05, "heartbeat_interval_s": 600})
    async with asyncio.timeout(TIMEOUT_S), live_gateway(EventSource().watch, tmp_path, live) as (address, _):
        with await stalled_socket(address) as silent:
            told = bytearray()
            while data := await asyncio.get_running_loop().sock_recv(silent, 4_096):
                told += data
    assert told.endswith((1011).to_bytes(2, "big") + b"keepalive ping timeout")


async def stalled_socket(address: str) -> socket.socket:
    """A client that reads nothing but that it is connected."""
    loop = asyncio.get_running_loop()
    host, port = address.rsplit(":", 1)
    stalled = socket.socket()
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    stalled.setblocking(False)
    await loop.sock_connect(stalled, (host, int(port)))
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    nonce = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    await loop.sock_sendall(stalled, f"GET /ws HTTP/1.1\r\nHost: {address}\r\n{upgrade}{nonce}\r\n".encode())
    assert await loop.sock_recv(stalled, 12) == b"HTTP/1.1 101"
    return stalled
