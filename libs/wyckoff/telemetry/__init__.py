"""Traces, metrics and logs.

``setup.setup_telemetry`` is the one call that sets them up; ``spans`` and ``readings`` are what other code uses.
"""
