"""`wyckoff ingest` of many files: each is stored or named, and of two files with the same bars the later one holds."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from services.marketdata.__main__ import open_mounts
from services.marketdata.config import MarketDataSettings
from tests.e2e.command import wyckoff
from tests.integration.marketdata.series import some_bars
from tests.support.databases import database_url
from tests.support.samples import to_csv
from tests.support.serving import serving
from wyckoff.client import MarketDataClient

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("each_database")

FILES = 12


async def test_many_files_are_stored_and_the_bad_ones_named(tmp_path: Path) -> None:
    files = []
    for number in range(FILES):
        path = tmp_path / f"S{number}.csv"
        path.write_text(to_csv(some_bars(40 + number)))
        files.append(path)
    revised = some_bars(40)
    revised = replace(revised, volume=revised.volume + 1)
    later = tmp_path / "later"
    later.mkdir()
    (later / "S3.csv").write_text(to_csv(revised))
    (tmp_path / "BAD.csv").write_text("timestamp,open\n")
    given = (*files, tmp_path / "BAD.csv", later / "S3.csv")
    async with (
        open_mounts(MarketDataSettings(database_url=database_url(tmp_path, "marketdata"))) as mounts,
        serving(mounts) as server,
    ):
        done = await asyncio.to_thread(wyckoff, "ingest", *given, "--target", server.address)
        async with MarketDataClient.connect(server.address) as client:
            bars = await client.get_bars("S3", "1d")
    assert done.returncode == 2
    assert "BAD.csv" in done.stderr
    rows = [line.split() for line in done.stdout.splitlines()[-FILES - 1 :]]
    expected = [[f"S{number}", str(40 + number), str(40 + number), "0", "0"] for number in range(FILES)]
    assert [row[:5] for row in rows] == [*expected, ["S3", "40", "0", "40", "0"]]
    assert bars.volume[:40].tolist() == revised.volume.tolist()
