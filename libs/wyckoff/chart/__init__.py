"""Interactive charts of an analysis, for files and for web pages."""

from wyckoff.chart.builder import build_chart
from wyckoff.chart.page import CHART_CONFIG, FIT_SCRIPT, write_chart
from wyckoff.chart.palette import DARK, LIGHT, Palette

__all__ = ["CHART_CONFIG", "DARK", "FIT_SCRIPT", "LIGHT", "Palette", "build_chart", "write_chart"]
