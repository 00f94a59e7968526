"""From stored bars to a signed webhook, through the processes that wyckoff up starts."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import grpc

from services.alerts.signing import secret_bytes, signed_headers
from tests.e2e.command import TIMEOUT_S, wyckoff
from tests.e2e.test_up import is_serving, running
from tests.support.alerts import SECRET
from tests.support.receiver import receiving
from tests.support.samples import DAY_MS, to_csv
from tools.sample_bars import sample_bars
from wyckoff.alerts.v1 import alerts_pb2
from wyckoff.alerts.v1.alerts_pb2_grpc import AlertsServiceStub
from wyckoff.market.bars import make_bars

if TYPE_CHECKING:
    from pathlib import Path

    from wyckoff.market.bars import Bars

#: At the close of this bar a trade is justified.
LAST = 2017


def bars_up_to_today() -> Bars:
    """Real bars that end with a signal, moved so that the last one is of yesterday."""
    bars = sample_bars("IBM").head(LAST + 1).tail(500)
    yesterday_ms = (int(time.time() * 1_000) // DAY_MS - 1) * DAY_MS
    times = bars.open_time_ms + (yesterday_ms - bars.open_time_ms[-1])
    return make_bars("IBM", "1d", times, bars.open, bars.high, bars.low, bars.close, bars.volume)


def status_of(address: str) -> alerts_pb2.GetStatusResponse:
    with grpc.insecure_channel(address) as channel:
        stub: Any = AlertsServiceStub(channel)
        answer: alerts_pb2.GetStatusResponse = stub.GetStatus(alerts_pb2.GetStatusRequest(), timeout=TIMEOUT_S)
        return answer


async def test_a_signal_of_today_is_posted_and_history_is_not(tmp_path: Path) -> None:
    file = tmp_path / "IBM.csv"
    file.write_text(to_csv(bars_up_to_today()))
    async with receiving() as receiver:
        config = tmp_path / "alerts.toml"
        config.write_text(
            f'[[targets]]\nname = "desk"\nurl = "{receiver.url}"\nsecrets = ["env:DESK_SECRET"]\n'
            '[[rules]]\ntargets = ["desk"]\nkinds = ["signal_generated"]\n'
        )
        with running(tmp_path, {"ALERTS_CONFIG": str(config), "DESK_SECRET": SECRET}) as system:
            services = system.services()
            assert is_serving(services["alerts"]["address"])
            stored = await asyncio.to_thread(wyckoff, "ingest", file, "--target", services["marketdata"]["address"])
            assert stored.returncode == 0, stored.stderr
            async with asyncio.timeout(TIMEOUT_S):
                await receiver.wait_for_posts(1)
            post = receiver.posts[0]
            message_id, sent_s = post.headers["webhook-id"], int(post.headers["webhook-timestamp"])
            assert signed_headers(message_id, sent_s, post.body, [secret_bytes(SECRET)]).items() <= post.headers.items()
            document = json.loads(post.body)
            assert (document["type"], document["symbol"], document["timeframe"]) == ("signal_generated", "IBM", "1d")
            assert document["data"]["signal"]["entry_price"] == "110.8908153"
            assert "LPS long, entry 110.89, stop 105.48, target 138.41" in document["text"]
            while (
                not (status := await asyncio.to_thread(status_of, services["alerts"]["address"]))
                .targets[0]
                .delivered_count
            ):
                pass
            assert status.history_count > 0
            assert status.targets[0].name == "desk"
            assert len(receiver.posts) == 1
            log = (tmp_path / "data" / "logs" / "alerts.log").read_text()
    assert "alert_sent" in log
    assert SECRET not in log


def test_settings_that_are_wrong_are_told_at_the_start(tmp_path: Path) -> None:
    config = tmp_path / "alerts.toml"
    config.write_text('[[targets]]\nname = "desk"\nurl = "http://example.org/secret"\nsecrets = []\n')
    done = subprocess.run(
        [sys.executable, "-m", "services.alerts", "--address", "127.0.0.1:0"],
        env={**os.environ, "ALERTS_CONFIG": str(config), "ALERTS_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 1
    assert "alerts.targets.0: url is unencrypted; https is needed" in done.stderr
    assert "example.org/secret" not in done.stderr
