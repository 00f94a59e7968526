"""Live mode follows stored bars with TLS, and says why it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.live.source import GrpcBarSource
from tests.integration.tls.echo import serving_tls
from tests.support.tls import new_authority
from wyckoff.rpc.errors import UnavailableError

if TYPE_CHECKING:
    from tests.support.tls import TlsFolder
    from wyckoff.rpc.tls.settings import TlsSettings


async def first_change(address: str, tls: TlsSettings) -> None:
    async with GrpcBarSource(address, tls=tls).watch() as changes:
        await anext(changes)


async def test_changes_come_to_the_orchestrator(folder: TlsFolder) -> None:
    async with serving_tls(folder.settings("marketdata")) as server:
        await first_change(server.address, folder.settings("orchestrator"))


async def test_another_authority_is_told(folder: TlsFolder) -> None:
    folder.issue("marketdata", authority=new_authority("stranger"))
    async with serving_tls(folder.settings("marketdata")) as server:
        with pytest.raises(
            UnavailableError, match=r"cannot be followed: no TLS connection to .* none of the authorities"
        ):
            await first_change(server.address, folder.settings("orchestrator"))


async def test_an_identity_that_is_not_on_the_list_is_told(folder: TlsFolder) -> None:
    async with serving_tls(folder.settings("marketdata")) as server:
        with pytest.raises(UnavailableError, match="spiffe://wyckoff/risk may not call"):
            await first_change(server.address, folder.settings("risk"))
