"""Logs of every process, set up by one call."""
