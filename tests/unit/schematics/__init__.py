"""Tests of the generated series."""
