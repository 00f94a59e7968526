"""Tests of bars and the data gate."""
