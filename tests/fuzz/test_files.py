"""Files that people give to the programs: bars, labels, settings of alerts, certificates, API keys."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.effort import EXAMPLES, FUZZ
from tests.fuzz.json_values import JSON, changed_json
from tests.support.samples import to_csv, wave_bars
from tests.unit.alerts.test_config import GOOD, READ
from wyckoff.access.keys import KeyFile
from wyckoff.evaluation.cases import read_labels
from wyckoff.market.files import BarFileError, read_bars
from wyckoff.rpc.errors import FailedPreconditionError, InvalidArgumentError
from wyckoff.rpc.tls.authority import Authority
from wyckoff.rpc.tls.certificate import read_credentials
from wyckoff.schematics import make_cases
from wyckoff.schematics.files import case_labels

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW: Final = datetime(2026, 1, 2, tzinfo=UTC)
BARS: Final = wave_bars(40)
CSV: Final = to_csv(BARS).encode()
LABELS: Final = [case_labels(case) for case in make_cases(seed=1, count=1)]


def _parquet() -> bytes:
    columns = {name: getattr(BARS, name) for name in ("open", "high", "low", "close", "volume")}
    buffer = io.BytesIO()
    pq.write_table(pa.table({"timestamp": BARS.open_time_ms, **columns}), buffer)
    return buffer.getvalue()


PARQUET: Final = _parquet()


def refusal(kind: type[Exception], read: Callable[[], object], otherwise: str) -> str:
    """How the reader refuses, or ``otherwise`` where it does not; any other error is raised."""
    try:
        read()
    except kind as error:
        return str(error)
    return otherwise


@st.composite
def damaged(draw: Callable[[st.SearchStrategy[Any]], Any], real: bytes) -> bytes:
    """A real file in which some bytes are others, are gone, or are there twice."""
    content = bytearray(real)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 40)))
        content[start:end] = draw(st.binary(max_size=12) | st.just(bytes(content[start:end]) * 2))
    return bytes(content)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@FUZZ
@given(
    content=st.binary(max_size=300)
    | damaged(CSV)
    | st.text(alphabet="timesopnhglwcvu,;\t\n\r\"' 0123456789.e-").map(str.encode)
)
def test_csv(folder: Path, content: bytes) -> None:
    path = folder / "AAPL.csv"
    path.write_bytes(content)
    assert "AAPL.csv" in refusal(BarFileError, lambda: read_bars(path), "AAPL.csv")


@FUZZ
@given(content=damaged(PARQUET) | st.binary(max_size=200).map(lambda tail: b"PAR1" + tail + b"PAR1"))
def test_parquet(folder: Path, content: bytes) -> None:
    path = folder / "AAPL.parquet"
    path.write_bytes(content)
    assert "AAPL.parquet" in refusal(BarFileError, lambda: read_bars(path), "AAPL.parquet")


_ANY_COLUMN: Final = st.sampled_from(
    [
        pa.array(["2024-01-02", None, "x"]),
        pa.array([1, 2, 3], pa.int64()),
        pa.array([1.5, float("nan"), float("inf")]),
        pa.array([True, False, None]),
        pa.array([b"\xff", b"", b"x"]),
        pa.array([[1], [], None]),
        pa.array([{"a": 1}, {"a": 2}, None]),
        pa.array([2**62, -(2**62), 0], pa.timestamp("ns")),
        pa.array([2**43, -(2**43), 0], pa.timestamp("s", tz="Asia/Tokyo")),
        pa.array([1, 2, 3], pa.decimal128(20, 4)),
        pa.array([0, 1, 2], pa.date32()),
        pa.array(["a", "b", "a"]).dictionary_encode(),
        pa.nulls(3),
    ]
)


@FUZZ
@given(data=st.data())
def test_parquet_of_any_types(folder: Path, data: st.DataObject) -> None:
    names = ("timestamp", "open", "high", "low", "close", "volume")
    path = folder / "TYPES.parquet"
    pq.write_table(pa.table({name: data.draw(_ANY_COLUMN) for name in names}), path)
    assert "TYPES.parquet" in refusal(BarFileError, lambda: read_bars(path), "TYPES.parquet")


@FUZZ
@given(data=st.data())
def test_label_files(folder: Path, data: st.DataObject) -> None:
    path = folder / "CASE.json"
    real = data.draw(st.sampled_from(LABELS))
    content = data.draw(
        (JSON | changed_json(real)).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=99)
    )
    path.write_bytes(content)
    assert "CASE.json" in refusal(InvalidArgumentError, lambda: read_labels(path), "CASE.json")


@FUZZ
@given(data=st.data())
def test_key_files(folder: Path, data: st.DataObject) -> None:
    real = {
        "keys": [{"key_id": "0" * 12, "name": "a", "sha256": "0" * 64, "scopes": ["read"], "created": NOW.isoformat()}]
    }
    path = folder / "keys.json"
    path.write_bytes(data.draw((JSON | changed_json(real)).map(lambda value: json.dumps(value).encode())))
    assert "keys.json" in refusal(FailedPreconditionError, lambda: KeyFile(path).read(), "keys.json")


@pytest.fixture(scope="module")
def pem() -> tuple[bytes, bytes, bytes]:
    """A certificate, its key and its authority, as they should be."""
    authority = Authority.new("test", NOW, 30)
    cert_pem, key_pem = authority.issue_for("volume", NOW, 10, names=("localhost",), serves=True)
    return cert_pem, key_pem, authority.cert_pem


@FUZZ
@given(data=st.data())
def test_certificate_files(folder: Path, pem: tuple[bytes, bytes, bytes], data: st.DataObject) -> None:
    cert, key, authority = paths = [folder / name for name in ("cert.pem", "key.pem", "ca.pem")]
    wrong = data.draw(st.integers(0, 2))
    for number, (path, content) in enumerate(zip(paths, pem, strict=True)):
        path.write_bytes(data.draw(damaged(content) | st.sampled_from(pem)) if number == wrong else content)
    assert ".pem" in refusal(FailedPreconditionError, lambda: read_credentials(cert, key, authority, NOW), ".pem")


@settings(FUZZ, max_examples=max(1, EXAMPLES // 20))
@given(contents=st.lists(damaged(GOOD.encode()) | st.binary(max_size=99), min_size=40, max_size=40))
def test_settings_of_alerts(folder: Path, contents: list[bytes]) -> None:
    files = [folder / f"alerts{number}.toml" for number in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content)
    environment = {"DESK_SECRET": "d" * 40, "MAIL_URL": "mailto://a@example.org", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", READ, *map(str, files)], env=environment, capture_output=True, check=False
    )
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0, done.stderr.decode()
    assert len(lines) == len(files)
