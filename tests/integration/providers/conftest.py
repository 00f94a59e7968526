"""The time it is."""

from __future__ import annotations

import pytest

from tests.support.fake_time import FakeTime


@pytest.fixture
def time() -> FakeTime:
    return FakeTime("2024-06-03T12:00:00")
