"""Exchange calendars in tests."""

from __future__ import annotations

from typing import Final

import pytest

#: exchange_calendars 4.13 reads two properties that pandas 3.1 announces changes of; they are theirs to change.
#: Outside of tests Python does not show it.
with_calendars: Final = pytest.mark.filterwarnings(
    "ignore:Series.values returning an ndarray:DeprecationWarning",
    "ignore:DatetimeIndex.weekday is deprecated:DeprecationWarning",
)
