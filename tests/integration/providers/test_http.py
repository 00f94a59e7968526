"""Calls over HTTP that go wrong in every way that calls go wrong, against a real server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from services.marketdata.providers.settings import HttpSettings
from tests.support.fake_time import FakeTime
from tests.support.fetches import connected
from tests.support.http_vendor import Asked, Reply, gzipped, json_reply, vendor
from wyckoff.rpc.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    ResourceExhaustedError,
    UnavailableError,
    WyckoffError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "sesame-0123456789"
OK = json_reply({"ok": True})


def in_turn(*replies: Reply) -> Callable[[Asked], Reply]:
    """One reply after the other; the last one for good."""
    waiting = list(replies)
    return lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


async def ask(
    answer: Callable[[Asked], Reply], time: FakeTime, settings: HttpSettings | None = None
) -> tuple[Any, int]:
    """What is answered, and after how many requests."""
    async with vendor(answer) as server:
        extra = {} if settings is None else {"settings": settings}
        async with connected(server.url, time.times, secrets=(KEY,), **extra) as http:
            return await http.get_json("/path", {"q": "1"}), len(server.asked)


async def failure(answer: Callable[[Asked], Reply], settings: HttpSettings | None = None) -> tuple[WyckoffError, int]:
    """The error, and after how many requests it is raised."""
    async with vendor(answer) as server:
        extra = {} if settings is None else {"settings": settings}
        async with connected(
            server.url, FakeTime("2024-06-03").times, secrets=(KEY,), key_names="PROVIDER_X_KEY", **extra
        ) as http:
            with pytest.raises(WyckoffError) as caught:
                await http.get_json("/path")
            return caught.value, len(server.asked)


async def test_gzip_is_unpacked(time: FakeTime) -> None:
    assert await ask(lambda _: gzipped(OK), time) == ({"ok": True}, 1)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
async def test_a_failing_server_is_asked_again(time: FakeTime, status: int) -> None:
    assert await ask(in_turn(Reply(b"oops", status), OK), time) == ({"ok": True}, 2)


@pytest.mark.parametrize(
    "bad",
    [
        Reply(b'{"half": ', headers={"Content-Type": "application/json"}),
        Reply(b"<html><body>Bad gateway</body></html>"),
        Reply(b'{"whole": "but cut"}', cut=True),
        Reply(b"this is no gzip", headers={"Content-Encoding": "gzip"}),
        Reply(b""),
        Reply(b"[" * 200_000),
    ],
    ids=["half", "html", "cut", "no-gzip", "empty", "deep"],
)
async def test_an_answer_that_cannot_be_read_is_asked_for_again(time: FakeTime, bad: Reply) -> None:
    assert await ask(in_turn(bad, OK), time) == ({"ok": True}, 2)
    error, asked = await failure(lambda _: bad)
    assert isinstance(error, UnavailableError)
    assert asked == 3
    assert "vendor" in error.message


@pytest.mark.parametrize("status", [429, 418, 503])
async def test_the_time_that_the_vendor_names_is_waited(time: FakeTime, status: int) -> None:
    assert await ask(in_turn(json_reply({}, status, Retry_After="42"), OK), time) == ({"ok": True}, 2)
    assert time.slept == [42]


async def test_a_date_to_come_back_at_is_waited_for(time: FakeTime) -> None:
    late = json_reply({}, 429, Retry_After="Mon, 03 Jun 2024 12:01:30 GMT")
    await ask(in_turn(late, OK), time)
    assert time.slept == [90]


async def test_a_limit_that_names_no_time_is_waited_for_all_the_same(time: FakeTime) -> None:
    await ask(in_turn(json_reply({}, 429), OK), time)
    assert time.slept == [7]


async def test_too_long_a_wait_is_not_waited() -> None:
    error, asked = await failure(lambda _: json_reply({"msg": "banned"}, 418, Retry_After="259200"))
    assert isinstance(error, ResourceExhaustedError)
    assert (error.reason, error.metadata["retry_after_s"], asked) == ("PROVIDER_RATE_LIMIT", "259200", 1)
    assert "banned" in error.message
    assert "259200 s" in error.message


async def test_a_wait_holds_for_every_caller(time: FakeTime) -> None:
    limited = in_turn(json_reply({}, 429, Retry_After="30"), OK)
    async with vendor(limited) as server, connected(server.url, time.times) as http:
        await http.get_json("/one")
        assert time.slept == [30]
        await http.get_json("/two")
    assert time.slept == [30]
    assert [asked.path for asked in server.asked] == ["/one", "/one", "/two"]


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (400, InvalidArgumentError, "PROVIDER_REFUSED"),
        (401, FailedPreconditionError, "PROVIDER_KEY_REFUSED"),
        (403, FailedPreconditionError, "PROVIDER_KEY_REFUSED"),
        (404, NotFoundError, "PROVIDER_SYMBOL_UNKNOWN"),
        (422, InvalidArgumentError, "PROVIDER_REFUSED"),
    ],
)
async def test_a_refusal_is_final_and_says_what_the_vendor_said(
    status: int, kind: type[WyckoffError], reason: str
) -> None:
    error, asked = await failure(lambda _: json_reply({"error": {"message": "no such thing"}}, status))
    assert type(error) is kind
    assert (error.reason, asked) == (reason, 1)
    assert f"vendor answered {status}: no such thing" in error.message
    assert ("PROVIDER_X_KEY" in error.message) == (status in {401, 403})


async def test_keys_are_not_in_errors() -> None:
    error, _ = await failure(lambda _: json_reply({"error": f"Unknown key\n{KEY}\x1b[31m"}, 401))
    assert KEY not in str(error) + repr(error) + repr(error.metadata)
    assert "Unknown key *** [31m" in error.message


async def test_long_words_are_cut() -> None:
    error, _ = await failure(lambda _: Reply(b"x" * 100_000, 400))
    assert len(error.message) < 400


async def test_an_answer_too_large_is_dropped_unpacked_or_not() -> None:
    small = HttpSettings(max_response_bytes=2048, retry_wait_s=0)
    for reply in (Reply(b" " * 5000), gzipped(Reply(b" " * 1_000_000))):
        error, asked = await failure(in_turn(reply), small)
        assert isinstance(error, ResourceExhaustedError)
        assert (error.reason, asked) == ("PROVIDER_ANSWER_TOO_LARGE", 1)


async def test_a_long_error_is_not_read_to_its_end() -> None:
    small = HttpSettings(max_response_bytes=2048, retry_wait_s=0)
    error, _ = await failure(lambda _: Reply(b"no " * 1_000_000, 400), small)
    assert (error.reason, error.message[:30]) == ("PROVIDER_REFUSED", "vendor answered 400: no no no ")


async def test_an_answer_that_does_not_come_is_given_up() -> None:
    never = asyncio.Event()
    reading, whole = HttpSettings(max_attempts=1, timeout_s=0.02), HttpSettings(max_attempts=1, answer_timeout_s=0.02)
    for settings in (reading, whole):
        error, _ = await failure(lambda _: Reply(held=never), settings)
        assert error.reason == "PROVIDER_UNAVAILABLE"


async def test_a_redirect_on_the_same_host_is_followed(time: FakeTime) -> None:
    def answer(asked: Asked) -> Reply:
        return OK if asked.path == "/new" else Reply(b"", 302, {"Location": "/new"})

    assert await ask(answer, time) == ({"ok": True}, 2)


async def test_redirects_in_a_circle_end() -> None:
    error, _ = await failure(lambda _: Reply(b"", 302, {"Location": "/path"}))
    assert "redirects" in error.message


async def test_no_key_goes_to_another_host(time: FakeTime) -> None:
    async with vendor(lambda _: OK) as other:
        away = Reply(b"", 302, {"Location": f"{other.url}/steal"})
        headers = {"Authorization": KEY}
        async with vendor(lambda _: away) as server, connected(server.url, time.times, headers=headers) as http:
            for target in ("/path", f"{other.url}/steal", f"{server.url.replace('http://', 'http://u:p@')}/x"):
                with pytest.raises(FailedPreconditionError) as caught:
                    await http.get_json(target)
                assert caught.value.reason == "PROVIDER_OTHER_HOST"
                assert KEY not in str(caught.value)
        assert other.asked == []


async def test_a_server_that_is_not_there_is_said(time: FakeTime) -> None:
    async with vendor(lambda _: OK) as gone:
        pass
    async with connected(gone.url, time.times) as http:
        with pytest.raises(UnavailableError, match=r"vendor at 127\.0\.0\.1 cannot be read"):
            await http.get_json("/path")
