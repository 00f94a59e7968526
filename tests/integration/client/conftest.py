from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.system import System, running_system

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    async with running_system(tmp_path) as running:
        yield running
