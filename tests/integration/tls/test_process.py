"""A service as a process with TLS from its environment, and tools of others that call it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import grpc

from tests.integration.tls.test_handshake import raw_status
from tests.support.prometheus import scrape
from wyckoff.rpc.tls.certificate import read_certificates

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.tls import TlsFolder


@asynccontextmanager
async def pattern_process(folder: TlsFolder, *, ends_well: bool = True, **more: str) -> AsyncIterator[list[str]]:
    """The pattern service; gives its address first, and all that it logged at the end."""
    variables = {
        "WYCKOFF_TLS_CERT_FILE": str(folder.folder / "pattern.crt"),
        "WYCKOFF_TLS_KEY_FILE": str(folder.folder / "pattern.key"),
        "WYCKOFF_TLS_CA_FILE": str(folder.folder / "ca.crt"),
        **more,
    }
    command = [sys.executable, "-m", "services.pattern", "--address", "127.0.0.1:0", "--log-level", "info"]
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **variables}, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    lines: list[str] = []
    try:
        async for raw in process.stderr:
            lines.append(raw.decode())
            if '"service_started"' in lines[-1]:
                break
        yield lines
    finally:
        if process.returncode is None:
            process.terminate()
        lines += [raw.decode() async for raw in process.stderr]
        assert (await process.wait() == 0) == ends_well


def told(lines: list[str], event: str) -> dict[str, str]:
    (found,) = [line for line in map(json.loads, lines) if line["event"] == event]
    return dict(found)


async def test_failed_handshakes_leave_no_line_and_the_end_of_the_certificate_is_measured(folder: TlsFolder) -> None:
    folder.issue("pattern")
    async with pattern_process(folder, WYCKOFF_TELEMETRY_METRICS_PORT="0") as lines:
        address = told(lines, "service_started")["address"]
        stranger = grpc.ssl_channel_credentials((folder.folder / "ca.crt").read_bytes())
        for _ in range(3):
            assert await raw_status(address, stranger) is grpc.StatusCode.UNAVAILABLE
        page = await scrape(int(told(lines, "metrics_served")["port"]))
        own = {"file": str(folder.folder / "pattern.crt")}
        _, (certificate,) = read_certificates(folder.folder / "pattern.crt", "certificate")
        assert page.value("wyckoff_tls_certificate_not_after_seconds", **own) == certificate.not_after.timestamp()
        assert page.value("wyckoff_tls_reload_failures_total", **own) == 0
    # nothing but lines of our own, and none for those who were refused
    assert {json.loads(line)["event"] for line in lines} == {
        "metrics_served",
        "tls_required",
        "service_started",
        "service_stopping",
        "service_stopped",
    }


async def test_a_file_that_cannot_be_used_ends_the_start_with_its_name(folder: TlsFolder) -> None:
    folder.issue("pattern")
    (folder.folder / "pattern.key").write_text("rubbish")
    async with pattern_process(folder, ends_well=False) as lines:
        pass
    problem = told(lines, "service_failed")
    assert problem["reason"] == "TLS_FILE_UNUSABLE"
    assert str(folder.folder / "pattern.key") in problem["error"]
    assert "rubbish" not in "".join(lines)
