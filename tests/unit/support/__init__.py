"""Tests of the test material itself."""
