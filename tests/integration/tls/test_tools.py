"""Tools of others with certificates: grpcurl and buf curl, as the docs call them."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.tls.echo import serving_tls

if TYPE_CHECKING:
    from tests.support.tls import TlsFolder

GRPCURL = shutil.which("grpcurl")
BUF = Path(sys.executable).with_name("buf")
DETECT = "wyckoff.pattern.v1.PatternService/DetectPatterns"

needs_grpcurl = pytest.mark.skipif(GRPCURL is None, reason="grpcurl is not installed")
needs_buf = pytest.mark.skipif(not BUF.exists(), reason="buf is not installed")


async def run(*command: str) -> tuple[int, str]:
    """Exit code and all output."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def grpcurl(folder: TlsFolder, name: str, *arguments: str) -> tuple[int, str]:
    folder.issue(name)
    own = folder.folder / name
    files = ("-cacert", str(folder.folder / "ca.crt"), "-cert", f"{own}.crt", "-key", f"{own}.key")
    return await run(GRPCURL or "", *files, *arguments)


@needs_grpcurl
async def test_grpcurl_with_a_certificate_lists_asks_for_health_and_calls(folder: TlsFolder) -> None:
    async with serving_tls(folder.settings("pattern")) as server:
        code, listed = await grpcurl(folder, "operator", server.address, "list")
        assert code == 0, listed
        assert "wyckoff.pattern.v1.PatternService" in listed.split()
        code, health = await grpcurl(folder, "operator", server.address, "grpc.health.v1.Health/Check")
        assert (code, json.loads(health)) == (0, {"status": "SERVING"})
        code, called = await grpcurl(folder, "orchestrator", server.address, DETECT)
        assert code == 0, called


@needs_grpcurl
async def test_grpcurl_is_told_why_it_may_not(folder: TlsFolder) -> None:
    async with serving_tls(folder.settings("pattern")) as server:
        code, refused = await grpcurl(folder, "operator", server.address, DETECT)
        assert code != 0
        assert "PermissionDenied" in refused
        assert "spiffe://wyckoff/operator may not call" in refused
        code, refused = await run(
            GRPCURL or "", "-max-time", "5", "-cacert", str(folder.folder / "ca.crt"), server.address, "list"
        )
        assert code != 0
        assert "certificate required" in refused or "Failed to" in refused


@needs_buf
async def test_buf_curl_with_a_certificate_calls(folder: TlsFolder) -> None:
    folder.issue("orchestrator")
    own = folder.folder / "orchestrator"
    files = ("--cacert", str(folder.folder / "ca.crt"), "--cert", f"{own}.crt", "--key", f"{own}.key")
    async with serving_tls(folder.settings("pattern")) as server:
        url = f"https://{server.address}/{DETECT}"
        code, called = await run(str(BUF), "curl", "--protocol", "grpc", *files, "--data", "{}", url)
    assert code == 0, called
    assert json.loads(called) == {}
