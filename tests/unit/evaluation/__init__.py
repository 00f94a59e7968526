"""Tests of the scores on labelled series."""
