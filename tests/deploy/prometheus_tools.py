"""Prometheus' own checks, where they are installed."""

from __future__ import annotations

import shutil
from typing import Final

import pytest

PROMTOOL: Final = shutil.which("promtool")

needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed: on Debian package prometheus")
