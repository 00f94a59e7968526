"""Bars, their mirror, timeframes and the data gate."""
