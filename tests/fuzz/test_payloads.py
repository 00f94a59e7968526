"""What comes over connections that are not gRPC: events and work from NATS, answers of providers, bodies, sockets."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final, cast

import pytest
from google.protobuf.message import DecodeError
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from orchestrator.events.codec import event_from_proto, event_to_proto
from orchestrator.events.nats_work import work_item
from orchestrator.events.work import WorkItem
from services.marketdata.providers.alpaca import AlpacaProvider
from services.marketdata.providers.answers import Redactor
from services.marketdata.providers.binance import BinanceProvider
from services.marketdata.providers.polygon import PolygonProvider
from services.marketdata.providers.settings import AlpacaSettings, BinanceSettings, PolygonSettings, YahooSettings
from services.marketdata.providers.yahoo import YahooProvider
from tests.fuzz.effort import FUZZ
from tests.fuzz.json_values import JSON, changed_json
from tests.support.fake_time import FakeTime
from tests.support.gateway import Gateway, gateway_settings, serving_gateway
from tests.support.gateway_bodies import as_columns, as_rows
from tests.support.messages import changed, messages
from tests.support.samples import wave_bars
from wyckoff.access.keys import KeyFile, Scope
from wyckoff.common.v1 import common_pb2
from wyckoff.orchestrator.v1 import orchestrator_pb2 as pb
from wyckoff.rpc.errors import InvalidArgumentError, WyckoffError
from wyckoff.rpc.inprocess import InProcessTransport
from wyckoff.wire.pages import decode_token, encode_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.marketdata.providers.http import ProviderHttp
    from wyckoff.market.provider import BarProvider

#: What the bus takes as an event that cannot be read; it goes on with the next.
UNREADABLE: Final = (DecodeError, InvalidArgumentError, ValidationError, ValueError)
DAY_MS: Final = 86_400_000
START_MS: Final = 1_709_510_400_000
PRICES: Final = [101.0, 103.5, 100.25, 102.0]
BARS: Final = wave_bars(4)


def phase_event() -> pb.Event:
    event = pb.Event(event_id="00000000-0000-5000-8000-000000000001", kind=pb.EVENT_KIND_PHASE_DETECTED)
    event.symbol, event.timeframe = "AAPL", "1d"
    event.phase_detected.CopyFrom(pb.PhaseDetected(range_id="r", phase=common_pb2.PHASE_A, confidence=70))
    event.timestamp.FromMilliseconds(START_MS)
    return event


@FUZZ
@given(
    payload=st.binary(max_size=200)
    | messages(pb.Event).map(lambda event: event.SerializeToString())
    | changed(phase_event()).map(lambda event: event.SerializeToString())
)
def test_events(payload: bytes) -> None:
    try:
        event = event_from_proto(pb.Event.FromString(payload))
    except UNREADABLE:
        return
    # what can be read can be told again
    assert event_from_proto(event_to_proto(event)) == event


@FUZZ
@given(
    payload=st.binary(max_size=60)
    | JSON.map(lambda value: json.dumps(value).encode())
    | changed_json({"symbol": "AAPL", "timeframe": "1d", "catch_up": True}).map(lambda v: json.dumps(v).encode())
)
def test_work(payload: bytes) -> None:
    try:
        assert isinstance(work_item(payload), WorkItem)
    except InvalidArgumentError as refusal:
        error = refusal
    else:
        return
    assert error.violations


@FUZZ
@given(
    token=st.text(max_size=40)
    | st.binary(max_size=40).map(lambda raw: encode_token(raw.decode("latin-1")))
    | st.lists(st.text(st.characters(codec="utf-8"), max_size=9), min_size=2, max_size=2).map(
        lambda key: encode_token(*key)
    )
)
def test_page_tokens(token: str) -> None:
    try:
        key = decode_token(token, 2)
    except InvalidArgumentError:
        return
    assert key is None or encode_token(*key).rstrip("=") == token.rstrip("=") or len(key) == 2


class Canned:
    """Gives the same answer whatever it is asked."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self._asked = 0

    async def get_json(self, target: str, params: object = None) -> Any:
        self._asked += 1
        return self._answer

    def clean(self, text: str) -> str:
        return Redactor(()).clean(text)


