"""How many examples: few and always the same by default; ``WYCKOFF_FUZZ_EXAMPLES=5000`` looks for new ones."""

from __future__ import annotations

import os
from typing import Final

from hypothesis import HealthCheck, settings

_DEFAULT: Final = 20
EXAMPLES: Final = int(os.environ.get("WYCKOFF_FUZZ_EXAMPLES", _DEFAULT))

FUZZ: Final = settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES == _DEFAULT,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
