"""Files as a provider: one file, or a folder with a file for each symbol."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from wyckoff.market.files import read_bars
from wyckoff.market.provider import Adjustment, Capabilities, Chunk
from wyckoff.rpc.errors import InvalidArgumentError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

MAX_FILE_BARS: Final = 10_000_000
#: Bars of a chunk, which is what is stored at once.
CHUNK_BARS: Final = 20_000
_ENDINGS: Final = frozenset({".csv", ".parquet", ".pq"})


class FilesProvider:
    """CSV and Parquet; what is in them is taken as it is."""

    name = "files"
    capabilities: Final = Capabilities((), (Adjustment.UNSTATED,), MAX_FILE_BARS, needs_key=False, start_needed=False)

    def __init__(self, source: Path) -> None:
        self._source = source

    def calendar_of(self, symbol: str) -> str:
        return ""

    async def fetch(
        self, symbol: str, timeframe: str, start_ms: int, end_ms: int, *, adjustment: Adjustment
    ) -> AsyncGenerator[Chunk]:
        path = await asyncio.to_thread(self._file_of, symbol)
        bars = await asyncio.to_thread(read_bars, path, timeframe, symbol=symbol, max_bars=MAX_FILE_BARS)
        for end in range(CHUNK_BARS, len(bars) + CHUNK_BARS, CHUNK_BARS):
            part = bars.head(end).tail(min(CHUNK_BARS, len(bars) - end + CHUNK_BARS))
            if part.open_time_ms[-1] >= start_ms and part.open_time_ms[0] < end_ms:
                yield Chunk(part, adjustment)

    def _file_of(self, symbol: str) -> Path:
        """The file of ``symbol``, looked for among the names in the folder: it cannot be outside."""
        if not self._source.is_dir():
            return self._source
        found = sorted(
            path for path in self._source.iterdir() if path.stem == symbol and path.suffix.lower() in _ENDINGS
        )
        if len(found) > 1:
            names = " and ".join(path.name for path in found)
            raise InvalidArgumentError.of("source", f"{self._source} has {names}; name the one to read")
        if not found:
            raise NotFoundError(f"{self._source} has no {symbol}.csv and no {symbol}.parquet", reason="FILE_NOT_FOUND")
        return found[0]