YAHOO: Final[Any] = {
    "chart": {
        "error": None,
        "result": [
            {
                "meta": {"symbol": "AAPL", "exchangeTimezoneName": "America/New_York"},
                "timestamp": [START_MS // 1000, START_MS // 1000 + 86_400],
                "events": {"splits": {"1": {"date": 1, "numerator": 4, "denominator": 1}}},
                "indicators": {
                    "quote": [{name: [1.5, 2.5] for name in ("open", "high", "low", "close", "volume")}],
                    "adjclose": [{"adjclose": [1.0, 2.0]}],
                },
            }
        ],
    }
}
BINANCE: Final[Any] = [[START_MS + at * DAY_MS, "1", "3", "0.5", "2", "10", 0] for at in range(2)]
POLYGON: Final[Any] = {
    "status": "OK",
    "ticker": "AAPL",
    "next_url": None,
    "results": [{"t": START_MS, "o": 1, "h": 3, "l": 0.5, "c": 2, "v": 10, "n": 3}] * 2,
}
#: Answers any of the three questions: with bars, splits and dividends in one.
POLYGON_ACTIONS: Final[Any] = {
    **POLYGON,
    "results": [
        {
            **POLYGON["results"][0],
            "ticker": "AAPL",
            "execution_date": "2024-03-05",
            "split_from": 1,
            "split_to": 4,
            "ex_dividend_date": "2024-03-05",
            "currency": "USD",
            "cash_amount": 0.25,
        }
    ],
}
ALPACA: Final[Any] = {
    "symbol": "AAPL",
    "next_page_token": None,
    "bars": [{"t": "2024-03-04T05:00:00Z", "o": 1, "h": 3, "l": 0.5, "c": 2, "v": 10}] * 2,
}
ANSWERS: Final = {
    "yahoo": YAHOO,
    "binance": BINANCE,
    "polygon": POLYGON,
    "polygon_actions": POLYGON_ACTIONS,
    "alpaca": ALPACA,
}


def provider_of(name: str, answer: Any) -> BarProvider:
    http, times = cast("ProviderHttp", Canned(answer)), FakeTime("2024-06-03T12:00:00").times
    match name:
        case "yahoo":
            return YahooProvider(YahooSettings(), http, times)
        case "binance":
            return BinanceProvider(BinanceSettings(), http, times, max_pages=3)
        case "polygon" | "polygon_actions":
            return PolygonProvider(PolygonSettings(), http, times, max_pages=3)
    return AlpacaProvider(AlpacaSettings(), http, times, max_pages=3)


@pytest.mark.parametrize("name", ANSWERS)
@FUZZ
@given(data=st.data())
def test_answers_of_providers(name: str, data: st.DataObject) -> None:
    answer = json.loads(json.dumps(data.draw(JSON | changed_json(ANSWERS[name]) | changed_json(ANSWERS[name]))))
    provider = provider_of(name, answer)
    adjustment = data.draw(st.sampled_from(provider.capabilities.adjustments))
    timeframe = data.draw(st.sampled_from(["1d", "1w", "1h"]))
    assume(timeframe in provider.capabilities.timeframes)

    async def fetch() -> int:
        pages = provider.fetch("AAPL", timeframe, START_MS, START_MS + 5 * DAY_MS, adjustment=adjustment)
        return sum([len(chunk.bars) async for chunk in pages])

    try:
        count = asyncio.run(fetch())
    except WyckoffError:
        return
    assert count >= 0


class Door:
    """A gateway with nothing behind it, which needs keys, called from tests that are no coroutines."""

    def __init__(self, runner: asyncio.Runner, gateway: Gateway, key: str) -> None:
        self._runner = runner
        self._gateway = gateway
        self._headers = {"X-API-Key": key, "Content-Type": "application/json"}

    def post(self, path: str, body: bytes) -> int:
        """The status of the answer."""
        return self._runner.run(self._gateway.client.post(path, content=body, headers=self._headers)).status_code

    def say(self, message: str | bytes) -> int:
        """The code with which a socket is closed after this as its first message."""
        return self._runner.run(self._say(message))

    async def _say(self, message: str | bytes) -> int:
        url = f"{self._gateway.websocket_url}/ws"
        async with connect(url, proxy=None, compression=None, close_timeout=1) as socket:
            try:
                await socket.send(message)
                async for _ in socket:
                    pass
            except ConnectionClosed:
                pass
        assert socket.close_code is not None
        return socket.close_code


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    settings = gateway_settings(
        tmp_path_factory.mktemp("door"), rate_limit="1000000/second", costly_rate_limit="1000000/second"
    )
    _, key = KeyFile(settings.keys_file).add("fuzz", [Scope.READ, Scope.WRITE])
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        gateway = runner.run(stack.enter_async_context(serving_gateway(settings, InProcessTransport([]))))
        yield Door(runner, gateway, key)
        runner.run(stack.aclose())


BODIES: Final = {
    "/api/v1/bars": as_rows(BARS),
    "/api/v1/analyze": {"bars": as_columns(BARS), "scales": ["minor"], "equity": "1000.50"},
}


@pytest.mark.parametrize("path", BODIES)
@FUZZ
@given(data=st.data())
def test_bodies(door: Door, path: str, data: st.DataObject) -> None:
    texts = (JSON | changed_json(BODIES[path])).map(lambda value: json.dumps(value).encode())
    # 501: it is right, and there is nothing behind the gateway that could do it
    assert door.post(path, data.draw(texts | st.binary(max_size=99))) in {400, 422, 501}


@FUZZ
@given(
    message=st.binary(max_size=60)
    | st.text(max_size=60)
    | (JSON | changed_json({"type": "authenticate", "key": "wyk_x"})).map(json.dumps)
    | st.integers(1, 5_000).map(lambda depth: "[" * depth)
)
def test_messages_of_sockets(door: Door, message: str | bytes) -> None:
    # policy, unsupported data, no UTF-8, too large: never 1011, which is a fault of the server
    try:
        assert door.say(message) in {1003, 1007, 1008, 1009}
    except UnicodeEncodeError:
        assume(condition=False)
