"""Signals that were found, kept once each."""
