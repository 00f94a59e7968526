"""A folder of certificates for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.tls import TlsFolder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> TlsFolder:
    return TlsFolder(tmp_path)
