"""Bars into CSV and Parquet files that :mod:`wyckoff.market.files` reads back."""

from __future__ import annotations

import csv
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.market.bars import COLUMNS
from wyckoff.market.file_columns import FIELDS

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars
    from wyckoff.market.provider import Adjustment

_DAY_MS: Final = 86_400_000


def write_bars(path: Path, bars: Bars, adjustment: Adjustment) -> None:
    """Write ``bars`` to ``path``, whole or not at all; Parquet by its ending, CSV otherwise.

    Parquet files say in their metadata which adjustment they have, as ``wyckoff.adjustment``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    draft = Path(name)
    try:
        if path.suffix.lower() in {".parquet", ".pq"}:
            _write_parquet(draft, bars, adjustment)
        else:
            _write_csv(draft, bars)
        # a temporary file is for its owner alone; what is written is for whoever may read new files
        draft.chmod(path.stat().st_mode if path.exists() else 0o666 & ~_umask())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _umask() -> int:
    """The mask of new files; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _write_csv(path: Path, bars: Bars) -> None:
    dates_only = bool((bars.open_time_ms % _DAY_MS == 0).all())
    columns = [getattr(bars, name).tolist() for name in COLUMNS]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        for time_ms, *values in zip(bars.open_time_ms.tolist(), *columns, strict=True):
            writer.writerow([_time_text(time_ms, dates_only=dates_only), *(_number_text(value) for value in values)])


def _time_text(time_ms: int, *, dates_only: bool) -> str:
    moment = datetime.fromtimestamp(time_ms / 1000, tz=UTC)
    if dates_only:
        return moment.date().isoformat()
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds" if time_ms % 1000 else "seconds") + "Z"


def _number_text(value: float) -> str:
    """The shortest text that is read back as the same number."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _write_parquet(path: Path, bars: Bars, adjustment: Adjustment) -> None:
    # pyarrow takes a tenth of a second to import
    import pyarrow as pa
    import pyarrow.parquet as pq

    times = pa.array(bars.open_time_ms.astype("datetime64[ms]"), type=pa.timestamp("ms", tz="UTC"))
    columns = {FIELDS[0]: times, **{name: pa.array(np.asarray(getattr(bars, name))) for name in COLUMNS}}
    table = pa.table(columns).replace_schema_metadata(
        {"wyckoff.symbol": bars.symbol, "wyckoff.timeframe": bars.timeframe, "wyckoff.adjustment": str(adjustment)}
    )
    pq.write_table(table, path)
